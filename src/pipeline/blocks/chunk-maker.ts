/** Makes single chunks of an output that is never written, as one worker: each is encoded when it is read. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { geometryOf } from "../../acquisition/array-axes.ts";
import type { Level } from "../../acquisition/level.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import type { CorrectionField } from "../../correct/field.ts";
import type { Fault } from "../../errors.ts";
import { type Czyx, elementCount, type PixelType } from "../../shapes.ts";
import type { Tile } from "../../tiles/tile.ts";
import { isUniform } from "../../zarr/chunk-pixels.ts";
import type { ArrayMetadata } from "../../zarr/metadata/metadata.ts";
import type { ReadableStore } from "../../zarr/store.ts";
import { chunkGrid, type LevelGeometry, nestsIn } from "../output/level-geometry.ts";
import { type ImagePart, type OutputLevel, outputLevels } from "../output/template.ts";
import type { Place } from "../places/location.ts";
import { FinishedObjects } from "../record/journal.ts";
import { chunkCacheBytes } from "./block-maker.ts";
import type { ChunkSink } from "./block-parts.ts";
import { BlockRunner } from "./block-runner.ts";
import { ChunkMemory } from "./chunk-memory.ts";
import { passBytes } from "./pass-bytes.ts";
import type { Pass } from "./passes.ts";

/** What a worker needs to make chunks. */
export interface ChunkJob {
  readonly source: Place;
  /** Finest first; without shards, as chunks are made one by one. */
  readonly levels: readonly OutputLevel[];
  /** How each level is made. */
  readonly ways: readonly LevelWay[];
  /** Limits of the cache of source chunks that each worker has. */
  readonly cacheBytes: number;
  /** Where chunks are put. */
  readonly buffers: ChunkBuffers;
}

/** Buffers for encoded chunks, one after the other, which all threads see and which are used again and again. */
export interface ChunkBuffers {
  readonly memory: ArrayBufferLike;
  /** Of one buffer: as much as the largest chunk may take. */
  readonly bufferBytes: number;
}

/** How the chunks of a level are made. */
export type LevelWay =
  /** By correcting the pixels of a level of the source, at full resolution and, quickly, at coarse levels. */
  | {
      readonly kind: "corrected";
      /** Index of the level of the source. */
      readonly level: number;
      /** The tiles at this level. */
      readonly tiles: readonly Tile[];
      /** The fields at this level, per channel at each time point. */
      readonly fields: readonly (readonly CorrectionField[])[];
    }
  /** As means of the next finer level, as a correction writes them. */
  | { readonly kind: "averaged" };

/** The chunk that is wanted. */
export interface ChunkOrder {
  readonly level: number;
  readonly chunk: Czyx;
  /** Whether the pixels are wanted as the source has them. */
  readonly isRaw: boolean;
}

/** A chunk that is wanted in a buffer, by its number. */
export interface PlacedOrder extends ChunkOrder {
  readonly buffer: number;
}

/** A chunk that was asked for. */
export type MadeChunk =
  /** Bytes in its buffer. */
  | { readonly kind: "made"; readonly length: number }
  /** It consists of the fill value: an output does not store such chunks. */
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly fault: Fault };

/** The chunks of an output that is not written, made by the code that makes those of one that is. */
export class ChunkMaker {
  private readonly acquisition: Acquisition;
  private readonly job: ChunkJob;
  private readonly memory: ChunkMemory;
  private readonly runners = new Map<string, ChunkRunner>();
  private finer: ChunkMaker | undefined;

  constructor(acquisition: Acquisition, job: ChunkJob) {
    acquisition.cache?.keepAtMost(job.cacheBytes);
    this.acquisition = acquisition;
    this.job = job;
    const arrays = job.levels.map(({ metadata }) => metadata);
    const needed = job.levels.map((_, index) => arraysHeld(arrays, job, index));
    const fields = job.ways.flatMap((way) => (way.kind === "corrected" ? way.fields : []));
    this.memory = ChunkMemory.forImages(needed, fields, sourceCacheBytes(acquisition, job));
  }

  /** Makes a chunk and puts it into its buffer. @throws IsoluxError `corrupt` or `storage` where the source cannot be read */
  async make({ buffer, ...order }: PlacedOrder): Promise<MadeChunk> {
    const bytes = await this.encoded(order);
    if (bytes === undefined) return { kind: "absent" };
    const { memory, bufferBytes } = this.job.buffers;
    new Uint8Array(memory, buffer * bufferBytes, bufferBytes).set(bytes);
    return { kind: "made", length: bytes.length };
  }

  /** The bytes of a chunk, which the next one overwrites; `undefined` where it consists of the fill value. */
  private async encoded({ level, chunk, isRaw }: ChunkOrder): Promise<Uint8Array | undefined> {
    const key = `${level} ${isRaw}`;
    const runner = this.runners.get(key) ?? this.runnerOf(level, isRaw);
    this.runners.set(key, runner);
    return await runner.encoded(chunk);
  }

