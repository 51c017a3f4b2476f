/**
 * Chooses the profile where nobody names one: tries the ways to it that an image allows, and says which is best, by how
 * much and how sure. `--auto` tries more of them.
 */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { findEmptyRegions } from "../empty/find-empty-regions.ts";
import { IsoluxError } from "../errors.ts";
import type { FitThreads } from "../estimate/basic/fit-team.ts";
import { offsetToTakeOff } from "../estimate/refine/find-offset.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { Advice } from "../parameters/advice.ts";
import { basicParameters } from "../parameters/basic-fields.ts";
import { commandLine } from "../parameters/command-line.ts";
import type { QualityFlag } from "../parameters/quality-flag.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import {
  type CorrectParameters,
  correctSchema,
  type EstimateParameters,
  estimateSchema,
} from "../parameters/schema.ts";
import { channelsWithLight } from "../pipeline/channels-with-light.ts";
import { levelAlignment } from "../pipeline/estimate-channel.ts";
import type { FoundEstimates } from "../pipeline/found-estimates.ts";
import { readGivenProfiles } from "../pipeline/given-profiles.ts";
import type { Location, SourceLocation } from "../pipeline/location.ts";
import { openNamed } from "../pipeline/open-located.ts";
import { type ProfileTarget, profileTargets } from "../pipeline/profile-target.ts";
import { parametersOf } from "./describe.ts";
import { flagsOfGiven, flagsOfSource, keepsBackground, refuseZeroing, rivalFlag } from "./flags.ts";
import { type Gathered, gatherSubjects } from "./gather.ts";
import { independentViewsOf } from "./independent-views.ts";
import { type Judgement, judgeByPairs, judgeByPlanes } from "./judge.ts";
import { candidatesOf } from "./recipe.ts";
import { canJudgeByPairs } from "./score-pairs.ts";
import type { Subject } from "./subject.ts";
import { tunedCandidates } from "./tuned-candidates.ts";

/** What advice is asked for: the parameters of a run, of which those that say how profiles are made are starting points. */
export interface AdviceRequest {
  readonly source: SourceLocation;
  readonly task:
    | { readonly kind: "correct"; readonly parameters: CorrectParameters }
    | { readonly kind: "estimate"; readonly parameters: EstimateParameters };
  /** The folder of given profiles. */
  readonly models?: Location;
  readonly channelSettings?: readonly ChannelSetting[];
  /** The threads of fits; their own one without. */
  readonly threads?: FitThreads;
  /** Takes the chosen estimates: a run need not make them again. */
  readonly found?: FoundEstimates;
}

/**
 * Finds the best way to the profiles of an image. Deterministic: the same image, parameters and seed give the same advice.
 * @throws IsoluxError as opening, planning and reading do
 */
export async function adviseImage(request: AdviceRequest, hooks: RunHooks): Promise<Advice> {
  const { parameters } = request.task;
  const { cameraOffset = 0 } = parameters;
  const { acquisition } = await openNamed(request.source, request.channelSettings, hooks, parameters.timePoints);
  // The run that follows tells which channels show nothing.
  const channels = await channelsWithLight(acquisition, parameters, { ...hooks, report: () => {} });
  const targets = profileTargets(acquisition, channels, parameters.sides);
  const flags: QualityFlag[] = [];
  const given = await readGiven(acquisition, targets, request.models, parameters, hooks, flags);
  const isWide = parameters.auto;
  const regions = isWide ? await findRegions(acquisition, targets, parameters, hooks) : undefined;
  const basic = basicParameters(parameters.basic);
  hooks.report({ kind: "stage", text: isWide ? "Trying the ways to a profile" : "Choosing a profile" });
  const gathered = await gatherSubjects(
    acquisition,
    {
      ...parameters,
      targets,
      memoryBytes: parameters.memory,
      basic: { kind: "basic", parameters: basic },
      ...(regions && { empty: { kind: "empty", ...regions } }),
      ...(given && { given }),
      ...(request.threads && { threads: request.threads }),
    },
    { signal: hooks.signal, onTarget: (done) => tell(hooks, "Reading planes", done, targets.length) },
  );
  const { subjects } = gathered;
  const hasPairs = canJudgeByPairs(subjects);
  flags.push(...(await flagsOfSource(acquisition, subjects, hasPairs)));
  const emptyOffsets = regions === undefined ? [] : offsetsToTry(subjects, parameters);
  const choices = { hasGiven: given !== undefined, emptyOffsets, basic, cameraOffset };
  const recipes = candidatesOf(choices);
  if (isWide && hasPairs) recipes.push(...(await tunedCandidates(subjects, choices, hooks.signal)));
  const asked = { ...modelsOf(parameters), ...offsetOf(parameters) };
  const independentViews = independentViewsOf(acquisition, targets);
  const facts = { independentViews, level: gathered.level, nZplanes: gathered.nZplanes, ...regions, ...asked };
  const task = { subjects, recipes, isWide, facts, seed: parameters.seed, hooks };
  const judgement = hasPairs ? await judgeByPairs(task) : await judgeByPlanes(task, flags);
  keepEstimates(request.found, acquisition, gathered, judgement);
  return completed(request, acquisition, gathered, facts, judgement, flags);
}

