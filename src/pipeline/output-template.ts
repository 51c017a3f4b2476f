import { type Acquisition, fullResolution, type MosaicImage } from "../acquisition/acquisition.ts";
import { geometryOf, Level } from "../acquisition/level.ts";
import type { OpenedAcquisition } from "../acquisition/open-acquisition.ts";
import { unreachable } from "../errors.ts";
import type { JsonObject } from "../ngff/json.ts";
import { newImageAttributes, writeMosaicTables } from "../ngff/new-image.ts";
import { tableObjects } from "../ngff/table-objects.ts";
import { writeGroup } from "../ngff/write-roi-table.ts";
import { bytesPerPixel, type Czyx, elementCount, type PixelType, type Zyx } from "../shapes.ts";
import { ZarrArray } from "../zarr/array.ts";
import type { ArrayMetadata } from "../zarr/metadata.ts";
import { writeArrayMetadata } from "../zarr/metadata-document.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import type { Location } from "./location.ts";

/** A level of an output: its key below the image, and what its array is. */
export interface OutputLevel {
  readonly path: string;
  readonly metadata: ArrayMetadata;
  readonly factorsZyx: Zyx;
}

/** What an output image will be, decided before it is written. */
export interface OutputTemplate {
  readonly levels: readonly OutputLevel[];
  readonly zarrFormat: 2 | 3;
  /** The attributes to start from. */
  readonly attributes: JsonObject;
  /** Writes what does not depend on the correction: groups, the arrays' metadata, tables. */
  writeUnchanged(image: Location): Promise<void>;
}

/** What an output will be: a mosaic's mirror, or a new mosaic of that name for tiles. */
export function templateOf(opened: OpenedAcquisition, name: string): OutputTemplate {
  switch (opened.kind) {
    case "mosaic":
      return mirrorOf(opened.acquisition);
    case "tiles":
      return newMosaic(opened.acquisition, name);
    default:
      return unreachable(opened);
  }
}

/** The output that mirrors a mosaic: the same arrays; groups, array metadata and tables byte for byte. */
export function mirrorOf(mosaic: MosaicImage): OutputTemplate {
  const { store, key, metadata, levels } = mosaic;
  return {
    zarrFormat: metadata.zarrFormat,
    attributes: metadata.attributes,
    levels: levels.map(({ array, factorsZyx }, index) => {
      return { path: metadata.levels[index]!.path, metadata: array.metadata, factorsZyx };
    }),
    async writeUnchanged(image) {
      const documents = metadata.zarrFormat === 2 ? [".zarray", ".zattrs"] : ["zarr.json"];
      const arrays = metadata.levels.flatMap(({ path }) => documents.map((name) => `${path}/${name}`));
      const tables = await tableObjects(store, joinKey(key, "tables"));
      const names = [".zgroup", ...arrays, ...tables.map((table) => table.slice(key.length + 1))];
      for (const name of names) {
        const bytes = await store.get(joinKey(key, name));
        if (bytes !== undefined) await image.store.set(joinKey(image.key, name), bytes);
      }
    },
  };
}

/** Chunks of a new image: as the mesoSPIM converter makes them, but no larger than the image. */
const newChunkZyx: Zyx = [64, 1024, 1024];
/** A new image gets levels until the coarsest is no larger than this. */
const coarsestBytes = 2 ** 30;
/** Colours of channels that nothing names: distinct on a dark ground, also to colour-blind eyes (Okabe and Ito). */
const channelColors = ["56B4E9", "E69F00", "009E73", "CC79A7", "F0E442", "D55E00"];

/** The output for tiles as a microscope wrote them: a mosaic as OME-Zarr 0.4, as the reference's converter writes it. */
export function newMosaic(acquisition: Acquisition, name: string): OutputTemplate {
  const { channels, tiles, type, pixelSizeUmZyx } = acquisition;
  const { shapeCzyx, shapeZyx } = fullResolution(acquisition);
  const levels = planPyramid(shapeCzyx, pixelSizeUmZyx, type).map(({ shape, factorsZyx }, index): OutputLevel => {
    const chunk = newChunkZyx.map((extent, axis) => Math.min(extent, shapeZyx[axis]!));
    return { path: String(index), metadata: newArray(shape, [1, ...chunk], type), factorsZyx };
  });
  const named = channels.map(({ label }, index) => {
    return {
      label,
      wavelengthId: /\d+/.exec(label)?.[0] ?? label,
      color: channelColors[index % channelColors.length]!,
    };
  });
  return {
    levels,
    zarrFormat: 2,
    attributes: newImageAttributes({ name, channels: named, pixelSizeUmZyx, levels }),
    async writeUnchanged({ store, key }) {
      await writeGroup(store, key);
      for (const { path, metadata } of levels) await writeArrayMetadata(store, joinKey(key, path), metadata);
      await writeMosaicTables(store, key, tiles, shapeZyx, pixelSizeUmZyx);
    },
  };
}

function newArray(shape: readonly number[], chunkShape: readonly number[], type: PixelType): ArrayMetadata {
  return {
    zarrFormat: 2,
    shape,
    chunkShape,
    type,
    byteOrder: "little",
    order: "C",
    fillValue: 0,
    separator: "/",
    codec: { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 0 },
  };
}

/** Rows and columns halve from level to level; planes too where they lie closer together than rows do. */
function planPyramid(shapeCzyx: Czyx, pixelSizeUm: Zyx, type: PixelType) {
  let factorsZyx: Zyx = [1, 1, 1];
  let shape: Czyx = shapeCzyx;
  const levels = [{ shape, factorsZyx }];
  while (elementCount(shape) * bytesPerPixel(type) > coarsestBytes) {
    const z = pixelSizeUm[0] * factorsZyx[0] < pixelSizeUm[1] * factorsZyx[1] ? 2 : 1;
    const step: Zyx = [z, 2, 2];
    shape = [shape[0], ...step.map((factor, axis) => Math.ceil(shape[axis + 1]! / factor))] as unknown as Czyx;
    factorsZyx = factorsZyx.map((factor, axis) => factor * step[axis]!) as unknown as Zyx;
    levels.push({ shape, factorsZyx });
  }
  return levels;
}

/** The extents of an output's full resolution and of its chunks. */
export function fullGeometry({ levels }: Pick<OutputTemplate, "levels">) {
  return geometryOf(levels[0]!.metadata);
}

/** The levels of an output that lies at `key`. */
export function outputLevels(levels: readonly OutputLevel[], store: WritableStore, key: string): Level[] {
  return levels.map(
    ({ path, metadata, factorsZyx }) => new Level(new ZarrArray(store, joinKey(key, path), metadata), factorsZyx),
  );
}
