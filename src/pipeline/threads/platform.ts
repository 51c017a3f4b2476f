/**
 * What the pipeline needs of the machine that it runs on. The caller provides it: Node has threads and processes, a
 * browser has others, a test may have none.
 */

import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { BackgroundChoice } from "../../correct/field.ts";
import { IsoluxError } from "../../errors.ts";
import type { FitThreads } from "../../estimate/basic/fit-team.ts";
import type { ProfileSource } from "../../parameters/profile-source.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { ReportSummary } from "../../parameters/summaries.ts";
import type { VerdictSummary } from "../../parameters/verdict-summary.ts";
import { placeOf, type SourceLocation } from "../places/location.ts";
import type { CorrectRequest } from "../places/request.ts";
import type { ChannelProfile } from "../profiles/channel-profile.ts";
import type { FoundEstimates } from "../profiles/found-estimates.ts";
import type { Processes } from "../record/lease.ts";
import type { Threads } from "./executor.ts";

/** The machine as the pipeline sees it. */
export interface Platform extends Processes {
  /** How many threads can run at once. */
  readonly availableWorkers: number;
  /** Writes reports; without it there are none. */
  readonly reports?: ReportWriter;
  /** Estimates that were made before the run, which it uses instead of repeating them. */
  readonly found?: FoundEstimates;
  /** Assesses profiles at the end of a run; without it there is no verdict. */
  readonly verdicts?: VerdictMaker;
  /** Frees unused memory at once, where the runtime would keep it until this thread needs memory. */
  collectGarbage?(): void;
  /** Worker threads; without them the calling thread does all work. */
  readonly threads?: Threads;
  /** Starts a number of threads for one fit; without it a fit uses only the thread that it runs in. */
  fitThreads?(count: number): FitThreads;
}

/** The platform's writer of reports. @throws IsoluxError `unsupported` where it has none */
export function reportsOf({ reports }: Platform): ReportWriter {
  if (reports !== undefined) return reports;
  throw new IsoluxError({ kind: "unsupported", what: "No report can be written here", advice: "Leave out the report" });
}

/** Writes reports on corrected images: the pipeline decides when, the writer what is in them. */
export interface ReportWriter {
  /** Checks before the work that the report can be written at its end. @throws IsoluxError where it cannot */
  check(request: CorrectRequest): Promise<void>;
  /** Compares the finished output with its source, and writes the report, replacing an earlier one. */
  write(subject: ReportSubject, hooks: RunHooks): Promise<ReportSummary>;
}

/** The correction that a report is about. */
export interface ReportSubject {
  readonly request: CorrectRequest;
  /** The profiles that were used, where available. */
  readonly profiles?: readonly ChannelProfile[];
}

/** The profiles at the end of a run, applied or only estimated. */
export interface VerdictSubject {
  readonly acquisition: Acquisition;
  readonly profiles: readonly ChannelProfile[];
  readonly background: BackgroundChoice;
  readonly seed: number;
  /**
   * Shares of the pixels that were set to 0 and to the largest value, by label of the channel, where an image was made.
   */
  readonly clipped?: ReadonlyMap<string, { readonly low: number; readonly high: number }>;
  /** The share of the image whose chunks are missing in the source. */
  readonly missing?: number;
}

/** Assesses profiles at the end of a run: the pipeline decides when, the maker how. */
export interface VerdictMaker {
  /** Corrects overlaps and planes of the source in memory, and decides whether they are better. */
  assess(subject: VerdictSubject, hooks: RunHooks): Promise<VerdictSummary>;
  /** An upper bound of the memory of the whole process meanwhile. */
  projectedBytes(subject: Pick<VerdictSubject, "acquisition" | "seed">): Promise<number>;
}

/** What determines how many threads a run begins with, and what they will read. */
interface ThreadRequest {
  readonly source: SourceLocation;
  readonly profileSource?: ProfileSource;
  readonly parameters: { readonly workers?: number | undefined };
}

/**
 * Starts the threads for the first stage, which open the source meanwhile; fits use threads of another kind.
 * @returns ends the threads that are still idle when it is disposed of
 */
export async function threadsAhead(
  { source, profileSource, parameters: { workers } }: ThreadRequest,
  { availableWorkers, threads }: Platform,
): Promise<AsyncDisposable> {
  const wanted = Math.min(workers ?? availableWorkers, availableWorkers);
  const isSpread = wanted > 1 && profileSource?.kind !== "basic";
  await threads?.hold(isSpread ? wanted : 0, placeOf(source));
  return { [Symbol.asyncDispose]: async () => threads?.hold(0) };
}
