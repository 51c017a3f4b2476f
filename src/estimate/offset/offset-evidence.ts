/** Gathers all estimates of the camera offset that planes allow without overlaps. */
import type { Yx } from "../../shapes.ts";
import { meanOf, medianOf } from "../../statistics.ts";
import { type BinWithout, groupCount, plainBlocks } from "./brightness-bins.ts";
import type { OffsetEvidence, OffsetLimits } from "./combine-offsets.ts";
import { commonShape, levelAndSpread, medianPlane } from "./common-level.ts";
import { blockPx, type NoiseBlocks, noiseBlocks, type OffsetPlanes } from "./noise-blocks.ts";
import { drift, type PhotonTransfer, photonTransfer } from "./photon-transfer.ts";
import { type LevelFacts, planesOf, regressPlanes } from "./plane-regression.ts";
import { robustLine } from "./robust-line.ts";

/** Estimates of the offset from planes, with its limits. */
export interface PlaneEvidence extends OffsetLimits {
  readonly evidence: readonly OffsetEvidence[];
}

/** Read noise of cameras, 0.7 to 11 electrons: all values are equally likely. */
const readNoises = Array.from({ length: 30 }, (_, at) => 0.7 * 1.1 ** at);

/**
 * The third moment is used when the noise lets it be measured this precisely, and it is this many standard errors above 0.
 */
const leastPower = 6;
const leastCertainty = 3;
/** It may be this many standard errors below what the brightness beyond the bound requires. */
const mostLacking = 2.5;
/**
 * Means of this many pixels or more contain too much of what pixels have in common: their variance no longer follows
 * photon noise.
 */
const mostInOne = 16;
/** The least error of light as a fraction of it, and the same where blocks contain structure. */
const leastError = { share: 0.05, structured: 0.5 } as const;

/**
 * Estimates the offset from planes of one channel, lit from one side; in less than half a second, however many they
 * are.
 * @param pixelsInOne number of camera pixels that a pixel is the mean of: 4 at the first coarser level of a pyramid
 * @param fullResolution parts of planes with the camera's own pixels, whose noise is measured instead
 */
export function offsetEvidence(planes: OffsetPlanes, pixelsInOne = 1, fullResolution?: OffsetPlanes): PlaneEvidence {
  const { pixels } = planes;
  const isWhole = !(pixels instanceof Float32Array || pixels instanceof Float64Array);
  const rounding = isWhole ? 1 / 12 : 0;
  const noise = fullResolution && { blocks: noiseBlocks(fullResolution), planeCount: fullResolution.planeCount };
  return evidenceOfBlocks(noiseBlocks(planes), { ...planes, pixelsInOne, rounding, ...(noise && { noise }) });
}

/** Properties of the planes that blocks were measured in. */
interface BlocksOrigin extends Pick<OffsetPlanes, "planeCount" | "shapeYx"> {
  readonly pixelsInOne: number;
  /** The variance that rounding adds to a pixel, in counts². */
  readonly rounding: number;
  /** Blocks at full resolution; without them photon noise is measured in those of the planes. */
  readonly noise?: { readonly blocks: NoiseBlocks; readonly planeCount: number };
}

/** Number of blocks of a bin, and the most bins. */
const binSize = { least: 24, usual: 60, mostBins: 32 } as const;
/** Values more robust standard deviations off are moved to this distance. */
const farOff = 3;

/**
 * Bins of about the same number of blocks, in order of brightness; none where there are too few blocks.
 * @param plain as {@link plainBlocks} gives them
 */
function brightnessBins(blocks: NoiseBlocks, plain: Int32Array, planeCount: number): BinWithout[] {
  const { least, usual, mostBins } = binSize;
  const wanted = Math.floor(plain.length / usual) || Math.floor(plain.length / least);
  const bins = Math.min(mostBins, wanted);
  const limit = (bin: number) => Math.floor((bin * plain.length) / bins);
  return Array.from({ length: bins }, (_, bin) =>
    binOf(blocks, plain.subarray(limit(bin), limit(bin + 1)), planeCount),
  );
}

