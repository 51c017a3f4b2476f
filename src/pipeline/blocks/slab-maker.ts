/**
 * Makes large chunks from a few planes at a time, with the chunks below them: neither those nor these are held as a whole.
 */
import type { PixelLevel } from "../../acquisition/level.ts";
import { rechunked } from "../../acquisition/rechunked-level.ts";
import { throwIfInterrupted } from "../../errors.ts";
import { arrayBytes, type Czyx, elementCount } from "../../shapes.ts";
import { leastPiecesBuffer } from "../../zarr/codecs/blosc-pieces.ts";
import { takeInto } from "../../zarr/pixel-bytes.ts";
import { type LevelGeometry, madeShape, nestsIn, stepFactors } from "../output/level-geometry.ts";
import { averageChild, childChunks } from "./average.ts";
import type { BlockRunnerParts } from "./block-parts.ts";
import type { ChunkInParts } from "./chunk-in-parts.ts";
import { correctChunk, type MadePixels } from "./correct-chunk.ts";
import type { Pass } from "./passes.ts";

/** Some planes of a chunk, as a chunk of a level that is divided into chunks of as many planes. */
export interface Slab {
  readonly made: MadePixels;
  readonly level: LevelGeometry;
  readonly place: Czyx;
}

/** How the chunks of a pass are made in slabs: those of a level, with all chunks below them. */
interface SlabPlan {
  /** The levels in chunks of the planes of a slab; the last one is the level whose chunks are made. */
  readonly levels: readonly LevelGeometry[];
  readonly source: PixelLevel;
}

/** The most bytes of a slab of the full resolution. */
const slabBytes = 16 * 2 ** 20;

/** A chunk that would not become smaller by encoding, so that its pixels are needed as a whole. */
const notSmaller = Symbol("not smaller");

/** Makes chunks in slabs, where that is of use and possible. */
export class SlabMaker {
  readonly #parts: BlockRunnerParts;
  readonly #giveWay: () => Promise<void>;
  #pass: Pass | undefined;
  #plan: SlabPlan | undefined;

  constructor(parts: BlockRunnerParts, giveWay: () => Promise<void>) {
    this.#parts = parts;
    this.#giveWay = giveWay;
  }

  /**
   * Makes a chunk, with all chunks of finer levels that lie in it.
   *
   * @param take called with each slab of the chunk
   * @returns whether it did: else they are to be made one by one
   */
  async make(pass: Pass, index: number, chunk: Czyx, take?: (slab: Slab) => void): Promise<boolean> {
    const plan = this.#planOf(pass);
    if (plan === undefined || index !== plan.levels.length - 1 || this.#isBegun(index, chunk)) return false;
    const work = new SlabWork(this.#parts, plan);
    const level = plan.levels[index]!;
    const perChunk = this.#parts.output[index]!.chunkShapeCzyx[1] / level.chunkShapeCzyx[1];
    const stop = Math.min((chunk[1] + 1) * perChunk, Math.ceil(level.shapeCzyx[1] / level.chunkShapeCzyx[1]));
    try {
      for (let z = chunk[1] * perChunk; z < stop; z++) {
        await this.#giveWay();
        const place: Czyx = [chunk[0], z, chunk[2], chunk[3]];
        const made = await work.make(index, place);
        take?.({ made, level, place });
      }
      await work.finish();
      return true;
    } catch (error) {
      await work.giveUp();
      if (error !== notSmaller) throw error;
      return false;
    }
  }

  /** Whether a part of it is there from an earlier run. */
  #isBegun(index: number, chunk: Czyx): boolean {
    const { finished, output } = this.#parts;
    if (finished.hasChunk(index, chunk)) return true;
    const children = index === 0 ? [] : [...childChunks(output[index - 1]!, output[index]!, chunk)];
    return children.some((child) => this.#isBegun(index - 1, child));
  }

  #planOf(pass: Pass): SlabPlan | undefined {
    if (this.#pass !== pass) {
      this.#plan = this.#planFor(pass);
      this.#pass = pass;
    }
    return this.#plan;
  }

  /** As many levels as there is memory for the chunks that are written meanwhile. */
  #planFor({ baseLevel, topLevel }: Pass): SlabPlan | undefined {
    const { source, output, memory, sink } = this.#parts;
    if (baseLevel > 0 || source.readsPlanes !== true) return undefined;
    const levels: LevelGeometry[] = [];
    let planes = planesOfSlab(output[0]!);
    for (let index = 0; index <= topLevel; index++) {
      const { shapeCzyx, chunkShapeCzyx } = output[index]!;
      const [channels, depth, rows, columns] = chunkShapeCzyx;
      if (index > 0) planes /= stepFactors(output[index - 1]!, output[index]!)[1];
      const level: LevelGeometry = { shapeCzyx, chunkShapeCzyx: [1, planes, rows, columns] };
      const isFit =
        channels === 1 &&
        planes >= 1 &&
        planes < depth &&
        depth % planes === 0 &&
        sink.takesParts?.(index, elementCount(level.chunkShapeCzyx)) === true &&
        (index === 0 || nestsIn(levels[index - 1]!, level)) &&
        chunksBelow(output, index) * leastPiecesBuffer <= memory.encoded(output[0]!).length;
      if (!isFit) break;
      levels.push(level);
    }
    return levels.length === 0 ? undefined : { levels, source: inSlabs(source, levels[0]!) };
  }
}

/** The source in chunks of a slab. */
function inSlabs(source: PixelLevel, { chunkShapeCzyx }: LevelGeometry): PixelLevel {
  return rechunked(source, chunkShapeCzyx, () => {
    throw new Error("what is read in planes is no stored level");
  });
}

