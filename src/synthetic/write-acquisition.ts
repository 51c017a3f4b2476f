/**
 * Writes a synthetic acquisition as the mesoSPIM converter writes a real one: a mosaic of full tiles side by side as
 * OME-Zarr 0.4, with a pyramid and tables of the tiles. Chunk by chunk: memory holds a few chunks, whatever the size.
 */
import { Level } from "../acquisition/level.ts";
import { throwIfInterrupted } from "../errors.ts";
import { writeGroup } from "../ngff/write-roi-table.ts";
import { displayWindows } from "../pipeline/display-windows.ts";
import { type Czyx, elementCount } from "../shapes.ts";
import { ZarrArray } from "../zarr/array.ts";
import { serializeArrayMetadata } from "../zarr/metadata-v2.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import { imageAttributes, planLevels, type SyntheticLevel } from "./attributes.ts";
import { SyntheticCamera } from "./camera.ts";
import { layOutTiles, type SyntheticLayout } from "./layout.ts";
import { chunksOf, exposeChunk, reduceChunk } from "./mosaic-chunks.ts";
import { completeOptions, type SyntheticOptions } from "./options.ts";
import { writeRoiTables } from "./roi-tables.ts";
import { type SyntheticTruth, truthOf } from "./truth.ts";

/** A synthetic acquisition that has been written. */
export interface SyntheticAcquisition {
  /** The image's key in the store: `<name>.zarr/raw_image`. */
  readonly imageKey: string;
  /** All options, the defaults among them. */
  readonly options: SyntheticOptions;
  readonly layout: SyntheticLayout;
  readonly truth: SyntheticTruth;
}

/** Ways to follow and to stop the writing. */
export interface SyntheticHooks {
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
