/**
 * The engine of Node, which all user interfaces call: checked parameters in, a summary out. Images are in folders or at
 * addresses, and threads work on them.
 */
// Kernels, deflate and checksums of this machine.
import "./index-node.ts";
import { resolve } from "node:path";
import type * as z from "zod";
import { type Advised, sharedRequest, takeAdvice, takeEstimateAdvice } from "./advise/take-advice-node.ts";
import { IsoluxError } from "./errors.ts";
import type {
  CorrectPlanSummary,
  EstimatePlanSummary,
  PreparationPlan,
  PrepareSummary,
} from "./parameters/plan-summaries.ts";
import { chooseProfileSource, type ProfileSource, type RunOrder, withoutRegions } from "./parameters/profile-source.ts";
import type { RunHooks } from "./parameters/run-events.ts";
import {
  type CheckParameters,
  type ConvertParameters,
  type CorrectParameters,
  checkSchema,
  correctSchema,
  type EstimateParameters,
  type InspectParameters,
} from "./parameters/schema.ts";
import type { ServeParameters } from "./parameters/serve-schema.ts";
import type { FinishParameters, PrepareParameters, StatusParameters, workSchema } from "./parameters/shared-schemas.ts";
import type {
  CorrectSummary,
  EstimateSummary,
  InspectSummary,
  StatusSummary,
  UnitSummary,
} from "./parameters/summaries.ts";
import { commandLine } from "./parameters/validate.ts";
import { correctImage as correctLocated } from "./pipeline/correct-image.ts";
import { type EstimateRequest, estimateImage, planEstimate } from "./pipeline/estimate-image.ts";
import { inspectImage as inspectLocated } from "./pipeline/inspect-image.ts";
import {
  checkOutside,
  checkReportPlace,
  checkWritable,
  checkWritesLocally,
} from "./pipeline/places/check-places-node.ts";
import {
  locateFolder,
  locateImage,
  locateModels,
  locatePool,
  locateSource,
  nodePlaceOpener,
} from "./pipeline/places/find-places-node.ts";
import { locateRequest, readSettings } from "./pipeline/places/locate-request-node.ts";
import { locateOutput } from "./pipeline/places/output-places-node.ts";
import { dryRun } from "./pipeline/run/dry-run.ts";
import { finishImage } from "./pipeline/shared/finish-image.ts";
import { outputStatus } from "./pipeline/shared/output-status.ts";
import { planShared, prepareImage } from "./pipeline/shared/prepare-image.ts";
import { workOnUnit } from "./pipeline/shared/work-on-unit.ts";
import type { QualityReport } from "./report/quality/quality-report.ts";
import { ReportFile, reportingPlatform } from "./report/report-file-node.ts";
import { type RunningServer, runServer } from "./serve/run-server-node.ts";
import { checkServer } from "./serve/server-node.ts";
import { isAddress } from "./zarr/store.ts";

/** Corrects an image: by advice where the profile is left open. @throws IsoluxError as a correction does */
export async function correctImage(order: RunOrder<CorrectParameters>, hooks: RunHooks): Promise<CorrectSummary> {
  const advised = await takeAdvice(order, hooks);
  return correct(advised, chooseProfileSource(advised.parameters, "key"), hooks);
}

/** Writes an image with its pixels unchanged. @throws IsoluxError as a correction does */
export async function convertImage(parameters: ConvertParameters, hooks: RunHooks): Promise<CorrectSummary> {
  return correct({ parameters: correctSchema.parse(parameters) }, { kind: "none" }, hooks);
}

/** What a correction would do; writes nothing, and tries no candidates. @throws IsoluxError as a correction does */
export async function planCorrection(
  { parameters, isOpen }: RunOrder<CorrectParameters>,
  hooks: RunHooks,
): Promise<CorrectPlanSummary> {
  const isChosen = parameters.auto || isOpen;
  const profileSource = chooseProfileSource(isChosen ? withoutRegions(parameters) : parameters, "key");
  const request = await locateRequest(parameters, profileSource);
  return dryRun(request, isChosen, reportingPlatform(), hooks);
}

/** What a conversion would do; writes nothing. @throws IsoluxError as a conversion does */
export async function planConversion(parameters: ConvertParameters, hooks: RunHooks): Promise<CorrectPlanSummary> {
  const request = await locateRequest(correctSchema.parse(parameters), { kind: "none" });
  return dryRun(request, false, reportingPlatform(), hooks);
}

/** Serves an image that is corrected when it is read. @throws IsoluxError for what prevents that */
export async function serveImage(
  server: ServeParameters,
  order: RunOrder<CorrectParameters>,
  hooks: RunHooks,
): Promise<RunningServer> {
  await checkServer(server);
  return runServer(server, await takeAdvice(order, hooks, async () => undefined), hooks);
}

async function correct(
  { parameters, advice, found }: Advised<CorrectParameters>,
  profileSource: ProfileSource,
  hooks: RunHooks,
): Promise<CorrectSummary> {
  const request = { ...(await locateRequest(parameters, profileSource)), advice };
  return correctLocated(request, reportingPlatform(found), hooks);
}

