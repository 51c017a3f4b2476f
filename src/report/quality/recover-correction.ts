/** Recovers a correction from the pixels before and after it: profiles, gains of tiles, planes left out. */
import type { Yx } from "../../shapes.ts";
import { meanOf } from "../../statistics.ts";
import { blockAt, type FieldBlocks } from "./planes.ts";

/** A plane of a tile, by number, with the index of the profile that corrects that tile. */
export interface CheckedPlane {
  readonly tile: number;
  readonly plane: number;
  readonly region: number;
}

/** A recovered correction. */
export interface RecoveredCorrection {
  /** For every region; `undefined` where it could not be recovered. */
  readonly profiles: readonly (RecoveredProfile | undefined)[];
  /** Log gains by number of the tile, of mean 0; absent where all tiles were treated alike. */
  readonly gains?: ReadonlyMap<number, number>;
  /** Indices of planes with the same pixels as the source although the correction would change them. */
  readonly uncorrected: readonly number[];
}

/**
 * The factor by which a change of light appears in the corrected image at a place of the field, -1 to 1 along both
 * axes.
 * @param otherwise the value where the profile was not recovered
 */
export function contrastAt(profile: RecoveredProfile | undefined, place: Yx, otherwise: number): number {
  if (profile === undefined) return otherwise;
  const { shapeYx, flatfield, gain } = profile;
  return gain / flatfield[blockAt(shapeYx, place)]!;
}

/** Tiles whose gains have a smaller standard deviation were treated alike. */
const leastSpread = 0.01;
/** Gains are measured in blocks of at least this fraction of the mean brightness. */
const brightShare = 0.7;
/** A plane that the correction would change by less than this fraction of its brightness may look unchanged. */
const leastChange = 0.005;

/** Recovers a correction. @param zeroShares fractions of zeros in the corrected planes */
export function recoverCorrection(
  before: FieldBlocks,
  after: FieldBlocks,
  planes: readonly CheckedPlane[],
  zeroShares: Float64Array,
): RecoveredCorrection {
  const same = planes.map((_, n) => isSame(before, after, n));
  const isChanged = (n: number) => !same[n];
  const plain = profilesOf(before, after, planes, zeroShares, isChanged);
  const gains = gainsOf(before, after, planes, plain, isChanged);
  const profiles =
    gains === undefined ? plain : profilesOf(before, withoutGains(after, planes, gains), planes, zeroShares, isChanged);
  const uncorrected = [...same.keys()].filter((n) => {
    const profile = profiles[planes[n]!.region];
    return same[n] && profile !== undefined && wouldChange(before, profile, n);
  });
  return { profiles, gains, uncorrected };
}

function isSame({ shapeYx, means }: FieldBlocks, after: FieldBlocks, n: number): boolean {
  const blocks = shapeYx[0] * shapeYx[1];
  for (let at = n * blocks; at < (n + 1) * blocks; at++) if (means[at] !== after.means[at]) return false;
  return true;
}

function profilesOf(
  before: FieldBlocks,
  after: FieldBlocks,
  planes: readonly CheckedPlane[],
  zeroShares: Float64Array,
  isChanged: (n: number) => boolean,
): (RecoveredProfile | undefined)[] {
  const regions = planes.reduce((most, { region }) => Math.max(most, region + 1), 1);
  return Array.from({ length: regions }, (_, region) => {
    const own = [...planes.keys()].filter((n) => planes[n]!.region === region);
    const changed = own.filter(isChanged);
    return recoverProfile(before, after, zeroShares, changed.length === 0 ? own : changed);
  });
}

/** The value of a block after a profile. */
function predicted({ flatfield, offset, gain }: RecoveredProfile, value: number, block: number): number {
  return ((value - offset[block]!) * gain) / flatfield[block]!;
}

function wouldChange({ shapeYx, means }: FieldBlocks, profile: RecoveredProfile, n: number): boolean {
  const blocks = shapeYx[0] * shapeYx[1];
  let [apart, sum] = [0, 0];
  for (let block = 0; block < blocks; block++) {
    const value = means[n * blocks + block]!;
    apart += Math.abs(Math.max(0, predicted(profile, value, block)) - value);
    sum += value;
  }
  return apart > leastChange * sum;
}

