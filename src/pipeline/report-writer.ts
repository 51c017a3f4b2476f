import type { RunHooks } from "../parameters/run-events.ts";
import type { ReportSummary } from "../parameters/summaries.ts";
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
