/** How a block of chunks is read, corrected, averaged into coarser levels, and handed to a sink. */
import type { PixelLevel } from "../../acquisition/level.ts";
import { ReadAhead } from "../../acquisition/read-ahead.ts";
import { rechunked } from "../../acquisition/rechunked-level.ts";
import { throwIfInterrupted } from "../../errors.ts";
import type { Czyx } from "../../shapes.ts";
import { wait } from "../../wait.ts";
import { takeInto } from "../../zarr/pixel-bytes.ts";
import { chunksOfObject, madeShape, nestsIn } from "../output/level-geometry.ts";
import { averageBox, averageChild, childChunks } from "./average.ts";
import type { BlockRunnerParts } from "./block-parts.ts";
import { correctChunk, type MadePixels } from "./correct-chunk.ts";
import type { Pass } from "./passes.ts";
import { type Slab, SlabMaker } from "./slab-maker.ts";

/** Milliseconds after which the event loop gets a turn. */
const turnMs = 100;

/**
 * Makes blocks: corrects the chunks of the full resolution and averages them into coarser levels while they are in
 * memory. Holds one chunk per level of the pass, in arrays that are used again for the next chunk of the level.
 */
export class BlockRunner {
  private readonly parts: BlockRunnerParts;
  private readonly source: PixelLevel;
  private readonly ahead: ReadAhead;
  private readonly slabs: SlabMaker;
  private ofObject: { readonly place: string; readonly chunks: readonly Czyx[] } | undefined;
  private turnBegan = performance.now();

  constructor(parts: BlockRunnerParts) {
    this.parts = parts;
    const { source, output, memory } = parts;
    const chunkShape = output[0]!.chunkShapeCzyx;
    this.source = rechunked(source, chunkShape, () => memory.chunkCache(source, chunkShape));
    this.ahead = new ReadAhead(this.source);
    this.slabs = new SlabMaker(parts, () => this.giveWay());
  }

  /** Makes the block of a pass that is object `object` of its top level, or a part of it, with all chunks below it. */
  async run(pass: Pass, object: Czyx, part?: number): Promise<void> {
    const { sink, memory } = this.parts;
    memory.beginPass(pass);
    const chunks = this.chunksOf(pass, object, part);
    await this.ahead.start(this.chunksToCorrect(pass, chunks));
    try {
      for (const chunk of chunks) {
        if (!(await this.slabs.make(pass, pass.topLevel, chunk))) await this.make(pass, pass.topLevel, chunk, false);
      }
      await sink.flush?.();
    } catch (error) {
      await sink.giveUp?.();
      throw error;
    }
  }

  /** The chunks of an object of the top level, or those of a part of it. */
  private chunksOf(pass: Pass, object: Czyx, part: number | undefined): readonly Czyx[] {
    const place = [pass.topLevel, ...object].join("/");
    // Its parts follow each other
    if (this.ofObject?.place !== place) {
      this.ofObject = { place, chunks: chunksOfObject(this.parts.output, pass.topLevel, object) };
    }
    const { chunks } = this.ofObject;
    const perPart = pass.parts?.chunks ?? 0;
    return part === undefined ? chunks : chunks.slice(part * perPart, (part + 1) * perPart);
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
    const pixels = takeInto(await this.ahead.read(chunk, buffer), buffer.pixels, level.fillValue);
    // The next chunk is read while this one is worked on, where memory allows for its encoded bytes.
    if (memory.overlaps(level)) this.ahead.begin(memory.incoming(level));
    const clipped = correctChunk(pixels, level, chunk, tiles, fields, (field, rows) => memory.resident(field, rows));
    const made = { pixels, shapeCzyx: level.chunkShapeCzyx };
    this.countValues(0, chunk, made);
    await sink.put(0, chunk, pixels, clipped);
    onChunk?.(pixels.byteLength, 1);
    return made;
  }

  private countValues(level: number, chunk: Czyx, made: MadePixels): void {
    const { output, counts } = this.parts;
    if (level === output.length - 1) counts?.add(chunk, made);
  }

  /** The chunks of the full resolution that a block needs, in the order in which they are made. */
  private *chunksToCorrect(pass: Pass, chunks: readonly Czyx[]): Generator<Czyx> {
    for (const chunk of chunks) {
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
    const pixels = takeInto(await from.readChunk(chunk, buffer), buffer.pixels, from.fillValue);
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
      const average = ({ made: part, level: parts, place }: Slab) =>
        averageChild(part, parts, place, made, coarse, chunk);
      if (await this.slabs.make(pass, level - 1, child, average)) continue;
      averageChild((await this.make(pass, level - 1, child, true))!, fine, child, made, coarse, chunk);
    }
  }
}
