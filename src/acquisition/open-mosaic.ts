import { IsoluxError } from "../errors.ts";
import { omeAttributes } from "../ngff/group.ts";
import { type ImageMetadata, nameChannels, readImageMetadata } from "../ngff/image.ts";
import { tableObjects } from "../ngff/table-objects.ts";
import { formatShape, mapAxes, type Zyx } from "../shapes.ts";
import { describeCropped } from "../tiles/cropped-tiles.ts";
import { levelFactors } from "../tiles/levels.ts";
import { usablePositions } from "../tiles/stage-positions.ts";
import type { Remark } from "../tiles/tile.ts";
import { openArray, type ZarrArray } from "../zarr/array.ts";
import { checkChunkNames, checkExtents } from "../zarr/chunk-names.ts";
import type { JsonObject } from "../zarr/json.ts";
import { objectsBelow } from "../zarr/objects-below.ts";
import { spreadChunkKeys } from "../zarr/spread-chunks.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import type { MosaicImage, SourceObjects, StoredImage } from "./acquisition.ts";
import { geometryOf, Level } from "./level.ts";
import type { Note } from "./note.ts";
import { checkSingleTime } from "./single-time.ts";
import { remoteSample } from "./source-objects.ts";
import { findTiles } from "./tile-table.ts";

/**
 * Opens a mosaic: an OME-Zarr image in which full tiles lie side by side, with a table of them.
 * @param tileTable the name of that table, where it is not the usual one; false where the tiles do not matter
 * @throws IsoluxError for everything that keeps the image from being read
 */
export async function openMosaic(
  store: ReadableStore,
  key: string,
  note: Note = () => undefined,
  tileTable?: string | false,
): Promise<MosaicImage> {
  const location = joinKey(store.location, key);
  const { metadata, levels } = await openStoredImage(store, key);
  const full = levels[0]!;
  const pixelSizeUmZyx = metadata.levels[0]!.scaleZyx;
  const found = await findTiles(store, key, { scaleUmZyx: pixelSizeUmZyx, shapeZyx: full.shapeZyx, tileTable });
  const cropped = describeCropped(found.tiles);
  const { tiles, remark } = usablePositions(found.tiles, [pixelSizeUmZyx[1], pixelSizeUmZyx[2]]);
  const remarks: Remark[] = [
    ...found.remarks,
    ...(cropped === undefined ? [] : [{ kind: "note" as const, text: cropped }]),
    ...(remark === undefined ? [] : [remark]),
  ];
  for (const { text, kind } of remarks) note(text, kind);
  return {
    location,
    store,
    key,
    metadata,
    type: full.type,
    channels: nameChannels(metadata.channelLabels, full.shapeCzyx[0], metadata.wavelengthIds),
    levels,
    tiles,
    hasTileTable: found.table !== undefined,
    tileSource: {
      ...(found.table !== undefined && { table: found.table }),
      remarks: remarks.map(({ text }) => text),
      otherTables: found.otherTables,
    },
    pixelSizeUmZyx,
    sourceObjects: () => listObjects(full.array, key, metadata),
  };
}

/**
 * Opens an OME-Zarr image by itself.
 * @param depth only so many levels, where coarser ones that its attributes name are not there
 * @throws IsoluxError for everything that keeps it from being read
 */
export async function openStoredImage(store: ReadableStore, key: string, depth?: number): Promise<StoredImage> {
  const all = await readImageMetadata(store, key);
  const metadata = depth === undefined || depth >= all.levels.length ? all : finestLevels(all, depth);
  return { store, key, metadata, levels: await openLevels(store, key, metadata, joinKey(store.location, key)) };
}

/** An image's metadata with its coarser levels left out. */
function finestLevels(metadata: ImageMetadata, depth: number): ImageMetadata {
  const attributes = structuredClone(metadata.attributes);
  const multiscale = (omeAttributes(attributes).multiscales as JsonObject[])[0]!;
  multiscale.datasets = (multiscale.datasets as unknown[]).slice(0, depth);
  return { ...metadata, attributes, levels: metadata.levels.slice(0, depth) };
}

async function listObjects(array: ZarrArray, key: string, metadata: ImageMetadata): Promise<SourceObjects> {
  const { store } = array;
  const [group, document] = metadata.zarrFormat === 2 ? [".zattrs", ".zarray"] : ["zarr.json", "zarr.json"];
  const names = [group, ...metadata.levels.map(({ path }) => `${path}/${document}`)];
  return {
    store,
    documents: [...names.map((name) => joinKey(key, name)), ...(await tableObjects(store, joinKey(key, "tables")))],
    pixels: (store.isRemote ? undefined : await objectsBelow(store, array.key)) ?? spreadChunkKeys(array, remoteSample),
  };
}

async function openLevels(
  store: ReadableStore,
  key: string,
  metadata: ImageMetadata,
  location: string,
): Promise<Level[]> {
  const levels: Level[] = [];
  for (const { path } of metadata.levels) {
    const array = await openArray(store, joinKey(key, path), metadata.zarrFormat);
    checkLevel(array, metadata, levels[0], `${location}/${path}`);
    checkExtents(array);
    await checkChunkNames(array);
    levels.push(new Level(array, cumulativeFactors(array, levels.at(-1), `${location}/${path}`)));
  }
  return levels;
}

function cumulativeFactors(array: ZarrArray, finer: Level | undefined, where: string): Zyx {
  if (finer === undefined) return [1, 1, 1];
  const shape = array.metadata.shape.slice(-3) as unknown as Zyx;
  const step = levelFactors(finer.shapeZyx, shape, where);
  return mapAxes(finer.factorsZyx, (factor, axis) => factor * step[axis]!);
}

function checkLevel(array: ZarrArray, metadata: ImageMetadata, full: Level | undefined, where: string): void {
  const { shape, type } = array.metadata;
  if (shape.length !== metadata.axes.length) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "An array does not have the axes that the image's attributes name",
      where,
      found: formatShape(shape),
      expected: metadata.axes,
    });
  }
  if (metadata.axes.startsWith("t")) checkSingleTime(array.metadata, where);
  if (shape.some((extent) => extent === 0)) {
    throw new IsoluxError({ kind: "invalid", what: "An array has no pixels", where, found: formatShape(shape) });
  }
  if (full === undefined) return;
  if (type !== full.type) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "A resolution level has another pixel type than the first",
      where,
      found: type,
      expected: full.type,
    });
  }
  const channelCount = geometryOf(array.metadata).shapeCzyx[0];
  if (channelCount !== full.shapeCzyx[0]) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "A resolution level has another number of channels than the first",
      where,
      found: String(channelCount),
      expected: String(full.shapeCzyx[0]),
    });
  }
}
