/**
 * What noise tells of the camera offset. Photons of a gain g come with a variance of g counts² for each count of light,
 * read noise adds r²: V = g (m - O) + r². So the mean at which the variance would vanish is O - r²/g: the offset less
 * what read noise, which is not known, makes of it. The third moment knows no read noise, as that is symmetric:
 * K = g² (m - O).
 * @see J. R. Janesick, Photon Transfer (SPIE, 2007)
 */
import { type BinWithout, type BrightnessBin, groupCount } from "./brightness-bins.ts";
import { blockPx } from "./noise-blocks.ts";

/** Photons as the noise of planes shows them. */
export interface PhotonTransfer {
  /** Counts per photo-electron, at the level of the planes. */
  readonly gain: number;
  readonly gainError: number;
  /** The mean at which the variance vanishes, in counts. */
  readonly zero: number;
  readonly zeroError: number;
  /** The offset that the third moment tells. */
  readonly third: number;
  readonly thirdError: number;
  /** The mean of the brighter blocks, and their light as the third moment tells it. */
  readonly bright: { readonly mean: number; readonly light: number; readonly lightError: number };
}

const fewestBins = 4;
/** A block tells its variance to this share. */
const blockError = 0.11;
/** Doubles of the pixels of a block that are not fitted. */
const freedom = blockPx * (blockPx - 2);
/**
 * Texture may be rougher than what is extrapolated from neighbours: about so much more of what they have in common is
 * taken off, and is an error.
 */
const roughness = 0.8;
/** A gain is known from this many standard errors on. */
const leastCertainty = 4;

/** Fits the line; `undefined` where noise does not grow with brightness. */
export function photonTransfer(bins: readonly BinWithout[], rounding: number): PhotonTransfer | undefined {
  if (bins.length < fewestBins) return undefined;
  const used = straightPart(bins);
  const [all, smooth] = [fitBins(used, rounding, roughness), fitBins(used, rounding, 0)];
  if (all === undefined || smooth === undefined) return undefined;
  const without = Array.from({ length: groupCount }, (_, group) => fitBins(used, rounding, roughness, group));
  const error = (pick: (fit: BinsFit) => number, own: (fit: BinsFit) => number) => {
    const scatter = jackknifeError(without.filter((fit) => fit !== undefined).map(pick));
    return Math.hypot(Math.max(own(all), scatter), pick(all) - pick(smooth));
  };
  const gainError = error(
    ({ gain }) => gain,
    (fit) => fit.gainError,
  );
  if (all.gain < leastCertainty * gainError) return undefined;
  return {
    gain: all.gain,
    gainError,
    zero: all.zero,
    zeroError: error(
      ({ zero }) => zero,
      (fit) => fit.zeroError,
    ),
    third: all.third,
    thirdError: error(
      ({ third }) => third,
      (fit) => fit.thirdError,
    ),
    bright: all.bright,
  };
}

type BinsFit = PhotonTransfer;

function fitBins(
  bins: readonly BinWithout[],
  rounding: number,
  rougher: number,
  leftOut?: number,
): BinsFit | undefined {
  const shown = bins
    .map((bin) => bin(leftOut))
    .filter(({ blocks }) => blocks > 1)
    .map((bin) => ({ ...bin, variance: bin.variance - rougher * Math.max(0, bin.shared) }));
  if (shown.length < fewestBins - 1) return undefined;
  const line = fitLine(shown, rounding);
  if (!(line.slope > 0)) return undefined;
  const zero = line.middle - line.height / line.slope;
  const zeroError = Math.hypot(line.heightError, (line.middle - zero) * line.slopeError) / line.slope;
  return {
    gain: line.slope,
    gainError: line.slopeError,
    zero,
    zeroError,
    ...thirdMoment(shown, line.slope, line.slopeError),
    bright: brightLight(shown, line.slope),
  };
}

