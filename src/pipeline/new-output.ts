/** Outputs that do not mirror their source: mosaics made of tiles, and images in another version of OME-Zarr. */
import { type Acquisition, fullResolution, type StoredImage } from "../acquisition/acquisition.ts";
import { IsoluxError } from "../errors.ts";
import { columnForm, copyColumnTable } from "../ngff/column-table.ts";
import { attributesInVersion, readGroup } from "../ngff/group.ts";
import { newChannels } from "../ngff/new-channels.ts";
import {
  newImageAttributes,
  regionsWriter,
  type TableWriter,
  writeMosaicTables,
  writeTables,
} from "../ngff/new-image.ts";
import { readRoiTable } from "../ngff/roi-table.ts";
import { tableNames } from "../ngff/table-objects.ts";
import { writeGroup } from "../ngff/write-roi-table.ts";
import { arrayBytes, type Czyx, formatShape, mapAxes, type PixelType, type Zyx } from "../shapes.ts";
import type { ArrayMetadata, Codec, ZarrFormat } from "../zarr/metadata.ts";
import { writeArrayMetadata } from "../zarr/metadata-document.ts";
import { joinKey } from "../zarr/store.ts";
import type { SourceLocation } from "./location.ts";
import type { OutputImage, OutputLevel } from "./output-template.ts";

/** The form of an output that is not its source's. */
export interface OutputForm {
  readonly zarrFormat: ZarrFormat;
  /** Extents of shards over channels, planes, rows and columns; only in zarr version 3. */
  readonly shardsCzyx?: Czyx;
}

/** Chunks of a new image in version 2: as the mesoSPIM converter makes them, but no larger than the image. */
const chunkOfVersion2: Zyx = [64, 1024, 1024];
/** Chunks in version 3 where none of the source set an example: small, as shards hold many of them in one file. */
const chunkOfVersion3: Zyx = [32, 256, 256];
/** The source's chunks are taken over from this many pixels on, in parts of no more than the other. */
const leastPixels = 2 ** 18;
const mostPixels = 2 ** 22;
/** Shards where nobody asks for others: some hundred MB of pixels in a file. */
const usualShards: Czyx = [1, 64, 2048, 2048];
/** A new image gets levels until the coarsest is no larger than this. */
const coarsestBytes = 2 ** 30;
/** The output for tiles as a microscope wrote them: a mosaic with its tables, as the reference's converter writes it. */
export function newMosaic(acquisition: Acquisition, name: string, form: OutputForm): OutputImage {
  const { channels, tiles, type, pixelSizeUmZyx } = acquisition;
  const { shapeCzyx, shapeZyx } = fullResolution(acquisition);
  const codec: Codec = { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 0 };
  const levels = planPyramid(shapeCzyx, pixelSizeUmZyx, type).map(
    ({ shape, factorsZyx }, index): OutputLevel => ({
      path: String(index),
      metadata: newArray(shape, shapeCzyx, type, codec, form),
      factorsZyx,
    }),
  );
  const attributes = newImageAttributes({ name, channels: newChannels(channels), pixelSizeUmZyx, levels });
  return {
    key: "",
    source: { kind: "mosaic" },
    levels,
    zarrFormat: form.zarrFormat,
    attributes: attributesInVersion(attributes, form.zarrFormat),
    async writeUnchanged({ store, key }) {
      await writeGroup(store, key, {}, form.zarrFormat);
      for (const { path, metadata } of levels) await writeArrayMetadata(store, joinKey(key, path), metadata);
      await writeMosaicTables(store, key, tiles, shapeZyx, pixelSizeUmZyx, form.zarrFormat);
    },
  };
}

/** The output for an image in another form: the same levels, attributes and tables of regions. */
export function transcoded(image: StoredImage, form: OutputForm): OutputImage {
  const { metadata, levels: sourceLevels } = image;
  const full = fullResolution(image);
  const chunks = chunksWithin(full.chunkShapeCzyx);
  const levels = sourceLevels.map(({ array, factorsZyx, shapeCzyx }, index): OutputLevel => {
    const codec = codecInVersion(array.metadata.codec, form.zarrFormat);
    const plain = newArray(shapeCzyx, full.shapeCzyx, full.type, codec, form, chunks);
    return { path: metadata.levels[index]!.path, metadata: withAxes(plain, metadata.axes), factorsZyx };
  });
  return {
    key: "",
    source: { kind: "mosaic" },
    levels,
    zarrFormat: form.zarrFormat,
    attributes: attributesInVersion(metadata.attributes, form.zarrFormat),
    async writeUnchanged({ store, key }) {
      await writeGroup(store, key, {}, form.zarrFormat);
      for (const { path, metadata: array } of levels) await writeArrayMetadata(store, joinKey(key, path), array);
      const tables = await tableWriters(image);
      if (Object.keys(tables).length > 0) await writeTables(store, key, tables, form.zarrFormat);
    },
  };
}

/** The tables of an image in the forms that they have; of AnnData only regions, as others differ between versions. */
async function tableWriters({ store, key }: StoredImage): Promise<Record<string, TableWriter>> {
  const folder = joinKey(key, "tables");
  const tables: Record<string, TableWriter> = {};
  for (const name of await tableNames(store, folder)) {
    const table = { store, key: joinKey(folder, name) };
    const write = (await columnsWriter(table)) ?? (await regionsOf(table));
    if (write !== undefined) tables[name] = write;
  }
  return tables;
}

async function columnsWriter(table: SourceLocation): Promise<TableWriter | undefined> {
  const form = columnForm((await readGroup(table.store, table.key))?.attributes ?? {});
  if (form === undefined) return undefined;
  return (store, key, zarrFormat) => copyColumnTable(table, form, { store, key }, zarrFormat);
}

