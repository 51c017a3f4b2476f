/** Measures how well the blocks of a plane follow a shape of the light. */

import type { Yx } from "../shapes.ts";
import { medianOf } from "../statistics.ts";
import type { PlaneStatistics } from "./plane-statistics.ts";

/** A fit of a shape to a plane. */
export interface ShapeFit {
  /** Brightness of the plane in counts, at a shape of 1. */
  readonly level: number;
  /** How much brighter than the shape each block is, as a fraction of the level. */
  readonly residuals: Float64Array;
  /** Robust standard deviation of the residuals beyond noise. */
  readonly unevenness: number;
  /** Fraction of blocks that are significantly brighter than the shape, with a neighbour that is so too. */
  readonly brightShare: number;
  /** Fraction of blocks that are significantly darker than the shape, with a neighbour that is so too. */
  readonly darkShare: number;
}

/**
 * Planes of different brightness differ in contrast where the camera has an offset: allowed factors relative to the
 * common shape.
 */
const contrasts = { least: 0.75, most: 1.33 } as const;

/** A shape of smaller relative spread has no usable contrast. */
const leastSpread = 0.01;

/** A block is an outlier from this fraction of the level and this many standard deviations of its noise on. */
const outstanding = { share: 0.04, deviations: 5 } as const;

/**
 * The standard error of a spread from n blocks is 1.17 / sqrt(n): three times that may be
 * chance.
 * @see P. J. Rousseeuw, C. Croux, Alternatives to the median absolute deviation, JASA 88 (1993), 1273-1283
 */
const certainty = 3.5;

const rounds = 4;
const robustLimit = 2.5;
const spreadFactor = 1.4826;

/**
 * Fits `level * (1 + contrast * (shape - 1))` to blocks, without outliers.
 * @param shape of mean 1
 * @param least fraction of the level from which on a block may be an outlier
 */
export function fitShape(
  blocks: Float64Array,
  blockNoise: number,
  shape: Float64Array,
  blocksYx: Yx,
  least: number = outstanding.share,
): ShapeFit {
  const count = blocks.length;
  const kept = new Uint8Array(count).fill(1);
  const scratch = new Float64Array(count);
  let [level, contrast] = [Number.NaN, 1];
  const residuals = new Float64Array(count);
  for (let round = 0; round < rounds; round++) {
    [level, contrast] = fitLevelAndContrast(blocks, shape, kept);
    if (!(level > 0)) return noFit(residuals);
    for (let at = 0; at < count; at++) residuals[at] = blocks[at]! / level - 1 - contrast * (shape[at]! - 1);
    scratch.set(residuals);
    const middle = medianOf(scratch);
    const limit = Math.max(robustLimit * spreadAround(middle, residuals, scratch), (3 * blockNoise) / level, 1e-4);
    for (let at = 0; at < count; at++) kept[at] = Math.abs(residuals[at]! - middle) <= limit ? 1 : 0;
  }
  const spread = spreadAround(0, residuals, scratch);
  const noise = blockNoise / level;
  const limit = (at: number) => Math.max(least, outstanding.deviations * noise * Math.sqrt(Math.max(0.25, shape[at]!)));
  const shareOf = (test: (value: number, at: number) => boolean) =>
    clusteredShare(
      residuals.map((value, at) => Number(test(value, at))),
      blocksYx,
    );
  return {
    level,
    residuals,
    unevenness: Math.sqrt(Math.max(0, spread ** 2 - (noise * (1 + certainty / Math.sqrt(count))) ** 2)),
    brightShare: shareOf((value, at) => value > limit(at)),
    darkShare: shareOf((value, at) => value < -limit(at)),
  };
}

/** The robust standard deviation of values around a middle. @param scratch of their length, overwritten */
function spreadAround(middle: number, values: Float64Array, scratch: Float64Array): number {
  for (let at = 0; at < values.length; at++) scratch[at] = Math.abs(values[at]! - middle);
  return spreadFactor * medianOf(scratch);
}

/**
 * The fraction of marked blocks with a marked neighbour. Sample is larger than a block; a single outlier is a speck,
 * which does not affect the median over planes.
 */
function clusteredShare(marks: Float64Array, [rows, columns]: Yx): number {
  let clustered = 0;
  for (let at = 0; at < marks.length; at++) {
    if (marks[at] === 0) continue;
    const [y, x] = [Math.floor(at / columns), at % columns];
    let neighbours = -1;
    for (let row = Math.max(0, y - 1); row < Math.min(rows, y + 2); row++) {
      for (let column = Math.max(0, x - 1); column < Math.min(columns, x + 2); column++) {
        neighbours += marks[row * columns + column]!;
      }
    }
    if (neighbours > 0) clustered++;
  }
  return clustered / marks.length;
}

/** Level and contrast by least squares over the kept blocks. */
function fitLevelAndContrast(
  blocks: Float64Array,
  shape: Float64Array,
  kept: Uint8Array,
): [level: number, contrast: number] {
  let [n, sumX, sumY, sumXx, sumXy] = [0, 0, 0, 0, 0];
  for (let at = 0; at < blocks.length; at++) {
    if (kept[at] === 0) continue;
    const [x, y] = [shape[at]! - 1, blocks[at]!];
    n++;
    sumX += x;
    sumY += y;
    sumXx += x * x;
    sumXy += x * y;
  }
  const variance = sumXx / n - (sumX / n) ** 2;
  const slope = variance > leastSpread ** 2 ? (sumXy / n - (sumX / n) * (sumY / n)) / variance : Number.NaN;
  // With the contrast c the level is the mean of y over the mean of 1 + c x.
  const levelWith = (contrast: number) => sumY / n / (1 + (contrast * sumX) / n);
  const free = sumY / n - (slope * sumX) / n;
  const contrast = Number.isFinite(slope) ? Math.min(contrasts.most, Math.max(contrasts.least, slope / free)) : 1;
  return [levelWith(contrast), contrast];
}

function noFit(residuals: Float64Array): ShapeFit {
  return { level: Number.NaN, residuals, unevenness: Number.POSITIVE_INFINITY, brightShare: 1, darkShare: 1 };
}

/** The blocks of a plane as a shape of mean 1, after `offset` counts are subtracted. */
export function shapeOf({ blocks }: Pick<PlaneStatistics, "blocks">, offset = 0): Float64Array {
  const mean = blocks.reduce((sum, value) => sum + value - offset, 0) / blocks.length;
  return blocks.map((value) => (value - offset) / mean);
}