function brightLight(bins: readonly BrightnessBin[], gain: number): PhotonTransfer["bright"] {
  let [weights, means, lights] = [0, 0, 0];
  for (const { blocks, mean, variance, third } of bins.slice(bins.length >> 1)) {
    const weight = (blocks * freedom) / (6 * variance ** 3);
    weights += weight;
    means += weight * mean;
    lights += (weight * third) / gain ** 2;
  }
  return { mean: means / weights, light: lights / weights, lightError: Math.sqrt(1 / weights) / gain ** 2 };
}

function thirdMoment(bins: readonly BrightnessBin[], gain: number, gainError: number) {
  let [weights, sum, lights, textures] = [0, 0, 0, 0];
  for (const { blocks, mean, variance, third, shared } of bins) {
    const weight = (blocks * freedom) / (6 * variance ** 3);
    const light = third / gain ** 2;
    weights += weight;
    sum += weight * (mean - light);
    lights += weight * light;
    textures += weight * Math.max(0, shared) ** 1.5;
  }
  const [light, texture] = [lights / weights, textures / weights / gain ** 2];
  const ofGain = (2 * light * gainError) / gain;
  return { third: sum / weights, thirdError: Math.hypot(Math.sqrt(1 / weights) / gain ** 2, ofGain, 3 * texture) };
}

function fitLine(bins: readonly BrightnessBin[], rounding: number) {
  let fit = { slope: 0, middle: 0, height: 0, slopeError: 0, heightError: 0 };
  let expected = bins.map(({ variance }) => variance);
  for (let round = 0; round < 3; round++) {
    const weights = bins.map(({ blocks }, at) => blocks / (blockError * expected[at]!) ** 2);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const average = (pick: (bin: BrightnessBin) => number) =>
      bins.reduce((sum, bin, at) => sum + weights[at]! * pick(bin), 0) / total;
    const middle = average(({ mean }) => mean);
    const height = average(({ variance }) => variance - rounding);
    const spread = average(({ mean }) => (mean - middle) ** 2);
    const slope = average(({ mean, variance }) => (mean - middle) * (variance - rounding)) / spread;
    const off = ({ mean, variance }: BrightnessBin) => variance - rounding - height - slope * (mean - middle);
    const left = bins.reduce((sum, bin, at) => sum + weights[at]! * off(bin) ** 2, 0);
    const inflation = Math.max(1, left / Math.max(1, bins.length - 2));
    // Means differ by their own noise, too, which tells of no slope.
    const isTold = spread > (4 * height) / blockPx ** 2;
    const slopeError = isTold ? Math.sqrt(inflation / total / spread) : Number.POSITIVE_INFINITY;
    fit = { slope, middle, height, slopeError, heightError: Math.sqrt(inflation / total) };
    expected = bins.map(({ mean }, at) => Math.max(expected[at]! / 4, height + slope * (mean - middle) + rounding));
  }
  return fit;
}

/** The bins up to where the variance bends: texture beyond what neighbours have in common, or saturation. */
function straightPart(bins: readonly BinWithout[]): readonly BinWithout[] {
  let used = bins;
  while (used.length > 2 * fewestBins) {
    const shown = used.map((bin) => bin());
    const half = shown.length >> 1;
    const [low, high] = [fitLine(shown.slice(0, half), 0), fitLine(shown.slice(half), 0)];
    const difference = Math.abs(high.slope - low.slope) / Math.hypot(high.slopeError, low.slopeError);
    if (!(difference > 2.5)) break;
    used = used.slice(0, Math.max(2 * fewestBins, Math.floor(0.8 * used.length)));
  }
  return used;
}

function jackknifeError(values: readonly number[]): number {
  const { length } = values;
  if (length < 3) return Number.POSITIVE_INFINITY;
  const mean = values.reduce((sum, value) => sum + value, 0) / length;
  return Math.sqrt(((length - 1) / length) * values.reduce((sum, value) => sum + (value - mean) ** 2, 0));
}
