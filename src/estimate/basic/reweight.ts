/**
 * Iterative reweighting: what a fit could not explain costs less in the next one, so that the specimen leaves the
 * background alone.
 *
 * @see E. J. Candes, M. B. Wakin, S. P. Boyd, Enhancing sparsity by reweighted l1 minimization, 2008
 */
import type { Illumination, LadmapPlanes } from "./ladmap-kernels.ts";
import { divideAll, sum } from "./vectors.ts";

/**
 * The weights after a fit: `1 / (|R / (L + epsilon)| + epsilon)` with `L = S·B + D`, divided by their mean.
 * Weights that are 0 stay 0: these pixels are ignored from the beginning.
 */
export function reweightResiduals(planes: LadmapPlanes, illumination: Illumination, epsilon: number): void {
  const { planeCount, pixelCount, residual, weights } = planes;
  const { flatfield, darkfield, baselines } = illumination;
  let total = 0;
  for (let n = 0; n < planeCount; n++) {
    const offset = n * pixelCount;
    const baseline = baselines[n]!;
    for (let p = 0; p < pixelCount; p++) {
      const explained = flatfield[p]! * baseline + darkfield[p]! + epsilon;
      const weight = weightOf(residual[offset + p]!, explained, epsilon);
      total += weight;
      if (weights[offset + p] !== 0) weights[offset + p] = weight;
    }
  }
  divideAll(weights, total / weights.length);
}

/** The weights of the dark-field after a fit: `1 / (|D_R| + epsilon)`, divided by their mean. */
export function reweightDarkfield(darkResidual: Float64Array, epsilon: number, darkWeights: Float64Array): void {
  for (let p = 0; p < darkWeights.length; p++) darkWeights[p] = 1 / (Math.abs(darkResidual[p]!) + epsilon);
  divideAll(darkWeights, sum(darkWeights) / darkWeights.length);
}

/** No residual means full weight, also where nothing is explained either. */
function weightOf(residual: number, explained: number, epsilon: number): number {
  return residual === 0 ? 1 / epsilon : 1 / (Math.abs(residual / explained) + epsilon);
}
