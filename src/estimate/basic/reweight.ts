/**
 * Iterative reweighting: what a fit could not explain costs less in the next one, so that the specimen leaves the
 * background alone.
 *
 * @see E. J. Candes, M. B. Wakin, S. P. Boyd, Enhancing sparsity by reweighted l1 minimization, 2008
 */
import { memoryOf } from "../../kernels/kernel-memory.ts";
import type { Illumination, LadmapPlanes } from "./ladmap-kernels.ts";
import type { Ladmap } from "./ladmap-state.ts";
import { dividePlanes } from "./plane-steps.ts";
import { doTogether } from "./team-job.ts";
import { divideAll, sum } from "./vectors.ts";

/** What planes are explained by, and room for a sum of each of them. */
export type Explanation = Illumination & Pick<Ladmap, "planeSums">;

/**
 * The weights after a fit: `1 / (|R / (L + epsilon)| + epsilon)` with `L = S·B + D`, divided by their mean.
 * Weights that are 0 stay 0: these pixels are ignored from the beginning.
 */
export async function reweightResiduals(planes: LadmapPlanes, by: Explanation, epsilon: number): Promise<void> {
  const { planeCount, pixelCount, residual, weights, team } = planes;
  const { flatfield, darkfield, baselines, planeSums } = by;
  const memory = memoryOf(residual, weights, flatfield, darkfield, baselines, planeSums);
  if (memory === undefined || weights instanceof Float64Array) {
    reweightByTwin(planes, by, epsilon);
  } else {
    const arrays = [
      [residual.byteOffset, 4 * pixelCount] as const,
      [weights.byteOffset, 4 * pixelCount] as const,
    ] as const;
    const light = [flatfield.byteOffset, darkfield.byteOffset, [baselines.byteOffset, 8]] as const;
    const given = [...arrays, pixelCount, ...light, epsilon, [planeSums.byteOffset, 8]] as const;
    await doTogether(memory.functions, { kernel: "reweightPlane", parts: planeCount, given }, team);
  }
  await dividePlanes(weights, sum(planeSums) / weights.length, planes);
}

/** Weights before they are divided, and their sums by plane: in two lanes, and what is left over in a third. */
function reweightByTwin(planes: LadmapPlanes, by: Explanation, epsilon: number): void {
  const { planeCount, pixelCount, residual, weights } = planes;
  const { flatfield, darkfield, baselines, planeSums } = by;
  const lanes = [0, 0, 0];
  for (let n = 0; n < planeCount; n++) {
    const offset = n * pixelCount;
    const baseline = baselines[n]!;
    lanes.fill(0);
    for (let p = 0; p < pixelCount; p++) {
      const explained = flatfield[p]! * baseline + darkfield[p]! + epsilon;
      const weight = weightOf(residual[offset + p]!, explained, epsilon);
      const isLast = p === pixelCount - 1 && pixelCount % 2 === 1;
      lanes[isLast ? 2 : p % 2]! += weight;
      if (weights[offset + p] !== 0) weights[offset + p] = weight;
    }
    planeSums[n] = lanes[0]! + lanes[1]! + lanes[2]!;
  }
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