function binOf(blocks: NoiseBlocks, members: Int32Array, planeCount: number): BinWithout {
  const { plane, mean, structure } = blocks;
  const [variance, third] = [nearMedian(blocks.variance, members), nearMedian(blocks.third, members)];
  // For each group: the number of blocks, and sums of the mean, the variance, the third moment and the covariance.
  const sums = Array.from({ length: groupCount }, () => new Float64Array(5));
  for (const [index, at] of members.entries()) {
    const sum = sums[Math.floor((plane[at]! * groupCount) / planeCount)]!;
    const values = [1, mean[at]!, variance[index]!, third[index]!, structure[at]! * variance[index]!];
    for (let i = 0; i < values.length; i++) sum[i]! += values[i]!;
  }
  return (leftOut) => {
    const total = new Float64Array(5);
    for (const [group, sum] of sums.entries())
      if (group !== leftOut) for (let i = 0; i < total.length; i++) total[i]! += sum[i]!;
    const count = total[0]!;
    const of = (index: number) => total[index]! / count;
    return { blocks: count, mean: of(1), variance: of(2), third: of(3), shared: of(4) };
  };
}

/** Values of the members, with outliers moved towards the median. */
function nearMedian(values: Float64Array, members: Int32Array): Float64Array {
  const own = Float64Array.from(members, (at) => values[at]!);
  const middle = medianOf(own.slice());
  const limit = farOff * 1.4826 * medianOf(own.map((value) => Math.abs(value - middle)));
  return own.map((value) => Math.min(middle + limit, Math.max(middle - limit, value)));
}

/** The same from blocks. */
function evidenceOfBlocks(blocks: NoiseBlocks, origin: BlocksOrigin): PlaneEvidence {
  const { planeCount, shapeYx, pixelsInOne, rounding } = origin;
  const plain = plainBlocks(blocks);
  const structuredShare = 1 - plain.length / Math.max(1, blocks.count);
  const bound = mostOffset(blocks, planeCount);
  const series = levelSeries(blocks, plain, planeCount, shapeYx);
  const noise = levelNoise(blocks, plain, series.length * planeCount);
  const regression = regressPlanes(series, { noise, structuredShare });
  const dark = darkPlanes(series, { noise });
  const shown = origin.noise ?? { blocks, planeCount };
  const ownPixels = origin.noise === undefined ? pixelsInOne : 1;
  const plainNoise = origin.noise === undefined ? plain : plainBlocks(shown.blocks);
  const photons = photonTransfer(brightnessBins(shown.blocks, plainNoise, shown.planeCount), rounding);
  return {
    bound,
    brightness: regression?.brightness ?? meanOf(blocks.mean),
    evidence: [
      ...(regression === undefined ? [] : [{ source: "planes", ...regression.offset } as const]),
      ...(dark === undefined ? [] : [{ source: "dark planes", ...dark } as const]),
      ...(photons === undefined || ownPixels >= mostInOne ? [] : ofVariance(photons, ownPixels)),
      ...(photons === undefined ? [] : ofSkewness(photons, bound, structuredShare)),
    ],
  };
}

/** The offset is the mean without variance plus a shift that depends on the read noise. */
function ofVariance({ gain, zero }: PhotonTransfer, pixelsInOne: number): OffsetEvidence[] {
  const shifts = readNoises.map((electrons) => gain.value * pixelsInOne * electrons ** 2);
  return [{ source: "photons", offset: zero.value, standardError: Math.hypot(zero.error, drift), shifts }];
}

/**
 * Noise of the variance of photon noise, but as symmetric as read noise, gives no estimate: it was made or altered.
 * Whether it is usable does not depend on the result: else only chance that adds light would be accepted.
 */
function ofSkewness({ third, zero, bright }: PhotonTransfer, bound: number, structuredShare: number): OffsetEvidence[] {
  const { value, error } = bright.light;
  const isTold = bright.mean - zero.value >= leastPower * error && value >= leastCertainty * error;
  if (!isTold || value + mostLacking * error < bright.mean - bound) return [];
  const share = leastError.share + leastError.structured * structuredShare;
  const ofLight = share * Math.max(0, bound - third.value);
  return [{ source: "photon skewness", offset: third.value, standardError: Math.hypot(third.error, ofLight, drift) }];
}

/** The noise of the level of a part of the field. */
function levelNoise({ variance }: NoiseBlocks, plain: Int32Array, parts: number): number {
  const mean = plain.reduce((sum, at) => sum + variance[at]!, 0) / plain.length;
  return Math.sqrt((mean * parts) / plain.length) / blockPx;
}

// Planes without light: their field is flat although that of brighter planes is shaded. Their value is the offset;
// their remaining shading bounds the light in them.

/** The fewest planes of either kind. */
const fewest = { dark: 2, bright: 3 } as const;
/**
 * Dark planes differ by at most this multiple of the drift of the offset and the noise; bright ones are brighter by so
 * many.
 */
