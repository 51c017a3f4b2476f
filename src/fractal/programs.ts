/** The programs of the tasks besides Correct Flatfield's, and the table of all of them. */

import { basename, dirname, join } from "node:path";
import type { Acquisition } from "../acquisition/acquisition.ts";
import { selectChannels } from "../acquisition/select-channels.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import { checkImages, estimateProfiles } from "../engine-node.ts";
import { IsoluxError } from "../errors.ts";
import { readGroup } from "../ngff/group.ts";
import { basicSchema } from "../parameters/basic-fields.ts";
import { chooseProfileSource, sampledRegions, warnOfUnused } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { EstimateParameters } from "../parameters/schema.ts";
import { usualUnits } from "../pipeline/blocks/units.ts";
import { templateOf } from "../pipeline/output/choose-output.ts";
import { chunkCount, outputBytes } from "../pipeline/output/template.ts";
import { locateFolder } from "../pipeline/places/find-places-node.ts";
import { isOccupied, openNamed } from "../pipeline/places/location.ts";
import { defaultOutput, savedModelsName } from "../pipeline/places/output-places-node.ts";
import type { CorrectRequest } from "../pipeline/places/request.ts";
import { Workspace } from "../pipeline/record/workspace.ts";
import { checkErasable, checkNothingLost } from "../pipeline/run/check-erasable.ts";
import { checkPlace, isMadeFrom, stampOf, tryWriting } from "../pipeline/run/check-outputs.ts";
import { fingerprintSource } from "../pipeline/run/provenance.ts";
import { nodePlatform, withWorkers } from "../pipeline/threads/platform-node.ts";
import { formatBytes, formatCount } from "../quantities.ts";
import { remarksOf } from "../report/quality/quality-report.ts";
import { planSample } from "../sample/plan-sample.ts";
import { isJsonObject } from "../zarr/json.ts";
import { correctFlatfield } from "./correct-flatfield.ts";
import { type ProgramName, programNames } from "./manifest.ts";
import { fail, runTask, type TaskProgram } from "./run-task.ts";
import {
  checkTaskSchema,
  estimateTaskSchema,
  type InitParameters,
  initSchema,
  leavesOpen,
  rawArguments,
  readArguments,
  takeText,
  takeTexts,
  type UnitOrder,
  unitCores,
  unitSchema,
  withGivenOffset,
} from "./task-arguments.ts";
import { TaskLog } from "./task-log.ts";
import { checkLocal, unitRequest } from "./unit-request.ts";

/**
 * Checks whether a corrected image is better than its source. The verdict becomes an attribute of the image, a page
 * with pictures and its figures as JSON are written beside it; no pixel is written.
 */
export const checkFlatfield: TaskProgram = async ({ zarr_url, ...given }, hooks) => {
  const corrected = takeText({ zarr_url }, "zarr_url");
  checkLocal(corrected);
  const { source, ...parameters } = readArguments(checkTaskSchema, given);
  const image = source ?? (await sourceOf(corrected));
  // The page and, beside it, the figures. A job that is submitted again replaces them.
  const page = join(dirname(corrected), `${basename(corrected)}.check.html`);
  const report = await checkImages({ ...parameters, image, corrected, report: page, overwrite: true }, hooks);
  for (const text of remarksOf(report)) hooks.report({ kind: "note", text });
  const { kind, reason, confidence } = report.verdict;
  if (kind !== "improved") hooks.report({ kind: "warning", text: `${corrected}: ${kind}. ${reason}` });
  return {
    output: { image_list_updates: [{ zarr_url: corrected, attributes: { flatfield_verdict: kind } }] },
    message: `${corrected}: ${kind} (${confidence} confidence). ${reason} Report: ${page}`,
  };
};

/** The source of a corrected image, by its own record. */
async function sourceOf(corrected: string): Promise<string> {
  const { store, key } = locateFolder(corrected);
  const isolux = (await readGroup(store, key))?.attributes.isolux;
  if (isJsonObject(isolux) && typeof isolux.source === "string") return join(dirname(corrected), isolux.source);
  throw new IsoluxError({
    kind: "usage",
    what: "The image does not say what it was corrected from",
    where: corrected,
    advice: "Give the path of the image before the correction as source",
  });
}

