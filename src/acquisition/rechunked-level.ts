/** Reads a level in chunks of another shape than it is stored in, with a cache of stored chunks. */

import {
  allocatePixels,
  type BoxZyx,
  boxShape,
  type Czyx,
  elementCount,
  isSameShape,
  mapAxes,
  type PixelArray,
} from "../shapes.ts";
import { buffersFor, chunksTouching, copyBox } from "../zarr/box.ts";
import type { ChunkBuffer } from "../zarr/chunk-pixels.ts";
import { Level, type PixelLevel } from "./level.ts";

/**
 * A level read in chunks of another shape; the level itself where the shape is its own.
 * @param chunkCache keeps chunks of the level between calls, where they are stored
 */
export function rechunked(level: PixelLevel, chunkShapeCzyx: Czyx, chunkCache: () => ChunkCache): PixelLevel {
  if (isSameShape(chunkShapeCzyx, level.chunkShapeCzyx)) return level;
  const grid = mapAxes(level.shapeCzyx, (extent, axis) => Math.ceil(extent / chunkShapeCzyx[axis]!));
  return {
    type: level.type,
    fillValue: level.fillValue,
    shapeCzyx: level.shapeCzyx,
    shapeZyx: level.shapeZyx,
    factorsZyx: level.factorsZyx,
    chunkShapeCzyx,
    chunkGridCzyx: grid,
    readBox: (channel, box, into) => level.readBox(channel, box, into),
    readChunk: (chunk, buffer) => {
      if (!(level instanceof Level)) return readAsBoxes(level, chunkShapeCzyx, chunk, buffer);
      return cutChunk(level, chunkShapeCzyx, chunk, blankChunk(level, chunkShapeCzyx, buffer), chunkCache());
    },
  };
}

function blankChunk({ type, fillValue }: PixelLevel, chunkShape: Czyx, buffer?: ChunkBuffer): PixelArray {
  return (buffer?.pixels ?? allocatePixels(type, elementCount(chunkShape))).fill(fillValue);
}

/** Copies a chunk from the stored ones that it overlaps. */
async function cutChunk(
  level: PixelLevel,
  chunkShape: Czyx,
  chunk: Czyx,
  pixels: PixelArray,
  chunkCache: ChunkCache,
): Promise<PixelArray> {
  const start = chunk.map((place, axis) => place * chunkShape[axis]!);
  const stop = start.map((from, axis) => Math.min(from + chunkShape[axis]!, level.shapeCzyx[axis]!));
  for (const coords of chunksTouching(level.chunkShapeCzyx, start, stop)) {
    const source = await chunkCache.read(level, coords as unknown as Czyx);
    if (source === undefined) continue;
    const sourceStart = coords.map((coord, axis) => coord * level.chunkShapeCzyx[axis]!);
    const from = start.map((begin, axis) => Math.max(begin, sourceStart[axis]!));
    const to = stop.map((end, axis) => Math.min(end, sourceStart[axis]! + level.chunkShapeCzyx[axis]!));
    const inSource = from.map((at, axis) => at - sourceStart[axis]!);
    const inChunk = from.map((at, axis) => at - start[axis]!);
    const extent = to.map((end, axis) => end - from[axis]!);
    copyBox(source, level.chunkShapeCzyx, inSource, pixels, chunkShape, inChunk, extent);
  }
  return pixels;
}

/** Reads a chunk, of any shape, as a box of every channel. */
export async function readAsBoxes(
  level: PixelLevel,
  chunkShape: Czyx,
  chunk: Czyx,
  buffer?: ChunkBuffer,
): Promise<PixelArray> {
  const pixels = blankChunk(level, chunkShape, buffer);
  const [channels, ...shapeZyx] = chunkShape;
  const first = chunk[0] * channels;
  const start = mapAxes(shapeZyx, (extent, axis) => chunk[axis + 1]! * extent);
  const stop = mapAxes(start, (from, axis) => Math.min(from + shapeZyx[axis]!, level.shapeZyx[axis]!));
  const box: BoxZyx = { start, stop };
  const extent = boxShape(box);
  for (let c = 0; c < channels && first + c < level.shapeCzyx[0]; c++) {
    const channelPixels = pixels.subarray((c * pixels.length) / channels, ((c + 1) * pixels.length) / channels);
    const into = buffersFor(extent, [0, 0, 0], channelPixels, [chunkShape[1], chunkShape[2], chunkShape[3]]);
    const read = await level.readBox(first + c, box, into);
    if (into === undefined)
      copyBox(read, [1, ...extent], [0, 0, 0, 0], pixels, chunkShape, [c, 0, 0, 0], [1, ...extent]);
  }
  return pixels;
}

interface Slot {
  /** The chunk in it; none before the first, and where reading failed. */
  chunk: Czyx | undefined;
  pixels: PixelArray | undefined;
}

/** The most recently used decoded chunks of a level, for chunks of another shape that are copied from them. */
export class ChunkCache {
  readonly #roomOf: (slot: number) => ChunkBuffer;
  /** The least recently used one comes first. */
  readonly #slots: (Slot & { readonly index: number })[];

  /**
   * @param count number of chunks in the cache
   * @param buffersOf the buffers of a slot; the same arrays each time
   */
  constructor(count: number, buffersOf: (slot: number) => ChunkBuffer) {
    this.#roomOf = buffersOf;
    this.#slots = Array.from({ length: count }, (_, index) => ({ index, chunk: undefined, pixels: undefined }));
  }

  /**
   * A whole chunk of the level, `undefined` where it is not stored; it must not be changed. The level is always the
   * same.
   */
  async read(level: PixelLevel, chunk: Czyx): Promise<PixelArray | undefined> {
    const found = this.#slots.findIndex((slot) => slot.chunk !== undefined && isSameShape(slot.chunk, chunk));
    const [slot] = this.#slots.splice(Math.max(0, found), 1);
    this.#slots.push(slot!);
    if (found >= 0) return slot!.pixels;
    slot!.chunk = undefined;
    slot!.pixels = await level.readChunk(chunk, this.#roomOf(slot!.index));
    slot!.chunk = chunk;
    return slot!.pixels;
  }
}

/** The most bytes of the cache, beside the last chunk. */
const mostBytes = 64 * 2 ** 20;
/** The most stored chunks along rows or columns that a chunk of another shape overlaps. */
const mostKept = 4;

/** The useful size of the cache in chunks: one where chunks nest, as those that are copied from one are consecutive. */
export function chunksWorthKeeping(own: Czyx, wanted: Czyx, chunkBytes: number): number {
  const nests = own.every((extent, axis) => extent % wanted[axis]! === 0 || wanted[axis]! % extent === 0);
  return nests ? 1 : Math.max(1, Math.min(mostKept, Math.floor(mostBytes / chunkBytes)));
}
