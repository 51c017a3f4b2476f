/** Makes blocks as one worker, for an output that is written or for one that is verified. */
import { type Acquisition, fullResolution } from "../../acquisition/acquisition.ts";
import { Level, type PixelLevel } from "../../acquisition/level.ts";
import { encodedChunkBytes } from "../../acquisition/reading-buffers.ts";
import { chunksWorthKeeping } from "../../acquisition/rechunked-level.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import type { CorrectionField } from "../../correct/field.ts";
import { IsoluxError, unreachable } from "../../errors.ts";
import { arrayBytes, type Czyx, elementCount, isSameShape, type PixelArray } from "../../shapes.ts";
import { isUniform } from "../../zarr/chunk-pixels.ts";
import { viewBytes } from "../../zarr/pixel-bytes.ts";
import { joinKey, type ObjectStore, type WritableStore } from "../../zarr/store.ts";
import { fullGeometry, type ImagePart, outputLevels, partsOfImage } from "../output/template.ts";
import type { Place } from "../places/location.ts";
import { type FinishedBits, FinishedObjects, JournalWriter } from "../record/journal.ts";
import type { BlockRunnerParts, ChunkSink, EncodedChunk } from "./block-parts.ts";
import { BlockRunner } from "./block-runner.ts";
import { ChunkMemory } from "./chunk-memory.ts";
import { blockObject } from "./passes.ts";
import { WritingSink } from "./sinks.ts";
import type { Block } from "./units.ts";
import { type ChannelCounts, ValueCounts } from "./value-counts.ts";

/** What a worker needs to know before its first block. */
export interface BlockJob {
  readonly source: Place;
  readonly output: Place;
  readonly images: readonly ImagePart[];
  /** Per channel of the acquisition. */
  readonly fields: readonly (readonly CorrectionField[])[];
  /** Limits of the cache of source chunks that each worker has. */
  readonly cacheBytes: number;
  readonly purpose: BlockPurpose;
}

/** Whether blocks are written, or compared with what an earlier run wrote. */
export type BlockPurpose = BlockWriting | { readonly kind: "compare" };

/** Blocks are written into the output, and finished objects noted in the journal. */
export interface BlockWriting {
  readonly kind: "write";
  /** The folder of the journal. */
  readonly journal: Place;
  /** Distinguishes the journal files of this run from those of earlier runs. */
  readonly runName: string;
  /** Objects that are finished already, of each image. */
  readonly finished: readonly FinishedBits[];
  /** Of each image whether the values of its coarsest level are counted. */
  readonly counted: readonly boolean[];
}

/** What was counted in a block of an image. */
export interface BlockCounts {
  readonly image: number;
  /** Of its values, where they are counted. */
  readonly counts?: ChannelCounts;
  /** Keys of chunks of the source on a server that were found not to be there: nothing lists them. */
  readonly absent: readonly string[];
  /** Of a part of a block that is written: its chunks, to be put into their objects after those of the parts before. */
  readonly chunks?: readonly EncodedChunk[];
}

/** The stores that a worker uses. */
interface BlockStores {
  readonly output: ObjectStore;
  /** The store of a folder on this computer's disks. */
  readonly storeAt: (place: Place) => WritableStore;
}

/** Makes blocks as one worker: they are written to the output and noted in a journal of its own, or only compared. */
export function blockMaker(
  acquisition: Acquisition,
  stores: BlockStores,
  job: BlockJob,
  workerName: string,
  hooks: Pick<BlockRunnerParts, "signal" | "onChunk">,
): (block: Block) => Promise<BlockCounts> {
  acquisition.cache?.keepAtMost(job.cacheBytes);
  const arrays = job.images.map(({ levels }) => levels.map(({ metadata }) => metadata));
  const kept = chunkCacheBytes(storedLevel(fullResolution(acquisition)), fullGeometry(job.images[0]!).chunkShapeCzyx);
  const memory = ChunkMemory.forImages(arrays, job.fields, kept);
  const sinkOf = sinks(stores, job, workerName, memory, () => ChunkMemory.forImages(arrays, []));
  const openImage = async (image: number, inParts: boolean) => {
    const part = job.images[image]!;
    const output = outputLevels(part, stores.output, job.output.key);
    const writing = job.purpose.kind === "write" ? job.purpose : undefined;
    const counts = writing?.counted[image] === true ? new ValueCounts(output.at(-1)!) : undefined;
    const sink = inParts && writing !== undefined ? new HandingSink(output, memory) : sinkOf(output, image);
    const runner = new BlockRunner({
      ...(await partsOfImage(acquisition, part.source, job.fields)),
      output,
      finished: new FinishedObjects(output, writing?.finished[image]),
      sink,
      memory,
      counts,
      ...hooks,
    });
    return { runner, counts, handed: sink instanceof HandingSink ? sink : undefined };
  };
  const absent = absentObjects(acquisition);
  const images = new Map<string, ReturnType<typeof openImage>>();
  return async ({ pass, index, part }) => {
    const { image } = pass;
    const name = `${image} ${part !== undefined}`;
    const opening = images.get(name) ?? openImage(image, part !== undefined);
    images.set(name, opening);
    const { runner, counts, handed } = await opening;
    await runner.run(pass, blockObject(pass, index), part);
    const found = { image, absent: [...absent], ...(handed && { chunks: handed.take() }) };
    absent.clear();
    return counts ? { ...found, counts: counts.take() } : found;
  };
}

