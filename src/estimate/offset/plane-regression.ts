/**
 * What planes of different brightness tell of the camera offset. Light of a brightness L shows as I = O + L S, with the
 * same shape S in all planes. So every plane is a line over a common one, X: I = a + b X; its contrast b is in
 * proportion to its light, and vanishes where its level m is the offset: b = k (m - O). Where planes are as bright as
 * each other, or differ in more than brightness, that point is far off or anywhere, and the error says so.
 */
import { medianOf } from "../select-median.ts";
import { robustLine } from "./robust-line.ts";

/** What planes tell. */
export interface PlaneRegression {
  readonly offset: number;
  readonly standardError: number;
  /** Level of the planes, the offset included: their median. */
  readonly brightness: number;
  /** Relative standard deviation of the planes' levels. */
  readonly brightnessSpread: number;
  /** Standard deviation of the common shape over the field, relative to its mean. */
  readonly unevenness: number;
  /** How much planes differ from the common shape on average, relative to their level. */
  readonly deviation: number;
  readonly excess: number;
  readonly share: number;
}

/** A plane over the common shape. */
interface PlaneLine {
  readonly level: number;
  readonly contrast: number;
  /** Standard error of the contrast. */
  readonly error: number;
  /** What the line leaves, relative to the level: robust standard deviation. */
  readonly deviation: number;
}

const fewest = { planes: 4, blocks: 9 } as const;
/** Below this relative standard deviation the field is so even that nothing can be told. */
const leastUnevenness = 0.003;
/** Light is smooth: the field has about so many parts that differ independently. */
const independentParts = 6;
/** Light of one sheet has one shape to this share of it. */
const leastDeviation = 0.003;
/** The offset itself is steady to about so many counts from plane to plane. */
const drift = 0.5;
const groupCount = 10;

/** @param series the level of every block in every plane, `[block][plane]`, in counts; NaN where it is not known */
export function regressPlanes(
  series: readonly ArrayLike<number>[],
  noise: number,
  structuredShare = 0,
): PlaneRegression | undefined {
  const planeCount = series[0]?.length ?? 0;
  if (planeCount < fewest.planes || series.length < fewest.blocks) return undefined;
  const planes = Array.from({ length: planeCount }, (_, n) => Float64Array.from(series, (values) => values[n]!)).filter(
    (plane) => plane.filter(Number.isFinite).length >= Math.max(fewest.blocks, plane.length / 4),
  );
  if (planes.length < fewest.planes) return undefined;
  const shape = commonShape(planes);
  const [level, spread] = levelAndSpread(shape);
  const unevenness = spread / level;
  if (!(unevenness > leastUnevenness)) return undefined;
  const lines = planes.map((plane) => lineOver(shape, plane));
  return fitContrasts(lines, unevenness, noise / level, leastDeviation + 0.02 * structuredShare);
}

/** The shape that the brighter planes have in common, in counts. */
function commonShape(planes: readonly Float64Array[]): Float64Array {
  const levels = planes.map(medianShown);
  const limit = levels.slice().sort((a, b) => a - b)[Math.floor(0.4 * levels.length)]!;
  const bright = planes.filter((_, n) => levels[n]! >= limit);
  const typical = medianShown(Float64Array.from(levels.filter((level) => level >= limit)));
  let shape = medianPlane(bright.map((plane) => scaled(plane, typical / medianShown(plane))));
  for (let round = 0; round < 2; round++) {
    const now = shape;
    const alike = bright.map((plane) => {
      const { intercept, slope } = robustLine(now, plane);
      return slope > 0.1 ? plane.map((value) => (value - intercept) / slope) : now;
    });
    shape = medianPlane(alike);
  }
  return shape;
}

function scaled(plane: Float64Array, factor: number): Float64Array {
  return plane.map((value) => factor * value);
}

function medianPlane(planes: readonly Float64Array[]): Float64Array {
  return planes[0]!.map((_, at) => medianShown(Float64Array.from(planes, (plane) => plane[at]!)));
}

/** The median of what is a number. */
function medianShown(values: Float64Array): number {
  return medianOf(values.filter(Number.isFinite));
}

function levelAndSpread(values: Float64Array): readonly [number, number] {
  const shown = values.filter(Number.isFinite);
  const mean = shown.reduce((sum, value) => sum + value, 0) / shown.length;
  return [mean, Math.sqrt(shown.reduce((sum, value) => sum + (value - mean) ** 2, 0) / shown.length)];
}

