/** Evaluates a candidate with fewer planes, to find out whether more would help. */
import { improvement, isBetter, meanOver } from "../estimate/refine/held-out.ts";
import type { LearningPoint } from "../parameters/advice.ts";
import { meanOf } from "../statistics.ts";
import type { Recipe } from "./recipe.ts";
import { type PairScore, type ScoreRequest, scoreRecipe } from "./score-pairs.ts";
import { planesFor, type Subject, subsampled } from "./subject.ts";

/** The parts of the planes that are used beside all of them: every fourth and every second. */
const steps = [4, 2];

/** With fewer planes a profile is not evaluated. */
const fewestPlanes = 4;

/** A smaller gain from twice as many planes is none. */
const leastGain = 0.03;

/** Makes the chosen candidate from fewer planes; every pair is evaluated by the profile made without it. */
export async function learningCurve(
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
  const stillGains = gain && isBetter(gain) && gain.mean > leastGain * meanOver(half!, pairs);
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
