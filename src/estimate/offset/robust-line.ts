/** A line through points by robust least squares. */

import { medianOf } from "../../statistics.ts";

/** A line through points, and its residuals. */
interface RobustLine {
  readonly intercept: number;
  readonly slope: number;
  /** Robust standard deviation of the residuals. */
  readonly scale: number;
  /** Standard deviation of the points' abscissae, weighted as in the fit. */
  readonly spread: number;
}

const rounds = 6;
/** Points more robust standard deviations off are ignored. */
const farOff = 4;

/** The least-squares line with Tukey's weights, which ignores outliers. Points that are NaN are ignored. */
export function robustLine(xs: Float64Array, ys: Float64Array): RobustLine {
  const shown = xs.map((x, at) => (Number.isFinite(x) && Number.isFinite(ys[at]!) ? 1 : 0));
  let weights = shown;
  let [intercept, slope, scale, spread] = [0, 0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    let [total, sumX, sumY] = [0, 0, 0];
    for (let at = 0; at < xs.length; at++) {
      const weight = weights[at]!;
      if (weight === 0) continue;
      total += weight;
      sumX += weight * xs[at]!;
      sumY += weight * ys[at]!;
    }
    const [middleX, middleY] = [sumX / total, sumY / total];
    let [variance, shared] = [0, 0];
    for (let at = 0; at < xs.length; at++) {
      if (weights[at] === 0) continue;
      variance += weights[at]! * (xs[at]! - middleX) ** 2;
      shared += weights[at]! * (xs[at]! - middleX) * (ys[at]! - middleY);
    }
    slope = shared / variance;
    intercept = middleY - slope * middleX;
    spread = Math.sqrt(variance / total);
    const left = xs.map((x, at) => ys[at]! - intercept - slope * x);
    scale = 1.4826 * medianOf(left.filter((_, at) => shown[at] === 1).map(Math.abs));
    if (!(scale > 0)) break;
    const limit = farOff * scale;
    weights = left.map((value, at) =>
      shown[at] === 1 && Math.abs(value) < limit ? (1 - (value / limit) ** 2) ** 2 : 0,
    );
  }
  return { intercept, slope, scale, spread };
}
