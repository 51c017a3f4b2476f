/** Recovers a profile from the pixels before and after a correction. */

import type { Yx } from "../../shapes.ts";
import type { FieldBlocks } from "./planes.ts";

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