/** Camera offsets to try with regions without sample: what was told, else what was found and none. */
function offsetsToTry(
  subjects: readonly Subject[],
  { cameraOffset }: CorrectParameters | EstimateParameters,
): readonly number[] {
  if (cameraOffset !== undefined) return [cameraOffset];
  const found = subjects.map(({ offset }) => Math.round(offsetToTakeOff(offset))).filter((counts) => counts > 0);
  const middle = found.sort((a, b) => a - b)[found.length >> 1];
  return middle === undefined ? [0] : [middle, 0];
}

function tell({ report }: RunHooks, stage: string, done: number, total: number): void {
  report({ kind: "progress", stage, done, total });
}

function modelsOf(parameters: CorrectParameters | EstimateParameters): { readonly modelsFolder?: string } {
  return "modelsFolder" in parameters && parameters.modelsFolder !== undefined
    ? { modelsFolder: parameters.modelsFolder }
    : {};
}

function offsetOf({ cameraOffset }: CorrectParameters | EstimateParameters): { readonly cameraOffset?: number } {
  return cameraOffset === undefined ? {} : { cameraOffset };
}

/** Regions without sample, those that were given or those that are found. */
async function findRegions(
  acquisition: Acquisition,
  targets: readonly ProfileTarget[],
  { fovList, zLevels, cameraOffset = 0, seed }: CorrectParameters | EstimateParameters,
  hooks: RunHooks,
): Promise<EmptyRegionsAsked | undefined> {
  if (fovList !== undefined || zLevels !== undefined)
    return { ...(fovList && { fovList }), ...(zLevels && { zLevels }) };
  if (acquisition.tiles.length < 2) return undefined;
  hooks.report({ kind: "stage", text: "Looking for regions without sample" });
  const channels = [...new Set(targets.map(({ channel }) => channel.index))];
  const { proposal } = await findEmptyRegions(acquisition, { seed, cameraOffset, channels }, { signal: hooks.signal });
  if (proposal.kind === "none") return undefined;
  return { fovList: proposal.fovList, ...(proposal.kind === "planes" && { zLevels: proposal.zLevels }) };
}

/** Tiles, planes or both, as parameters name them. */
interface EmptyRegionsAsked {
  readonly fovList?: readonly number[];
  readonly zLevels?: readonly [below: number, above: number];
}

async function readGiven(
  acquisition: Acquisition,
  targets: readonly ProfileTarget[],
  models: Location | undefined,
  { cameraOffset }: CorrectParameters | EstimateParameters,
  hooks: RunHooks,
  flags: QualityFlag[],
) {
  if (models === undefined) return undefined;
  const report: RunHooks["report"] = (event) => {
    if (event.kind === "warning") flags.push({ kind: "foreign-profile", channels: [], text: event.text });
    else hooks.report(event);
  };
  const given = await readGivenProfiles(acquisition, targets, models, { ...hooks, report }, cameraOffset);
  flags.push(...flagsOfGiven(given));
  return given;
}

