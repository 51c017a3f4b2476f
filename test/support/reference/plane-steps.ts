/** New weights of planes in single precision, as plain loops: what the kernels of `assembly/plane-steps.ts` are held against. */
import type { Illumination, LadmapPlanes } from "../../../src/estimate/basic/ladmap-passes.ts";
import { sum } from "./vectors.ts";

/** The weights, and their sums by plane before they are divided by their mean. */
export function reweight(
  { planeCount, pixelCount, residual, weights }: LadmapPlanes,
  { flatfield, darkfield, baselines }: Illumination,
  epsilon: number,
): { readonly weights: Float32Array; readonly planeSums: Float64Array } {
  const found = Float32Array.from(weights);
  const planeSums = new Float64Array(planeCount);
  for (let n = 0; n < planeCount; n++) {
    const lanes = [0, 0, 0];
    for (let p = 0; p < pixelCount; p++) {
      const at = n * pixelCount + p;
      const explained = flatfield[p]! * baselines[n]! + darkfield[p]! + epsilon;
      const weight = residual[at] === 0 ? 1 / epsilon : 1 / (Math.abs(residual[at]! / explained) + epsilon);
      lanes[p === pixelCount - 1 && pixelCount % 2 === 1 ? 2 : p % 2]! += weight;
      if (found[at] !== 0) found[at] = weight;
    }
    planeSums[n] = lanes[0]! + lanes[1]! + lanes[2]!;
  }
  const mean = sum(planeSums) / found.length;
  return { weights: found.map((weight) => weight / mean), planeSums };
}
