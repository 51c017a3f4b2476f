/**
 * Whether planes of empty regions still hold a camera offset.
 *
 * Without one, a plane that is brighter by some share is so at every pixel: I = S·B. With an offset O the dim pixels
 * brighten by a smaller share than the bright ones, as their light is a smaller part of what they show: I = S·B + O. So
 * the field is divided into blocks; how much each brightens with the mean of its plane (a slope, S) is compared with how
 * bright it is (x, which is (S·B + O) / (B + O) on average). The slopes rise with x by kappa = 1 + O/B: 1 without an
 * offset. Noise in the slopes does not bias kappa, only makes it uncertain; planes of equal brightness tell nothing.
 * Where the planes differ in shape, not just in brightness (specimen that glows here and there), the model does not hold
 * and nothing is said. Light that comes and goes always at the middle of the field cannot be told from an offset.
 */

import type { Yx } from "../shapes.ts";
import type { PiecePlanes } from "./piece-planes.ts";

/** The field is divided into this many blocks along each axis. */
const blocksAcross = 8;

/** About this many pixels along each axis are looked at. */
const samplesAcross = 512;

/** An offset is suspected from this share of the mean brightness, and this many standard errors of its estimate. */
const leastShare = 0.05;
const leastStandardErrors = 5;

/** The share of the differences between planes that brightness alone must explain. */
const leastExplained = 0.75;

/** Below this relative spread over the field the profile is so even that an offset cannot be told, nor do harm. */
const leastSpread = 0.005;

/** The mean of every block of every plane, gathered band by band. */
export interface BlockMeans {
  readonly planeCount: number;
  readonly shapeYx: Yx;
  /** Every so many pixels one is looked at, in rows and columns. */
  readonly step: number;
  /** Sums, `[plane, block]`. */
  readonly sums: Float64Array;
  /** Pixels in each block. */
  readonly counts: Float64Array;
}

/** Block means of `planeCount` planes of `shapeYx`, still empty. */
export function blockMeans(planeCount: number, shapeYx: Yx): BlockMeans {
  const blocks = blocksAcross ** 2;
  const step = Math.max(1, Math.floor(Math.max(...shapeYx) / samplesAcross));
  return { planeCount, shapeYx, step, sums: new Float64Array(planeCount * blocks), counts: new Float64Array(blocks) };
}

/** Adds a piece of the field, all planes of it. */
export function addToBlocks(means: BlockMeans, { pixels, planeCount, startYx, shapeYx }: PiecePlanes): void {
  const { step, sums, counts } = means;
  const [height, width] = means.shapeYx;
  const [rows, columns] = shapeYx;
  const firstRow = firstMultiple(startYx[0], step);
  const firstColumn = firstMultiple(startYx[1], step);
  const blockColumns = Int32Array.from({ length: columns }, (_, x) =>
    Math.floor(((startYx[1] + x) * blocksAcross) / width),
  );
  for (let plane = 0; plane < planeCount; plane++) {
    for (let row = firstRow; row < rows; row += step) {
      const blockRow = Math.floor(((startYx[0] + row) * blocksAcross) / height) * blocksAcross;
      const to = plane * counts.length + blockRow;
      const from = (plane * rows + row) * columns;
      for (let column = firstColumn; column < columns; column += step) {
        sums[to + blockColumns[column]!]! += pixels[from + column]!;
        if (plane === 0) counts[blockRow + blockColumns[column]!]!++;
      }
    }
  }
}

/** How far from `start` the first multiple of `step` is. */
function firstMultiple(start: number, step: number): number {
  return Math.ceil(start / step) * step - start;
}

/** The offset above `knownOffset`, in counts, that the planes suggest, or `undefined` where they suggest none. */
export function suspectOffset({ planeCount, sums, counts }: BlockMeans, knownOffset: number): number | undefined {
  const planes = Array.from({ length: planeCount }, (_, plane) => plane);
  const blocks = [...counts.keys()].filter((block) => counts[block]! > 0);
  const series = blocks.map((block) =>
    planes.map((plane) => sums[plane * counts.length + block]! / counts[block]! - knownOffset),
  );
  const planeMeans = planes.map((plane) => mean(series.map((values) => values[plane]!)));
  const overall = mean(planeMeans);
  const lines = series.map((values) => fitLine(planeMeans, values));
  const left = mean(lines.map((line) => line.residualY)) / mean(lines.map((line) => line.varianceY));
  if (!(overall > 0 && 1 - left >= leastExplained)) return undefined;

  const brightness = lines.map((line) => line.meanY / overall);
  const { slope, standardError, varianceX } = fitLine(
    brightness,
    lines.map((line) => line.slope),
  );
  const offset = overall * (1 - 1 / slope);
  const isCertain = slope - 1 > leastStandardErrors * standardError && Math.sqrt(varianceX) > leastSpread;
  return isCertain && offset > leastShare * overall ? offset : undefined;
}

/** The least-squares line of y over x: its slope with standard error, the variances, and what the line leaves of y's. */
function fitLine(xs: readonly number[], ys: readonly number[]) {
  const meanX = mean(xs);
  const meanY = mean(ys);
  const varianceX = mean(xs.map((x) => (x - meanX) ** 2));
  const slope = mean(xs.map((x, index) => (x - meanX) * (ys[index]! - meanY))) / varianceX;
  const residualY = mean(xs.map((x, index) => (ys[index]! - meanY - slope * (x - meanX)) ** 2));
  const standardError = Math.sqrt(residualY / varianceX / (xs.length - 2));
  return { slope, standardError, varianceX, varianceY: mean(ys.map((y) => (y - meanY) ** 2)), meanY, residualY };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
