import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import type { WritableStore } from "../zarr/store.ts";
import { BlockRunner } from "./block-runner.ts";
import type { ChannelFields } from "./correct-chunk.ts";
import { FinishedObjects, type JournalEntry, JournalWriter } from "./journal.ts";
import type { Place } from "./location.ts";
import { type OutputLevel, outputLevels } from "./output-template.ts";
import { blockObject, type Pass } from "./plan.ts";
import { WritingSink } from "./writing-sink.ts";

/** What every worker of a pool is told before its first block. */
export interface BlockJob {
  readonly source: Place;
  readonly output: Place;
  readonly levels: readonly OutputLevel[];
  /** The folder of the journal, in the output's store. */
  readonly journalFolder: string;
  /** Tells this run's journal files from those of earlier ones. */
  readonly runName: string;
  /** Per channel of the image. */
  readonly fields: readonly ChannelFields[];
  readonly finished: readonly JournalEntry[];
}

/** Ways to follow and to stop the workers of a pool. */
export interface BlockPoolHooks {
  readonly signal?: AbortSignal;
  /** Told the pixels' bytes of each full-resolution chunk that is done. */
  readonly onChunk?: (bytes: number) => void;
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
  outputStore: WritableStore,
  job: BlockJob,
  hooks: BlockPoolHooks,
): BlockPool {
  const runner = blockRunner(acquisition, outputStore, job, "0", hooks);
  return { size: 1, run: (pass, index) => runner.run(pass, blockObject(pass, index)), close: async () => {} };
}

/** The runner of one worker: what it makes goes into the output, and into a journal of its own. */
export function blockRunner(
  acquisition: Acquisition,
  outputStore: WritableStore,
  job: BlockJob,
  workerName: string,
  hooks: BlockPoolHooks,
): BlockRunner {
  const output = outputLevels(job.levels, outputStore, job.output.key);
  const journal = new JournalWriter(outputStore, job.journalFolder, `${job.runName}-${workerName}`);
  return new BlockRunner({
    source: fullResolution(acquisition),
    output,
    tiles: acquisition.tiles,
    fields: job.fields,
    finished: new FinishedObjects(output, job.finished),
    sink: new WritingSink(output, outputStore, journal),
    ...hooks,
  });
}