async function regionsOf({ store, key }: SourceLocation): Promise<TableWriter | undefined> {
  const rows = await readRoiTable(store, key).catch(() => undefined);
  if (rows === undefined || rows.length === 0) return undefined;
  const columns = [...rows[0]!.values.keys()];
  return regionsWriter({
    names: rows.map((row) => row.name),
    columns,
    rows: rows.map(({ values }) => columns.map((column) => values.get(column)!)),
  });
}

/** Version 3 has neither zlib nor lz4 of their own; a checksum after the codec is only in version 3. */
function codecInVersion(codec: Codec, zarrFormat: ZarrFormat): Codec {
  if (zarrFormat === 2) return codec.kind === "crc32c" ? codec.of : codec;
  return codec.kind === "zlib" || codec.kind === "lz4" ? { kind: "zstd", level: 3 } : codec;
}

/** Parts of the source's chunks that are small enough for chunks in shards; `undefined` for chunks that are too small. */
function chunksWithin([channels, planes, ...yx]: Czyx): Zyx | undefined {
  const [rows, columns] = yx;
  const pixels = planes * rows * columns;
  if (channels > 1 || pixels < leastPixels) return undefined;
  const larger = rows >= columns ? 0 : 1;
  if (pixels <= mostPixels || yx[larger]! % 2 !== 0) return [planes, rows, columns];
  yx[larger]! /= 2;
  return chunksWithin([1, planes, yx[0], yx[1]]);
}

/** @param chunks what chunks in shards should be like */
function newArray(
  shape: Czyx,
  fullShape: Czyx,
  type: PixelType,
  codec: Codec,
  { zarrFormat, shardsCzyx }: OutputForm,
  chunks?: Zyx,
): ArrayMetadata {
  const common = { shape, type, byteOrder: "little", order: "C", fillValue: 0, separator: "/", codec } as const;
  if (zarrFormat === 2) {
    const chunkShape = [1, ...chunkOfVersion2].map((extent, axis) => Math.min(extent, fullShape[axis]!));
    return { ...common, zarrFormat, chunkShape };
  }
  const chunkShape = chunksOfShards(shardsCzyx, chunks);
  const shards = shardsCzyx ?? usualShards.map((extent, axis) => wholeChunks(extent, chunkShape[axis]!));
  checkShards(shards, chunkShape);
  // A shard need not reach further beyond the image than to the end of its last chunk.
  const shardShape = shards.map((extent, axis) => {
    const inImage = Math.ceil(fullShape[axis]! / chunkShape[axis]!);
    return Math.min(extent, inImage * chunkShape[axis]!);
  });
  return {
    ...common,
    zarrFormat,
    chunkShape,
    shardShape,
    keyEncoding: "default",
    dimensionNames: ["c", "z", "y", "x"],
  };
}

/** Chunks as wanted, where the shards are whole numbers of them; else the usual ones, no larger than a shard. */
function chunksOfShards(shards: Czyx | undefined, chunks: Zyx | undefined): readonly number[] {
  if (chunks !== undefined && (shards?.every((extent, axis) => extent % [1, ...chunks][axis]! === 0) ?? true)) {
    return [1, ...chunks];
  }
  return [1, ...chunkOfVersion3].map((extent, axis) => Math.min(extent, shards?.[axis] ?? extent));
}

/** The whole number of chunks that is nearest to an extent. */
function wholeChunks(extent: number, chunk: number): number {
  return Math.max(1, Math.round(extent / chunk)) * chunk;
}

function checkShards(shards: readonly number[], chunkShape: readonly number[]): void {
  if (shards.every((extent, axis) => extent % chunkShape[axis]! === 0)) return;
  throw new IsoluxError({
    kind: "usage",
    what: "The shards are no whole number of chunks",
    where: "--shards",
    found: formatShape(shards),
    expected: `multiples of ${formatShape(chunkShape)}`,
  });
}

/** The array with the axes of an image that has no channels, or a time point before them. */
function withAxes(metadata: ArrayMetadata, axes: string): ArrayMetadata {
  if (axes === "czyx") return metadata;
  const fitted = (extents: readonly number[]) => [1, ...extents].slice(-axes.length);
  const { shape, chunkShape, shardShape, dimensionNames, ...rest } = metadata;
  return {
    ...rest,
    shape: fitted(shape),
    chunkShape: fitted(chunkShape),
    ...(shardShape === undefined ? {} : { shardShape: fitted(shardShape) }),
    ...(dimensionNames === undefined ? {} : { dimensionNames: axes.split("") }),
  };
}

/** Rows and columns halve from level to level; planes too where they lie closer together than rows do. */
function planPyramid(shapeCzyx: Czyx, pixelSizeUm: Zyx, type: PixelType) {
  let factorsZyx: Zyx = [1, 1, 1];
  let shape: Czyx = shapeCzyx;
  const levels = [{ shape, factorsZyx }];
  while (arrayBytes(type, shape) > coarsestBytes) {
    const z = pixelSizeUm[0] * factorsZyx[0] < pixelSizeUm[1] * factorsZyx[1] ? 2 : 1;
    const step: Zyx = [z, 2, 2];
    shape = [shape[0], ...step.map((factor, axis) => Math.ceil(shape[axis + 1]! / factor))] as unknown as Czyx;
    factorsZyx = mapAxes(factorsZyx, (factor, axis) => factor * step[axis]!);
    levels.push({ shape, factorsZyx });
  }
  return levels;
}
