import type { Numbers } from "./ladmap-kernels.ts";

/** Pixels whose sums stay in the cache while all planes pass by. */
const pixelsPerBlock = 2048;
const mostSteps = 300;
const tolerance = 1e-14;

/**
 * The largest singular value of `[planeCount, pixelCount]`: power iteration on the Gram matrix `A·Aᵀ`, which is never
 * formed, from the vector of ones. Planes are never negative, so that vector is not orthogonal to the solution; where
 * two singular values lie close, either gives the value asked for.
 */
export function largestSingularValue(planes: Numbers, planeCount: number, pixelCount: number): number {
  let vector = new Float64Array(planeCount).fill(1 / Math.sqrt(planeCount));
  let image = new Float64Array(planeCount);
  const combined = new Float64Array(pixelsPerBlock);
  let eigenvalue = 0;
  for (let step = 0; step < mostSteps; step++) {
    image.fill(0);
    for (let from = 0; from < pixelCount; from += pixelsPerBlock) {
      const to = Math.min(from + pixelsPerBlock, pixelCount);
      multiplyByGram(planes, planeCount, pixelCount, from, to, vector, combined, image);
    }
    const length = Math.hypot(...image);
    if (length === 0) return 0;
    for (let n = 0; n < planeCount; n++) image[n]! /= length;
    const settled = Math.abs(length - eigenvalue) <= tolerance * length;
    eigenvalue = length;
    [vector, image] = [image, vector];
    if (settled) break;
  }
  return Math.sqrt(eigenvalue);
}

/** Adds the share of pixels `[from, to)` in `A·(Aᵀ·vector)` to `image`; four planes at a time, in their order. */
function multiplyByGram(
  planes: Numbers,
  planeCount: number,
  pixelCount: number,
  from: number,
  to: number,
  vector: Float64Array,
  combined: Float64Array,
  image: Float64Array,
): void {
  const fours = planeCount - (planeCount % 4);
  combined.fill(0);
  for (let n = 0; n < fours; n += 4) {
    const [a, b, c, d] = [vector[n]!, vector[n + 1]!, vector[n + 2]!, vector[n + 3]!];
    for (let p = from, i = n * pixelCount + from; p < to; p++, i++) {
      const two = combined[p - from]! + a * planes[i]! + b * planes[i + pixelCount]!;
      combined[p - from] = two + c * planes[i + 2 * pixelCount]! + d * planes[i + 3 * pixelCount]!;
    }
  }
  for (let n = fours; n < planeCount; n++) {
    const offset = n * pixelCount;
    const factor = vector[n]!;
    for (let p = from; p < to; p++) combined[p - from]! += factor * planes[offset + p]!;
  }
  for (let n = 0; n < fours; n += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let p = from, i = n * pixelCount + from; p < to; p++, i++) {
      const factor = combined[p - from]!;
      a += factor * planes[i]!;
      b += factor * planes[i + pixelCount]!;
      c += factor * planes[i + 2 * pixelCount]!;
      d += factor * planes[i + 3 * pixelCount]!;
    }
    image[n]! += a;
    image[n + 1]! += b;
    image[n + 2]! += c;
    image[n + 3]! += d;
  }
  for (let n = fours; n < planeCount; n++) {
    const offset = n * pixelCount;
    let total = 0;
    for (let p = from; p < to; p++) total += combined[p - from]! * planes[offset + p]!;
    image[n]! += total;
  }
}
