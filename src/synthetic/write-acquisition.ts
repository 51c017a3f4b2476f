/**
 * Writes a synthetic acquisition as the mesoSPIM converter writes a real one: a mosaic of full tiles side by side as
 * OME-Zarr 0.4, with a pyramid and tables of the tiles. Works chunk by chunk: memory holds a few chunks, whatever the
 * size.
 */
import { Level } from "../acquisition/level.ts";
import { throwIfInterrupted } from "../errors.ts";
import type { DisplayWindow } from "../ngff/corrected-attributes.ts";
import { type NewTile, writeMosaicTables } from "../ngff/new-image.ts";
import { writeGroup } from "../ngff/write-roi-table.ts";
import { placesBetween } from "../pipeline/output/level-geometry.ts";
import { displayWindows } from "../pipeline/run/display-windows.ts";
import type { Profile } from "../profile/profile.ts";
import { type Czyx, elementCount, type Zyx } from "../shapes.ts";
import type { IlluminationSide } from "../tiles/tile.ts";
import { ZarrArray } from "../zarr/array.ts";
import type { JsonObject } from "../zarr/json.ts";
import { serializeArrayMetadata } from "../zarr/metadata/version-2.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import { SyntheticCamera } from "./camera.ts";
import { layOutTiles, type SyntheticLayout, syntheticGains } from "./layout.ts";
import { exposeChunk, reduceChunk } from "./mosaic-chunks.ts";
import { completeOptions, type SyntheticChannel, type SyntheticOptions } from "./options.ts";
import type { SyntheticShading } from "./shading.ts";
import type { SyntheticTruth } from "./truth.ts";

/** A synthetic acquisition that has been written. */
export interface SyntheticAcquisition {
  /** The image's key in the store: `<name>.zarr/raw_image`. */
  readonly imageKey: string;
  /** All options, the defaults among them. */
  readonly options: SyntheticOptions;
  readonly layout: SyntheticLayout;
  readonly truth: SyntheticTruth;
}

