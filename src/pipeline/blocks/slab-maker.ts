/**
 * Makes large chunks from a few planes at a time, with the chunks below them: neither those nor these are held as a whole.
 */
import type { PixelLevel } from "../../acquisition/level.ts";
import { rechunked } from "../../acquisition/rechunked-level.ts";
import { throwIfInterrupted } from "../../errors.ts";
import { arrayBytes, type Czyx, elementCount } from "../../shapes.ts";
import { leastPiecesBuffer } from "../../zarr/codecs/blosc-pieces.ts";
import { takeInto } from "../../zarr/pixel-bytes.ts";
import { type LevelGeometry, madeShape } from "../output/level-geometry.ts";
import { averageChild, childChunks } from "./average.ts";
import type { BlockRunnerParts } from "./block-parts.ts";
import type { ChunkInParts } from "./chunk-in-parts.ts";
import { correctChunk, type MadePixels } from "./correct-chunk.ts";
import type { Pass } from "./passes.ts";
import { slabLevels } from "./slab-plan.ts";

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

/** What a slab is added to: a chunk that is written, or nothing where that is not to be written. */
type SlabTaker = Pick<ChunkInParts, "add" | "end" | "putInPlace" | "discard">;

const nothing: SlabTaker = {
  add: async () => true,
  end: async () => true,
  putInPlace: async () => undefined,
  discard: async () => undefined,
};

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
   * Makes a chunk, with all chunks of finer levels that lie in it. What of them an earlier run has written is computed
   * again where it is needed, and stays as it is.
   *
   * @param take called with each slab of the chunk; twice where chunks do not become smaller
   * @returns whether it did: else they are to be made one by one
   */
  async make(pass: Pass, index: number, chunk: Czyx, take?: (slab: Slab) => void): Promise<boolean> {
    const plan = this.#planOf(pass);
    if (plan === undefined || index !== plan.levels.length - 1) return false;
    if (take === undefined && this.#parts.finished.hasChunk(index, chunk)) return true;
    const stored = new Set<string>();
    while (!(await this.#makeChunk(new SlabWork(this.#parts, plan, stored), plan, chunk, take)));
    return true;
  }

  /** @returns false where further chunks turned out not to become smaller: nothing is in its place then */
  async #makeChunk(work: SlabWork, plan: SlabPlan, chunk: Czyx, take?: (slab: Slab) => void): Promise<boolean> {
    const index = plan.levels.length - 1;
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
      return await work.finish();
    } catch (error) {
      await work.giveUp();
      throw error;
    }
  }

  #planOf(pass: Pass): SlabPlan | undefined {
    if (this.#pass !== pass) {
      this.#plan = this.#planFor(pass);
      this.#pass = pass;
    }
    return this.#plan;
  }

  #planFor({ baseLevel, topLevel }: Pass): SlabPlan | undefined {
    const { source, output, sink } = this.#parts;
    if (baseLevel > 0 || source.readsPlanes !== true) return undefined;
    const takesParts = (index: number, partLength: number) => sink.takesParts?.(index, partLength) === true;
    const levels = slabLevels(output, output[0]!.type, takesParts).slice(0, topLevel + 1);
    return levels.length === 0 ? undefined : { levels, source: inSlabs(source, levels[0]!) };
  }
}

/** The source in chunks of a slab. */
function inSlabs(source: PixelLevel, { chunkShapeCzyx }: LevelGeometry): PixelLevel {
  return rechunked(source, chunkShapeCzyx, () => {
    throw new Error("what is read in planes is no stored level");
  });
}

/** The chunks that are made together: all of them come into their places, or none. */
class SlabWork {
  readonly #parts: BlockRunnerParts;
  readonly #plan: SlabPlan;
  readonly #open = new Map<string, SlabTaker>();
  /** Chunks that are stored as they are; more may come. */
  readonly #stored: Set<string>;
  #areMoreStored = false;
  /** Chunks of the full resolution among them. */
  #finest = 0;
  #counted = { bytes: 0, chunks: 0 };

  constructor(parts: BlockRunnerParts, plan: SlabPlan, stored: Set<string>) {
    this.#parts = parts;
    this.#plan = plan;
    this.#stored = stored;
  }

  /** Makes a slab, with what lies below it. */
  async make(index: number, place: Czyx): Promise<MadePixels> {
    throwIfInterrupted(this.#parts.signal);
    const { output, counts } = this.#parts;
    const level = this.#plan.levels[index]!;
    const { made, clipped } =
      index === 0 ? await this.#correct(place) : { made: await this.#average(index, place), clipped: [] };
    if (index === output.length - 1) counts?.add(place, made, level);
    const { key, taker } = this.#chunkOf(index, place);
    if (index === 0 && taker !== nothing) {
      const [, planes] = level.chunkShapeCzyx;
      this.#count(made.pixels.byteLength, planes / output[0]!.chunkShapeCzyx[1]);
    }
    if (!(await taker.add(made, level.chunkShapeCzyx, clipped))) await this.#toBeStored(key, taker);
    return made;
  }

  async #correct(place: Czyx): Promise<{ made: MadePixels; clipped: number[] }> {
    const { tiles, fields, memory, source: whole, output } = this.#parts;
    const { source } = this.#plan;
    const { chunkShapeCzyx: shapeCzyx } = source;
    const pixels = memory.chunk(0, output[0]!).subarray(0, elementCount(shapeCzyx));
    takeInto(await source.readChunk(place, { pixels }), pixels, whole.fillValue);
    const clipped = correctChunk(pixels, source, place, tiles, fields, (field, rows) => memory.resident(field, rows));
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
  #chunkOf(index: number, [channel, z, y, x]: Czyx): { key: string; taker: SlabTaker } {
    const { output, sink, memory, finished } = this.#parts;
    const perChunk = output[index]!.chunkShapeCzyx[1] / this.#plan.levels[index]!.chunkShapeCzyx[1];
    const chunk: Czyx = [channel, Math.floor(z / perChunk), y, x];
    const key = [index, ...chunk].join("/");
    const begun = this.#open.get(key);
    if (begun !== undefined) return { key, taker: begun };
    const at = this.#open.size * leastPiecesBuffer;
    const buffer = memory.encoded(output[0]!).subarray(at, at + leastPiecesBuffer);
    const isWritten = !finished.hasChunk(index, chunk);
    const taker = isWritten ? sink.beginParts!(index, chunk, buffer, this.#stored.has(key)) : nothing;
    this.#open.set(key, taker);
    if (index === 0 && isWritten) this.#finest++;
    return { key, taker };
  }

  /** What else comes for a chunk that does not become smaller is dropped: all is made once more. */
  async #toBeStored(key: string, taker: SlabTaker): Promise<void> {
    this.#stored.add(key);
    this.#areMoreStored = true;
    this.#open.set(key, nothing);
    await taker.discard();
  }

  /** Puts all chunks in their places. @returns false where some do not become smaller: then none is */
  async finish(): Promise<boolean> {
    for (const [key, chunk] of this.#open) if (!(await chunk.end())) await this.#toBeStored(key, chunk);
    if (this.#areMoreStored) {
      await this.giveUp();
      return false;
    }
    for (const chunk of this.#open.values()) await chunk.putInPlace();
    // Planes beyond the image count as well
    const { bytes, chunks } = this.#counted;
    const { type, chunkShapeCzyx } = this.#parts.output[0]!;
    this.#count(this.#finest * arrayBytes(type, chunkShapeCzyx) - bytes, this.#finest - chunks);
    return true;
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