function lineOver(shape: Float64Array, plane: Float64Array): PlaneLine {
  const { intercept, slope, scale, spread } = robustLine(shape, plane);
  const [middle] = levelAndSpread(shape);
  const level = intercept + slope * middle;
  const deviation = scale / level;
  const error = (Math.max(deviation, 1e-4) * level) / spread / Math.sqrt(independentParts);
  return { level, contrast: slope, error, deviation };
}

function fitContrasts(
  lines: readonly PlaneLine[],
  unevenness: number,
  noise: number,
  least: number,
): PlaneRegression | undefined {
  const usable = lines.filter(({ level, contrast }) => level > 0 && Number.isFinite(contrast));
  if (usable.length < fewest.planes) return undefined;
  const deviation = medianOf(Float64Array.from(usable, (line) => line.deviation));
  const all = zeroOfContrast(usable);
  if (all === undefined) return undefined;
  const groups = Math.min(groupCount, usable.length);
  const without = Array.from({ length: groups }, (_, group) => {
    const rest = usable.filter((_line, n) => Math.floor((n * groups) / usable.length) !== group);
    return zeroOfContrast(rest)?.offset ?? Number.POSITIVE_INFINITY;
  });
  const mean = without.reduce((sum, value) => sum + value, 0) / groups;
  const scatter = Math.sqrt(((groups - 1) / groups) * without.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  // A shape that changes with brightness moves the offset more the farther the planes are from no light.
  const excess = Math.sqrt(Math.max(least ** 2, (0.3 * noise) ** 2, deviation ** 2 - noise ** 2));
  const change = (1.5 * excess) / unevenness;
  if (change > 1) return undefined;
  const share = (change * (all.low - all.offset)) / (all.high - all.low);
  const middle = (all.low + all.high) / 2;
  const model = Math.abs(share * (all.high - all.offset)) * Math.sqrt(Math.abs(middle / (middle - all.offset)));
  const levels = Float64Array.from(usable, ({ level }) => level);
  const [level, spread] = levelAndSpread(levels);
  const standardError = Math.hypot(all.error, scatter, model, drift);
  if (!Number.isFinite(standardError) || Math.abs(share) > 0.3) return undefined;
  return {
    offset: all.offset,
    standardError,
    brightness: medianOf(levels),
    brightnessSpread: spread / level,
    unevenness,
    deviation,
    excess,
    share,
  };
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

/** Where a line through the contrasts of planes over their levels is 0; the levels of its dim and its bright half. */
function zeroOfContrast(lines: readonly PlaneLine[]) {
  let weights = lines.map(({ error }) => 1 / error ** 2);
  let fit: { offset: number; error: number; middle: number; spread: number } | undefined;
  for (let round = 0; round < 5; round++) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const average = (pick: (line: PlaneLine) => number) =>
      lines.reduce((sum, line, n) => sum + weights[n]! * pick(line), 0) / total;
    const middle = average(({ level }) => level);
    const height = average(({ contrast }) => contrast);
    const spread = average(({ level }) => (level - middle) ** 2);
    if (!(spread > 16 * drift ** 2)) return undefined;
    const slope = average(({ level, contrast }) => (level - middle) * (contrast - height)) / spread;
    if (!(slope > 0)) return undefined;
    const left = lines.map(({ level, contrast }) => contrast - height - slope * (level - middle));
    const birge = Math.max(1, lines.reduce((sum, _, n) => sum + weights[n]! * left[n]! ** 2, 0) / (lines.length - 2));
    const offset = middle - height / slope;
    const error = (Math.sqrt(birge / total) * Math.hypot(1, (middle - offset) / Math.sqrt(spread))) / slope;
    fit = { offset, error, middle, spread };
    const scale = 1.4826 * medianOf(Float64Array.from(left, (value, n) => Math.abs(value / lines[n]!.error)));
    weights = lines.map(({ error: own }, n) => {
      const share = left[n]! / own / Math.max(0.1, 4 * scale);
      return Math.abs(share) < 1 ? (1 - share ** 2) ** 2 / own ** 2 : 0;
    });
  }
  if (fit === undefined) return undefined;
  const { offset, error, middle } = fit;
  return {
    offset,
    error,
    low: levelOf(lines, weights, (at) => at < middle),
    high: levelOf(lines, weights, (at) => at >= middle),
  };
}
