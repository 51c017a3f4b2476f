import type { Level } from "../acquisition/level.ts";
import type { PixelLevel } from "../acquisition/pixel-level.ts";
import { rechunked } from "../acquisition/rechunked-level.ts";
import { downsample } from "../correct/downsample.ts";
import { IsoluxError } from "../errors.ts";
import type { Czyx, PixelArray, Zyx } from "../shapes.ts";
import type { Tile } from "../tiles/tile.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import { type ChannelFields, chunkBox, correctChunk } from "./correct-chunk.ts";
import type { FinishedObjects } from "./journal.ts";
import { chunksOfObject, nestsIn, stepFactors } from "./level-geometry.ts";
import type { Pass } from "./passes.ts";

/** Where finished chunks go: into the output, or against it for verification. */
export interface ChunkSink {
  put(level: number, chunk: Czyx, pixels: PixelArray, clipped: readonly number[]): Promise<void>;
  /** Returns when all that was put is in its place. */
  flush?(): Promise<void>;
  /** Told when a block failed: objects that were begun for it are not finished. */
  giveUp?(): Promise<void>;
}

/** Other work may run after so many milliseconds. */
const turnMs = 100;

/** What a runner works on. */
export interface BlockRunnerParts {
  /** The full resolution of the source; it is read in chunks as the output has them. */
  readonly source: PixelLevel;
  /** Levels of the output; read where a chunk is finished already. */
  readonly output: readonly Level[];
  readonly tiles: readonly Tile[];
  /** Per channel. */
  readonly fields: readonly ChannelFields[];
  readonly finished: FinishedObjects;
  readonly sink: ChunkSink;
  readonly memory: ChunkMemory;
  readonly signal?: AbortSignal;
  /** Told the pixels' bytes of each full-resolution chunk that is done. */
  readonly onChunk?: (bytes: number) => void;
}

/**
 * Makes blocks: corrects the chunks of the full resolution and averages them into coarser levels while they are in
 * hand. Holds one chunk per level of the pass, in arrays that are used again for the next chunk of the level.
 */
export class BlockRunner {
  private readonly parts: BlockRunnerParts;
  private readonly source: PixelLevel;
  private turnBegan = performance.now();

  constructor(parts: BlockRunnerParts) {
    this.parts = parts;
    const { source, output, memory } = parts;
    const chunkShape = output[0]!.chunkShapeCzyx;
    this.source = rechunked(source, chunkShape, () => memory.shelf(source, chunkShape));
  }

  /** Makes the block that is object `object` of the pass's top level, with all that lies below it. */
  async run(pass: Pass, object: Czyx): Promise<void> {
    const { output, sink, memory } = this.parts;
    memory.beginPass(pass);
    try {
      for (const chunk of chunksOfObject(output[pass.topLevel]!, object)) {
        await this.make(pass, pass.topLevel, chunk, false);
      }
      await sink.flush?.();
    } catch (error) {
      await sink.giveUp?.();
      throw error;
    }
  }

  private async make(pass: Pass, level: number, chunk: Czyx, wanted: boolean): Promise<PixelArray | undefined> {
    const { finished, sink, signal, output } = this.parts;
    if (signal?.aborted) throw new IsoluxError({ kind: "interrupted", what: "The run was interrupted" });
    if (level < pass.baseLevel || finished.hasChunk(level, chunk)) {
      return wanted ? this.readOutput(level, chunk) : undefined;
    }
    if (level === 0) return this.correct(chunk);
    const finer = output[level - 1]!;
    const pixels = nestsIn(finer, output[level]!)
      ? await this.averageChildren(pass, level, chunk)
      : await this.averageBox(level, chunk);
    await sink.put(level, chunk, pixels, []);
    return pixels;
  }

  private async correct(chunk: Czyx): Promise<PixelArray> {
    const { tiles, fields, sink, memory, onChunk } = this.parts;
    await this.giveWay();
    const level = this.source;
    const pixels = await this.read(level, 0, chunk);
    const clipped = correctChunk(pixels, level, chunk, tiles, fields, (field) => memory.resident(field));
    await sink.put(0, chunk, pixels, clipped);
    onChunk?.(pixels.byteLength);
    return pixels;
  }

  /** Lets signals and messages through now and then, as files may be read and written without a pause. */
  private async giveWay(): Promise<void> {
    if (performance.now() - this.turnBegan < turnMs) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.turnBegan = performance.now();
  }

  private readOutput(level: number, chunk: Czyx): Promise<PixelArray> {
    return this.read(this.parts.output[level]!, level, chunk);
  }

