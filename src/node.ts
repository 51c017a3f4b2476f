/**
 * Isolux for Node: images in folders, worker threads.
 *
 * @example
 * import { correctImage } from "isolux/node";
 * const summary = await correctImage({ image: "sample.zarr/raw_image", fovList: [1, 3] });
 */

import type { z } from "zod";
import type { MosaicImage } from "./acquisition/acquisition.ts";
import { openMosaic } from "./acquisition/open-mosaic.ts";
import { advise } from "./advise/take-advice-node.ts";
import * as engine from "./engine-node.ts";
import type { Advice } from "./parameters/advice.ts";
import { withUsualMemory } from "./parameters/environment-node.ts";
import type {
  CorrectPlanSummary,
  EstimatePlanSummary,
  PreparationPlan,
  PrepareSummary,
} from "./parameters/plan-summaries.ts";
import { orderOf } from "./parameters/profile-source.ts";
import type { RunHooks } from "./parameters/run-events.ts";
import {
  type CheckParameters,
  type ConvertParameters,
  type CorrectParameters,
  checkSchema,
  convertSchema,
  correctSchema,
  type EstimateParameters,
  estimateSchema,
  type InspectParameters,
  inspectSchema,
} from "./parameters/schema.ts";
import { correctionOf, type ServeParameters, type ServeSummary, serveSchema } from "./parameters/serve-schema.ts";
import {
  type FinishParameters,
  finishSchema,
  type PrepareParameters,
  prepareSchema,
  type StatusParameters,
  statusSchema,
  workSchema,
} from "./parameters/shared-schemas.ts";
import type {
  CorrectSummary,
  EstimateSummary,
  InspectSummary,
  StatusSummary,
  UnitSummary,
} from "./parameters/summaries.ts";
import { type RawParameters, validate } from "./parameters/validate.ts";
import { locateSource } from "./pipeline/places/find-places-node.ts";
import type { QualityReport } from "./report/quality/quality-report.ts";
import type { RunningServer } from "./serve/run-server-node.ts";

export { fitThreads } from "./estimate/basic/fit-threads-node.ts";
export * from "./index-node.ts";
export { DirectoryStore } from "./zarr/disk/directory-store-node.ts";
export type {
  CorrectPlanSummary,
  CorrectSummary,
  EstimatePlanSummary,
  EstimateSummary,
  InspectSummary,
  PreparationPlan,
  PrepareSummary,
  RunningServer,
  ServeSummary,
  StatusSummary,
  UnitSummary,
};

/** Parameters of a correction; all but the image have defaults. See docs/parameters.md. */
export type CorrectInput = z.input<typeof correctSchema> | CorrectParameters;
/** Parameters of a server of an image; all but the image have defaults. */
export type ServeInput = z.input<typeof serveSchema> | ServeParameters;
/** Parameters of an estimation; all but the image and the output folder have defaults. */
export type EstimateInput = z.input<typeof estimateSchema> | EstimateParameters;
/** Parameters of a conversion; all but the image and the output have defaults. */
export type ConvertInput = z.input<typeof convertSchema> | ConvertParameters;
/** Parameters of a correction by several processes. */
export type PrepareInput = z.input<typeof prepareSchema> | PrepareParameters;
/** Which unit of which prepared output to make; `unit` as `3` or `3/20`. */
export type WorkInput = z.input<typeof workSchema>;
/** Which prepared output to finish. */
export type FinishInput = z.input<typeof finishSchema> | FinishParameters;
/** Parameters of a check; all but the two images have defaults. */
export type CheckInput = z.input<typeof checkSchema> | CheckParameters;
/** Parameters of an inspection. */
export type InspectInput = z.input<typeof inspectSchema> | InspectParameters;

const origin = { spelling: "key" } as const;

/**
 * Opens an OME-Zarr image.
 * @param path of its folder, or an address that begins with `https://`, `http://` or `s3://`
 * @throws IsoluxError for everything that prevents reading it
 */
export async function openImage(path: string): Promise<MosaicImage> {
  const { store, key } = await locateSource(path);
  return openMosaic(store, key);
}

/**
 * Corrects an image and writes the corrected one beside it, or where `output` says.
 * @throws IsoluxError for everything that prevents that; there is no incomplete output then
 */
