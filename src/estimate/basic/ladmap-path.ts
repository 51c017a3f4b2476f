/**
 * What the multipliers of a fit are made of. As long as a pixel has no residual, each iteration adds mu times what the
 * illumination leaves of it: after all of them that is the sum of mu times what the illumination leaves _on average_
 * over the iterations, each with its mu. Where there is a residual, the multiplier is as large as the weight lets it be.
 * So the means of a fit's path tell the multipliers of pixels that took no part in it.
 */
import type { LadmapPlanes } from "./ladmap-kernels.ts";
import { doublesBeside, type Ladmap, type LadmapPath, muGrowth, setOut, sumBackgrounds } from "./ladmap-state.ts";
import { takeUpPlanes } from "./plane-steps.ts";
import { resizedPlane } from "./resize.ts";
import { addScaled, scaleAndAdd } from "./vectors.ts";

/** A path without a step. */
export function createPath(planes: LadmapPlanes): LadmapPath {
  const doubles = doublesBeside(planes);
  const image = () => doubles(planes.pixelCount);
  return { flatfield: image(), darkfield: image(), baselines: doubles(planes.planeCount), weight: 0 };
}

/** Forgets all steps. */
export function clearPath(path: LadmapPath): void {
  for (const sums of [path.flatfield, path.darkfield, path.baselines]) sums.fill(0);
  path.weight = 0;
}

/** Adds an iteration, before its multipliers are made. */
export function addStep(path: LadmapPath, { mu, flatfield, darkResidual, darkOffset, baselines }: Ladmap): void {
  addScaled(flatfield, mu, 0, path.flatfield);
  addScaled(darkResidual, mu, darkOffset, path.darkfield);
  addScaled(baselines, mu, 0, path.baselines);
  path.weight += mu;
}

/**
 * Goes on near the end of another fit: with its illumination, which `fit` has already, and the multipliers that its path
 * tells, as they would be after some of its iterations.
 *
 * @param other on planes of the same light, of another number of pixels
 * @param first the iteration that `other` began with
 * @param iteration the one to go on with
 */
export async function takeUp(
  fit: Ladmap,
  { path, cosine }: Ladmap & { path: LadmapPath },
  first: number,
  iteration: number,
): Promise<void> {
  setOut(fit, iteration);
  const { planes, scale, darkfield, darkResidual, darkOffset } = fit;
  const mean = (sums: Float64Array) => Float64Array.from(sums, (total) => total / path.weight);
  const image = (sums: Float64Array) => resizedPlane(mean(sums), cosine.shapeYx, fit.cosine.shapeYx);
  // What the next steps will write over has room for the means, beside the planes.
  fit.spareFlatfield.set(image(path.flatfield));
  fit.spareDarkResidual.set(image(path.darkfield));
  fit.spareBaselines.set(mean(path.baselines));
  const means = { flatfield: fit.spareFlatfield, darkfield: fit.spareDarkResidual, baselines: fit.spareBaselines };
  scaleAndAdd(darkResidual, 1, darkOffset, darkfield);
  let muSum = 0;
  for (let i = first; i < iteration; i++) muSum += Math.min(scale.initialMu * muGrowth ** i, scale.largestMu);
  await takeUpPlanes(planes, fit, means, muSum, 1 / fit.mu);
  await sumBackgrounds(fit);
}
