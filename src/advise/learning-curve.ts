/** How well a candidate does with fewer planes: whether more would help. */
import { improvement, isBetter, meanOver } from "../estimate/refine/held-out.ts";
import type { LearningPoint } from "../parameters/advice.ts";
import type { Recipe } from "./recipe.ts";
import { type PairScore, type ScoreRequest, scoreRecipe } from "./score-pairs.ts";
import { planesFor, type Subject, thinned } from "./subject.ts";

/** The parts of the planes that are tried beside all of them: every fourth and every second. */
const steps = [4, 2];

/** From fewer planes a profile is no point of a curve. */
const fewestPlanes = 4;

/** Less of a gain from twice as many planes than this share is none. */
const leastGain = 0.03;

/** Makes the chosen candidate from fewer planes; every pair is judged by what was made without it. */
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
  return Math.round(counts.reduce((sum, count) => sum + count, 0) / counts.length);
}

function withFewer(subject: Subject, { origin }: Recipe, step: number): Subject {
  const stack = thinned(planesFor(subject, origin)!, step);
  return origin.kind === "empty" ? { ...subject, emptyPlanes: stack } : { ...subject, planes: stack };
}
