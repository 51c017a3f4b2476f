/** How a block of chunks is read, corrected, averaged into coarser levels, and handed to a sink. */
import type { Level, PixelLevel } from "../../acquisition/level.ts";
import { ReadAhead } from "../../acquisition/read-ahead.ts";
import { rechunked } from "../../acquisition/rechunked-level.ts";
import { downsample } from "../../correct/downsample.ts";
import type { CorrectionField } from "../../correct/field.ts";
import { throwIfInterrupted } from "../../errors.ts";
import { boxShape, type Czyx, mapAxes, type PixelArray } from "../../shapes.ts";
import type { Tile } from "../../tiles/tile.ts";
import { wait } from "../../wait.ts";
import { isSameMemory } from "../../zarr/pixel-bytes.ts";
import { chunkBox, chunksOfObject, madeShape, nestsIn, placesBetween, stepFactors } from "../output/level-geometry.ts";
import type { FinishedObjects } from "../record/journal.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import { correctChunk, type MadePixels } from "./correct-chunk.ts";
import type { Pass } from "./passes.ts";
import type { ValueCounts } from "./value-counts.ts";

/** Takes finished chunks: writes them into the output, or compares them with it. */
export interface ChunkSink {
  put(level: number, chunk: Czyx, pixels: PixelArray, clipped: readonly number[]): Promise<void>;
  /**
   * Takes a finished chunk of a coarse level by what of it is in the image, so that it is not made as a whole.
   * @returns whether it did: else it wants the whole chunk
   */
  putPart?(level: number, chunk: Czyx, made: MadePixels): Promise<boolean>;
  /** Resolves when all chunks that were put are written. */
  flush?(): Promise<void>;
  /** Called when a block failed: objects that were begun for it are discarded. */
  giveUp?(): Promise<void>;
}

/** Milliseconds after which the event loop gets a turn. */
const turnMs = 100;

/** What a runner works on. */
export interface BlockRunnerParts {
  /** The full resolution of the source; it is read in chunks as the output has them. */
  readonly source: PixelLevel;
  /** Levels of the output: a chunk that is finished already is read from them. */
  readonly output: readonly Level[];
  readonly tiles: readonly Tile[];
  /** Per channel. */
  readonly fields: readonly (readonly CorrectionField[])[];
  readonly finished: FinishedObjects;
  readonly sink: ChunkSink;
  readonly memory: ChunkMemory;
  /** Where the values of the coarsest level are counted. */
  readonly counts?: ValueCounts | undefined;
  readonly signal?: AbortSignal;
  /** Called with the pixels' bytes of each full-resolution chunk that is done. */
  readonly onChunk?: (bytes: number) => void;
}

/**
 * Makes blocks: corrects the chunks of the full resolution and averages them into coarser levels while they are in
 * memory. Holds one chunk per level of the pass, in arrays that are used again for the next chunk of the level.
 */
export class BlockRunner {
  private readonly parts: BlockRunnerParts;
  private readonly source: PixelLevel;
  private readonly ahead: ReadAhead;
  private turnBegan = performance.now();

  constructor(parts: BlockRunnerParts) {
    this.parts = parts;
    const { source, output, memory } = parts;
    const chunkShape = output[0]!.chunkShapeCzyx;
    this.source = rechunked(source, chunkShape, () => memory.chunkCache(source, chunkShape));
    this.ahead = new ReadAhead(this.source);
  }

  /** Makes the block of a pass that is object `object` of its top level, with all chunks below it. */
  async run(pass: Pass, object: Czyx): Promise<void> {
    const { output, sink, memory } = this.parts;
    memory.beginPass(pass);
    await this.ahead.start(this.chunksToCorrect(pass, object));
    try {
      for (const chunk of chunksOfObject(output, pass.topLevel, object)) {
        await this.make(pass, pass.topLevel, chunk, false);
      }
      await sink.flush?.();
    } catch (error) {
      await sink.giveUp?.();
      throw error;
    }
  }

