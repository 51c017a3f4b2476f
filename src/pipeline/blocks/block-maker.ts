/** Makes blocks as one worker, for an output that is written or for one that is verified. */

import { type Acquisition, fullResolution } from "../../acquisition/acquisition.ts";
import type { Level } from "../../acquisition/level.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import type { CorrectionField } from "../../correct/field.ts";
import { unreachable } from "../../errors.ts";
import type { ObjectStore, WritableStore } from "../../zarr/store.ts";
import { fullGeometry, type ImagePart, outputLevels, partsOfImage } from "../output/template.ts";
import type { Place } from "../places/location.ts";
import { type FinishedBits, FinishedObjects, JournalWriter } from "../record/journal.ts";
import { BlockRunner, type BlockRunnerParts, type ChunkSink } from "./block-runner.ts";
import { ChunkMemory, chunkCacheBytes } from "./chunk-memory.ts";
import { type Block, blockObject } from "./passes.ts";
import { ComparingSink, WritingSink } from "./sinks.ts";

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
): (block: Block) => Promise<void> {
  acquisition.cache?.keepAtMost(job.cacheBytes);
  const arrays = job.images.map(({ levels }) => levels.map(({ metadata }) => metadata));
  const kept = chunkCacheBytes(storedLevel(fullResolution(acquisition)), fullGeometry(job.images[0]!).chunkShapeCzyx);
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
  return async ({ pass, index }) => {
    const runner = runners.get(pass.image) ?? runnerOf(pass.image);
    runners.set(pass.image, runner);
    await (await runner).run(pass, blockObject(pass, index));
  };
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
