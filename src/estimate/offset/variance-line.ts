/** Fits the variance of noise as a line over its mean. */
import type { BrightnessBin } from "./brightness-bins.ts";
import { blockPx } from "./noise-blocks.ts";

/** A line through (`middle`, `height`), where its error is smallest. */
export interface VarianceLine {
  readonly slope: number;
  readonly slopeError: number;
  readonly middle: number;
  readonly height: number;
  readonly heightError: number;
}

/** The relative error of a block's variance. */
const blockError = 0.11;
/** By how many counts the offset itself varies from plane to plane. */
export const drift = 0.5;
/** A line that is biased to be flatter by more than this fraction is not used. */
const mostFlatter = 0.25;
const rounds = 3;

/** Fits by least squares, each bin weighted by its blocks. @param rounding subtracted from the variance, in counts² */
export function fitVariance(bins: readonly BrightnessBin[], rounding: number): VarianceLine {
  let expected = bins.map(({ variance }) => variance);
  let line = weightedLine(bins, rounding, expected);
  for (let round = 1; round < rounds; round++) {
    const { middle, height, slope } = line;
    expected = bins.map(({ mean }, at) => Math.max(expected[at]! / 4, height + slope * (mean - middle) + rounding));
    line = weightedLine(bins, rounding, expected);
  }
  return line;
}

function weightedLine(bins: readonly BrightnessBin[], rounding: number, expected: readonly number[]): VarianceLine {
  const weights = bins.map(({ blocks }, at) => blocks / (blockError * expected[at]!) ** 2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const average = (pick: (bin: BrightnessBin) => number) =>
    bins.reduce((sum, bin, at) => sum + weights[at]! * pick(bin), 0) / total;
  const middle = average(({ mean }) => mean);
  const height = average(({ variance }) => variance - rounding);
  const spread = average(({ mean }) => (mean - middle) ** 2);
  const slope = average(({ mean, variance }) => (mean - middle) * (variance - rounding)) / spread;
  const left = average(({ mean, variance }) => (variance - rounding - height - slope * (mean - middle)) ** 2) * total;
  const inflation = Math.max(1, left / Math.max(1, bins.length - 2));
  // Means differ by their own noise and by drift, too, which biases the slope towards 0.
  const flatter = (height / blockPx ** 2 + drift ** 2) / spread;
  const ofNoise = Math.sqrt(inflation / total / spread);
  const slopeError = flatter < mostFlatter ? Math.hypot(ofNoise, flatter * slope) : Number.POSITIVE_INFINITY;
  return { slope, slopeError, middle, height, heightError: Math.sqrt(inflation / total) };
}
