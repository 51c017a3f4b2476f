/**
 * What the pipeline needs of the machine it runs on, given by the door that starts it: Node has threads and processes,
 * a browser has others, a test may have none.
 */
import { IsoluxError } from "../errors.ts";
import type { FitThreads } from "../estimate/basic/fit-team.ts";
import type { BlockJob, BlockPool, BlockPoolHooks } from "./block-pool.ts";
import type { ChannelEstimate, EstimateTask, TaskHooks } from "./estimate-channel.ts";
import type { SurveyJob, SurveyPool, SurveyPoolHooks } from "./estimate-pieces.ts";
import type { FoundEstimates } from "./found-estimates.ts";
import type { LeaseTiming } from "./lease-timing.ts";
import type { Place } from "./location.ts";
import type { ReportWriter, VerdictMaker } from "./report-writer.ts";

/** The machine as the pipeline sees it. */
export interface Platform {
  /** How many threads run at once to good effect. */
  readonly availableWorkers: number;
  /** Names this process among all that may see the same folders. */
  readonly processName: string;
  /** Whether the process of that name still runs; true where that cannot be known, as on another machine. */
  isRunning(processName: string): boolean;
  /** How signs of life are given and judged, where not in the usual way. */
  readonly leaseTiming?: LeaseTiming;
  /** How reports are made; without it there are none. */
  readonly reports?: ReportWriter;
  /** Estimates that were made before the run; it makes none of them again. */
  readonly found?: FoundEstimates;
  /** How profiles are judged at the end of a run; without it there is no verdict. */
  readonly verdicts?: VerdictMaker;
  /** Gives back what nobody holds any more, where the machine's own way would leave it until this thread needs memory. */
  collectGarbage?(): void;
  /**
   * Lets so many threads wait for pools to come, as starting takes a while; others that wait are ended.
   * @param source what the pools will read, so that threads which start now open it meanwhile
   */
  holdThreads?(count: number, source?: Place): Promise<void>;
  /** A pool of threads that make blocks; without it they are made in this one. */
  createBlockPool?(job: BlockJob, workers: number, hooks: BlockPoolHooks): Promise<BlockPool>;
  /** A pool of threads that survey pieces; without it, that is done in this one. */
  createSurveyPool?(job: SurveyJob, workers: number, hooks: SurveyPoolHooks): Promise<SurveyPool>;
  /** Threads for one fit, so many; without it a fit has the thread that it runs in. */
  fitThreads?(count: number): FitThreads;
  /** Estimates a profile in a thread of its own; without it, in this one. */
  estimate?(task: EstimateTask, hooks: TaskHooks): Promise<ChannelEstimate>;
}

/** How the platform makes reports. @throws IsoluxError `unsupported` where it makes none */
export function reportsOf({ reports }: Platform): ReportWriter {
  if (reports !== undefined) return reports;
  throw new IsoluxError({ kind: "unsupported", what: "No report can be written here", advice: "Leave out the report" });
}