const apart = { dark: 4, bright: 20 } as const;
/** Shading is significant from this multiple of the noise on. */
const leastShading = 5;
/** The most that brighter planes may differ in shape, as a fraction of their shading. */
const mostDeviation = 0.3;
/** Planes with more shading than this fraction of that of the brighter ones contain light. */
const mostLight = 0.05;
/** About how many parts of the field differ independently. */
const independentParts = 6;

/** The offset by planes without light. @returns `undefined` where there are none */
function darkPlanes(series: readonly ArrayLike<number>[], { noise = 0 }: LevelFacts = {}) {
  const planes = planesOf(series);
  const levels = planes.map((plane) => levelAndSpread(plane)[0]);
  const step = Math.max(drift, noise);
  const dimmest = Math.min(...levels);
  const dark = planes.filter((_, n) => levels[n]! < dimmest + apart.dark * step);
  const bright = planes.filter((_, n) => levels[n]! > dimmest + apart.bright * step);
  if (dark.length < fewest.dark || bright.length < fewest.bright) return undefined;
  const shape = commonShape(bright);
  const [level, shading] = levelAndSpread(shape);
  const deviation = medianOf(Float64Array.from(bright, (plane) => relativeDeviation(shape, plane)));
  if (shading < leastShading * noise || deviation > mostDeviation * shading) return undefined;
  const [flat, [shown]] = [medianPlane(dark), levelAndSpread(medianPlane(dark))];
  const { slope, scale, spread } = robustLine(shape, flat);
  const error = Math.max(scale, noise / Math.sqrt(dark.length)) / spread / Math.sqrt(independentParts);
  if (!(Math.abs(slope) <= mostLight + 2 * error && error <= mostLight)) return undefined;
  const light = slope * (level - shown);
  return { offset: shown - light, standardError: Math.hypot(error * (level - shown), light / 2, drift) };
}

/** The residual of a plane after the shape, at the shape's brightness. */
function relativeDeviation(shape: Float64Array, plane: Float64Array): number {
  const { slope, scale } = robustLine(shape, plane);
  return scale / Math.max(1e-3, slope);
}

// The largest possible camera offset: the value of the parts with the least light.

/** The dimmest parts of a plane are this fraction of its blocks: single ones may be defects. */
const dimmestShare = 0.05;
/** By how many standard deviations of the noise the dimmest of equal blocks is below their mean. */
const dimmestDeviations = 2;
/** Of many planes this fraction may be defects. */
const defectShare = 0.02;

/**
 * The largest offset that the dimmest parts of the dimmest planes allow, in counts; infinite where there are no blocks.
 */
function mostOffset({ count, plane, mean, variance, least, most }: NoiseBlocks, planeCount: number): number {
  const ofPlanes = Array.from({ length: planeCount }, () => [] as number[]);
  for (let at = 0; at < count; at++) {
    // Pixels that are all the same do not come from a camera.
    if (!(least[at]! < most[at]!)) continue;
    const noise = Math.sqrt(Math.max(0, variance[at]!)) / blockPx;
    ofPlanes[plane[at]!]!.push(mean[at]! + dimmestDeviations * noise);
  }
  const lows = ofPlanes.filter((means) => means.length > 0).map((means) => quantile(means, dimmestShare));
  return lows.length === 0 ? Number.POSITIVE_INFINITY : quantile(lows, defectShare);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(share * sorted.length)]!;
}

// The level of every part of the field in every plane, where it contains no structure.

/** The most parts that the field is divided into along each axis. */
const mostAcross = 8;

/** Means over the given blocks, `[part][plane]`, in counts; NaN where a part of a plane has none. */
function levelSeries(
  { plane, mean, y, x }: NoiseBlocks,
  members: Int32Array,
  planeCount: number,
  [rows, columns]: Yx,
): Float64Array[] {
  const down = Math.min(mostAcross, Math.floor(rows / blockPx));
  const across = Math.min(mostAcross, Math.floor(columns / blockPx));
  const series = Array.from({ length: down * across }, () => new Float64Array(planeCount));
  const counts = series.map(() => new Float64Array(planeCount));
  for (const at of members) {
    const row = Math.floor(((y[at]! + blockPx / 2) * down) / rows);
    const part = row * across + Math.floor(((x[at]! + blockPx / 2) * across) / columns);
    series[part]![plane[at]!]! += mean[at]!;
    counts[part]![plane[at]!]! += 1;
  }
  return series.map((sums, part) => sums.map((sum, n) => sum / counts[part]![n]!));
}