  private runnerOf(level: number, isRaw: boolean): ChunkRunner {
    const { job, acquisition, memory } = this;
    const own = job.ways[level]!;
    // What is averaged from the full resolution has its tiles and fields; what is averaged from elsewhere needs none
    const way = own.kind === "corrected" ? own : job.ways[0]!;
    if (way.kind !== "corrected") throw new Error("the full resolution is corrected");
    const from = own.kind === "corrected" ? level : 0;
    const levels = outputLevels({ key: "", levels: job.levels.slice(from, level + 1) }, this.storeOf(isRaw), "");
    const base = own.kind === "corrected" ? 0 : firstOfChain(job, level);
    const sink = new LastChunk(levels, level - from, memory);
    const runner = new BlockRunner({
      source: storedLevel(acquisition.levels[way.level]!),
      output: levels,
      tiles: isRaw ? [] : way.tiles,
      fields: way.fields,
      finished: new FinishedObjects(levels),
      sink,
      memory,
    });
    const blocksCzyx = chunkGrid(levels.at(-1)!);
    const pass = {
      image: level,
      baseLevel: base,
      topLevel: level - from,
      blocksCzyx,
      blockCount: elementCount(blocksCzyx),
    };
    return new ChunkRunner(runner, pass, sink);
  }

  /** The store from which finer levels are read that do not pass by: they are made when they are read, in other memory. */
  private storeOf(isRaw: boolean): ReadableStore {
    const levels: Level[] = [];
    const get = async (key: string) => {
      const index = levels.findIndex((level) => level.objectAt(key) !== undefined);
      if (index < 0) return undefined;
      this.finer ??= new ChunkMaker(this.acquisition, { ...this.job, levels: this.job.levels.slice(0, -1) });
      return (await this.finer.encoded({ level: index, chunk: levels[index]!.objectAt(key)!, isRaw }))?.slice();
    };
    const store: ReadableStore = {
      location: this.acquisition.location,
      isRemote: true,
      get,
      getRange: async () => undefined,
      list: async () => undefined,
      facts: async () => undefined,
    };
    levels.push(...outputLevels({ key: "", levels: this.job.levels }, store, ""));
    return store;
  }
}

/** Makes the chunks of one level. */
class ChunkRunner {
  private readonly runner: BlockRunner;
  private readonly pass: Pass;
  private readonly sink: LastChunk;

  constructor(runner: BlockRunner, pass: Pass, sink: LastChunk) {
    this.runner = runner;
    this.pass = pass;
    this.sink = sink;
  }

  async encoded(chunk: Czyx): Promise<Uint8Array | undefined> {
    this.sink.bytes = undefined;
    await this.runner.run(this.pass, chunk);
    return this.sink.bytes;
  }
}

/** Encodes the chunk that was asked for, and lets those pass that it is made of. */
class LastChunk implements ChunkSink {
  /** Of a chunk that is no fill value throughout. */
  bytes: Uint8Array | undefined;
  private readonly levels: readonly Level[];
  private readonly wanted: number;
  private readonly memory: ChunkMemory;

  constructor(levels: readonly Level[], wanted: number, memory: ChunkMemory) {
    this.levels = levels;
    this.wanted = wanted;
    this.memory = memory;
  }

  async put(index: number, _: Czyx, pixels: Parameters<ChunkSink["put"]>[2]): Promise<void> {
    if (index !== this.wanted) return;
    const level = this.levels[index]!;
    if (isUniform(pixels, level.fillValue)) return;
    this.bytes = await level.array.encodeChunk(pixels, this.memory.outgoing(level));
  }
}

// What is made in one go, and the memory that it takes.

/** The levels of an output, and how each is made. */
export type Made = Pick<ChunkJob, "levels" | "ways">;

/** The finest level from which a level is averaged in one go: 0, unless chunks do not nest or a finer level is corrected. */
function firstOfChain({ levels, ways }: Made, level: number): number {
  const extents = geometries({ levels });
  let first = level;
  const passesBy = (finer: number) => finer === 0 || ways[finer]!.kind === "averaged";
  while (first > 0 && passesBy(first - 1) && nestsIn(extents[first - 1]!, extents[first]!)) first--;
  return first;
}

/** The extents of all levels of an image and of their chunks. */
export function geometries({ levels }: Pick<ImagePart, "levels">): LevelGeometry[] {
  return levels.map(({ metadata, axes }) => geometryOf(metadata, axes));
}

function arraysHeld(arrays: readonly ArrayMetadata[], made: Made, level: number): readonly ArrayMetadata[] {
  if (made.ways[level]!.kind === "corrected") return [arrays[level]!];
  return arrays.slice(Math.max(0, firstOfChain(made, level) - 1), level + 1);
}

function sourceCacheBytes({ levels }: Acquisition, { ways, levels: output }: Made): number {
  const bytes = geometries({ levels: output }).map(({ chunkShapeCzyx }, index) => {
    const way = ways[index]!;
    return way.kind === "corrected" ? chunkCacheBytes(storedLevel(levels[way.level]!), chunkShapeCzyx) : 0;
  });
  return Math.max(...bytes);
}

/** What one worker holds at its peak for whatever chunk it is asked for, beside a field. */
export function chunkMakerBytes(acquisition: Acquisition, made: Made, type: PixelType): number {
  const levels: readonly LevelGeometry[] = geometries(made);
  const bytes = levels.map((geometry, level) => {
    if (made.ways[level]!.kind === "corrected") return passBytes({ levels: [geometry], type }, 0, 0);
    const first = firstOfChain(made, level);
    // What is read from a finer level is made in memory of its own
    const finer = { levels: made.levels.slice(0, first), ways: made.ways };
    return passBytes({ levels, type }, first, level) + (first > 0 ? chunkMakerBytes(acquisition, finer, type) : 0);
  });
  return Math.max(...bytes) + sourceCacheBytes(acquisition, made);
}
