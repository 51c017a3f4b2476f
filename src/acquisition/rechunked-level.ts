/** Reads a level otherwise than it is stored: in chunks of another shape, or from the finer one where it is damaged. */

import { IsoluxError } from "../errors.ts";
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
import type { ArrayMetadata } from "../zarr/metadata/metadata.ts";
import { type BegunBytes, Level, type PixelLevel } from "./level.ts";
import type { Note } from "./tile-view.ts";

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
  const [channels, ...shapeZyx] = chunkShape;
  const first = chunk[0] * channels;
  const start = mapAxes(shapeZyx, (extent, axis) => chunk[axis + 1]! * extent);
  const stop = mapAxes(start, (from, axis) => Math.min(from + shapeZyx[axis]!, level.shapeZyx[axis]!));
  const box: BoxZyx = { start, stop };
  const extent = boxShape(box);
  const isWhole = isSameShape(extent, shapeZyx) && first + channels <= level.shapeCzyx[0];
  const pixels = (isWhole && buffer?.pixels) || blankChunk(level, chunkShape, buffer);
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

/** A stored level that is read from the finer one where its own chunks cannot be decoded. */
export class MendedLevel extends Level {
  override readonly mirrored: ArrayMetadata;
  readonly #stored: Level;
  readonly #finer: Level;
  readonly #note: Note;
  #isTold = false;

  /** @param note told once, of the first chunk that is damaged */
  constructor(stored: Level, finer: Level, note: Note) {
    super(stored.array, stored.factorsZyx, stored.axes, stored);
    this.mirrored = stored.mirrored;
    [this.#stored, this.#finer, this.#note] = [stored, finer, note];
  }

  override async readChunk(chunk: Czyx, buffer?: ChunkBuffer, begun?: BegunBytes): Promise<PixelArray | undefined> {
    return await this.#stored
      .readChunk(chunk, buffer, begun)
      .catch((error: unknown) => this.#mend(error, () => readAsBoxes(this, this.chunkShapeCzyx, chunk, buffer)));
  }

  override async readBox(channel: number, box: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    return await this.#stored
      .readBox(channel, box, into)
      .catch((error: unknown) => this.#mend(error, () => this.#averaged(channel, box, into)));
  }

  #mend<Pixels>(error: unknown, make: () => Promise<Pixels>): Promise<Pixels> {
    if (!(error instanceof IsoluxError) || error.kind !== "corrupt") throw error;
    if (!this.#isTold) {
      this.#note(
        `A coarser level has damaged chunks, whose pixels are made from the level before: ${error.message}`,
        "warning",
      );
    }
    this.#isTold = true;
    return make();
  }

  /** Means over blocks of the finer level, each over the pixels that exist, plane by plane. */
  async #averaged(channel: number, box: BoxZyx, into?: PixelArray): Promise<PixelArray> {
    const finer = this.#finer;
    const [depth, height, width] = mapAxes(this.factorsZyx, (factor, axis) => factor / finer.factorsZyx[axis]!);
    const [planes, rows, columns] = boxShape(box);
    const pixels = into ?? allocatePixels(this.type, elementCount([planes, rows, columns]));
    const isWhole = !(pixels instanceof Float32Array || pixels instanceof Float64Array);
    const [mostZ, mostY, mostX] = finer.shapeZyx;
    const [fromY, fromX] = [box.start[1] * height, box.start[2] * width];
    const [toY, toX] = [Math.min(mostY, box.stop[1] * height), Math.min(mostX, box.stop[2] * width)];
    for (let plane = 0; plane < planes; plane++) {
      const sums = new Float64Array(rows * columns);
      const counts = new Uint32Array(rows * columns);
      const fromZ = (box.start[0] + plane) * depth;
      for (let z = fromZ; z < Math.min(mostZ, fromZ + depth); z++) {
        const source = await finer.readBox(channel, { start: [z, fromY, fromX], stop: [z + 1, toY, toX] });
        for (let y = 0, at = 0; y < toY - fromY; y++) {
          const row = Math.floor(y / height) * columns;
          for (let x = 0; x < toX - fromX; x++, at++) {
            const place = row + Math.floor(x / width);
            sums[place]! += source[at]!;
            counts[place]!++;
          }
        }
      }
      for (let at = 0; at < sums.length; at++) {
        const mean = sums[at]! / counts[at]!;
        pixels[plane * sums.length + at] = isWhole ? Math.floor(mean + 0.5) : mean;
      }
    }
    return pixels;
  }
}
