/** The steps of one LADMAP iteration; each takes the state as it is and leaves the next one. */
import { type CosinePlan, invertCosine, transformCosine } from "./cosine-transform.ts";
import { descend, shrinkAll, shrinkWeighted } from "./image-steps.ts";
import { type Ladmap, muGrowth } from "./ladmap-state.ts";
import { distance, divideAll, dot, scaleAndAdd, smallestOf, sum } from "./vectors.ts";

/** What a dark-field costs that is not zero. */
const sparseCostDarkfield = 0.01;
/** The step of a linearised method has to be a little shorter than the curvature allows. */
const stepMargin = 1.02;

/** The step of S: returns `‖dS‖·√eta`. */
export function updateFlatfield(fit: Ladmap): number {
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

/** The step of R, which also sums what the next steps need: returns `‖dR‖`. */
export async function sweepResiduals(fit: Ladmap): Promise<number> {
  composeDarkfield(fit);
  return Math.sqrt(await fit.passes.updateResiduals(fit, fit.mu, fit.planeSums, fit.pixelSums));
}

/** The step of B: the flat-field's share in every plane, never below 0. */
export function updateBaselines(fit: Ladmap): void {
  const { baselines, spareBaselines: next, planeSums, flatfield } = fit;
  const flatfieldSquares = dot(flatfield, flatfield);
  for (let n = 0; n < next.length; n++) {
    const share = Math.max(0, planeSums[n]! / flatfieldSquares);
    next[n] = flatfieldSquares === 0 ? baselines[n]! : share;
  }
  [fit.baselines, fit.spareBaselines] = [next, baselines];
}

/** Only the product of S and B is determined: B gets mean 1. */
export function normalizeBaselines({ baselines, flatfield }: Ladmap): void {
  const mean = sum(baselines) / baselines.length;
  if (mean <= 0) return;
  divideAll(baselines, mean);
  scaleAndAdd(flatfield, mean, 0, flatfield);
}

/** The step of D_z and D_R: returns the larger of `‖dD_R‖·√eta` and `dD_z²`. */
export function updateDarkfield(fit: Ladmap): number {
  const { planes, flatfield, darkResidual, spareDarkResidual: next, pixelSums, totals, mu, scale, cosine } = fit;
  const { planeCount, pixelCount } = planes;
  const baselineSum = sum(fit.baselines);
  // 1. The constant: what flat-field, D_R and residual leave over on average, with half the multiplier.
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

/** The step of Y and mu: returns the norm of what is left over. */
export async function updateRemainder(fit: Ladmap): Promise<number> {
  const nextMu = Math.min(fit.mu * muGrowth, fit.scale.largestMu);
  composeDarkfield(fit);
  await fit.passes.updateMultipliers(fit, fit.mu, nextMu, fit.pixelSums, fit.totals);
  fit.mu = nextMu;
  return Math.sqrt(fit.totals[0]!);
}

function composeDarkfield({ darkfield, darkResidual, darkOffset }: Ladmap): void {
  scaleAndAdd(darkResidual, 1, darkOffset, darkfield);
}

/** Pulls the coefficients of the cosine transform towards zero: few remain, and they are the low ones. */
function smooth(plan: CosinePlan, image: Float64Array, threshold: number): void {
  transformCosine(plan, image, image);
  shrinkAll(image, threshold);
  invertCosine(plan, image, image);
}