/** Hooks to follow and to stop the writing. */
interface SyntheticHooks {
  readonly onChunk?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes an acquisition into the folder `container` (such as `demo.zarr`) of a store. The same options give the same
 * pixels, whatever the chunks.
 * @throws IsoluxError `usage` for impossible options, `interrupted`, `storage`
 */
export async function writeSyntheticAcquisition(
  store: WritableStore,
  container: string,
  given: Partial<SyntheticOptions> = {},
  hooks: SyntheticHooks = {},
): Promise<SyntheticAcquisition> {
  const options = completeOptions(given);
  const layout = layOutTiles(options);
  const camera = new SyntheticCamera(options, layout);
  const imageKey = joinKey(container, options.imageName);
  const levels = planLevels(layout.mosaicShapeZyx, options);
  const arrays = levels.map((level, index) => levelArray(store, joinKey(imageKey, String(index)), level, options));
  const step = stepThrough(arrays, hooks);
  const makeChunk = (level: number, chunk: Czyx) =>
    level === 0
      ? exposeChunk(arrays[0]!, chunk, camera, layout, options)
      : reduceChunk(arrays[level]!, chunk, arrays[level - 1]!, levels[level]!.factorsZyx);

  await writeGroup(store, container);
  for (const [level, array] of arrays.entries()) {
    await store.set(joinKey(array.key, ".zarray"), serializeArrayMetadata(array.metadata));
    for (const chunk of chunksOf(array)) {
      step();
      const pixels = await makeChunk(level, chunk);
      // The converter leaves out chunks that are all zeros: zero is the fill value.
      if (pixels.some((value) => value !== 0)) await store.set(array.chunkKey(chunk), await array.encodeChunk(pixels));
    }
  }
  const windows = await displayWindows(new Level(arrays.at(-1)!, [1, 1, 1]));
  await writeGroup(store, imageKey, imageAttributes(options, levels, windows));
  if (options.tables) await writeRoiTables(store, imageKey, options, layout);
  return { imageKey, options, layout, truth: truthOf(options, layout, camera.shading) };
}

/** The truth of an acquisition. */
export function truthOf(options: SyntheticOptions, layout: SyntheticLayout, shading: SyntheticShading): SyntheticTruth {
  const { channels, planes, emptyPlanesPerEnd, tileShapeYx } = options;
  const profilesOf = (side: IlluminationSide) =>
    channels.map(({ label, background }, channel): [string, Profile] => {
      const flatfield = Float32Array.from(shading.meanFlatfield(channel, side));
      const darkfield = Float32Array.from(shading.darkfield(channel));
      return [label, { shapeYx: tileShapeYx, flatfield, darkfield, baseline: background }];
    });
  return {
    profiles: new Map(profilesOf("Left")),
    rightProfiles: new Map(options.twoSides ? profilesOf("Right") : []),
    gains: syntheticGains(options, layout),
    emptyTiles: layout.tiles.filter((tile) => tile.empty).map((tile) => tile.number),
    zLevels: [emptyPlanesPerEnd, planes - 1 - emptyPlanesPerEnd],
  };
}

/** The coordinates of all chunks of an array, the last axis fastest. */
function chunksOf(array: ZarrArray): Generator<Czyx> {
  return placesBetween([0, 0, 0, 0], array.chunkGrid as unknown as Czyx);
}

function levelArray(store: WritableStore, key: string, level: SyntheticLevel, options: SyntheticOptions): ZarrArray {
  return new ZarrArray(store, key, {
    zarrFormat: 2,
    shape: [options.channels.length, ...level.shapeZyx],
    chunkShape: [1, ...options.chunkShapeZyx],
    type: options.pixelType,
    byteOrder: "little",
    order: "C",
    fillValue: 0,
    separator: "/",
    codec: options.codec,
  });
}

function stepThrough(arrays: readonly ZarrArray[], { onChunk, signal }: SyntheticHooks): () => void {
  const total = arrays.reduce((sum, array) => sum + elementCount(array.chunkGrid), 0);
  let done = 0;
  return () => {
    throwIfInterrupted(signal);
    onChunk?.(done, total);
    done += 1;
  };
}

// The attributes of a synthetic image, as the mesoSPIM converter writes those of a mosaic.

/** One array of the pyramid. */
interface SyntheticLevel {
  readonly shapeZyx: Zyx;
  /** By how much it is coarser than the array before it. */
  readonly factorsZyx: Zyx;
  /** Size of a pixel in µm. */
  readonly scaleZyx: Zyx;
}

/**
 * The levels of the pyramid: rows and columns halve every time, planes only where they lie closer together than the
 * pixels do.
 */
export function planLevels(shapeZyx: Zyx, options: SyntheticOptions): SyntheticLevel[] {
  const levels: SyntheticLevel[] = [{ shapeZyx, factorsZyx: [1, 1, 1], scaleZyx: options.pixelSizeZyx }];
  while (levels.length < options.levelCount) {
    const finer = levels.at(-1)!;
    const factorsZyx: Zyx = [finer.scaleZyx[0] < finer.scaleZyx[1] ? 2 : 1, 2, 2];
    const perAxis = (value: (axis: 0 | 1 | 2) => number): Zyx => [value(0), value(1), value(2)];
    levels.push({
      shapeZyx: perAxis((axis) => Math.ceil(finer.shapeZyx[axis] / factorsZyx[axis])),
      factorsZyx,
      scaleZyx: perAxis((axis) => finer.scaleZyx[axis] * factorsZyx[axis]),
    });
  }
  return levels;
}

/** The image's attributes: OME-Zarr 0.4, the converter's acquisition metadata, and the options of the image. */
export function imageAttributes(
  options: SyntheticOptions,
  levels: readonly SyntheticLevel[],
  windows: readonly (DisplayWindow | undefined)[],
): JsonObject {
  const { imageName, channels } = options;
  return {
    multiscales: [{ version: "0.4", name: imageName, axes, datasets: levels.map(datasetOf) }],
    omero: {
      id: 1,
      version: "0.4",
      name: imageName,
      rdefs: { model: "color", defaultT: 0, defaultZ: levels[0]!.shapeZyx[0] >> 1 },
      channels: channels.map((channel, index) => omeroChannel(channel, index, windows[index])),
    },
    acquisition_metadata: { channels: channels.map(acquisitionOf) },
    fractal_tasks: { isolux_synthetic_acquisition: { input_parameters: { ...options } } },
  };
}

const axes = [
  { name: "c", type: "channel" },
  { name: "z", type: "space", unit: "micrometer" },
  { name: "y", type: "space", unit: "micrometer" },
  { name: "x", type: "space", unit: "micrometer" },
];

/** The display range where no pixel is brighter than the others. */
const wholeRange: DisplayWindow = { min: 0, max: 65535, start: 0, end: 65535 };

function datasetOf(level: SyntheticLevel, index: number): JsonObject {
  return {
    path: String(index),
    coordinateTransformations: [{ type: "scale", scale: [1, ...level.scaleZyx] }],
  };
}

function omeroChannel(channel: SyntheticChannel, index: number, window = wholeRange): JsonObject {
  const { label, wavelengthId, color } = channel;
  return { active: true, label, wavelength_id: wavelengthId, color, index, window };
}

function acquisitionOf({ label, wavelengthId }: SyntheticChannel): JsonObject {
  return {
    label,
    excitation_wavelength: wavelengthId,
    emission_wavelength: `${Number(wavelengthId) + 27}lp`,
    shutter: "left",
    zoom: "5x",
    laser_intensity: "10",
  };
}

// The tables of a synthetic acquisition.

/** Writes the tables of tiles and of the mosaic below an image. */
export async function writeRoiTables(
  store: WritableStore,
  image: string,
  { pixelSizeZyx, planes, tileShapeYx }: SyntheticOptions,
  layout: SyntheticLayout,
): Promise<void> {
  const tiles = layout.tiles.map((tile): NewTile => {
    const [y, x] = tile.mosaicYx;
    const stop: Zyx = [planes, y + tileShapeYx[0], x + tileShapeYx[1]];
    return {
      name: tile.name,
      box: { start: [0, y, x], stop },
      stagePositionUmYx: [tile.statedYx[0] * pixelSizeZyx[1], tile.statedYx[1] * pixelSizeZyx[2]],
    };
  });
  await writeMosaicTables(store, image, tiles, layout.mosaicShapeZyx, pixelSizeZyx);
}
