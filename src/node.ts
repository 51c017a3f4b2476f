/**
 * Isolux for Node: images in folders, worker threads.
 *
 * @example
 * import { correctImage } from "isolux/node";
 * const summary = await correctImage({ image: "sample.zarr/raw_image", fovList: [1, 3] });
 */

import { resolve } from "node:path";
import type { MosaicImage } from "./acquisition/acquisition.ts";
import { openMosaic } from "./acquisition/open-mosaic.ts";
import { sharedRequest } from "./advise/shared-request-node.ts";
import { type Advised, advise, takeAdvice, takeEstimateAdvice } from "./advise/take-advice-node.ts";
import { IsoluxError } from "./errors.ts";
import type { Advice } from "./parameters/advice.ts";
import { commandLine } from "./parameters/command-line.ts";
import type {
  CheckInput,
  ConvertInput,
  CorrectInput,
  EstimateInput,
  FinishInput,
  InspectInput,
  PrepareInput,
  WorkInput,
} from "./parameters/inputs.ts";
import { chooseProfileSource, leavesProfileOpen, type ProfileSource } from "./parameters/profile-source.ts";
import type { RunHooks } from "./parameters/run-events.ts";
import {
  type CorrectParameters,
  checkSchema,
  convertSchema,
  correctSchema,
  estimateSchema,
  inspectSchema,
} from "./parameters/schema.ts";
import {
  finishSchema,
  prepareSchema,
  type StatusParameters,
  statusSchema,
  workSchema,
} from "./parameters/shared-schemas.ts";
import type {
  CorrectSummary,
  EstimateSummary,
  Foresight,
  InspectSummary,
  PrepareSummary,
  StatusSummary,
  UnitSummary,
} from "./parameters/summaries.ts";
import { type RawParameters, validate } from "./parameters/validate.ts";
import { checkOutside, checkReportPlace, checkWritable, checkWritesLocally } from "./pipeline/check-places-node.ts";
import { availableCores } from "./pipeline/cores-node.ts";
import { correctImage as correctLocated } from "./pipeline/correct-image.ts";
import { estimateImage } from "./pipeline/estimate-image.ts";
import { finishImage } from "./pipeline/finish-image.ts";
import { inspectImage as inspectLocated } from "./pipeline/inspect-image.ts";
import { locateRequest, readSettings } from "./pipeline/locate-request-node.ts";
import { nodePlaceOpener } from "./pipeline/open-place-node.ts";
import { locateOutput } from "./pipeline/output-places-node.ts";
import { outputStatus } from "./pipeline/output-status.ts";
import { foreseeImage, prepareImage } from "./pipeline/prepare-image.ts";
import { locateFolder, locateImage, locateModels, locatePool, locateSource } from "./pipeline/source-places-node.ts";
import { workOnUnit } from "./pipeline/work-on-unit.ts";
import type { QualityReport } from "./report/quality/quality-report.ts";
import { ReportFile, reportingPlatform } from "./report/report-file-node.ts";
import { isAddress } from "./zarr/address.ts";

export { fitThreads } from "./estimate/basic/fit-threads-node.ts";
export * from "./index-node.ts";
export type * from "./parameters/inputs.ts";
export { DirectoryStore } from "./zarr/directory-store.ts";
export type { CorrectSummary, EstimateSummary, Foresight, InspectSummary, PrepareSummary, StatusSummary, UnitSummary };

const origin = { spelling: "key" } as const;

/**
 * Opens an OME-Zarr image.
 * @param path of its folder, or an address that begins with `https://`, `http://` or `s3://`
 * @throws IsoluxError for everything that keeps it from being read
 */
export async function openImage(path: string): Promise<MosaicImage> {
  const { store, key } = await locateSource(path);
  return openMosaic(store, key);
}

/**
 * Corrects an image and writes the corrected one beside it, or where `output` says.
 * @throws IsoluxError for everything that keeps it from that; nothing is half done then
 */