export async function correctImage(
  input: CorrectInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<CorrectSummary> {
  return engine.correctImage(asOrder(correctSchema, input), allHooks(hooks));
}

/**
 * Serves an image over HTTP, corrected when it is read, until it is closed. Nothing is written.
 *
 * @example
 * const { summary, close } = await serveImage({ image: "sample.zarr/raw_image", modelsFolder: "measured" });
 * console.log(summary.corrected);
 * @throws IsoluxError for everything that prevents that
 */
export async function serveImage(
  input: ServeInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<RunningServer> {
  const parameters = validate(serveSchema, withUsualMemory(serveSchema, input), origin);
  const order = orderOf(correctionOf(parameters), input, origin.spelling);
  return engine.serveImage(parameters, order, allHooks(hooks));
}

/**
 * Finds the best way to the profiles of an image, as `auto` does before a correction: which candidate, by how much,
 * with which certainty, and the parameters that repeat it. Writes nothing; if no correction is better, that is a result
 * here.
 * @throws IsoluxError for everything that prevents reading the image
 */
export async function adviseImage(input: CorrectInput, hooks: Partial<RunHooks> = {}): Promise<Advice> {
  const parameters = { ...validate(correctSchema, withUsualMemory(correctSchema, input), origin), auto: true };
  return advise({ kind: "correct", parameters }, allHooks(hooks));
}

/**
 * Estimates the profiles of an image's channels and writes them into a folder, all or none.
 * @throws IsoluxError for everything that prevents that
 */
export async function estimateProfiles(
  input: EstimateInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<EstimateSummary> {
  return engine.estimateProfiles(asOrder(estimateSchema, input), allHooks(hooks));
}

/**
 * Writes an image, or the tiles that a microscope wrote, as a mosaic OME-Zarr with its pixels unchanged.
 * @throws IsoluxError for everything that prevents that; there is no incomplete output then
 */
export async function convertImage(input: ConvertInput, hooks: Partial<RunHooks> = {}): Promise<CorrectSummary> {
  return engine.convertImage(validate(convertSchema, withUsualMemory(convertSchema, input), origin), allHooks(hooks));
}

/** What {@link correctImage} would do; writes nothing, and tries no candidates. @throws IsoluxError as it does */
export async function planCorrection(
  input: CorrectInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<CorrectPlanSummary> {
  return engine.planCorrection(asOrder(correctSchema, input), allHooks(hooks));
}

/** What {@link estimateProfiles} would do; writes nothing, and tries no candidates. @throws IsoluxError as it does */
export async function planEstimation(
  input: EstimateInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<EstimatePlanSummary> {
  return engine.planEstimation(asOrder(estimateSchema, input), allHooks(hooks));
}

/** What {@link convertImage} would do; writes nothing. @throws IsoluxError as it does */
export async function planConversion(input: ConvertInput, hooks: Partial<RunHooks> = {}): Promise<CorrectPlanSummary> {
  return engine.planConversion(validate(convertSchema, withUsualMemory(convertSchema, input), origin), allHooks(hooks));
}

/**
 * Prepares a correction by several processes, on one machine or many with a common disk: checks it, makes the profiles,
 * and writes beside the output what the others need.
 * @throws IsoluxError for everything that can be known to prevent the correction
 */
export async function prepareCorrection(
  input: PrepareInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<PrepareSummary> {
  return engine.prepareCorrection(asOrder(prepareSchema, input), allHooks(hooks));
}

/** What {@link prepareCorrection} would decide; writes nothing. @throws IsoluxError as it does */
export async function planPreparation(
  input: PrepareInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<PreparationPlan> {
  const parameters = validate(prepareSchema, withUsualMemory(prepareSchema, input), origin);
  return engine.planPreparation(parameters, allHooks(hooks));
}

/**
 * Makes a unit of a prepared correction, or all that is left. Any number of processes may do so at a time.
 * @throws IsoluxError for everything that prevents that; finished work is kept
 */
export async function workOnCorrection(
  input: WorkInput | RawParameters,
  hooks: Partial<RunHooks> = {},
): Promise<UnitSummary> {
  return engine.workOnCorrection(validate(workSchema, input, origin), allHooks(hooks));
}

/**
 * Finishes a prepared correction: makes the blocks that no unit has made, and moves the output to its place.
 * @returns what was done, or `undefined` where the output is complete already
 * @throws IsoluxError for everything that prevents that; finished work is kept
 */
export async function finishCorrection(
  input: FinishInput,
  hooks: Partial<RunHooks> = {},
): Promise<CorrectSummary | undefined> {
  return engine.finishCorrection(validate(finishSchema, input, origin), allHooks(hooks));
}

/** The progress of a prepared correction; changes nothing. @throws IsoluxError where its files cannot be read */
export async function correctionStatus(input: StatusParameters): Promise<StatusSummary> {
  return engine.correctionStatus(validate(statusSchema, input, origin));
}

/**
 * Checks whether a corrected image is better than its source, by whichever program it was corrected, and returns the figures.
 * @throws IsoluxError `invalid` where the two do not match, and for all that prevents reading them
 */
export async function checkImages(input: CheckInput, hooks: Partial<RunHooks> = {}): Promise<QualityReport> {
  return engine.checkImages(validate(checkSchema, input, origin), allHooks(hooks));
}

/**
 * Describes an image: levels, channels, tiles with their brightness. Writes nothing.
 * @throws IsoluxError for everything that prevents reading it
 */
export async function inspectImage(input: InspectInput, hooks: Partial<RunHooks> = {}): Promise<InspectSummary> {
  return engine.inspectImage(validate(inspectSchema, withUsualMemory(inspectSchema, input), origin), allHooks(hooks));
}

/** The checked parameters with whether the choice of a profile is left open. */
function asOrder<Schema extends typeof correctSchema | typeof estimateSchema | typeof prepareSchema>(
  schema: Schema,
  input: RawParameters,
) {
  return orderOf(validate(schema, withUsualMemory(schema, input), origin), input, origin.spelling);
}

function allHooks({ report = () => {}, signal = new AbortController().signal }: Partial<RunHooks>): RunHooks {
  return { report, signal };
}