/** Parameters without the defaults of those that choose a way to the profile: forms fill these in. */
function unnamed({ basic: { maxWorkers }, ...others }: EstimateParameters): EstimateParameters {
  return { ...others, refine: "off", basic: { ...basicSchema.parse({}), maxWorkers } };
}

/** Estimates the profiles of an image and writes only them; the list of images does not change. */
const estimateFlatfield: TaskProgram = async ({ zarr_url, ...given }, hooks) => {
  const image = takeText({ zarr_url }, "zarr_url");
  const { output, ...parameters } = withGivenOffset(readArguments(estimateTaskSchema, given));
  const isOpen = leavesOpen(parameters);
  const source = chooseProfileSource(parameters, "reference");
  const unused = warnOfUnused(rawArguments(estimateTaskSchema, given), source, "reference");
  if (unused !== undefined && !isOpen) hooks.report({ kind: "note", text: unused });
  const folder = output ?? join(dirname(image), savedModelsName(source));
  const asked: EstimateParameters = {
    ...withWorkers(parameters),
    image,
    output: folder,
    auto: false,
    start: "basic",
  };
  const named = { parameters: asked, isOpen: false, warnings: [] };
  const order = isOpen ? { ...named, parameters: unnamed(asked), isOpen } : named;
  const summary = await estimateProfiles(order, hooks).catch((error: unknown) => {
    if (!(error instanceof IsoluxError && error.kind === "no-gain")) throw error;
    hooks.report({ kind: "warning", text: "No correction is better than the source: the flat-field is 1 everywhere" });
    return estimateProfiles({ ...named, parameters: { ...asked, start: "even", refine: "off" } }, hooks);
  });
  const channels = summary.channels.map(({ label, flatfield: { min, max } }) => {
    return `${label} ${min.toPrecision(3)} - ${max.toPrecision(3)}`;
  });
  const isNew = summary.kept < summary.channels.length;
  const message = `flat-fields of ${image} ${isNew ? "written to" : "are there already, in"} ${summary.output}`;
  const verdict = summary.verdict === undefined ? "" : `. ${summary.verdict.text}`;
  return { output: { image_list_updates: [] }, message: `${message} (${channels.join(", ")})${verdict}` };
};

/**
 * Checks all images and divides the work on each into units. Nothing is written yet: the source of profiles is among
 * the arguments of the units, so the first of them makes the profiles while the others wait.
 */
export const initCorrectFlatfield: TaskProgram = async ({ zarr_urls, zarr_dir, ...given }, hooks) => {
  const images = takeTexts({ zarr_urls }, "zarr_urls");
  takeText({ zarr_dir }, "zarr_dir");
  const parameters = readArguments(initSchema, given);
  const list: { zarr_url: string; init_args: UnitOrder }[] = [];
  for (const image of images) {
    checkLocal(image);
    hooks.report({ kind: "stage", text: `Looking at ${image}` });
    const { output, outputBefore, source, units } = await surveyImage(image, parameters, hooks);
    for (let unit = 0; unit < units; unit++) {
      const order = { unit, units, output, output_before: outputBefore ?? null, source, arguments: given };
      list.push({ zarr_url: image, init_args: order });
    }
  }
  checkDistinct(list);
  checkLength(list.length);
  const message = `${formatCount(images.length, "image")}, ${list.length} to be done in parallel`;
  return { output: { parallelization_list: list }, message };
};

/** @throws IsoluxError `usage` where two images would have the same output, such as a proxy and its acquisition */
function checkDistinct(list: readonly { readonly zarr_url: string; readonly init_args: UnitOrder }[]): void {
  const sources = new Map<string, string>();
  for (const { zarr_url, init_args } of list) {
    const other = sources.get(init_args.output) ?? zarr_url;
    sources.set(init_args.output, other);
    if (other === zarr_url) continue;
    throw new IsoluxError({
      kind: "usage",
      what: "Two images would be corrected into one",
      where: init_args.output,
      found: `${other} and ${zarr_url}`,
      advice: "Leave one of them out with the attribute filters of the job",
    });
  }
}

