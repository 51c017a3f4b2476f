import type { RunHooks } from "../parameters/run-events.ts";
import type { CheckParameters, ConvertParameters, InspectParameters } from "../parameters/schema.ts";
import type { FinishParameters, StatusParameters } from "../parameters/shared-schemas.ts";
import type {
  CorrectSummary,
  EstimateSummary,
  Foresight,
  InspectSummary,
  PrepareSummary,
  StatusSummary,
  UnitSummary,
} from "../parameters/summaries.ts";
import type { RawParameters } from "../parameters/validate.ts";
import type { QualityReport } from "../report/quality/quality-report.ts";

/** What the command line calls. */
export interface Engine {
  correctImage(parameters: RawParameters, hooks: RunHooks): Promise<CorrectSummary>;
  estimateProfiles(parameters: RawParameters, hooks: RunHooks): Promise<EstimateSummary>;
  convertImage(parameters: ConvertParameters, hooks: RunHooks): Promise<CorrectSummary>;
  checkImages(parameters: CheckParameters, hooks: RunHooks): Promise<QualityReport>;
  prepareCorrection(parameters: RawParameters, hooks: RunHooks): Promise<PrepareSummary>;
  foreseeCorrection(parameters: RawParameters, hooks: RunHooks): Promise<Foresight>;
  workOnCorrection(parameters: RawParameters, hooks: RunHooks): Promise<UnitSummary>;
  finishCorrection(parameters: FinishParameters, hooks: RunHooks): Promise<CorrectSummary | undefined>;
  correctionStatus(parameters: StatusParameters): Promise<StatusSummary>;
  inspectImage(parameters: InspectParameters, hooks: RunHooks): Promise<InspectSummary>;
}

/** The engine, loaded when there is work for it: help and wrong usage answer without it. */
export async function loadEngine(): Promise<Engine> {
  const node = await import("../node.ts");
  // By their names, so that a bundle has what these need and no more
  return {
    correctImage: node.correctImage,
    estimateProfiles: node.estimateProfiles,
    convertImage: node.convertImage,
    checkImages: node.checkImages,
    prepareCorrection: node.prepareCorrection,
    foreseeCorrection: node.foreseeCorrection,
    workOnCorrection: node.workOnCorrection,
    finishCorrection: node.finishCorrection,
    correctionStatus: node.correctionStatus,
    inspectImage: node.inspectImage,
  };
}
