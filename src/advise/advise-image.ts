/**
 * Chooses the way to the profile where the user names none: tries those that an image allows, and reports which is
 * best, by how much and with which certainty. `--auto` tries more of them.
 */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { refuseProcessed } from "../acquisition/processed-pixels.ts";
import { findEmptyRegions } from "../empty/find-empty-regions.ts";
import type { FitThreads } from "../estimate/basic/fit-team.ts";
import { fewestPairs } from "../estimate/refine/cross-validate.ts";
import { offsetToTakeOff } from "../estimate/refine/find-offset.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { Advice, QualityFlag } from "../parameters/advice.ts";
import { basicParameters } from "../parameters/basic-fields.ts";
import { type EmptyRegions, namesRegions, regionsOf, withoutRegions } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import {
  type CorrectParameters,
  correctSchema,
  type EstimateParameters,
  estimateSchema,
} from "../parameters/schema.ts";
import { commandLine } from "../parameters/validate.ts";
import { type Location, openNamed, type SourceLocation } from "../pipeline/places/location.ts";
import { type ProfileTarget, profileTargets } from "../pipeline/profiles/channel-profile.ts";
import { channelsWithLight } from "../pipeline/profiles/channels-with-light.ts";
import type { FoundEstimates } from "../pipeline/profiles/found-estimates.ts";
import { readGivenProfiles } from "../pipeline/profiles/given-profiles.ts";
import type { VerdictMaker } from "../pipeline/threads/platform.ts";
import { upperMedianOf } from "../statistics.ts";
import { type Decision, decideByPairs } from "./decide-by-pairs.ts";
import { decideByPlanes } from "./decide-by-planes.ts";
import { flagsOfGiven, flagsOfSource, keepsBackground, rivalFlag } from "./flags.ts";
import { type Gathered, gatherSubjects, independentViewsOf, tunedCandidates } from "./gather.ts";
import { refuseOffset, refuseZeroing } from "./lost-image.ts";
import { type Choices, type Origin, parametersOf, type Recipe } from "./recipe.ts";
import { withFewPlanes } from "./score-pairs.ts";
import type { Subject } from "./subject.ts";
import { withholdUnconfirmed } from "./withhold.ts";

/** A request for advice: the parameters of a run, of which those on how profiles are made are starting points. */
export interface AdviceRequest {
  readonly source: SourceLocation;
  readonly task:
    | { readonly kind: "correct"; readonly parameters: CorrectParameters }
    | { readonly kind: "estimate"; readonly parameters: EstimateParameters };
  /** The folder of given profiles. */
  readonly models?: Location;
  readonly channelSettings?: readonly ChannelSetting[];
  /** The threads of fits; by default only the calling one. */
  readonly threads?: FitThreads;
  /** Defaults that depend on the machine, which the equivalent command leaves out. */
  readonly usual?: object;
  /** Receives the chosen estimates, so that a run need not repeat them. */
  readonly found?: FoundEstimates;
  /** Decides whether the choice makes the image better; without it, no verdict is reached. */
  readonly verdicts?: VerdictMaker;
}

/**
 * Finds the best way to the profiles of an image. Deterministic: the same image, parameters and seed give the same
 * advice.
 * @throws IsoluxError as opening, planning and reading do
 */
export async function adviseImage(request: AdviceRequest, hooks: RunHooks): Promise<Advice> {
  const { parameters } = request.task;
  const { cameraOffset = 0 } = parameters;
  const { acquisition } = await openNamed(request.source, request.channelSettings, hooks, parameters.timePoints);
  if (!parameters.auto) refuseProcessed(acquisition);
  // The run that follows reports empty channels.
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
      given,
      threads: request.threads,
    },
    {
      signal: hooks.signal,
      onProgress: (done) => hooks.report({ kind: "progress", stage: "Reading planes", done, total: 1 }),
    },
  );
  const { subjects } = gathered;
  await refuseOffset(subjects, parameters.cameraOffset);
  const hasPairs = canDecideByPairs(subjects);
  flags.push(...(await flagsOfSource(acquisition, subjects, hasPairs)));
  const emptyOffsets = regions === undefined ? [] : offsetsToTry(subjects, parameters);
  const choices = { hasGiven: given !== undefined, emptyOffsets, basic, cameraOffset };
  const recipes = candidatesOf(choices);
  if (isWide && hasPairs) {
    recipes.push(...(await tunedCandidates(subjects.map(withFewPlanes), choices, hooks.signal)));
  }
  const asked = { ...modelsOf(parameters), ...offsetOf(parameters) };
  const independentViews = independentViewsOf(acquisition, targets);
  const facts = { independentViews, level: gathered.level, nZplanes: gathered.nZplanes, ...regions, ...asked };
  const hasGains = parameters.gains === "tile" || parameters.gains === "tile-and-side";
  const task = { subjects, recipes, isWide, hasGains, facts, seed: parameters.seed, hooks };
  const choice = hasPairs ? await decideByPairs(task) : await decideByPlanes(task, flags);
  const decision = await withholdUnconfirmed(choice, { ...request, acquisition, subjects, parameters, hooks });
  keepEstimates(request.found, gathered, decision);
  return completed(request, acquisition, gathered, facts, decision, flags);
}

/** Whether there are enough pairs to hold some out. */
function canDecideByPairs(subjects: readonly Subject[]): boolean {
  return subjects.reduce((sum, { overlaps }) => sum + overlaps.pairCount, 0) >= fewestPairs;
}

