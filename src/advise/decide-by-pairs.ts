/**
 * Chooses a candidate by how it scores in overlaps, and describes the choice: by how much it is better, how certain that is, and
 * whether more planes would help.
 */
import { improvement, isBetter, meanOver } from "../estimate/refine/held-out.ts";
import type { Advice, LearningPoint } from "../parameters/advice.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { assessChange } from "../report/quality/changes.ts";
import { meanOf } from "../statistics.ts";
import type { Profiles } from "./choose.ts";
import { type Recipe, type RunFacts, scoreOf, stepsOf } from "./recipe.ts";
import { type ScoreRequest, scoreByPairs, scoreRecipe } from "./score-pairs.ts";
import { type PairScore, type PairScores, unchangedChannels } from "./settle.ts";
import { planesFor, type Subject, subsampled } from "./subject.ts";

/** The candidates to assess. */
export interface DecisionTask {
  readonly subjects: readonly Subject[];
  /** No correction first, then in order of trust. */
  readonly recipes: readonly Recipe[];
  /** Whether to find out if more planes would help. */
  readonly isWide: boolean;
  /** Whether gains of tiles are applied beside the profile. */
  readonly hasGains: boolean;
  readonly facts: RunFacts;
  readonly seed: number;
  readonly hooks: RunHooks;
}

/** A choice with its description. */
export interface Decision {
  readonly advice: Omit<Advice, "level" | "flags" | "parameters" | "command" | "unchangedChannels" | "offsets">;
  readonly recipe: Recipe;
  /** The chosen profiles, by subject. */
  readonly profiles: Profiles;
  /** The estimates of the choice, by subject, where they were made already. */
  readonly estimates: PairScore["estimates"];
  /** Labels of channels that the choice does not improve. */
  readonly unchanged: readonly string[];
}

/** Differences below this fraction of the brightness are rounding. */
const floorShare = 5e-4;
/** Candidates whose mean difference inside of the field is larger are different profiles. */
const sameWithin = 0.02;

/** Chooses among candidates by overlaps. @throws IsoluxError `interrupted` */
export async function decideByPairs(task: DecisionTask): Promise<Decision> {
  const { subjects, recipes, facts, seed, hooks } = task;
  const onStep = stepsOf(hooks, subjects.length * (recipes.length + (task.isWide ? 2 : 0)));
  const request = { recipes, isBounded: !task.isWide, hasGains: task.hasGains, seed, signal: hooks.signal, onStep };
  const scores = await scoreByPairs(subjects, request);
  const chosen = scores.candidates[scores.chosen]!;
  const isNone = chosen.recipe.origin.kind === "none";
  const { pairs, heldOut } = scores;
  const hasPlanes = task.isWide && planesFor(subjects[0]!, chosen.recipe.origin) !== undefined;
  const curve = hasPlanes ? await learningCurve(subjects, chosen, pairs, request) : undefined;
  const runnerUp = runnerUpOf(scores, seed);
  const rival = rivalOf(scores);
  return {
    recipe: chosen.recipe,
    profiles: chosen.profiles,
    estimates: chosen.estimates,
    unchanged: isNone ? [] : unchangedChannels(subjects, scores),
    advice: {
      basis: "overlaps",
      scoredBy: pairs.length,
      foldCount: scores.folds.length,
      seed,
      candidates: scores.candidates.map(({ recipe, figures }) => scoreOf(recipe, facts, meanOver(figures, pairs))),
      chosen: scores.chosen,
      heldOut: meanOver(heldOut, pairs),
      certainty: certaintyOf(scores.candidates[0]!.figures, isNone ? chosen.figures : heldOut, pairs, seed),
      runnerUp,
      rival,
      ...gainsOf(scores),
      ...(scores.areBesideGains && { besideGains: true }),
      isWide: task.isWide,
      learning: curve?.points ?? [],
      morePlanesHelp: morePlanesHelp(curve?.stillGains, facts, subjects),
    },
  };
}

/** How much tiles differ in brightness by the refinement that leaves the least beside: gains are no part of a profile. */
function gainsOf({ candidates }: PairScores): Pick<Advice, "gainSpread"> {
  const refinements = candidates.flatMap(({ estimates }) =>
    estimates.flatMap((estimate) => estimate?.refinement ?? []),
  );
  const withGains = refinements.filter(({ gainSpread }) => gainSpread !== undefined);
  const best = withGains.sort((a, b) => a.heldOut - b.heldOut)[0];
  return best === undefined ? {} : { gainSpread: best.gainSpread };
}

/**
 * The candidate that overlaps cannot distinguish from the choice and that differs the most from it inside of the field,
 * where no overlap is; `undefined` where all of these are the same profile.
 */
