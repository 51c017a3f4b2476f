import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import type { Level } from "../acquisition/level.ts";
import { storedLevel } from "../acquisition/sampled-level.ts";
import { unreachable } from "../errors.ts";
import type { ObjectStore, WritableStore } from "../zarr/store.ts";
import { BlockRunner, type BlockRunnerParts, type ChunkSink } from "./block-runner.ts";
import { ChunkMemory, shelfBytes } from "./chunk-memory.ts";
import { ComparingSink } from "./comparing-sink.ts";
import type { ChannelFields } from "./correct-chunk.ts";
import { partsOfImage } from "./image-source.ts";
import { type FinishedBits, FinishedObjects, JournalWriter } from "./journal.ts";
import type { Place } from "./location.ts";
import { fullGeometry, type ImagePart, outputLevels } from "./output-template.ts";
import { blockObject, type Pass } from "./passes.ts";
import { WritingSink } from "./writing-sink.ts";

/** What every worker of a pool is told before its first block. */
export interface BlockJob {
  readonly source: Place;
  readonly output: Place;
  readonly images: readonly ImagePart[];
  /** Per channel of the acquisition. */
  readonly fields: readonly ChannelFields[];
  /** What each worker may keep of the source. */
  readonly cacheBytes: number;
  readonly purpose: BlockPurpose;
}

/** What blocks are made for: to be written, or to be compared with what was. */
export type BlockPurpose = BlockWriting | { readonly kind: "compare" };

/** Blocks that are written into the output, and noted. */
export interface BlockWriting {
  readonly kind: "write";
  /** The folder of the journal. */
  readonly journal: Place;
  /** Tells this run's journal files from those of earlier ones. */
  readonly runName: string;
  /** What is done already, of each image. */
  readonly finished: readonly FinishedBits[];
}

/** The stores that the workers of a pool use. */
export interface BlockStores {
  readonly output: ObjectStore;
  /** Of a folder on this computer's disks. */
  readonly storeAt: (place: Place) => WritableStore;
}

/** Ways to follow and to stop the workers of a pool. */
export interface BlockPoolHooks {
  readonly signal?: AbortSignal;
  /** Told now and then how many more chunks of the full resolution are done, and the bytes of their pixels. */
  readonly onChunks?: (chunks: number, bytes: number) => void;
  /** Told that a worker ended unexpectedly and was replaced, and what was found. */
  readonly onLost?: (found: string) => void;
}

/** Workers that make blocks. */
export interface BlockPool {
  readonly size: number;
  /** Makes block `index` of a pass. */
  run(pass: Pass, index: number): Promise<void>;
  close(): Promise<void>;
}

/** A pool of one worker: this thread. */
export function inlineBlockPool(
  acquisition: Acquisition,
  stores: BlockStores,
  job: BlockJob,
  { onChunks, ...hooks }: BlockPoolHooks,
): BlockPool {
  const onChunk = (bytes: number) => onChunks?.(1, bytes);
  return { size: 1, run: blockMaker(acquisition, stores, job, "0", { ...hooks, onChunk }), close: async () => {} };
}

/** Makes blocks as one worker: what it makes goes into the output and into a journal of its own, or is compared. */
export function blockMaker(
  acquisition: Acquisition,
  stores: BlockStores,
  job: BlockJob,
  workerName: string,
  hooks: Pick<BlockRunnerParts, "signal" | "onChunk">,
): BlockPool["run"] {
  acquisition.cache?.keepAtMost(job.cacheBytes);
  const arrays = job.images.map(({ levels }) => levels.map(({ metadata }) => metadata));
  const kept = shelfBytes(storedLevel(fullResolution(acquisition)), fullGeometry(job.images[0]!).chunkShapeCzyx);
  const memory = ChunkMemory.forImages(arrays, job.fields, kept);
  const sinkOf = sinks(stores, job, workerName, memory, () => ChunkMemory.forImages(arrays, []));
  const runnerOf = async (image: number): Promise<BlockRunner> => {
    const part = job.images[image]!;
    const output = outputLevels(part, stores.output, job.output.key);
    const finished = job.purpose.kind === "write" ? job.purpose.finished[image] : undefined;
    return new BlockRunner({
      ...(await partsOfImage(acquisition, part.source, job.fields)),
      output,
      finished: new FinishedObjects(output, finished),
      sink: sinkOf(output, image),
      memory,
      ...hooks,
    });
  };
  const runners = new Map<number, Promise<BlockRunner>>();
  return async (pass, index) => {
    const runner = runners.get(pass.image) ?? runnerOf(pass.image);
    runners.set(pass.image, runner);
    await (await runner).run(pass, blockObject(pass, index));
  };
}

/** Where the chunks of each image go. */
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
