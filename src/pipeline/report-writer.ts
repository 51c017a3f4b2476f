import type { Acquisition } from "../acquisition/acquisition.ts";
import type { BackgroundChoice } from "../correct/background.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { ReportSummary } from "../parameters/summaries.ts";
import type { VerdictSummary } from "../parameters/verdict-summary.ts";
import type { ChannelProfile } from "./channel-profile.ts";
import type { CorrectRequest } from "./correct-request.ts";

/** How reports on corrected images are made: the pipeline says when, not what is in them. */
export interface ReportWriter {
  /** Finds out before the work whether the report can be written at its end. @throws IsoluxError where it cannot */
  check(request: CorrectRequest): Promise<void>;
  /** Compares the output in its place with its source, and writes the report over what lies there. */
  write(subject: ReportSubject, hooks: RunHooks): Promise<ReportSummary>;
}

/** A correction to be reported on. */
export interface ReportSubject {
  readonly request: CorrectRequest;
  /** The profiles that were used, where they are at hand. */
  readonly profiles?: readonly ChannelProfile[];
}

/** Profiles that a run ends with, applied or only estimated. */
export interface VerdictSubject {
  readonly acquisition: Acquisition;
  readonly profiles: readonly ChannelProfile[];
  readonly background: BackgroundChoice;
  readonly seed: number;
  /** Shares of the pixels that were set to 0 and to the largest value, by label of the channel, where an image was made. */
  readonly clipped?: ReadonlyMap<string, { readonly low: number; readonly high: number }>;
}

/** How profiles are judged at the end of a run: the pipeline says when, not how. */
export interface VerdictMaker {
  /** Corrects overlaps and planes of the source in memory, and tells whether they are better. */
  judge(subject: VerdictSubject, hooks: RunHooks): Promise<VerdictSummary>;
}
