/**
 * What planes of different brightness tell of the camera offset. Light of a brightness L shows as I = O + L S, with the
 * same shape S in all planes. So every plane is a line over a common one, X: I = a + b X; its contrast b is in
 * proportion to its light, and vanishes where its level m is the offset: b = k (m - O). Where planes are as bright as
 * each other, or differ in more than brightness, that point is far off or anywhere, and the error says so. Light that
 * comes and goes always at the middle of the field cannot be told from an offset.
 */
import { medianOf } from "../select-median.ts";
import { commonShape, levelAndSpread } from "./common-level.ts";
import { type PlaneLine, zeroOfContrast } from "./contrast-line.ts";
import { jackknifeError } from "./photon-transfer.ts";
import { robustLine } from "./robust-line.ts";
import { drift } from "./variance-line.ts";

/** What planes tell. */
export interface PlaneRegression {
  readonly offset: { readonly offset: number; readonly standardError: number };
  /** Level of the planes, the offset included: their median. */
  readonly brightness: number;
  /** Relative standard deviation of the planes' levels. */
  readonly brightnessSpread: number;
}

/** What is known of the levels. */
export interface LevelFacts {
  /** Standard deviation of a level by the noise of its pixels, in counts; 0 by default. */
  readonly noise?: number;
  /** The share of the planes that holds structure and does not count: 0 by default. */
  readonly structuredShare?: number;
}

const fewest = { planes: 4, parts: 9, shareOfParts: 0.25 } as const;
/** Below this relative standard deviation the field is so even that nothing can be told. */
const leastUnevenness = 0.003;
/** The shape of light is the same in all planes to this share of it, and this much less where there is structure. */
const leastDeviation = { share: 0.003, structured: 0.02 } as const;
/** What is told of noise is no more certain than this share of it. */
const noiseShare = 0.3;
/** A shape that changes may change so much more in contrast than in what a line leaves. */
const hidden = 1.5;
/** From such a change of the contrast on it tells nothing; and from such an error of the light. */
const mostChange = { contrast: 1, light: 0.3 } as const;
/** Planes that follow each other show the same sample: so many groups of them are taken as independent. */
const groupCount = 10;

/**
 * Looks at planes.
 * @param series the level of every part of the field in every plane, `[part][plane]`, in counts; NaN where unknown
 * @returns `undefined` where they tell nothing
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

/** The planes of which enough is known. */
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

/** @param change by how much the contrast may change from plane to plane beside the light, relative to it */
function fitContrasts(lines: readonly PlaneLine[], change: number): PlaneRegression | undefined {
  const all = zeroOfContrast(lines);
  if (all === undefined || change > mostChange.contrast) return undefined;
  const groups = Math.min(groupCount, lines.length);
  const without = Array.from({ length: groups }, (_, group) => {
    const rest = lines.filter((_line, n) => Math.floor((n * groups) / lines.length) !== group);
    return zeroOfContrast(rest)?.offset ?? Number.POSITIVE_INFINITY;
  });
  // A shape that changes with brightness moves the offset more the farther the planes are from no light.
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
