/**
 * Estimates the camera offset from the contrast of planes of different brightness. Light of a brightness L is recorded
 * as I = O + L S, with the same shape S in all planes. So every plane is a line over a common one, X: I = a + b X; its
 * contrast b is in proportion to its light, and vanishes where its level m is the offset: b = k (m - O). Where planes
 * are equally bright, or differ in more than brightness, that point is far off or undefined, and the error is large.
 * Light that varies always in the middle of the field cannot be distinguished from an offset.
 */
import { jackknifeError, medianOf } from "../../statistics.ts";
import { commonShape, levelAndSpread } from "./common-level.ts";
import { drift } from "./photon-transfer.ts";
import { robustLine } from "./robust-line.ts";

/** The result of the regression. */
interface PlaneRegression {
  readonly offset: { readonly offset: number; readonly standardError: number };
  /** Level of the planes, the offset included: their median. */
  readonly brightness: number;
  /** Relative standard deviation of the planes' levels. */
  readonly brightnessSpread: number;
}

/** Properties of the levels. */
export interface LevelFacts {
  /** Standard deviation of a level by the noise of its pixels, in counts; 0 by default. */
  readonly noise?: number;
  /** The fraction of the planes that contains structure and is ignored: 0 by default. */
  readonly structuredShare?: number;
}

const fewest = { planes: 4, parts: 9, shareOfParts: 0.25 } as const;
/** Below this relative standard deviation the field is too even for an estimate. */
const leastUnevenness = 0.003;
/** The most by which the shape of light differs between planes, and additionally where there is structure. */
const leastDeviation = { share: 0.003, structured: 0.02 } as const;
/** The least relative error of the noise. */
const noiseShare = 0.3;
/** How much more a shape may change in contrast than in the residual of a line. */
const hidden = 1.5;
/** The largest change of the contrast, and the largest error of the light, with which an estimate is made. */
const mostChange = { contrast: 1, light: 0.3 } as const;
/** The number of groups that consecutive planes are divided into, as such planes show the same sample. */
const groupCount = 10;

/**
 * Estimates the offset from planes.
 * @param series the level of every part of the field in every plane, `[part][plane]`, in counts; NaN where unknown
 * @returns `undefined` where they allow no estimate
 */
export function regressPlanes(
  series: readonly ArrayLike<number>[],
  { noise = 0, structuredShare = 0 }: LevelFacts = {},
): PlaneRegression | undefined {
  const planes = planesOf(series);
  if (planes.length < fewest.planes || series.length < fewest.parts) return undefined;
  const shape = commonShape(planes);
  const [level, spread] = levelAndSpread(shape);
  const unevenness = spread / level;
  if (!(unevenness > leastUnevenness)) return undefined;
  const lines = planes
    .map((plane) => lineOver(shape, level, plane))
    .filter((line) => line.level > 0 && Number.isFinite(line.contrast));
  const least = leastDeviation.share + leastDeviation.structured * structuredShare;
  const deviation = medianOf(Float64Array.from(lines, (line) => line.deviation));
  const ofNoise = noise / level;
  const excess = Math.sqrt(Math.max(least ** 2, (noiseShare * ofNoise) ** 2, deviation ** 2 - ofNoise ** 2));
  return fitContrasts(lines, (hidden * excess) / unevenness);
}

/** The planes of which enough parts are known. */
export function planesOf(series: readonly ArrayLike<number>[]): Float64Array[] {
  const { length = 0 } = series[0] ?? {};
  const planes = Array.from({ length }, (_, n) => Float64Array.from(series, (values) => values[n]!));
  const enough = Math.max(fewest.parts, fewest.shareOfParts * series.length);
  return planes.filter((plane) => plane.filter(Number.isFinite).length >= enough);
}

function lineOver(shape: Float64Array, middle: number, plane: Float64Array): PlaneLine {
  const { intercept, slope, scale, spread } = robustLine(shape, plane);
  const level = intercept + slope * middle;
  const error = Math.max(scale, 1e-4 * level) / spread;
  return { level, contrast: slope, error, deviation: scale / level };
}