  private async make(pass: Pass, level: number, chunk: Czyx, wanted: boolean): Promise<MadePixels | undefined> {
    const { finished, sink, signal, output, memory } = this.parts;
    throwIfInterrupted(signal);
    if (level < pass.baseLevel || finished.hasChunk(level, chunk)) {
      return wanted ? this.readOutput(level, chunk) : undefined;
    }
    if (level === 0) return this.correct(chunk);
    const finer = output[level - 1]!;
    const made = this.blank(level, chunk);
    if (nestsIn(finer, output[level]!)) await this.averageChildren(pass, level, chunk, made);
    else await averageBox(finer, output[level]!, chunk, made);
    this.countValues(level, chunk, made);
    if (!(await sink.putPart?.(level, chunk, made))) {
      await sink.put(level, chunk, memory.whole(output[level]!, made), []);
    }
    return made;
  }

  private async correct(chunk: Czyx): Promise<MadePixels> {
    const { tiles, fields, sink, memory, onChunk } = this.parts;
    await this.giveWay();
    const level = this.source;
    const buffer = { pixels: memory.chunk(0, level), encoded: memory.incoming(level) };
    const pixels = inPlace(await this.ahead.read(chunk, buffer), buffer.pixels, level.fillValue);
    // The next chunk is read while this one is worked on, where memory allows for its encoded bytes.
    if (memory.overlaps(level)) this.ahead.begin(memory.incoming(level));
    const clipped = correctChunk(pixels, level, chunk, tiles, fields, (field, rows) => memory.resident(field, rows));
    const made = { pixels, shapeCzyx: level.chunkShapeCzyx };
    this.countValues(0, chunk, made);
    await sink.put(0, chunk, pixels, clipped);
    onChunk?.(pixels.byteLength);
    return made;
  }

  private countValues(level: number, chunk: Czyx, made: MadePixels): void {
    const { output, counts } = this.parts;
    if (level === output.length - 1) counts?.add(chunk, made);
  }

  /** The chunks of the full resolution that a block needs, in the order in which they are made. */
  private *chunksToCorrect(pass: Pass, object: Czyx): Generator<Czyx> {
    for (const chunk of chunksOfObject(this.parts.output, pass.topLevel, object)) {
      yield* this.chunksBelow(pass, pass.topLevel, chunk);
    }
  }

  private *chunksBelow(pass: Pass, level: number, chunk: Czyx): Generator<Czyx> {
    const { finished, output } = this.parts;
    if (level < pass.baseLevel || finished.hasChunk(level, chunk)) return;
    const finer = output[level - 1];
    if (finer === undefined) yield chunk;
    else if (nestsIn(finer, output[level]!)) {
      for (const child of childChunks(finer, output[level]!, chunk)) yield* this.chunksBelow(pass, level - 1, child);
    }
  }

  /** Yields to the event loop now and then, as files may be read and written without a pause. */
  private async giveWay(): Promise<void> {
    if (performance.now() - this.turnBegan < turnMs) return;
    await wait(0);
    this.turnBegan = performance.now();
  }

  private async readOutput(level: number, chunk: Czyx): Promise<MadePixels> {
    const { output, memory } = this.parts;
    const from = output[level]!;
    const buffer = { pixels: memory.toReadBack(level, from), encoded: memory.encoded(from) };
    const pixels = inPlace(await from.readChunk(chunk, buffer), buffer.pixels, from.fillValue);
    return { pixels, shapeCzyx: from.chunkShapeCzyx };
  }

  /** The array for a chunk of a level, with the fill value where it reaches beyond the image. */
  private blank(level: number, chunk: Czyx): MadePixels {
    const array = this.parts.output[level]!;
    const pixels = this.parts.memory.made(level, array);
    const isWithin = chunk.every((place, axis) => (place + 1) * array.chunkShapeCzyx[axis]! <= array.shapeCzyx[axis]!);
    if (!isWithin) pixels.fill(array.fillValue);
    return { pixels, shapeCzyx: madeShape(array) };
  }

  /** Makes a chunk of means of the chunks below it, which are made first. */
  private async averageChildren(pass: Pass, level: number, chunk: Czyx, made: MadePixels): Promise<void> {
    const coarse = this.parts.output[level]!;
    const fine = this.parts.output[level - 1]!;
    for (const child of childChunks(fine, coarse, chunk)) {
      averageChild((await this.make(pass, level - 1, child, true))!, fine, child, made, coarse, chunk);
    }
  }
}

