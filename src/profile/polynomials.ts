/** Polynomials over the places of a line, orthonormal to each other: fits with them are sums of products. */

import { dot } from "../statistics.ts";

/**
 * Polynomials of degree 0 to `degree` at the places 0 to `count - 1`, over which they are orthonormal, and at `beyond`
 * places after these.
 */
export function orthonormalPolynomials(count: number, degree: number, beyond = 0): Float64Array[] {
  const polynomials: Float64Array[] = [];
  const centre = (count - 1) / 2;
  for (let k = 0; k <= degree; k++) {
    const last = polynomials[k - 1];
    const next = new Float64Array(count + beyond);
    for (let at = 0; at < next.length; at++) next[at] = last ? (last[at]! * (at - centre)) / count : 1;
    // Twice, as the first pass leaves rounding errors of the size of what is left.
    for (const earlier of [...polynomials, ...polynomials]) {
      const share = dot(next.subarray(0, count), earlier);
      for (let at = 0; at < next.length; at++) next[at]! -= share * earlier[at]!;
    }
    const length = Math.sqrt(dot(next.subarray(0, count), next));
    polynomials.push(next.map((value) => value / length));
  }
  return polynomials;
}
