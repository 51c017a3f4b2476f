import type { Level } from "../acquisition/level.ts";
import type { PixelLevel } from "../acquisition/pixel-level.ts";
import { rechunked } from "../acquisition/rechunked-level.ts";
import { throwIfInterrupted } from "../errors.ts";
import type { Czyx, PixelArray } from "../shapes.ts";
import type { Tile } from "../tiles/tile.ts";
import { isSameMemory } from "../zarr/pixel-bytes.ts";
import { averageBox, averageChild, childChunks } from "./average-chunks.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import { type ChannelFields, correctChunk } from "./correct-chunk.ts";
import type { FinishedObjects } from "./journal.ts";
import { chunksOfObject, nestsIn } from "./level-geometry.ts";
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
  /** The chunks of the full resolution that are still to be corrected in the block. */
  private ahead: Iterator<Czyx> = [].values();
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
    this.ahead = this.chunksToCorrect(pass, object);
    this.ahead.next();
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
    throwIfInterrupted(signal);
    if (level < pass.baseLevel || finished.hasChunk(level, chunk)) {
      return wanted ? this.readOutput(level, chunk) : undefined;
    }
    if (level === 0) return this.correct(chunk);
    const finer = output[level - 1]!;
    const pixels = nestsIn(finer, output[level]!)
      ? await this.averageChildren(pass, level, chunk)
      : await averageBox(finer, output[level]!, chunk, this.blank(level, chunk));
    await sink.put(level, chunk, pixels, []);
    return pixels;
  }

  private async correct(chunk: Czyx): Promise<PixelArray> {
    const { tiles, fields, sink, memory, onChunk } = this.parts;
    await this.giveWay();
    const level = this.source;
    const pixels = await this.read(level, 0, chunk, memory.incoming(level));
    this.expectNext();
    const clipped = correctChunk(pixels, level, chunk, tiles, fields, (field) => memory.resident(field));
    await sink.put(0, chunk, pixels, clipped);
    onChunk?.(pixels.byteLength);
    return pixels;
  }

  /** Lets the next chunk be read while this one is worked on, where there is room for its bytes. */
  private expectNext(): void {
    const { memory } = this.parts;
    const { done, value } = this.ahead.next();
    if (done !== true && memory.overlaps(this.source)) this.source.expectChunk?.(value, memory.incoming(this.source));
  }

  /** The chunks of the full resolution that a block needs, in the order in which they are made. */
  private *chunksToCorrect(pass: Pass, object: Czyx): Generator<Czyx> {
    for (const chunk of chunksOfObject(this.parts.output[pass.topLevel]!, object)) {
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

  /** Lets signals and messages through now and then, as files may be read and written without a pause. */
  private async giveWay(): Promise<void> {
    if (performance.now() - this.turnBegan < turnMs) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.turnBegan = performance.now();
  }

  private readOutput(level: number, chunk: Czyx): Promise<PixelArray> {
    const from = this.parts.output[level]!;
    return this.read(from, level, chunk, this.parts.memory.encoded(from));
  }

  /** Reads a chunk of a level, or of the source in its place, into the array for chunks of that level. */
  private async read(from: PixelLevel, level: number, chunk: Czyx, encoded: Uint8Array): Promise<PixelArray> {
    const room = { pixels: this.parts.memory.chunk(level, from), encoded };
    const pixels = await from.readChunk(chunk, room);
    if (pixels === undefined) room.pixels.fill(from.fillValue);
    else if (!isSameMemory(pixels, room.pixels)) room.pixels.set(pixels);
    return room.pixels;
  }

  /** The array for a chunk of a level, with the fill value where it reaches beyond the image. */
  private blank(level: number, chunk: Czyx): PixelArray {
    const array = this.parts.output[level]!;
    const pixels = this.parts.memory.chunk(level, array);
    const isWithin = chunk.every((place, axis) => (place + 1) * array.chunkShapeCzyx[axis]! <= array.shapeCzyx[axis]!);
    return isWithin ? pixels : pixels.fill(array.fillValue);
  }

  /** The chunk as means of the chunks below it, which are made on the way. */
  private async averageChildren(pass: Pass, level: number, chunk: Czyx): Promise<PixelArray> {
    const coarse = this.parts.output[level]!;
    const fine = this.parts.output[level - 1]!;
    const pixels = this.blank(level, chunk);
    for (const child of childChunks(fine, coarse, chunk)) {
      const childPixels = (await this.make(pass, level - 1, child, true))!;
      averageChild(childPixels, fine, child, pixels, coarse, chunk);
    }
    return pixels;
  }
}
