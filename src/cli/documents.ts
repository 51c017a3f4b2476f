/**
 * The JSON documents of the commands: results by the last part of their `format`, errors, and events of
 * `--progress json`. `npm run docs` makes docs/documents.schema.json of these types. JSON has no NaN: figures that may be
 * so are null there, which `@nullable` says.
 */
import type { CorrectPlanSummary, EstimatePlanSummary, PrepareSummary } from "../parameters/plan-summaries.ts";
import type { ServeSummary } from "../parameters/serve-schema.ts";
import type {
  CorrectSummary,
  EstimateSummary,
  FitSummary,
  InspectSummary,
  StatusSummary,
  UnitSummary,
} from "../parameters/summaries.ts";
import type { QualityReport } from "../report/quality/quality-report.ts";
import type { CompletionSummary } from "./commands/completion.ts";
import type { ConvertSummary } from "./commands/convert-profile.ts";
import type { FinishResult } from "./commands/finish.ts";
import type { InitSummary } from "./commands/init.ts";
import type { ShowSummary } from "./commands/show-profile.ts";
import type { SlurmSummary } from "./commands/slurm.ts";
import type { DemoSummary } from "./demo/demo-text.ts";
import type { DocumentHeading, ErrorResult, ProgressEvent } from "./json-output.ts";

/** All that is printed for scripts. */
export interface Documents {
  readonly heading: DocumentHeading;
  readonly results: Results;
  readonly event: ProgressEvent;
}

/** The results of the commands. */
interface Results {
  correct: CorrectSummary;
  run: CorrectSummary;
  plan: CorrectPlanSummary | EstimatePlanSummary;
  estimate: EstimateSummary;
  serve: ServeSummary;
  open: ServeSummary;
  check: QualityReport;
  fit: FitSummary;
  "profile.show": ShowSummary;
  "profile.convert": ConvertSummary;
  convert: CorrectSummary;
  inspect: InspectSummary;
  init: InitSummary;
  slurm: SlurmSummary;
  prepare: PrepareSummary;
  work: UnitSummary;
  finish: FinishResult;
  status: StatusSummary;
  completion: CompletionSummary;
  demo: DemoSummary;
  error: ErrorResult;
}