/** Takes up which chunks of the full resolution on a server turn out not to be there; what a shard lacks is empty. */
function absentObjects(acquisition: Acquisition): Set<string> {
  const absent = new Set<string>();
  const full = storedLevel(fullResolution(acquisition));
  const isAsked = full instanceof Level && full.array.store.isRemote && full.array.metadata.shardShape === undefined;
  if (isAsked) full.array.onAbsent = (key) => void absent.add(key);
  return absent;
}

/**
 * Bytes of the cache for a source whose chunks are not those of the output: decoded chunks, and their encoded bytes.
 */
export function chunkCacheBytes(source: PixelLevel, chunkShapeCzyx: Czyx): number {
  const own = source.chunkShapeCzyx;
  if (!(source instanceof Level) || isSameShape(own, chunkShapeCzyx)) return 0;
  const chunkBytes = arrayBytes(source.type, own);
  return chunksWorthKeeping(own, chunkShapeCzyx, chunkBytes) * chunkBytes + encodedChunkBytes(source);
}

/** Compares chunks with those of the output, read back: only this proves that their source is no longer needed. */
class ComparingSink implements ChunkSink {
  private readonly levels: readonly Level[];
  private readonly memory: ChunkMemory;

  /** @param memory for what is read back; must not be the one in which the chunks are made */
  constructor(levels: readonly Level[], memory: ChunkMemory) {
    this.levels = levels;
    this.memory = memory;
  }

  /** @throws IsoluxError `corrupt` naming a chunk that differs */
  async put(index: number, chunk: Czyx, wanted: PixelArray): Promise<void> {
    const level = this.levels[index]!;
    // Levels with chunks of the same size share an array, so that no more is held than for writing.
    const buffer = {
      pixels: this.memory.chunk(elementCount(level.chunkShapeCzyx), level),
      encoded: this.memory.encoded(level),
    };
    const found = (await level.readChunk(chunk, buffer)) ?? buffer.pixels.fill(level.fillValue);
    if (sameBytes(found, wanted)) return;
    throw new IsoluxError({
      kind: "corrupt",
      what: "The output does not hold what was written: the source image is kept",
      where: joinKey(level.array.store.location, level.chunkKey(chunk)),
      advice: "The disk may be faulty: check it, remove the hidden folder that ends in .isolux, and run again",
    });
  }
}

/** Compares words of four bytes: as numbers, NaN would differ from itself. */
function sameBytes(a: PixelArray, b: PixelArray): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const [left, right] =
    a.byteLength % 4 === 0 && a.byteOffset % 4 === 0 && b.byteOffset % 4 === 0
      ? [words(a), words(b)]
      : [viewBytes(a), viewBytes(b)];
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

function words({ buffer, byteOffset, byteLength }: PixelArray): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

/** Encodes the chunks of a part, which another thread puts into their objects. */
class HandingSink implements ChunkSink {
  private readonly levels: readonly Level[];
  private readonly memory: ChunkMemory;
  private chunks: EncodedChunk[] = [];

  constructor(levels: readonly Level[], memory: ChunkMemory) {
    this.levels = levels;
    this.memory = memory;
  }

  async put(index: number, chunk: Czyx, pixels: PixelArray, clipped: readonly number[]): Promise<void> {
    const level = this.levels[index]!;
    const isStored = !isUniform(pixels, level.fillValue);
    const encoded = isStored ? await level.array.encodeChunk(pixels, this.memory.outgoing(level)) : undefined;
    // An array of its own, as it is handed over: what Node's codecs return, and its slices, may share one with others
    const bytes = encoded && new Uint8Array(encoded);
    this.chunks.push({ level: index, chunk, bytes, clipped });
  }

  /** What was put since the last time, in that order. */
  take(): readonly EncodedChunk[] {
    const { chunks } = this;
    this.chunks = [];
    return chunks;
  }

  async giveUp(): Promise<void> {
    this.chunks = [];
  }
}

/** The sink of each image, which takes its finished chunks. */
function sinks(
  stores: BlockStores,
  { purpose }: BlockJob,
  workerName: string,
  memory: ChunkMemory,
  openMemory: () => ChunkMemory,
): (levels: readonly Level[], image: number) => ChunkSink {
  switch (purpose.kind) {
    case "write": {
      const { journal: place, runName } = purpose;
      const journal = new JournalWriter(stores.storeAt(place), place.key, `${runName}-${workerName}`);
      return (levels, image) => new WritingSink(levels, stores.output, journal, image, memory);
    }
    case "compare": {
      const found = openMemory();
      return (levels) => new ComparingSink(levels, found);
    }
    default:
      return unreachable(purpose);
  }
}
