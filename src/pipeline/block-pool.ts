import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import type { Level } from "../acquisition/level.ts";
import type { Czyx, PixelArray } from "../shapes.ts";
import type { WritableStore } from "../zarr/store.ts";
import { isUniform } from "../zarr/uniform.ts";
import { BlockRunner, type ChunkSink } from "./block-runner.ts";
import type { ChannelFields } from "./correct-chunk.ts";
import { FinishedChunks, type JournalEntry, JournalWriter } from "./journal.ts";
import type { Place } from "./location.ts";
import { type OutputLevel, outputLevels } from "./output-template.ts";
import { blockChunk, type Pass } from "./plan.ts";

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
  return { size: 1, run: (pass, index) => runner.run(pass, blockChunk(pass, index)), close: async () => {} };
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
    finished: new FinishedChunks(output, job.finished),
    sink: writingSink(output, outputStore, journal),
    ...hooks,
  });
}

/** Writes chunks, then their lines in the journal. Chunks of nothing but the fill value are left out, as in zarr-python. */
function writingSink(output: readonly Level[], store: WritableStore, journal: JournalWriter): ChunkSink {
  return {
    async put(index: number, chunk: Czyx, pixels: PixelArray, clipped: readonly number[]) {
      const level = output[index]!;
      if (!isUniform(pixels, level.fillValue)) await level.writeChunk(store, chunk, pixels);
      await journal.add({ level: index, chunk, clipped });
    },
  };
}