/** Estimates the profiles of an image and writes them, all or none. @throws IsoluxError for what prevents that */
export async function estimateProfiles(order: RunOrder<EstimateParameters>, hooks: RunHooks): Promise<EstimateSummary> {
  checkProfileFolder(order.parameters);
  const { parameters, advice, found } = await takeEstimateAdvice(order, hooks);
  const request = await locateEstimate(parameters, chooseProfileSource(parameters, "key"));
  return estimateImage({ ...request, advice }, reportingPlatform(found), hooks);
}

/** What an estimation would do; writes nothing, and tries no candidates. @throws IsoluxError as an estimation does */
export async function planEstimation(
  { parameters, isOpen }: RunOrder<EstimateParameters>,
  hooks: RunHooks,
): Promise<EstimatePlanSummary> {
  checkProfileFolder(parameters);
  const isChosen = parameters.auto || isOpen;
  const profileSource = chooseProfileSource(isChosen ? withoutRegions(parameters) : parameters, "key");
  return planEstimate(await locateEstimate(parameters, profileSource), isChosen, reportingPlatform(), hooks);
}

function checkProfileFolder({ output, image }: EstimateParameters): void {
  checkOutside(output, image, "the source image");
  checkWritesLocally({ "--output": output });
  checkWritable(output);
}

async function locateEstimate(
  parameters: EstimateParameters,
  profileSource: ProfileSource,
): Promise<Omit<EstimateRequest, "advice">> {
  if (profileSource.kind === "given" || profileSource.kind === "none") {
    throw new IsoluxError({
      kind: "usage",
      what: "An estimate takes no models folder",
      advice: "Drop it, or correct the image with it",
    });
  }
  const output = locateFolder(parameters.output);
  return {
    source: await locatePool(parameters),
    output,
    parameters,
    profileSource,
    ...(await readSettings(parameters)),
  };
}

/** Prepares a correction by several processes. @throws IsoluxError for what is known to prevent it */
export async function prepareCorrection(
  { parameters: { units, report, ...rest }, isOpen }: RunOrder<PrepareParameters>,
  hooks: RunHooks,
): Promise<PrepareSummary> {
  // The process that finishes may run in another folder.
  const parameters = { ...rest, ...(report !== undefined && { report: isAddress(report) ? report : resolve(report) }) };
  const request = await sharedRequest({ parameters, isOpen }, hooks);
  return prepareImage(request, units, reportingPlatform(), hooks);
}

/** What {@link prepareCorrection} would decide; writes nothing. @throws IsoluxError as it does */
export async function planPreparation(
  { units, ...parameters }: PrepareParameters,
  hooks: RunHooks,
): Promise<PreparationPlan> {
  // The choice of a profile does not affect the plan.
  const request = await sharedRequest({ parameters, isOpen: false }, hooks);
  return planShared(request, units, reportingPlatform(), hooks);
}

/** The parameters of the work on a unit, checked and complete. */
type WorkParameters = z.output<typeof workSchema>;

/** Makes a unit of a prepared correction, or all that is left. @throws IsoluxError for what prevents that */
export async function workOnCorrection({ output, ...order }: WorkParameters, hooks: RunHooks): Promise<UnitSummary> {
  return workOnUnit({ ...order, output: await locateOutput(output) }, nodePlaceOpener, reportingPlatform(), hooks);
}

/**
 * Finishes a prepared correction.
 * @returns what was done, or `undefined` where the output is complete already
 * @throws IsoluxError for what prevents that
 */
export async function finishCorrection(
  { output, ...order }: FinishParameters,
  hooks: RunHooks,
): Promise<CorrectSummary | undefined> {
  return finishImage({ ...order, output: await locateOutput(output) }, nodePlaceOpener, reportingPlatform(), hooks);
}

/** The progress of a prepared correction. @throws IsoluxError where its files cannot be read */
export async function correctionStatus({ output }: StatusParameters): Promise<StatusSummary> {
  return outputStatus(await locateOutput(output), reportingPlatform());
}

/** Checks whether a corrected image is better than its source. @throws IsoluxError where the two cannot be compared */
export async function checkImages(parameters: CheckParameters, hooks: RunHooks): Promise<QualityReport> {
  const { corrected, modelsFolder, report: path, overwrite } = parameters;
  const file = path === undefined ? undefined : new ReportFile(path);
  if (path !== undefined) checkReportPlace(path, { "the image": parameters.image, "the corrected image": corrected });
  await file?.checkFree(overwrite);
  const source = await locateImage(parameters);
  const models = modelsFolder === undefined ? {} : { models: locateModels(modelsFolder) };
  const request = { source, corrected: await locateSource(corrected), parameters, ...models };
  const { checkLocated } = await import("./report/quality/check-images.ts");
  const check = await checkLocated(request, hooks);
  await file?.write(check, commandLine("check", checkSchema, parameters));
  return check.report;
}

/** Describes an image. @throws IsoluxError for everything that prevents reading it */
export async function inspectImage(parameters: InspectParameters, hooks: RunHooks): Promise<InspectSummary> {
  return inspectLocated(await locatePool(parameters), parameters, hooks);
}