  /** Reads a chunk of a level, or of the source in its place, into the array for chunks of that level. */
  private async read(from: PixelLevel, level: number, chunk: Czyx): Promise<PixelArray> {
    const { memory } = this.parts;
    const room = { pixels: memory.chunk(level, from), encoded: memory.encoded(from) };
    const pixels = await from.readChunk(chunk, room);
    if (pixels === undefined) room.pixels.fill(from.fillValue);
    else if (!isSamePlace(pixels, room.pixels)) room.pixels.set(pixels);
    return room.pixels;
  }

  /** The array for the chunks of a level, all fill value. */
  private blank(level: number): PixelArray {
    const array = this.parts.output[level]!;
    return this.parts.memory.chunk(level, array).fill(array.fillValue);
  }

  /** The chunk as means of the chunks below it, which are made on the way. */
  private async averageChildren(pass: Pass, level: number, chunk: Czyx): Promise<PixelArray> {
    const coarse = this.parts.output[level]!;
    const fine = this.parts.output[level - 1]!;
    const pixels = this.blank(level);
    for (const child of childChunks(fine, coarse, chunk)) {
      const childPixels = (await this.make(pass, level - 1, child, true))!;
      averageChild(childPixels, fine, child, pixels, coarse, chunk);
    }
    return pixels;
  }

  /** The chunk as means of a box of the finer level, for chunks that do not nest. */
  private async averageBox(level: number, chunk: Czyx): Promise<PixelArray> {
    const coarse = this.parts.output[level]!;
    const fine = this.parts.output[level - 1]!;
    const pixels = this.blank(level);
    const factors = stepFactors(fine, coarse);
    const { start, stop } = chunkBox(coarse, chunk);
    const [, fz, fy, fx] = factors;
    const fineStart: Zyx = [start[0] * fz, start[1] * fy, start[2] * fx];
    const fineStop = [stop[0] * fz, stop[1] * fy, stop[2] * fx].map((s, axis) =>
      Math.min(s, fine.shapeZyx[axis]!),
    ) as unknown as Zyx;
    const [channels, planes, rows, columns] = coarse.chunkShapeCzyx;
    for (let c = 0; c < channels && chunk[0] * channels + c < coarse.shapeCzyx[0]; c++) {
      const channel = chunk[0] * channels + c;
      const source = await fine.readBox(channel, { start: fineStart, stop: fineStop });
      const sourceShape = fineStop.map((s, axis) => s - fineStart[axis]!) as unknown as Zyx;
      downsample(
        {
          source,
          sourceShape,
          sourceStart: 0,
          sourceExtent: sourceShape,
          target: pixels,
          targetShape: [planes, rows, columns],
          targetStart: c * planes * rows * columns,
          targetExtent: stop.map((s, axis) => s - start[axis]!) as unknown as Zyx,
        },
        [fz, fy, fx],
      );
    }
    return pixels;
  }
}

function isSamePlace(a: PixelArray, b: PixelArray): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset;
}

/** The chunks of the finer level that lie in a chunk of the coarser one. */
function* childChunks(fine: Level, coarse: Level, chunk: Czyx): Generator<Czyx> {
  const factors = stepFactors(fine, coarse);
  const ranges = chunk.map((place, axis) => {
    const fineChunk = fine.chunkShapeCzyx[axis]!;
    const start = place * coarse.chunkShapeCzyx[axis]! * factors[axis]!;
    const stop = Math.min(start + coarse.chunkShapeCzyx[axis]! * factors[axis]!, fine.shapeCzyx[axis]!);
    return { first: Math.floor(start / fineChunk), end: Math.ceil(stop / fineChunk) };
  });
  const [rc, rz, ry, rx] = ranges;
  for (let c = rc!.first; c < rc!.end; c++)
    for (let z = rz!.first; z < rz!.end; z++)
      for (let y = ry!.first; y < ry!.end; y++) for (let x = rx!.first; x < rx!.end; x++) yield [c, z, y, x];
}

/** Averages a finer chunk into its part of a coarser one. */
function averageChild(
  childPixels: PixelArray,
  fine: Level,
  child: Czyx,
  pixels: PixelArray,
  coarse: Level,
  chunk: Czyx,
): void {
  const [, fz, fy, fx] = stepFactors(fine, coarse);
  const factors: Zyx = [fz, fy, fx];
  const [fineChannels, finePlanes, fineRows, fineColumns] = fine.chunkShapeCzyx;
  const [, planes, rows, columns] = coarse.chunkShapeCzyx;
  const box = chunkBox(fine, child);
  const origin = chunkBox(coarse, chunk).start;
  const target = box.start.map((start, axis) => start / factors[axis]! - origin[axis]!);
  const extent = box.start.map((start, axis) => box.stop[axis]! - start) as unknown as Zyx;
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
        targetExtent: extent.map((n, axis) => Math.ceil(n / factors[axis]!)) as unknown as Zyx,
      },
      factors,
    );
  }
}