/** The chunks of the finer level that lie in a chunk of the coarser one. */
function childChunks(fine: Level, coarse: Level, chunk: Czyx): Generator<Czyx> {
  const factors = stepFactors(fine, coarse);
  const extent = mapAxes(factors, (factor, axis) => factor * coarse.chunkShapeCzyx[axis]!);
  const start = mapAxes(chunk, (place, axis) => place * extent[axis]!);
  const stop = mapAxes(start, (from, axis) => Math.min(from + extent[axis]!, fine.shapeCzyx[axis]!));
  return placesBetween(
    mapAxes(start, (from, axis) => Math.floor(from / fine.chunkShapeCzyx[axis]!)),
    mapAxes(stop, (end, axis) => Math.ceil(end / fine.chunkShapeCzyx[axis]!)),
  );
}

/** Averages a finer chunk into its part of a coarser one. */
function averageChild(
  { pixels: childPixels, shapeCzyx: [, finePlanes, fineRows, fineColumns] }: MadePixels,
  fine: Level,
  child: Czyx,
  { pixels, shapeCzyx: [, planes, rows, columns] }: MadePixels,
  coarse: Level,
  chunk: Czyx,
): void {
  const [, ...factors] = stepFactors(fine, coarse);
  const [fineChannels] = fine.chunkShapeCzyx;
  const box = chunkBox(fine, child);
  const origin = chunkBox(coarse, chunk).start;
  const target = box.start.map((start, axis) => start / factors[axis]! - origin[axis]!);
  const extent = boxShape(box);
  // Where a level is half as wide as the finer one, rounded down, there is no place for the last mean
  const room = mapAxes([planes, rows, columns], (n, axis) => n - target[axis]!);
  for (let c = 0; c < fineChannels; c++) {
    const targetChannel = child[0] * fineChannels + c - chunk[0] * coarse.chunkShapeCzyx[0];
    if (child[0] * fineChannels + c >= fine.shapeCzyx[0]) break;
    downsample(
      {
        source: childPixels,
        sourceShape: [finePlanes, fineRows, fineColumns],
        sourceStart: c * finePlanes * fineRows * fineColumns,
        sourceExtent: extent,
        target: pixels,
        targetShape: [planes, rows, columns],
        targetStart: ((targetChannel * planes + target[0]!) * rows + target[1]!) * columns + target[2]!,
        targetExtent: mapAxes(extent, (n, axis) => Math.min(Math.ceil(n / factors[axis]!), room[axis]!)),
      },
      factors,
    );
  }
}

/** Averages a box of the finer level into a chunk of the coarser one, where chunks do not nest. */
async function averageBox(fine: Level, coarse: Level, chunk: Czyx, made: MadePixels): Promise<void> {
  const { pixels, shapeCzyx } = made;
  const [, ...factors] = stepFactors(fine, coarse);
  const target = chunkBox(coarse, chunk);
  const start = mapAxes(target.start, (at, axis) => at * factors[axis]!);
  const stop = mapAxes(target.stop, (end, axis) => Math.min(end * factors[axis]!, fine.shapeZyx[axis]!));
  const sourceShape = boxShape({ start, stop });
  const [channels] = coarse.chunkShapeCzyx;
  const [, planes, rows, columns] = shapeCzyx;
  for (let c = 0; c < channels && chunk[0] * channels + c < coarse.shapeCzyx[0]; c++) {
    const source = await fine.readBox(chunk[0] * channels + c, { start, stop });
    downsample(
      {
        source,
        sourceShape,
        sourceStart: 0,
        sourceExtent: sourceShape,
        target: pixels,
        targetShape: [planes, rows, columns],
        targetStart: c * planes * rows * columns,
        targetExtent: boxShape(target),
      },
      factors,
    );
  }
}

/** What was read of a chunk, in the array for it. @param read `undefined` where the chunk is not stored */
function inPlace(read: PixelArray | undefined, pixels: PixelArray, fillValue: number): PixelArray {
  if (read === undefined) pixels.fill(fillValue);
  else if (!isSameMemory(read, pixels)) pixels.set(read);
  return pixels;
}
