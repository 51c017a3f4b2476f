/** The tasks of workers, by name, in one table for worker threads and for the calling thread. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { faultOf } from "../../errors.ts";
import type { FitThreads } from "../../estimate/basic/fit-team.ts";
import type { PieceSurvey } from "../../estimate/empty/survey.ts";
import type { OffsetSigns } from "../../estimate/refine/find-offset.ts";
import type { ObjectStore, WritableStore } from "../../zarr/store.ts";
import type { BlockCounts, BlockJob } from "../blocks/block-maker.ts";
import type { ChunkJob, MadeChunk, PlacedOrder } from "../blocks/chunk-maker.ts";
import type { Block } from "../blocks/units.ts";
import type { Place } from "../places/location.ts";
import type { EstimateTask } from "../profiles/estimate-channel.ts";
import type { PieceOrder } from "../profiles/estimate-pieces.ts";
import type { ProfileEstimate } from "../profiles/estimate-stack.ts";

/** The job, items, results and progress reports of each task: plain values and shared memory. */
interface TaskValues {
  readonly blocks: {
    readonly job: BlockJob;
    readonly item: Block;
    readonly result: BlockCounts;
    readonly progress: ChunksDone;
  };
  /** Single chunks of an output that is not written. */
  readonly chunks: {
    readonly job: ChunkJob;
    readonly item: PlacedOrder;
    readonly result: MadeChunk;
    readonly progress: number;
  };
  readonly survey: {
    readonly job: SourceJob;
    readonly item: PieceOrder;
    readonly result: PieceSurvey;
    /** Number of chunks that were read since the last report. */
    readonly progress: number;
  };
  /** What planes and overlaps tell of the camera's offset. */
  readonly offsets: {
    readonly job: SourceJob;
    readonly item: EstimateTask;
    readonly result: OffsetSigns;
    readonly progress: number;
  };
  readonly estimate: {
    readonly job: SourceJob;
    readonly item: EstimateTask;
    readonly result: ProfileEstimate;
    /** The fraction of the work that is done. */
    readonly progress: number;
  };
}

/** A job on an image. */
interface SourceJob {
  readonly source: Place;
}

/** Chunks of the full resolution that were made since the last report, and the bytes of their pixels. */
export interface ChunksDone {
  readonly chunks: number;
  readonly bytes: number;
}

/** Names of tasks. */
export type TaskName = keyof TaskValues;
/** What the workers of a task receive before their first item. */
export type Job<Name extends TaskName> = TaskValues[Name]["job"];
/** What a worker works on at a time. */
export type Item<Name extends TaskName> = TaskValues[Name]["item"];
/** What a worker returns for an item. */
export type Result<Name extends TaskName> = TaskValues[Name]["result"];
/** What a worker reports in between. */
export type Progress<Name extends TaskName> = TaskValues[Name]["progress"];

/** What a worker works with: a thread opens the stores of its job itself, in the calling thread they are open. */
export interface Workplace {
  openSource(place: Place): Promise<Acquisition>;
  openOutput(place: Place): Promise<ObjectStore>;
  /** The store of a folder on this computer's disks. */
  storeAt(place: Place): WritableStore;
  /** Starts the threads of a fit. */
  readonly fitThreads?: (count: number) => FitThreads;
  /** Stops the work in the calling thread; threads are ended instead. */
  readonly signal?: AbortSignal;
}

/** A task: how a worker starts it, and how its results and reports pass between threads. */
interface Task<Name extends TaskName> {
  /**
   * @param name distinguishes the worker from others of the same job
   * @returns what the worker does with each item, one after the other
   */
  begin(
    job: Job<Name>,
    at: Workplace,
    name: string,
    onProgress: (progress: Progress<Name>) => void,
  ): Promise<(item: Item<Name>) => Promise<Result<Name>>>;
  /** Two reports combined into one. */
  sum(earlier: Progress<Name>, later: Progress<Name>): Progress<Name>;
  /** The memory of a result that is transferred to the receiving thread. */
  handedOver?(result: Result<Name>): readonly ArrayBuffer[];
}

/** All tasks. The code of each is loaded when it begins. */
export const tasks: { readonly [Name in TaskName]: Task<Name> } = {
  blocks: {
    async begin(job, at, name, onProgress) {
      const { blockMaker } = await import("../blocks/block-maker.ts");
      const stores = { output: await at.openOutput(job.output), storeAt: at.storeAt };
      const onChunk = (bytes: number, chunks: number) => onProgress({ chunks, bytes });
      return blockMaker(await at.openSource(job.source), stores, job, name, { signal: at.signal, onChunk });
    },
    sum: (earlier, later) => ({ chunks: earlier.chunks + later.chunks, bytes: earlier.bytes + later.bytes }),
    handedOver(result) {
      const counts = result?.counts?.filter((one) => one !== undefined) ?? [];
      const chunks = result?.chunks?.flatMap(({ bytes }) => bytes ?? []) ?? [];
      return [...counts, ...chunks].map(({ buffer }) => buffer as ArrayBuffer);
    },
  },
  chunks: {
    async begin(job, at) {
      const { ChunkMaker } = await import("../blocks/chunk-maker.ts");
      const maker = new ChunkMaker(await at.openSource(job.source), job);
      // A chunk that cannot be made is no reason to end the worker
      return (order) => maker.make(order).catch((error: unknown) => ({ kind: "failed", fault: faultOf(error) }));
    },
    sum: (earlier, later) => earlier + later,
  },
  survey: {
    async begin({ source }, at, _, onProgress) {
      const { PieceSurveyor } = await import("../profiles/estimate-pieces.ts");
      const surveyor = new PieceSurveyor(await at.openSource(source));
      return (order) => surveyor.survey(order, { signal: at.signal, onChunk: () => onProgress(1) });
    },
    sum: (earlier, later) => earlier + later,
    handedOver({ median, background, sums, counts }) {
      const buffers = [median, background, sums, counts].map(({ buffer }) => buffer);
      // Shared memory is not transferred
      return buffers.filter((buffer) => buffer instanceof ArrayBuffer);
    },
  },
  offsets: {
    async begin({ source }, at) {
      const { readOffsetSigns } = await import("../profiles/estimate-channel.ts");
      const acquisition = await at.openSource(source);
      return (task) => readOffsetSigns(acquisition, at.storeAt(task.scratch), task, { signal: at.signal });
    },
    sum: (_, later) => later,
  },
  estimate: {
    async begin({ source }, at, _, onProgress) {
      const { estimateChannel } = await import("../profiles/estimate-channel.ts");
      const acquisition = await at.openSource(source);
      const hooks = {
        signal: at.signal,
        fitThreads: at.fitThreads,
        onProgress: (done: number, total: number) => onProgress(done / total),
      };
      return (task) => estimateChannel(acquisition, at.storeAt(task.scratch), task, hooks);
    },
    sum: (_, later) => later,
  },
};
