/**
 * Estimates the camera offset from planes of different brightness.
 *
 * Without an offset, a plane that is brighter by some factor is so at every pixel: I = S·B. With an offset O the dim
 * pixels brighten by a smaller factor than the bright ones, as light is a smaller part of their value: I = S·B + O. So
 * the field is divided into blocks; how much each brightens with the mean of its plane (a slope, S) is compared with
 * how bright it is (x, which is (S·B + O) / (B + O) on average). The slopes rise with x by kappa = 1 + O/B: 1 without
 * an offset. Noise in the slopes does not bias kappa, only makes it uncertain; planes of equal brightness contain no
 * information. Where the planes differ in shape, not just in brightness (specimen that glows here and there), the model
 * does not hold and no offset is given. Light that varies always in the middle of the field cannot be distinguished
 * from an offset.
 */

import { meanOf } from "../../statistics.ts";
import { regressPlanes } from "./plane-regression.ts";

/** An estimate of the offset, with measures of how reliable it is. */
export interface OffsetEstimate {
  /** In counts, above the offset that was subtracted already. */
  readonly offset: number;
  /** Standard error of the offset, in counts. */
  readonly standardError: number;
  /** Mean brightness of the planes in counts, the offset included. */
  readonly brightness: number;
  /** Relative standard deviation of the planes' brightness. */
  readonly brightnessSpread: number;
  /**
   * Fraction of the differences between planes that brightness alone explains: 1 where planes differ in nothing else.
   */
  readonly explained: number;
  /** Standard deviation over the field of the dark-field that the planes suggest, in counts, noise included. */
  readonly darkfieldSpread: number;
  /**
   * Whether the planes determine the offset, even if it is 0: they vary, in nothing but brightness, over an uneven
   * field.
   */
  readonly isTold: boolean;
  /** Whether the offset is determined, significantly not 0, and large enough to harm a profile. */
  readonly isCertain: boolean;
}

/**
 * An offset is suspected from this fraction of the mean brightness on, and this many standard errors of its estimate.
 */
const leastShare = 0.05;
const leastStandardErrors = 5;

/** The fraction of the differences between planes that brightness alone must explain. */
const leastExplained = 0.75;

/**
 * Below this relative spread over the field the profile is so even that an offset can neither be measured nor do harm.
 */
const leastSpread = 0.005;

/** About how many parts of the field have an independent dark-field. */
const independentParts = 8;

/** An offset is determined when its error is at most this fraction of the brightness. */
const toldWithin = 0.1;

/**
 * Estimates the offset.
 * @param series the brightness of every block in every plane, `[block][plane]`, in counts
 * @param noise standard deviation of a block by the noise of its pixels, in counts
 * @returns `undefined` where the planes are too few or have no light
 */
export function estimateOffset(series: readonly ArrayLike<number>[], noise = 0): OffsetEstimate | undefined {
  const planeCount = series[0]?.length ?? 0;
  if (planeCount < 3 || series.length < 4) return undefined;
  const planeMeans = new Float64Array(planeCount);
  for (const values of series) for (let plane = 0; plane < planeCount; plane++) planeMeans[plane]! += values[plane]!;
  for (let plane = 0; plane < planeCount; plane++) planeMeans[plane]! /= series.length;
  const overall = meanOf(planeMeans);
  const lines = series.map((values) => fitLine(planeMeans, values));
  const explained = 1 - meanOf(lines.map((line) => line.residualY)) / meanOf(lines.map((line) => line.varianceY));
  if (!(overall > 0) || !Number.isFinite(explained)) return undefined;

  const brightness = lines.map((line) => line.meanY / overall);
  const { slope, standardError, varianceX, residualY } = fitLine(
    brightness,
    lines.map((line) => line.slope),
  );
  const offset = overall * (1 - 1 / slope);
  // A dark-field is smooth: its effect on the slopes is similar in neighbouring blocks, however many there are.
  const errorOfSlope = Math.max(standardError, Math.sqrt(residualY / varianceX / independentParts));
  const errorOfOffset = (overall / slope ** 2) * errorOfSlope;
  const isUneven = explained >= leastExplained && Math.sqrt(varianceX) > leastSpread && slope > 0;
  const isTold = isUneven && !contradicts(offset, errorOfOffset, series, noise);
  return {
    offset,
    standardError: errorOfOffset,
    brightness: overall,
    brightnessSpread: Math.sqrt(productOf(planeMeans, overall, planeMeans, overall)) / overall,
    explained,
    darkfieldSpread: (overall / slope) * Math.sqrt(residualY),
    isTold: isTold && errorOfOffset < toldWithin * overall,
    isCertain: isTold && slope - 1 > leastStandardErrors * standardError && offset > leastShare * overall,
  };
}

/**
 * Whether the contrast of whole planes, from which an offset can be estimated independently, clearly gives another one.
 */
function contradicts(offset: number, error: number, series: readonly ArrayLike<number>[], noise: number): boolean {
  const other = regressPlanes(series, { noise })?.offset;
  return other !== undefined && Math.abs(other.offset - offset) > 2 * Math.hypot(other.standardError, error);
}

/** The least-squares line of y over x: its slope with standard error, the variances, and the residual variance. */
function fitLine(xs: ArrayLike<number>, ys: ArrayLike<number>) {
  const meanX = meanOf(xs);
  const meanY = meanOf(ys);
  const varianceX = productOf(xs, meanX, xs, meanX);
  const slope = productOf(xs, meanX, ys, meanY) / varianceX;
  let sum = 0;
  for (let at = 0; at < xs.length; at++) sum += (ys[at]! - meanY - slope * (xs[at]! - meanX)) ** 2;
  const residualY = sum / xs.length;
  const standardError = Math.sqrt(residualY / varianceX / (xs.length - 2));
  return { slope, standardError, varianceX, varianceY: productOf(ys, meanY, ys, meanY), meanY, residualY };
}

/** The mean product of the deviations of two series from their levels. */
function productOf(xs: ArrayLike<number>, levelX: number, ys: ArrayLike<number>, levelY: number): number {
  let sum = 0;
  for (let at = 0; at < xs.length; at++) sum += (xs[at]! - levelX) * (ys[at]! - levelY);
  return sum / xs.length;
}