/** Puts the advice together: what a run takes in place of `auto`, and the command that does the same. */
async function completed(
  { task }: AdviceRequest,
  acquisition: Acquisition,
  { subjects, level }: Gathered,
  facts: Parameters<typeof parametersOf>[1],
  { advice, recipe, profiles, unchanged }: Judgement,
  flags: QualityFlag[],
): Promise<Advice> {
  const isNone = recipe.origin.kind === "none";
  const corrected = (task.parameters.channels ?? acquisition.channels.map(({ label }) => label)).filter(
    (label) => !unchanged.includes(label),
  );
  const parameters: Record<string, unknown> = {
    ...parametersOf(recipe, facts),
    ...(unchanged.length > 0 && !isNone && { channels: corrected }),
  };
  const background = task.kind === "correct" ? task.parameters.background : "keep";
  if (!isNone) await refuseZeroing(subjects, profiles);
  if (!isNone && background === "auto") {
    const flag = await keepsBackground(subjects, recipe, profiles);
    if (flag !== undefined) {
      flags.push(flag);
      parameters.background = "keep";
    }
  }
  if (advice.rival) flags.push(rivalFlag(advice.rival, advice.candidates));
  if (isNone) flags.push({ kind: "no-correction-is-better", channels: [], text: "No correction is better." });
  const rest = { ...advice, level, unchangedChannels: isNone ? [] : unchanged, flags, parameters };
  if (isNone) return rest;
  const schema = task.kind === "correct" ? correctSchema : estimateSchema;
  const { workers: _, ...explicit } = withAdvice(task.parameters, parameters);
  return { ...rest, command: commandLine(task.kind, schema, explicit) };
}

/** The parameters of a run in which advice stands in place of `auto`. */
export function withAdvice<Asked extends CorrectParameters | EstimateParameters>(
  asked: Asked,
  advised: Advice["parameters"],
): Asked {
  const { fovList: _, zLevels: __, cameraOffset: ___, refine: ____, nZplanes: _____, ...others } = asked;
  const { modelsFolder: ______, resolutionLevel: _______, ...kept } = others as Partial<CorrectParameters>;
  const defaults = correctSchema.parse({ image: asked.image });
  const { refine, nZplanes } = defaults;
  const basic = { ...defaults.basic, ...(advised.basic as object | undefined), ...threadsOf(asked) };
  return { ...kept, refine, nZplanes, ...advised, basic, auto: false } as unknown as Asked;
}

function threadsOf({ basic: { maxWorkers } }: Pick<CorrectParameters, "basic">) {
  return maxWorkers === undefined ? {} : { maxWorkers };
}

/** Hands the chosen estimates over to the run. */
function keepEstimates(
  found: FoundEstimates | undefined,
  acquisition: Acquisition,
  { subjects, level }: Gathered,
  { recipe: { origin, refined }, estimates }: Judgement,
): void {
  if (origin.kind === "none" || origin.kind === "given") return;
  for (const [index, { target, ...subject }] of subjects.entries()) {
    const sample = origin.kind === "empty" ? subject.emptySample : subject.sample;
    const estimate = estimates[index];
    if (sample === undefined || estimate === undefined) continue;
    const alignment = levelAlignment(acquisition, level);
    found?.set({ target, method: origin, sample, isRefined: refined }, { ...estimate, alignment });
  }
}

/** What a run with `auto` ends with where nothing is better than to leave an image as it is. */
export function noBetter({ candidates, heldOut, basis }: Advice, where: string): IsoluxError {
  const best = Math.min(...candidates.slice(1).map(({ figure }) => figure));
  const percent = (figure: number) => `${(100 * figure).toPrecision(3)} %`;
  const what = basis === "overlaps" ? "neighbouring tiles differ by" : "the mean of the planes is uneven by";
  const tried = candidates.length > 1 ? `, ${percent(best)} with the best of ${candidates.length - 1} corrections` : "";
  return new IsoluxError({
    kind: "no-gain",
    what: "No correction is better than none: nothing was written",
    where,
    found: `${what} ${percent(heldOut)} as they are${tried}`,
    advice: "To correct it all the same, name the profile: --models-folder, --fov-list, or --get-darkfield for BaSiC",
  });
}
