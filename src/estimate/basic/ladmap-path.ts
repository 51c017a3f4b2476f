/**
 * What the multipliers of a fit are made of. As long as a pixel has no residual, each iteration adds mu times what the
 * illumination leaves of it: after all of them that is the sum of mu times what the illumination leaves _on average_
 * over the iterations, each with its mu. Where there is a residual, the multiplier is as large as the weight lets it be.
 * So the means of a fit's path tell the multipliers of pixels that took no part in it.
 */
import type { LadmapPlanes } from "./ladmap-kernels.ts";
import { continueLadmap, doublesBeside, type Ladmap, type LadmapPath, muGrowth } from "./ladmap-state.ts";
import { resizedPlane } from "./resize.ts";
import { addScaled } from "./vectors.ts";

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
export function takeUp(
  fit: Ladmap,
  { path, cosine }: Ladmap & { path: LadmapPath },
  first: number,
  iteration: number,
): void {
  continueLadmap(fit, iteration);
  const mean = (sums: Float64Array) => Float64Array.from(sums, (sum) => sum / path.weight);
  const flatfieldMean = resizedPlane(mean(path.flatfield), cosine.shapeYx, fit.cosine.shapeYx);
  const darkfieldMean = resizedPlane(mean(path.darkfield), cosine.shapeYx, fit.cosine.shapeYx);
  const baselineMeans = mean(path.baselines);
  const { planes, scale, flatfield, darkResidual, darkOffset, baselines, pixelSums } = fit;
  const { planeCount, pixelCount, image, residual, multiplier, weights } = planes;
  let muSum = 0;
  for (let i = first; i < iteration; i++) muSum += Math.min(scale.initialMu * muGrowth ** i, scale.largestMu);
  const inverseMu = 1 / fit.mu;
  let total = 0;
  pixelSums.fill(0);
  for (let n = 0; n < planeCount; n++) {
    const [baseline, baselineMean] = [baselines[n]!, baselineMeans[n]!];
    for (let p = 0, i = n * pixelCount; p < pixelCount; p++, i++) {
      const bound = weights[i]! / planeCount;
      const left = muSum * (image[i]! - flatfieldMean[p]! * baselineMean - darkfieldMean[p]!);
      const y = Math.min(Math.max(left, -bound), bound);
      const x = image[i]! + y * inverseMu;
      const unexplained = x - flatfield[p]! * baseline - darkResidual[p]! - darkOffset;
      const limit = bound * inverseMu;
      const r = unexplained > limit ? unexplained - limit : unexplained < -limit ? unexplained + limit : 0;
      multiplier[i] = y;
      residual[i] = r;
      total += y;
      pixelSums[p]! += baseline * (x - r);
    }
  }
  fit.totals[1] = total;
}