/** The longest list that the server accepts. */
const longestList = 20_000;

function checkLength(length: number): void {
  if (length <= longestList) return;
  throw new IsoluxError({
    kind: "usage",
    what: "Too many units for one job",
    found: String(length),
    expected: `at most ${longestList} for all images together`,
    advice: "Give fewer units, or correct fewer images in a job",
  });
}

const programs: Readonly<Record<ProgramName, TaskProgram>> = {
  "init-correct-flatfield": initCorrectFlatfield,
  "correct-flatfield": correctFlatfield,
  "estimate-flatfield": estimateFlatfield,
  "check-flatfield": checkFlatfield,
};

const writeToLog = (line: string) => {
  process.stdout.write(line);
};

/** Runs the program that the first argument names. @returns the exit code */
export async function runProgram(
  [name, ...args]: readonly string[],
  signal: AbortSignal,
  write = writeToLog,
): Promise<number> {
  const known = programNames.find((program) => program === name);
  if (known !== undefined) return runTask(known, programs[known], args, signal, write);
  process.stderr.write(`isolux: expected the name of a task's program: ${programNames.join(", ")}\n`);
  return exitCodes.usage;
}

/** Reports an unhandled error, so that a log always ends with the reason. */
export function reportUncaught(error: unknown): void {
  fail(error, new TaskLog("isolux", writeToLog));
}

/** The result of the check of an image. */
interface ImageSurvey {
  /** The place of the corrected image. */
  readonly output: string;
  /** The stamp of the image that is there now. */
  readonly outputBefore: string | undefined;
  /** Digest of the image; empty where it was erased. */
  readonly source: string;
  readonly units: number;
}

/**
 * Checks an image before anything is begun, for all that can be known to prevent its correction.
 * @throws IsoluxError for everything that is found
 */
async function surveyImage(image: string, init: InitParameters, hooks: RunHooks): Promise<ImageSurvey> {
  const output = await defaultOutput(image, init);
  const { request } = await unitRequest({ image, output }, init, unitSchema.parse({}), hooks);
  const outputBefore = await stampOf(request.places.output);
  if (await isErasedAlready(request)) return { output, outputBefore, source: "", units: 1 };
  const opened = await openNamed(request.places.source, request.channelSettings, hooks);
  selectChannels(opened.acquisition, init.channels);
  if (init.eraseSourceImage) checkErasable(opened, request.places);
  checkRegions(opened.acquisition, init);
  const template = await templateOf(opened, output, request.parameters);
  if (init.eraseSourceImage) await checkNothingLost(opened, template, request);
  // Whether an existing image is the wanted one is only known with the arguments of the units.
  if (!(await isMadeFrom(request))) await checkPlace(request, new Workspace(request.places.output, nodePlatform(1)));
  await tryWriting(request.places.output);
  const bytes = outputBytes(template);
  const units = Math.min(init.units ?? usualUnits(bytes, unitCores), chunkCount(template));
  const { length: tiles } = opened.acquisition.tiles;
  const found = `${formatBytes(bytes)} of pixels in ${formatCount(tiles, "tile")}`;
  hooks.report({ kind: "note", text: `${found}, shared among ${formatCount(units, "unit")}: ${output}` });
  return { output, outputBefore, source: await fingerprintSource(opened.acquisition), units };
}

/**
 * Checks tiles, planes and level, even where given profiles may take priority over them: that is not known yet.
 * @throws IsoluxError `invalid` for what the image does not have
 */
function checkRegions(acquisition: Acquisition, init: InitParameters): void {
  const { resolutionLevel: level = 0 } = init;
  planSample(acquisition, { ...sampledRegions(init), level, planeCount: 1, seed: 0 });
}

/** Whether an earlier job was complete, except for its report. */
async function isErasedAlready(request: CorrectRequest): Promise<boolean> {
  const { places, parameters } = request;
  return parameters.eraseSourceImage && !(await isOccupied(places.source)) && (await isMadeFrom(request));
}
