/**
 * Estimates the camera offset from photon noise. Photons of a gain g come with a variance of g counts² for each count
 * of light, read noise adds r²: V = g (m - O) + r². So the mean at which the variance would vanish is O - r²/g: the
 * offset minus a shift by the unknown read noise. The third moment does not depend on read noise, as that is symmetric:
 * K = g² (m - O).
 * @see J. R. Janesick, Photon Transfer (SPIE, 2007)
 */
import { jackknifeError } from "../../statistics.ts";
import { type BinWithout, type BrightnessBin, groupCount } from "./brightness-bins.ts";
import { blockPx } from "./noise-blocks.ts";

/** A value with its standard error. */
export interface Measured {
  readonly value: number;
  readonly error: number;
}

/** Photon noise as measured in planes, in counts. */
export interface PhotonTransfer {
  /** Counts per photo-electron, at the level of the planes. */
  readonly gain: Measured;
  /** The mean at which the variance vanishes. */
  readonly zero: Measured;
  /** The offset by the third moment. */
  readonly third: Measured;
  /** The mean of the brighter blocks, and their light by the third moment. */
  readonly bright: { readonly mean: number; readonly light: Measured };
}

const fewestBins = 4;
/** A gain counts as known from this many standard errors on. */
const leastCertainty = 4;
/** In the bin with the least structure, neighbours share at most this fraction of the variance. */
const mostShared = 0.03;
/**
 * Texture may be rougher than the extrapolation from neighbours: so much more of what they share is subtracted, and
 * counts as an error.
 */
const rougher = 0.8;
/** The third moment of texture is at most about this multiple of its variance to the power of 3/2. */
const mostSkewness = 3;
/** If the slopes of the dim and the bright half differ by this many standard errors, the relation is not a line. */
const bent = 2.5;
/** Degrees of freedom of a block. */
const freedom = blockPx * (blockPx - 2);

/**
 * Measures photon noise in bins of blocks.
 * @param rounding the variance that rounding adds, in counts²
 * @returns `undefined` where noise does not grow with brightness, or neighbours share it
 */
export function photonTransfer(bins: readonly BinWithout[], rounding: number): PhotonTransfer | undefined {
  if (bins.length < fewestBins || !isWhite(bins)) return undefined;
  const used = straightPart(bins);
  const fitted = (more: number, leftOut?: number) => fitBins(used, rounding, more, leftOut);
  const [all, smooth] = [fitted(rougher), fitted(0)];
  if (all === undefined || smooth === undefined) return undefined;
  const without = Array.from({ length: groupCount }, (_, group) => fitted(rougher, group));
  const measured = (pick: (fit: PhotonTransfer) => Measured): Measured => {
    const { value, error } = pick(all);
    const scatter = jackknifeError(without.flatMap((one) => (one === undefined ? [] : [pick(one).value])));
    return { value, error: Math.hypot(Math.max(error, scatter), value - pick(smooth).value) };
  };
  const gain = measured((one) => one.gain);
  if (gain.value < leastCertainty * gain.error) return undefined;
  return { gain, zero: measured(({ zero }) => zero), third: measured(({ third }) => third), bright: all.bright };
}

/**
 * Whether noise is independent between neighbours; else it was smoothed or resampled, and is no longer photon noise.
 */
function isWhite(bins: readonly BinWithout[]): boolean {
  return bins.some((bin) => {
    const { shared, variance } = bin();
    return shared < mostShared * variance;
  });
}

/** The bins up to where the variance bends: by texture beyond what neighbours have in common, or by saturation. */
function straightPart(bins: readonly BinWithout[]): readonly BinWithout[] {
  let used = bins;
  while (used.length > 2 * fewestBins) {
    const shown = used.map((bin) => bin());
    const half = shown.length >> 1;
    const [low, high] = [fitVariance(shown.slice(0, half), 0), fitVariance(shown.slice(half), 0)];
    const difference = Math.abs(high.slope - low.slope) / Math.hypot(high.slopeError, low.slopeError);
    if (!(difference > bent)) break;
    used = used.slice(0, Math.max(2 * fewestBins, Math.floor(0.8 * used.length)));
  }
  return used;
}

function fitBins(
  bins: readonly BinWithout[],
  rounding: number,
  more: number,
  leftOut: number | undefined,
): PhotonTransfer | undefined {
  const shown = bins
    .map((bin) => bin(leftOut))
    .filter(({ blocks }) => blocks > 1)
    .map((bin) => ({ ...bin, variance: bin.variance - more * Math.max(0, bin.shared) }));
  if (shown.length < fewestBins - 1) return undefined;
  const line = fitVariance(shown, rounding);
  if (!(line.slope > 0)) return undefined;
  const zero = line.middle - line.height / line.slope;
  const zeroError = Math.hypot(line.heightError, (line.middle - zero) * line.slopeError) / line.slope;
  return {
    gain: { value: line.slope, error: line.slopeError },
    zero: { value: zero, error: zeroError },
    third: offsetOfThird(shown, line),
    bright: brightLight(shown, line),
  };
}

/** The weight of a bin's third moment, in counts⁻⁶. */
function weightOfThird({ blocks, variance }: BrightnessBin): number {
  return (blocks * freedom) / (6 * variance ** 3);
}

function offsetOfThird(bins: readonly BrightnessBin[], { slope: gain, slopeError }: VarianceLine): Measured {
  let [weights, offsets, lights, textures] = [0, 0, 0, 0];
  for (const bin of bins) {
    const [weight, light] = [weightOfThird(bin), bin.third / gain ** 2];
    weights += weight;
    offsets += weight * (bin.mean - light);
    lights += weight * light;
    textures += weight * Math.max(0, bin.shared) ** 1.5;
  }
  const ofNoise = Math.sqrt(1 / weights) / gain ** 2;
  const ofGain = (2 * (lights / weights) * slopeError) / gain;
  const ofTexture = (mostSkewness * textures) / weights / gain ** 2;
  return { value: offsets / weights, error: Math.hypot(ofNoise, ofGain, ofTexture) };
}

function brightLight(bins: readonly BrightnessBin[], { slope: gain }: VarianceLine): PhotonTransfer["bright"] {
  const limit = (bins[0]!.mean + bins.at(-1)!.mean) / 2;
  let [weights, means, thirds] = [0, 0, 0];
  for (const bin of bins) {
    if (bin.mean < limit) continue;
    const weight = weightOfThird(bin);
    weights += weight;
    means += weight * bin.mean;
    thirds += weight * bin.third;
  }
  const light = { value: thirds / weights / gain ** 2, error: Math.sqrt(1 / weights) / gain ** 2 };
  return { mean: means / weights, light };
}

// Fits the variance of noise as a line over its mean.

/** A line through (`middle`, `height`), where its error is smallest. */
interface VarianceLine {
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
function fitVariance(bins: readonly BrightnessBin[], rounding: number): VarianceLine {
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