export async function correctImage(
  input: CorrectInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<CorrectSummary> {
  const asked = validate(correctSchema, input, origin);
  const advised = await takeAdvice(asked, leavesProfileOpen(input), allHooks(hooks));
  return correct(advised, chooseProfileSource(advised.parameters, origin.spelling), hooks);
}

/**
 * Finds the best way to the profiles of an image, as `auto` does before a correction: which candidate, by how much, how
 * sure that is, and the parameters that repeat it. Writes nothing; that no correction is better is a result here.
 * @throws IsoluxError for everything that keeps the image from being read
 */
export async function adviseImage(input: CorrectInput, hooks: Partial<RunHooks> = {}): Promise<Advice> {
  const parameters = { ...validate(correctSchema, input, origin), auto: true };
  return advise({ kind: "correct", parameters }, allHooks(hooks));
}

/**
 * Estimates the profiles of an image's channels and writes them into a folder, all or none.
 * @throws IsoluxError for everything that keeps it from that
 */
export async function estimateProfiles(
  input: EstimateInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<EstimateSummary> {
  const asked = validate(estimateSchema, input, origin);
  checkOutside(asked.output, asked.image, "the source image");
  checkWritesLocally({ "--output": asked.output });
  checkWritable(asked.output);
  const { parameters, advice, found } = await takeEstimateAdvice(asked, leavesProfileOpen(input), allHooks(hooks));
  const profileSource = chooseProfileSource(parameters, origin.spelling);
  if (profileSource.kind === "given") {
    throw new IsoluxError({ kind: "usage", what: "An estimate takes no models folder" });
  }
  const source = await locatePool(parameters);
  const output = locateFolder(parameters.output);
  const request = {
    source,
    output,
    parameters,
    profileSource,
    ...(advice && { advice }),
    ...(await readSettings(parameters)),
  };
  return estimateImage(request, reportingPlatform(availableCores(), found), allHooks(hooks));
}

/**
 * Writes an image, or the tiles that a microscope wrote, as a mosaic OME-Zarr with its pixels as they are.
 * @throws IsoluxError for everything that keeps it from that; nothing is half done then
 */
export async function convertImage(input: ConvertInput, hooks: Partial<RunHooks> = {}): Promise<CorrectSummary> {
  const parameters = correctSchema.parse(validate(convertSchema, input, origin));
  return correct({ parameters }, { kind: "none" }, hooks);
}

async function correct(
  { parameters, advice, found }: Advised<CorrectParameters>,
  profileSource: ProfileSource,
  hooks: Partial<RunHooks>,
): Promise<CorrectSummary> {
  const request = { ...(await locateRequest(parameters, profileSource)), ...(advice && { advice }) };
  return correctLocated(request, reportingPlatform(availableCores(), found), allHooks(hooks));
}

/**
 * Prepares a correction that several processes are to share, on one machine or many with a common disk: checks it, finds
 * the profiles, and writes down beside the output what the others need.
 * @throws IsoluxError for everything that can be known to keep the correction from success
 */
export async function prepareCorrection(
  input: PrepareInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<PrepareSummary> {
  const { units, report, ...rest } = validate(prepareSchema, input, origin);
  // Who finishes may do so from another folder.
  const asked = { ...rest, ...(report !== undefined && { report: isAddress(report) ? report : resolve(report) }) };
  const request = await sharedRequest(asked, leavesProfileOpen(input), allHooks(hooks));
  return prepareImage(request, units, reportingPlatform(availableCores()), allHooks(hooks));
}

/** What {@link prepareCorrection} would decide; writes nothing. @throws IsoluxError as it does */
export async function foreseeCorrection(
  input: PrepareInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<Foresight> {
  const { units, ...asked } = validate(prepareSchema, input, origin);
  // Which profile is chosen changes nothing of the plan.
  const request = await sharedRequest(asked, false, allHooks(hooks));
  return foreseeImage(request, units, reportingPlatform(availableCores()), allHooks(hooks));
}

/**
 * Makes a unit of a prepared correction, or all that is left. Any number of processes may do so at a time.
 * @throws IsoluxError for everything that keeps it from that; what is done by then stays done
 */
export async function workOnCorrection(
  input: WorkInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<UnitSummary> {
  const { output, ...order } = validate(workSchema, input, origin);
  const platform = reportingPlatform(availableCores());
  return workOnUnit({ ...order, output: await locateOutput(output) }, nodePlaceOpener, platform, allHooks(hooks));
}

/**
 * Finishes a prepared correction: makes what no unit has made, and puts the output in its place.
 * @returns what was done, or `undefined` where the output is complete already
 * @throws IsoluxError for everything that keeps it from that; what is done by then stays done
 */
export async function finishCorrection(
  input: FinishInput,
  hooks: Partial<RunHooks> = {},
): Promise<CorrectSummary | undefined> {
  const { output, ...order } = validate(finishSchema, input, origin);
  const platform = reportingPlatform(availableCores());
  return finishImage({ ...order, output: await locateOutput(output) }, nodePlaceOpener, platform, allHooks(hooks));
}

/** How far a prepared correction is; changes nothing. @throws IsoluxError where what was noted of it cannot be read */
export async function correctionStatus(input: StatusParameters): Promise<StatusSummary> {
  const { output } = validate(statusSchema, input, origin);
  return outputStatus(await locateOutput(output), reportingPlatform(availableCores()));
}

/**
 * Tells whether a corrected image is better than its source, whoever corrected it, with the figures that tell.
 * @throws IsoluxError `invalid` where the two do not fit each other, and for all that keeps them from being read
 */
export async function checkImages(input: CheckInput, hooks: Partial<RunHooks> = {}): Promise<QualityReport> {
  const parameters = validate(checkSchema, input, origin);
  const { corrected, modelsFolder, report: path, overwrite } = parameters;
  const file = path === undefined ? undefined : new ReportFile(path);
  if (path !== undefined) checkReportPlace(path, { "the image": parameters.image, "the corrected image": corrected });
  await file?.checkFree(overwrite);
  const source = await locateImage(parameters);
  const models = modelsFolder === undefined ? {} : { models: locateModels(modelsFolder) };
  const request = { source, corrected: await locateSource(corrected), parameters, ...models };
  const { checkLocated } = await import("./report/quality/check-images.ts");
  const check = await checkLocated(request, allHooks(hooks));
  await file?.write(check, commandLine("check", checkSchema, parameters));
  return check.report;
}

/**
 * Tells what an image holds: levels, channels, tiles with their brightness. Writes nothing.
 * @throws IsoluxError for everything that keeps it from being read
 */
export async function inspectImage(input: InspectInput, hooks: Partial<RunHooks> = {}): Promise<InspectSummary> {
  const parameters = validate(inspectSchema, input, origin);
  return inspectLocated(await locatePool(parameters), parameters, allHooks(hooks));
}

function allHooks({ report = () => {}, signal = new AbortController().signal }: Partial<RunHooks>): RunHooks {
  return { report, signal };
}