/** @param change relative change of the contrast from plane to plane, other than by light */
function fitContrasts(lines: readonly PlaneLine[], change: number): PlaneRegression | undefined {
  const all = zeroOfContrast(lines);
  if (all === undefined || change > mostChange.contrast) return undefined;
  const groups = Math.min(groupCount, lines.length);
  const without = Array.from({ length: groups }, (_, group) => {
    const rest = lines.filter((_line, n) => Math.floor((n * groups) / lines.length) !== group);
    return zeroOfContrast(rest)?.offset ?? Number.POSITIVE_INFINITY;
  });
  // A shape that changes with brightness biases the offset more the farther the planes are from darkness.
  const { offset, low, high } = all;
  const share = (change * (low - offset)) / (high - low);
  const middle = (low + high) / 2;
  const ofShape = Math.abs(share * (high - offset)) * Math.sqrt(Math.abs(middle / (middle - offset)));
  const standardError = Math.hypot(all.error, jackknifeError(without), ofShape, drift);
  if (!Number.isFinite(standardError) || Math.abs(share) > mostChange.light) return undefined;
  const levels = Float64Array.from(lines, ({ level }) => level);
  const [level, spread] = levelAndSpread(levels);
  return { offset: { offset, standardError }, brightness: medianOf(levels), brightnessSpread: spread / level };
}

// The level at which planes have no contrast: a robust line of their contrasts over their levels.

/** A plane over the common shape. */
interface PlaneLine {
  readonly level: number;
  readonly contrast: number;
  /** Approximate standard error of the contrast. */
  readonly error: number;
  /** Robust standard deviation of the residual, relative to the level. */
  readonly deviation: number;
}

/** Where the contrast is 0, in counts. */
interface ContrastZero {
  readonly offset: number;
  readonly error: number;
  /** The mean level of the dimmer and of the brighter planes. */
  readonly low: number;
  readonly high: number;
}

const rounds = 5;
/** Planes more robust standard deviations off are ignored. */
const farOff = 4;
/** Levels must differ by this multiple of the drift of the offset. */
const leastSpread = 4;

/** Fits the line. @returns `undefined` where planes are equally bright, or brighter ones have less contrast */
function zeroOfContrast(lines: readonly PlaneLine[]): ContrastZero | undefined {
  let weights = lines.map(({ error }) => 1 / error ** 2);
  let zero: ContrastZero | undefined;
  for (let round = 0; round < rounds; round++) {
    const fit = weightedFit(lines, weights);
    if (fit === undefined) return undefined;
    const { offset, error, middle, left } = fit;
    const [low, high] = [levelOf(lines, weights, (at) => at < middle), levelOf(lines, weights, (at) => at >= middle)];
    zero = { offset, error, low, high };
    const scale = 1.4826 * medianOf(Float64Array.from(left, (value, n) => Math.abs(value / lines[n]!.error)));
    weights = lines.map(({ error: own }, n) => {
      const share = left[n]! / own / Math.max(0.1, farOff * scale);
      return Math.abs(share) < 1 ? (1 - share ** 2) ** 2 / own ** 2 : 0;
    });
  }
  return zero;
}

function weightedFit(lines: readonly PlaneLine[], weights: readonly number[]) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const average = (pick: (line: PlaneLine) => number) =>
    lines.reduce((sum, line, n) => sum + weights[n]! * pick(line), 0) / total;
  const middle = average(({ level }) => level);
  const height = average(({ contrast }) => contrast);
  const spread = average(({ level }) => (level - middle) ** 2);
  const slope = average(({ level, contrast }) => (level - middle) * (contrast - height)) / spread;
  if (!(spread > (leastSpread * drift) ** 2 && slope > 0)) return undefined;
  const left = lines.map(({ level, contrast }) => contrast - height - slope * (level - middle));
  const birge = Math.max(1, left.reduce((sum, value, n) => sum + weights[n]! * value ** 2, 0) / (lines.length - 2));
  const offset = middle - height / slope;
  const error = (Math.sqrt(birge / total) * Math.hypot(1, (middle - offset) / Math.sqrt(spread))) / slope;
  return { offset, error, middle, left };
}

/** The mean level of some planes. */
function levelOf(lines: readonly PlaneLine[], weights: readonly number[], isTaken: (level: number) => boolean): number {
  let [total, sum] = [0, 0];
  for (const [n, { level }] of lines.entries()) {
    if (!isTaken(level)) continue;
    total += weights[n]!;
    sum += weights[n]! * level;
  }
  return sum / total;
}