function rivalOf({ candidates, chosen, pairs }: PairScores): Advice["rival"] {
  const own = candidates[chosen]!;
  const rivals = candidates.flatMap(({ figures, profiles, losesImage }, candidate) => {
    const isAsGood = candidate !== chosen && !losesImage && !isBetter(improvement(figures, own.figures, pairs));
    const difference = isAsGood ? differenceOf(profiles, own.profiles) : 0;
    return difference > sameWithin ? [{ candidate, difference }] : [];
  });
  return rivals.sort((a, b) => b.difference - a.difference)[0];
}

/** The largest mean difference of flat-fields among subjects. */
function differenceOf(a: Profiles, b: Profiles): number {
  const differences = a.map((first, subject) => {
    const second = b[subject];
    const pixels = first?.flatfield.length ?? second?.flatfield.length ?? 0;
    let sum = 0;
    for (let i = 0; i < pixels; i++) sum += Math.abs((first?.flatfield[i] ?? 1) - (second?.flatfield[i] ?? 1));
    return pixels === 0 ? 0 : sum / pixels;
  });
  return Math.max(...differences);
}

/** The fraction of resampled pairs in which `after` is smaller. */
function certaintyOf(before: Float64Array, after: Float64Array, pairs: readonly number[], seed: number): number {
  const comparisons = pairs.map((pair) => ({ before: before[pair]!, after: after[pair]! }));
  const change = assessChange(comparisons, floorShare, seed);
  if (change === undefined || change.mean === 0) return 0.5;
  return change.mean < 0 ? change.certainty : 1 - change.certainty;
}

/** The best of the others that is a different way, not the same profile by another name. */
function runnerUpOf({ candidates, chosen, pairs }: PairScores, seed: number): Advice["runnerUp"] {
  const own = candidates[chosen]!;
  const others = candidates
    .map(({ recipe, figures }, candidate) => ({ recipe, figures, candidate, mean: meanOver(figures, pairs) }))
    .filter(
      ({ recipe, candidate }) =>
        !candidates[candidate]!.losesImage && JSON.stringify(recipe) !== JSON.stringify(own.recipe),
    );
  const best = others.sort((a, b) => a.mean - b.mean)[0];
  return best && { candidate: best.candidate, certainty: certaintyOf(best.figures, own.figures, pairs, seed) };
}

function morePlanesHelp(
  stillGains: boolean | undefined,
  { nZplanes }: RunFacts,
  subjects: readonly Subject[],
): Advice["morePlanesHelp"] {
  if (stillGains === undefined) return "unknown";
  if (!stillGains) return "no";
  return subjects.every(({ planes }) => planes.planeCount < nZplanes) ? "all-used" : "yes";
}

// Evaluates a candidate with fewer planes, to find out whether more would help.

/** The parts of the planes that are used beside all of them: every fourth and every second. */
const steps = [4, 2];

/** With fewer planes a profile is not evaluated. */
const fewestPlanes = 4;

/** A smaller gain from twice as many planes is none. */
const leastGainByPlanes = 0.03;

/** Makes the chosen candidate from fewer planes; every pair is evaluated by the profile made without it. */
async function learningCurve(
  subjects: readonly Subject[],
  { recipe, figures }: PairScore,
  pairs: readonly number[],
  request: ScoreRequest,
): Promise<{ readonly points: readonly LearningPoint[]; readonly stillGains: boolean | undefined }> {
  const all = meanPlanes(subjects, recipe);
  const tried = steps.filter((step) => all / step >= fewestPlanes);
  if (tried.length === 0) return { points: [], stillGains: undefined };
  const points: LearningPoint[] = [];
  let half: Float64Array | undefined;
  for (const step of tried) {
    const fewer = subjects.map((subject) => withFewer(subject, recipe, step));
    half = (await scoreRecipe(fewer, recipe, request))?.figures;
    if (half !== undefined) points.push({ planeCount: meanPlanes(fewer, recipe), figure: meanOver(half, pairs) });
  }
  points.push({ planeCount: all, figure: meanOver(figures, pairs) });
  const gain = half && improvement(half, figures, pairs);
  const stillGains = gain && isBetter(gain) && gain.mean > leastGainByPlanes * meanOver(half!, pairs);
  return { points, stillGains };
}

function meanPlanes(subjects: readonly Subject[], { origin }: Recipe): number {
  const counts = subjects.map((subject) => planesFor(subject, origin)?.planeCount ?? 0);
  return Math.round(meanOf(counts));
}

function withFewer(subject: Subject, { origin }: Recipe, step: number): Subject {
  const stack = subsampled(planesFor(subject, origin)!, step);
  return origin.kind === "empty" ? { ...subject, emptyPlanes: stack } : { ...subject, planes: stack };
}
