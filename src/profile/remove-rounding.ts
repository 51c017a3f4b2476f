/** Finds the smooth light behind a flat-field that was rounded to few steps, as 8-bit images are. */
import { formatShare } from "../quantities.ts";
import type { Yx } from "../shapes.ts";
import type { NumericArray } from "./npy-elements.ts";
import { orthonormalPolynomials } from "./polynomials.ts";

/** More distinct values than these are no steps that anybody sees. */
const mostSteps = 4096;
/** The least mean number of pixels for each step of a stored image: with fewer, values merely differ. */
const pixelsOfStep = 8;
/** A smaller error by rounding is not worth telling. */
const leastError = 1e-3;
/** The highest degree of y and x together, fewer where there are not this many pixels for each. */
const [highestDegree, pixelsOfDegree] = [16, 6];
/** Rounding to the nearest moves a pixel by half a step; a fit may be off by a little more. */
const mostApart = 0.6;

/**
 * A positive image without the steps that it was rounded to, where smooth light explains them, and what to say of them,
 * as the end of a sentence.
 */
export function removeRounding(
  image: NumericArray,
  shapeYx: Yx,
): { readonly data: NumericArray; readonly told?: string } {
  const steps = stepsOf(image);
  if (steps === undefined || steps.error < leastError) return { data: image };
  const smooth = smoothBehind(image, shapeYx, steps.step);
  const size = formatShare(steps.error);
  return smooth === undefined
    ? { data: image, told: `was rounded to few steps: pixels are corrected to within ${size} only` }
    : {
        data: smooth,
        told: `was rounded to few steps (${size}): the smooth light that they come from is taken instead`,
      };
}

/** The step to which an image was rounded, and the largest error of a value by it, relative to it; `undefined` where steps are many. */
function stepsOf(values: NumericArray): { readonly step: number; readonly error: number } | undefined {
  const distinct = new Set<number>();
  for (let at = 0; at < values.length; at++) {
    distinct.add(values[at]!);
    if (distinct.size > mostSteps) return undefined;
  }
  if (distinct.size < 2 || distinct.size * pixelsOfStep > values.length) return undefined;
  const steps = Float64Array.from(distinct).sort();
  let least = Number.POSITIVE_INFINITY;
  for (let at = 1; at < steps.length; at++) least = Math.min(least, steps[at]! - steps[at - 1]!);
  return { step: least, error: least / 2 / steps[0]! };
}

/** The polynomial that gives the image when it is rounded; `undefined` where none does: noise or structure, which stays. */
function smoothBehind(image: NumericArray, [height, width]: Yx, step: number): Float64Array | undefined {
  const highest = Math.min(highestDegree, Math.floor(Math.min(height, width) / pixelsOfDegree));
  if (highest < 2) return undefined;
  const [inY, inX] = [orthonormalPolynomials(height, highest), orthonormalPolynomials(width, highest)];
  const shares = sharesOf(image, inY, inX);
  const degree = bestDegree(image, shares, highest);
  const data = imageOf(shares, inY.slice(0, degree + 1), inX.slice(0, degree + 1));
  const isBehind = data.every((value, at) => value > 0 && Math.abs(value - image[at]!) <= mostApart * step);
  return isBehind ? data : undefined;
}

/** The share of each product of two polynomials: y outer, x inner. */
function sharesOf(image: NumericArray, inY: readonly Float64Array[], inX: readonly Float64Array[]): Float64Array[] {
  const [height, width] = [inY[0]!.length, inX[0]!.length];
  return inY.map((ofY) => {
    const line = new Float64Array(width);
    for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at++) line[x]! += ofY[y]! * image[at]!;
    return Float64Array.from(inX, (ofX) => ofX.reduce((sum, value, x) => sum + value * line[x]!, 0));
  });
}

/** The degree whose fit is nearest to the light, by what is left for each pixel that it does not determine. */
function bestDegree(image: NumericArray, shares: readonly Float64Array[], highest: number): number {
  let left = 0;
  for (let at = 0; at < image.length; at++) left += image[at]! ** 2;
  let [best, leastLeft] = [0, Number.POSITIVE_INFINITY];
  for (let degree = 0; degree <= highest; degree++) {
    for (let k = 0; k <= degree; k++) left -= shares[degree - k]![k]! ** 2;
    const free = 1 - ((degree + 1) * (degree + 2)) / 2 / image.length;
    const variance = Math.max(0, left) / free ** 2;
    if (variance < leastLeft) [best, leastLeft] = [degree, variance];
  }
  return best;
}

function imageOf(shares: readonly Float64Array[], inY: readonly Float64Array[], inX: readonly Float64Array[]) {
  const [height, width] = [inY[0]!.length, inX[0]!.length];
  const data = new Float64Array(height * width);
  for (const [i, ofY] of inY.entries()) {
    const line = new Float64Array(width);
    for (const [j, ofX] of inX.slice(0, inY.length - i).entries())
      for (let x = 0; x < width; x++) line[x]! += shares[i]![j]! * ofX[x]!;
    for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at++) data[at]! += ofY[y]! * line[x]!;
  }
  return data;
}