/** The planes of a slab of the full resolution: a part of those of a chunk. */
function planesOfSlab({ type, chunkShapeCzyx: [, depth, rows, columns] }: PixelLevel): number {
  const planeBytes = arrayBytes(type, [rows, columns]);
  let planes = depth;
  while (planes * planeBytes > slabBytes && planes % 2 === 0) planes /= 2;
  return planes;
}

/** The most chunks that a chunk of a level and those below it are. */
function chunksBelow(levels: readonly LevelGeometry[], index: number): number {
  let [count, inLevel] = [1, 1];
  for (let finer = index - 1; finer >= 0; finer--) {
    const [fine, coarse] = [levels[finer]!, levels[finer + 1]!];
    for (const [axis, factor] of stepFactors(fine, coarse).entries()) {
      inLevel *= Math.ceil((factor * coarse.chunkShapeCzyx[axis]!) / fine.chunkShapeCzyx[axis]!);
    }
    count += inLevel;
  }
  return count;
}

/** The chunks that are made together: all of them come into their places, or none. */
class SlabWork {
  readonly #parts: BlockRunnerParts;
  readonly #plan: SlabPlan;
  readonly #open = new Map<string, ChunkInParts>();
  /** Chunks of the full resolution among them. */
  #finest = 0;
  #counted = { bytes: 0, chunks: 0 };

  constructor(parts: BlockRunnerParts, plan: SlabPlan) {
    this.#parts = parts;
    this.#plan = plan;
  }

  /** Makes a slab, with what lies below it. */
  async make(index: number, place: Czyx): Promise<MadePixels> {
    throwIfInterrupted(this.#parts.signal);
    const { output, counts } = this.#parts;
    const level = this.#plan.levels[index]!;
    const { made, clipped } =
      index === 0 ? await this.#correct(place) : { made: await this.#average(index, place), clipped: [] };
    if (index === output.length - 1) counts?.add(place, made, level);
    if (!(await this.#chunkOf(index, place).add(made, level.chunkShapeCzyx, clipped))) throw notSmaller;
    return made;
  }

  async #correct(place: Czyx): Promise<{ made: MadePixels; clipped: number[] }> {
    const { tiles, fields, memory, source: whole, output } = this.#parts;
    const { source } = this.#plan;
    const { chunkShapeCzyx: shapeCzyx } = source;
    const pixels = memory.chunk(0, output[0]!).subarray(0, elementCount(shapeCzyx));
    takeInto(await source.readChunk(place, { pixels }), pixels, whole.fillValue);
    const clipped = correctChunk(pixels, source, place, tiles, fields, (field, rows) => memory.resident(field, rows));
    this.#count(pixels.byteLength, shapeCzyx[1] / output[0]!.chunkShapeCzyx[1]);
    return { made: { pixels, shapeCzyx }, clipped };
  }

  async #average(index: number, place: Czyx): Promise<MadePixels> {
    const { output, memory } = this.#parts;
    const [fine, level] = [this.#plan.levels[index - 1]!, this.#plan.levels[index]!];
    const [channels, , rows, columns] = madeShape(level);
    const shapeCzyx: Czyx = [channels, level.chunkShapeCzyx[1], rows, columns];
    const pixels = memory.made(index, output[index]!).subarray(0, elementCount(shapeCzyx));
    const isWithin = place.every((at, axis) => (at + 1) * level.chunkShapeCzyx[axis]! <= level.shapeCzyx[axis]!);
    if (!isWithin) pixels.fill(output[index]!.fillValue);
    const made = { pixels, shapeCzyx };
    for (const child of childChunks(fine, level, place)) {
      averageChild(await this.make(index - 1, child), fine, child, made, level, place);
    }
    return made;
  }

  /** The chunk that a slab belongs to. */
  #chunkOf(index: number, [channel, z, y, x]: Czyx): ChunkInParts {
    const { output, sink, memory } = this.#parts;
    const perChunk = output[index]!.chunkShapeCzyx[1] / this.#plan.levels[index]!.chunkShapeCzyx[1];
    const chunk: Czyx = [channel, Math.floor(z / perChunk), y, x];
    const key = [index, ...chunk].join("/");
    const begun = this.#open.get(key);
    if (begun !== undefined) return begun;
    const at = this.#open.size * leastPiecesBuffer;
    const buffer = memory.encoded(output[0]!).subarray(at, at + leastPiecesBuffer);
    const chunkInParts = sink.beginParts!(index, chunk, buffer);
    this.#open.set(key, chunkInParts);
    if (index === 0) this.#finest++;
    return chunkInParts;
  }

  /** Puts all chunks in their places. */
  async finish(): Promise<void> {
    for (const chunk of this.#open.values()) if (!(await chunk.end())) throw notSmaller;
    for (const chunk of this.#open.values()) await chunk.putInPlace();
    // Planes beyond the image count as well
    const { bytes, chunks } = this.#counted;
    const { type, chunkShapeCzyx } = this.#parts.output[0]!;
    this.#count(this.#finest * arrayBytes(type, chunkShapeCzyx) - bytes, this.#finest - chunks);
  }

  /** Removes what was written; what was counted counts no more. */
  async giveUp(): Promise<void> {
    await Promise.all([...this.#open.values()].map((chunk) => chunk.discard().catch(() => undefined)));
    this.#count(-this.#counted.bytes, -this.#counted.chunks);
    this.#parts.counts?.take();
  }

  #count(bytes: number, chunks: number): void {
    this.#counted = { bytes: this.#counted.bytes + bytes, chunks: this.#counted.chunks + chunks };
    this.#parts.onChunk?.(bytes, chunks);
  }
}
