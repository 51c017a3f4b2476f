/** From scores to a choice that is told: which candidate, by how much, how sure, and whether more planes would help. */
import type { BasicParameters } from "../estimate/basic/parameters.ts";
import { improvement, isBetter, meanOver } from "../estimate/refine/held-out.ts";
import type { Advice, CandidateScore } from "../parameters/advice.ts";
import type { QualityFlag } from "../parameters/quality-flag.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { Profile } from "../profile/profile.ts";
import { judgeChange } from "../report/quality/judge-change.ts";
import { nameOf, parametersOf, type RunFacts } from "./describe.ts";
import { learningCurve } from "./learning-curve.ts";
import type { Origin, Recipe } from "./recipe.ts";
import { type PairScores, scoreByPairs } from "./score-pairs.ts";
import { fewestPlanes, scoreByPlanes } from "./score-planes.ts";
import { makeProfile, planesFor, type Subject } from "./subject.ts";

/** What is judged. */
export interface JudgingTask {
  readonly subjects: readonly Subject[];
  /** No correction first, then the most trusted. */
  readonly origins: readonly Origin[];
  readonly basic: BasicParameters;
  /** Counts that every fit of BaSiC takes off its planes first. */
  readonly cameraOffset: number;
  readonly facts: RunFacts;
  readonly seed: number;
  readonly hooks: RunHooks;
}

/** A choice with all that is told of it. */
export interface Judgement {
  readonly advice: Omit<Advice, "level" | "flags" | "parameters" | "command" | "unchangedChannels">;
  readonly recipe: Recipe;
  /** Profiles of the chosen origin, by subject, before any refinement. */
  readonly profiles: readonly (Profile | undefined)[];
  /** Labels of channels that the choice does not make better. */
  readonly unchanged: readonly string[];
}

/** Differences below this share of the brightness are rounding. */
const floorShare = 5e-4;

/** Judges by overlaps. @throws IsoluxError `interrupted` */
export async function judgeByPairs(task: JudgingTask): Promise<Judgement> {
  const { subjects, origins, basic, cameraOffset, facts, seed, hooks } = task;
  const { signal } = hooks;
  // Fits of the origins and of the tuning, refinements of each kind in five folds, and fewer planes.
  const kinds = origins.some(({ kind }) => kind === "empty") ? 2 : 1;
  const total = subjects.length * (origins.length + 12 + 5 * kinds + 4);
  const onStep = stepsOf(hooks, total);
  const request = { origins, basic, cameraOffset, seed, signal, onStep };
  const scores = await scoreByPairs(subjects, request);
  const chosen = scores.candidates[scores.chosen]!;
  const raw = scores.candidates[0]!.figures;
  const { pairs, heldOut } = scores;
  const isEstimate = planesFor(subjects[0]!, chosen.recipe.origin) !== undefined;
  const curve = isEstimate ? await learningCurve(subjects, chosen, pairs, request) : undefined;
  const starts = subjects.map((subject) => makeProfile(subject, chosen.recipe.origin, signal));
  const runnerUp = runnerUpOf(scores, seed);
  return {
    recipe: chosen.recipe,
    profiles: await Promise.all(starts),
    unchanged: chosen.recipe.origin.kind === "none" ? [] : unchangedChannels(subjects, scores),
    advice: {
      basis: "overlaps",
      judgedBy: pairs.length,
      foldCount: scores.foldCount,
      seed,
      candidates: scores.candidates.map(({ recipe, figures }) => scoreOf(recipe, facts, meanOver(figures, pairs))),
      chosen: scores.chosen,
      heldOut: meanOver(heldOut, pairs),
      certainty: certaintyOf(raw, chosen.recipe.origin.kind === "none" ? raw : heldOut, pairs, seed),
      ...(runnerUp && { runnerUp }),
      learning: curve?.points ?? [],
      morePlanesHelp: morePlanesHelp(curve?.stillGains, facts, subjects),
    },
  };
}

/** Judges by planes alone. @throws IsoluxError `interrupted` */
export async function judgeByPlanes(
  { subjects, origins, facts, seed, hooks }: JudgingTask,
  flags: readonly QualityFlag[],
): Promise<Judgement> {
  // No profile fits an image that was stitched: each of its pixels may have been anywhere in the field.
  const isStitched = flags.some(({ kind }) => kind === "stitched") && subjects[0]!.target.tiles.length === 1;
  const tried = isStitched ? [] : origins.filter(({ kind }) => kind !== "none");
  const onStep = stepsOf(hooks, 2 * subjects.length * tried.length);
  const { signal } = hooks;
  const scores = await scoreByPlanes(subjects, { origins: tried, seed, signal, onStep });
  const { origin, figure, certainty } = scores.candidates[scores.chosen]!;
  const starts = subjects.map((subject) => makeProfile(subject, origin, signal));
  return {
    recipe: { origin, refined: false },
    profiles: await Promise.all(starts),
    unchanged: [],
    advice: {
      basis: "planes",
      judgedBy: scores.planeCount,
      foldCount: scores.planeCount < fewestPlanes ? 0 : 2,
      seed,
      candidates: scores.candidates.map((candidate) =>
        scoreOf({ origin: candidate.origin, refined: false }, facts, candidate.figure),
      ),
      chosen: scores.chosen,
      heldOut: figure,
      certainty,
      learning: [],
      morePlanesHelp: "unknown",
    },
  };
}

function stepsOf({ report }: RunHooks, total: number): () => void {
  let done = 0;
  return () => {
    done = Math.min(total, done + 1);
    report({ kind: "progress", stage: "Trying the ways to a profile", done, total });
  };
}

function scoreOf(recipe: Recipe, facts: RunFacts, figure: number): CandidateScore {
  const parameters = parametersOf(recipe, facts);
  return { name: nameOf(recipe, facts), source: recipe.origin.kind, refined: recipe.refined, parameters, figure };
}

/** The share of resampled pairs in which `after` is smaller. */
function certaintyOf(before: Float64Array, after: Float64Array, pairs: readonly number[], seed: number): number {
  const comparisons = pairs.map((pair) => ({ before: before[pair]!, after: after[pair]! }));
  const change = judgeChange(comparisons, floorShare, seed);
  if (change === undefined || change.mean === 0) return 0.5;
  return change.mean < 0 ? change.certainty : 1 - change.certainty;
}

/** The best of the others that is another way, not the same one under another name. */
function runnerUpOf({ candidates, chosen, pairs }: PairScores, seed: number): Advice["runnerUp"] {
  const own = candidates[chosen]!;
  const others = candidates
    .map(({ recipe, figures }, candidate) => ({ recipe, figures, candidate, mean: meanOver(figures, pairs) }))
    .filter(({ recipe }) => JSON.stringify(recipe) !== JSON.stringify(own.recipe));
  const best = others.sort((a, b) => a.mean - b.mean)[0];
  return best && { candidate: best.candidate, certainty: certaintyOf(best.figures, own.figures, pairs, seed) };
}

/** Channels whose own pairs are not better by more than a standard error. */
function unchangedChannels(subjects: readonly Subject[], { candidates, heldOut, pairs }: PairScores): string[] {
  const raw = candidates[0]!.figures;
  const labels = [...new Set(subjects.map(({ target }) => target.channel.label))];
  return labels.filter((label) => {
    let first = 0;
    const own: number[] = [];
    for (const { target, overlaps } of subjects) {
      const [from, to] = [first, first + overlaps.pairCount];
      if (target.channel.label === label) own.push(...pairs.filter((pair) => pair >= from && pair < to));
      first = to;
    }
    return own.length > 1 && !isBetter(improvement(raw, heldOut, own));
  });
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