/**
 * The candidates, the simplest and most careful first: no correction, what was measured, overlaps alone, empty regions,
 * and BaSiC from tissue, without a dark-field before with one.
 */
export function candidatesOf({ hasGiven, emptyOffsets, basic, cameraOffset }: Choices): Recipe[] {
  const empty = emptyOffsets.map((offset): Origin => ({ kind: "empty", cameraOffset: offset }));
  const fits = [false, true].flatMap((getDarkfield) =>
    [false, true].map((sortIntensity): Origin => {
      return { kind: "basic", parameters: { ...basic, getDarkfield, sortIntensity }, cameraOffset };
    }),
  );
  const plain: Origin[] = [{ kind: "none" }, ...(hasGiven ? [{ kind: "given" } as const] : []), ...empty];
  const refined: Origin[] = [{ kind: "even", cameraOffset }, ...empty, ...fits];
  return [
    ...plain.map((origin): Recipe => ({ origin, refined: false })),
    ...refined.map((origin): Recipe => ({ origin, refined: true })),
  ];
}

/** Camera offsets to try with regions without sample: the given one, else the estimated one and none. */
function offsetsToTry(
  subjects: readonly Subject[],
  { cameraOffset }: CorrectParameters | EstimateParameters,
): readonly number[] {
  if (cameraOffset !== undefined) return [cameraOffset];
  const found = subjects.map(({ offset }) => Math.round(offsetToTakeOff(offset))).filter((counts) => counts > 0);
  const middle = upperMedianOf(found);
  return middle === undefined ? [0] : [middle, 0];
}

function modelsOf(parameters: CorrectParameters | EstimateParameters): { readonly modelsFolder?: string } {
  return "modelsFolder" in parameters && parameters.modelsFolder !== undefined
    ? { modelsFolder: parameters.modelsFolder }
    : {};
}

function offsetOf({ cameraOffset }: CorrectParameters | EstimateParameters): { readonly cameraOffset?: number } {
  return cameraOffset === undefined ? {} : { cameraOffset };
}

/** Regions without sample, given or found. */
async function findRegions(
  acquisition: Acquisition,
  targets: readonly ProfileTarget[],
  parameters: CorrectParameters | EstimateParameters,
  hooks: RunHooks,
): Promise<EmptyRegions | undefined> {
  const { cameraOffset = 0, seed } = parameters;
  if (namesRegions(parameters)) return regionsOf(parameters);
  if (acquisition.tiles.length < 2) return undefined;
  hooks.report({ kind: "stage", text: "Looking for regions without sample" });
  const channels = [...new Set(targets.map(({ channel }) => channel.index))];
  const { proposal } = await findEmptyRegions(acquisition, { seed, cameraOffset, channels }, { signal: hooks.signal });
  return proposal.kind === "none" ? undefined : regionsOf(proposal);
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

/** Completes the advice: the parameters that replace `auto` in a run, and the equivalent command. */
async function completed(
  { task, usual }: AdviceRequest,
  acquisition: Acquisition,
  { subjects, level }: Gathered,
  facts: Parameters<typeof parametersOf>[1],
  { advice, recipe, profiles, unchanged }: Decision,
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
  if (!isNone) await refuseZeroing(subjects, profiles, task.parameters.cameraOffset);
  if (!isNone && background === "auto") {
    const flag = await keepsBackground(subjects, recipe, profiles);
    if (flag !== undefined) {
      flags.push(flag);
      parameters.background = "keep";
    }
  }
  if (advice.rival) flags.push(rivalFlag(advice.rival, advice));
  if (isNone) flags.push({ kind: "no-correction-is-better", channels: [], text: "No correction is better." });
  const rest = { ...advice, level, unchangedChannels: isNone ? [] : unchanged, flags, parameters };
  if (isNone) return rest;
  const schema = task.kind === "correct" ? correctSchema : estimateSchema;
  const { workers: _, ...explicit } = withAdvice(task.parameters, parameters);
  return { ...rest, command: commandLine(task.kind, schema, explicit, usual) };
}

/** The parameters of a run with the advice in place of `auto`. */
export function withAdvice<Asked extends CorrectParameters | EstimateParameters>(
  asked: Asked,
  advised: Advice["parameters"],
): Asked {
  const { cameraOffset: _, refine: __, nZplanes: ___, ...others } = withoutRegions(asked);
  const { modelsFolder: ____, resolutionLevel: _____, ...kept } = others as Partial<CorrectParameters>;
  const defaults = correctSchema.parse({ image: asked.image });
  const { refine, nZplanes } = defaults;
  const basic = { ...defaults.basic, ...(advised.basic as object | undefined), ...threadsOf(asked) };
  return { ...kept, refine, nZplanes, ...advised, basic, auto: false } as unknown as Asked;
}

function threadsOf({ basic: { maxWorkers } }: Pick<CorrectParameters, "basic">) {
  return maxWorkers === undefined ? {} : { maxWorkers };
}

/** Passes the chosen estimates to the run. */
function keepEstimates(
  found: FoundEstimates | undefined,
  { subjects }: Gathered,
  { recipe: { origin, refined }, estimates }: Decision,
): void {
  if (origin.kind === "none" || origin.kind === "given") return;
  for (const [index, { target, ...subject }] of subjects.entries()) {
    const sample = origin.kind === "empty" ? subject.emptySample : subject.sample;
    const estimate = estimates[index];
    if (sample === undefined || estimate === undefined) continue;
    found?.set({ target, method: origin, sample, isRefined: refined }, estimate);
  }
}