function gainsOf(
  before: FieldBlocks,
  after: FieldBlocks,
  planes: readonly CheckedPlane[],
  profiles: readonly (RecoveredProfile | undefined)[],
  isChanged: (n: number) => boolean,
): Map<number, number> | undefined {
  const blocks = before.shapeYx[0] * before.shapeYx[1];
  const floor = brightShare * meanOf(after.means);
  const sums = new Map<number, { both: number; own: number }>();
  for (const [n, { tile, region }] of planes.entries()) {
    const profile = profiles[region];
    if (profile === undefined || !isChanged(n)) continue;
    const sum = sums.get(tile) ?? { both: 0, own: 0 };
    sums.set(tile, sum);
    for (let block = 0; block < blocks; block++) {
      const value = predicted(profile, before.means[n * blocks + block]!, block);
      // In dim blocks, pixels that were clipped at 0 look like a gain.
      if (!(value > floor)) continue;
      sum.both += value * after.means[n * blocks + block]!;
      sum.own += value * value;
    }
  }
  const logs = [...sums].flatMap(([tile, { both, own }]): [number, number][] =>
    both > 0 && own > 0 ? [[tile, Math.log(own / both)]] : [],
  );
  const mean = logs.reduce((sum, [, log]) => sum + log, 0) / logs.length;
  const spread = Math.sqrt(logs.reduce((sum, [, log]) => sum + (log - mean) ** 2, 0) / logs.length);
  return spread >= leastSpread ? new Map(logs.map(([tile, log]) => [tile, log - mean])) : undefined;
}

/** Planes as they would be without the division by gains. */
function withoutGains(
  after: FieldBlocks,
  planes: readonly CheckedPlane[],
  gains: ReadonlyMap<number, number>,
): FieldBlocks {
  const blocks = after.shapeYx[0] * after.shapeYx[1];
  const factors = planes.map(({ tile }) => Math.exp(gains.get(tile) ?? 0));
  return { ...after, means: after.means.map((value, at) => value * factors[Math.floor(at / blocks)]!) };
}

/** A correction as recovered from pixels: (I - D) / F at every place of the field. */
export interface RecoveredProfile {
  readonly shapeYx: Yx;
  /** Mean 1, C order. */
  readonly flatfield: Float32Array;
  /** Counts that were subtracted before the division, whatever they stood for. */
  readonly offset: Float32Array;
  /** The factor by which a change of light appears in the corrected image, on average over the field. */
  readonly gain: number;
  /** Fraction of the corrected values' variance that one profile for all planes explains. */
  readonly explained: number;
}

/** Planes with at least this fraction of zeros are not used: clipping at 0 hides the correction. */
const mostZeros = 0.01;

/**
 * Recovers a correction: at every place of the field, the straight line from the values before to those after, over all
 * planes.
 * @param among the planes to use, by index
 * @returns `undefined` where there are fewer than two planes, or planes of one brightness
 */
export function recoverProfile(
  before: FieldBlocks,
  after: FieldBlocks,
  zeroShares: Float64Array,
  among: readonly number[] = [...zeroShares.keys()],
): RecoveredProfile | undefined {
  const { shapeYx } = before;
  const blocks = shapeYx[0] * shapeYx[1];
  const usable = among.filter((n) => zeroShares[n]! <= mostZeros);
  const asked = usable.length >= Math.min(8, among.length) ? usable : among;
  if (asked.length < 2) return undefined;
  const [slopes, offsets] = [new Float64Array(blocks), new Float32Array(blocks)];
  let [residual, total] = [0, 0];
  for (let block = 0; block < blocks; block++) {
    const line = fitBlock(asked, blocks, block, before.means, after.means);
    if (line === undefined) return undefined;
    slopes[block] = line.slope;
    offsets[block] = -line.intercept / line.slope;
    residual += line.residual;
    total += line.total;
  }
  const meanInverse = slopes.reduce((sum, slope) => sum + 1 / slope, 0) / blocks;
  const flatfield = Float32Array.from(slopes, (slope) => 1 / slope / meanInverse);
  return {
    shapeYx,
    flatfield,
    offset: offsets,
    gain: 1 / meanInverse,
    explained: total === 0 ? 0 : 1 - residual / total,
  };
}

/** The line through the means of one block over the planes. */
function fitBlock(
  planes: readonly number[],
  stride: number,
  block: number,
  x: Float64Array,
  y: Float64Array,
): { slope: number; intercept: number; residual: number; total: number } | undefined {
  let [meanX, meanY] = [0, 0];
  for (const n of planes) {
    meanX += x[n * stride + block]! / planes.length;
    meanY += y[n * stride + block]! / planes.length;
  }
  let [xx, xy, yy] = [0, 0, 0];
  for (const n of planes) {
    const [dx, dy] = [x[n * stride + block]! - meanX, y[n * stride + block]! - meanY];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const slope = xy / xx;
  // Planes whose brightness differs by less than a thousandth show noise, not a correction.
  if (!(slope > 0) || Math.sqrt(xx / planes.length) < 1e-3 * Math.abs(meanX)) return undefined;
  return { slope, intercept: meanY - slope * meanX, residual: yy - slope * xy, total: yy };
}
