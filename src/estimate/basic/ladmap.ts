/**
 * The iterations of a LADMAP fit: alternating updates of flat-field, residual, baselines, dark-field and multipliers.
 */
import { reading, writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import { doubles, type Layout, layoutOf } from "../../kernels/layout.ts";
import { type CosinePlan, invertCosine, transformCosine } from "../transform/cosine.ts";
import { divideAll, scaleAndAdd, sum } from "../vectors.ts";
import { type Ladmap, type LadmapPath, muGrowth } from "./ladmap-state.ts";

/** The state of a fit after an iteration. */
export interface LadmapProgress {
  /** Iterations done. */
  readonly iteration: number;
  /** mu for the next iteration. */
  readonly mu: number;
  /** What flat-field, dark-field and residual do not explain, relative to the planes. */
  readonly remainder: number;
  /** The largest change of a variable, relative to the planes. */
  readonly change: number;
  readonly converged: boolean;
}
const remainderTolerance = 1e-3;
const changeTolerance = 1e-2;

/** One iteration: flat-field, residual, baselines, dark-field, multipliers. */
export async function iterateLadmap(fit: Ladmap): Promise<LadmapProgress> {
  const previousBaselines = fit.baselines;
  const flatfieldChange = updateFlatfield(fit);
  const residualChange = await sweepResiduals(fit);
  updateBaselines(fit);
  normalizeBaselines(fit);
  const darkfieldChange = fit.settings.getDarkfield ? updateDarkfield(fit) : 0;
  const baselineChange = distance(fit.baselines, previousBaselines);
  return finishIteration(fit, Math.max(flatfieldChange, residualChange, baselineChange, darkfieldChange));
}

/** The scalar product of two vectors. */
export function dot(x: Float64Array, y: Float64Array): number {
  return runKernel("dotOf", reading(x), reading(y, 0, x.length), x.length);
}

/** The Euclidean distance of two vectors. */
export function distance(x: Float64Array, y: Float64Array): number {
  return Math.sqrt(runKernel("squaredDistanceOf", reading(x), reading(y, 0, x.length), x.length));
}

/** The smallest value of an image; NaN where any value is NaN. */
export function smallestOf(image: Float64Array): number {
  return runKernel("smallestOf", reading(image), image.length);
}

/** `destination += factor · (source + term)`. */
export function addScaled(source: Float64Array, factor: number, term: number, destination: Float64Array): void {
  const { length } = source;
  runKernel("addScaled", reading(source), factor, term, writing(destination, 0, length), length);
}

// The steps of an iteration on single images.

/** The images that a step of the flat-field or the dark-field starts from, and their factors. */
interface Explained {
  readonly flatfield: Float64Array;
  readonly byFlatfield: number;
  readonly darkResidual: Float64Array;
  readonly darkOffset: number;
  readonly byDarkfield: number;
}

/** `next = from + (pixelSums - (flatfield · byFlatfield + (darkResidual + darkOffset) · byDarkfield)) / eta`. */
export function descend(
  from: Float64Array,
  { flatfield, byFlatfield, darkResidual, darkOffset, byDarkfield }: Explained,
  pixelSums: Float64Array,
  eta: number,
  next: Float64Array,
): void {
  const { length } = next;
  const read = (image: Float64Array) => reading(image, 0, length);
  const explained = [read(flatfield), byFlatfield, read(darkResidual), darkOffset, byDarkfield] as const;
  runKernel("descend", read(from), ...explained, read(pixelSums), eta, writing(next), length);
}

/** Shrinks all values towards 0 by a threshold. */
export function shrinkAll(image: Float64Array, threshold: number): void {
  runKernel("shrinkAll", writing(image), threshold, image.length);
}

/** Shrinks each value towards 0 by `cost · weight / scale`. */
export function shrinkWeighted(image: Float64Array, weights: Float64Array, cost: number, scale: number): void {
  runKernel("shrinkWeighted", writing(image), reading(weights, 0, image.length), cost, scale, image.length);
}

/** One iteration with flat-field and dark-field fixed: residual, baselines, multipliers. */
export async function iterateBaselines(fit: Ladmap): Promise<LadmapProgress> {
  const previousBaselines = fit.baselines;
  const residualChange = await sweepResiduals(fit);
  updateBaselines(fit);
  return finishIteration(fit, Math.max(residualChange, distance(fit.baselines, previousBaselines)));
}

async function finishIteration(fit: Ladmap, largestChange: number): Promise<LadmapProgress> {
  if (fit.path) addStep(fit.path, fit);
  const remainder = (await updateRemainder(fit)) / fit.scale.imageNorm;
  const change = largestChange / fit.scale.imageNorm;
  fit.iteration += 1;
  const converged = remainder <= remainderTolerance && change <= changeTolerance;
  return { iteration: fit.iteration, mu: fit.mu, remainder, change, converged };
}

// How multipliers are computed from the path of another fit. As long as a pixel has no residual, each iteration adds mu
// times what the illumination leaves of it: after all of them that is the sum of mu times what the illumination leaves
// _on average_ over the iterations, each weighted by its mu. Where there is a residual, the multiplier is as large as
// the weight allows. So the means over a fit's path give the multipliers also of pixels that were not in it.

/** What {@link createPath} allocates in the planes' memory. */
export function pathLayout(planeCount: number, pixelCount: number): Layout<Omit<LadmapPath, "weight">> {
  const image = doubles(pixelCount);
  return layoutOf({ flatfield: image, darkfield: image, baselines: doubles(planeCount) });
}

/** Adds an iteration, before its multipliers are made. */
function addStep(path: LadmapPath, { mu, flatfield, darkResidual, darkOffset, baselines }: Ladmap): void {
  addScaled(flatfield, mu, 0, path.flatfield);
  addScaled(darkResidual, mu, darkOffset, path.darkfield);
  addScaled(baselines, mu, 0, path.baselines);
  path.weight += mu;
}

// The steps of one LADMAP iteration; each reads the state and computes the next one.

/** The penalty of a dark-field that is not zero. */
const sparseCostDarkfield = 0.01;
/** The step of a linearised method has to be a little shorter than the curvature allows. */
const stepMargin = 1.02;

/** The step of S: returns `‖dS‖·√eta`. */
function updateFlatfield(fit: Ladmap): number {
  const { flatfield, spareFlatfield: next, darkResidual, darkOffset, baselines, pixelSums, cosine, mu } = fit;
  const baselineSum = sum(baselines);
  const baselineSquares = dot(baselines, baselines);
  const eta = stepMargin * baselineSquares + 0.01;
  const explained = { flatfield, byFlatfield: baselineSquares, darkResidual, darkOffset, byDarkfield: baselineSum };
  descend(flatfield, explained, pixelSums, eta, next);
  smooth(cosine, next, (fit.settings.smoothnessFlatfield * fit.scale.smoothness) / (eta * mu));
  const smallest = smallestOf(next);
  if (smallest < 0) scaleAndAdd(next, 1, -smallest, next);
  [fit.flatfield, fit.spareFlatfield] = [next, flatfield];
  return distance(next, flatfield) * Math.sqrt(eta);
}

/** The step of R, which also computes the sums that the next steps need: returns `‖dR‖`. */
async function sweepResiduals(fit: Ladmap): Promise<number> {
  composeDarkfield(fit);
  return Math.sqrt(await fit.passes.updateResiduals(fit, fit.mu, fit.planeSums, fit.pixelSums));
}

/** The step of B: the flat-field's share in every plane, never below 0. */
function updateBaselines(fit: Ladmap): void {
  const { baselines, spareBaselines: next, planeSums, flatfield } = fit;
  const flatfieldSquares = dot(flatfield, flatfield);
  for (let n = 0; n < next.length; n++) {
    const share = Math.max(0, planeSums[n]! / flatfieldSquares);
    next[n] = flatfieldSquares === 0 ? baselines[n]! : share;
  }
  [fit.baselines, fit.spareBaselines] = [next, baselines];
}

/** Only the product of S and B is determined: B gets mean 1. */
function normalizeBaselines({ baselines, flatfield }: Ladmap): void {
  const mean = sum(baselines) / baselines.length;
  if (mean <= 0) return;
  divideAll(baselines, mean);
  scaleAndAdd(flatfield, mean, 0, flatfield);
}

/** The step of D_z and D_R: returns the larger of `‖dD_R‖·√eta` and `dD_z²`. */
function updateDarkfield(fit: Ladmap): number {
  const { planes, flatfield, darkResidual, spareDarkResidual: next, pixelSums, totals, mu, scale, cosine } = fit;
  const { planeCount, pixelCount } = planes;
  const baselineSum = sum(fit.baselines);
  // 1. The constant: the mean of what flat-field, D_R and residual leave, with half the multiplier.
  const left = sum(pixelSums) - sum(flatfield) * baselineSum - sum(darkResidual) * planeCount;
  const mean = (left - totals[1]! / (2 * mu)) / (planeCount * pixelCount);
  const offset = Math.min(Math.max(mean, 0), scale.largestDarkOffset);
  // 2. The rest: smooth, and sparse.
  const eta = stepMargin * planeCount;
  const explained = {
    flatfield,
    byFlatfield: baselineSum,
    darkResidual,
    darkOffset: offset,
    byDarkfield: planeCount,
  };
  descend(darkResidual, explained, pixelSums, eta, next);
  smooth(cosine, next, (fit.settings.smoothnessDarkfield * fit.scale.smoothness) / (eta * mu));
  shrinkWeighted(next, fit.darkWeights, sparseCostDarkfield, eta * mu);
  const offsetChange = offset - fit.darkOffset;
  fit.darkOffset = offset;
  [fit.darkResidual, fit.spareDarkResidual] = [next, darkResidual];
  return Math.max(distance(next, darkResidual) * Math.sqrt(eta), offsetChange * offsetChange);
}

/** The step of Y and mu: returns the norm of the remainder. */
async function updateRemainder(fit: Ladmap): Promise<number> {
  const nextMu = Math.min(fit.mu * muGrowth, fit.scale.largestMu);
  composeDarkfield(fit);
  await fit.passes.updateMultipliers(fit, fit.mu, nextMu, fit.pixelSums, fit.totals);
  fit.mu = nextMu;
  return Math.sqrt(fit.totals[0]!);
}

function composeDarkfield({ darkfield, darkResidual, darkOffset }: Ladmap): void {
  scaleAndAdd(darkResidual, 1, darkOffset, darkfield);
}

/** Shrinks the coefficients of the cosine transform towards zero: few remain, and they are the low frequencies. */
function smooth(plan: CosinePlan, image: Float64Array, threshold: number): void {
  transformCosine(plan, image, image);
  shrinkAll(image, threshold);
  invertCosine(plan, image, image);
}
