/**
 * What noise planes have, in blocks of a few pixels: mean, variance and third moment of each. Pixels are looked at along
 * columns, whose own offsets drop out that way, as what is left of a straight line. What neighbours have in common is
 * structure, not noise: it is extrapolated from pixels one and two apart to none, and taken off the variance.
 */
import type { PixelArray, Yx } from "../../shapes.ts";

/** Rows and columns of a block. */
export const blockPx = 16;

/** Statistics of blocks, an entry for each. */
export interface NoiseBlocks {
  readonly count: number;
  /** Which plane a block is of. */
  readonly plane: Int32Array;
  /** Row and column of its first pixel. */
  readonly y: Int32Array;
  readonly x: Int32Array;
  readonly mean: Float64Array;
  /** Variance of the noise of a pixel, in counts². */
  readonly variance: Float64Array;
  /** Third central moment of a pixel's values, in counts³. */
  readonly third: Float64Array;
  /** Covariance of pixels side by side over their variance: 0 for noise alone. */
  readonly structure: Float64Array;
  /** The largest deviation over the standard deviation. */
  readonly extreme: Float64Array;
  /** The smallest and the largest pixel. */
  readonly least: Float64Array;
  readonly most: Float64Array;
}

/** Planes in memory, `[plane, y, x]`. */
export interface OffsetPlanes {
  readonly pixels: PixelArray | Float64Array;
  readonly planeCount: number;
  readonly shapeYx: Yx;
  /** Pixels of the camera whose mean a pixel is; 1 by default. */
  readonly pixelsInOne?: number;
}

/** Looks at blocks of all planes, evenly spread where there are more than `mostBlocks`. */
export function noiseBlocks({ pixels, planeCount, shapeYx }: OffsetPlanes, mostBlocks = 40_000): NoiseBlocks {
  const [rows, columns] = shapeYx;
  const [across, down] = [Math.floor(columns / blockPx), Math.floor(rows / blockPx)];
  const all = planeCount * across * down;
  const step = Math.max(1, all / mostBlocks);
  const count = Math.floor(all / step);
  const numbers = () => new Float64Array(count);
  const blocks: NoiseBlocks = {
    count,
    plane: new Int32Array(count),
    y: new Int32Array(count),
    x: new Int32Array(count),
    mean: numbers(),
    variance: numbers(),
    third: numbers(),
    structure: numbers(),
    extreme: numbers(),
    least: numbers(),
    most: numbers(),
  };
  const scratch = new Float64Array(blockPx * blockPx);
  for (let at = 0; at < count; at++) {
    const block = Math.floor(at * step);
    const plane = Math.floor(block / (across * down));
    const place = block % (across * down);
    const [y, x] = [Math.floor(place / across) * blockPx, (place % across) * blockPx];
    blocks.plane[at] = plane;
    blocks.y[at] = y;
    blocks.x[at] = x;
    lookAtBlock(pixels, (plane * rows + y) * columns + x, columns, scratch, blocks, at);
  }
  return blocks;
}

/** Of noise alone, sums of products of what a straight line leaves of a column: with itself, with neighbours, cubed. */
const left = residualSums();

function lookAtBlock(
  pixels: OffsetPlanes["pixels"],
  from: number,
  stride: number,
  values: Float64Array,
  blocks: NoiseBlocks,
  at: number,
): void {
  let [sum, least, most] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let y = 0; y < blockPx; y++) {
    for (let x = 0; x < blockPx; x++) {
      const value = pixels[from + y * stride + x]!;
      values[x * blockPx + y] = value;
      sum += value;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  blocks.mean[at] = sum / values.length;
  blocks.least[at] = least;
  blocks.most[at] = most;
  for (let x = 0; x < blockPx; x++) takeOffLine(values, x * blockPx);
  let [squares, cubes, largest, down1, down2, across1, across2] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const square = value * value;
    squares += square;
    cubes += square * value;
    if (square > largest) largest = square;
    const y = i % blockPx;
    if (y >= 1) down1 += value * values[i - 1]!;
    if (y >= 2) down2 += value * values[i - 2]!;
    if (i >= blockPx) across1 += value * values[i - blockPx]!;
    if (i >= 2 * blockPx) across2 += value * values[i - 2 * blockPx]!;
  }
  const total = squares / (blockPx * left.squares);
  const nearDown = (down1 / blockPx - total * left.down1) / (blockPx - 1);
  const farDown = (down2 / blockPx - total * left.down2) / (blockPx - 2);
  const nearAcross = across1 / ((blockPx - 1) * left.squares);
  const farAcross = across2 / ((blockPx - 2) * left.squares);
  const [near, far] = [(nearDown + nearAcross) / 2, (farDown + farAcross) / 2];
  blocks.variance[at] = total - (4 * near - far) / 3;
  blocks.third[at] = cubes / (blockPx * left.cubes);
  blocks.structure[at] = total > 0 ? near / total : 0;
  blocks.extreme[at] = total > 0 ? Math.sqrt(largest / total) : 0;
}

/** Takes the straight line of least squares off a column. */
function takeOffLine(values: Float64Array, from: number): void {
  let [sum, moment] = [0, 0];
  const middle = (blockPx - 1) / 2;
  for (let y = 0; y < blockPx; y++) {
    sum += values[from + y]!;
    moment += (y - middle) * values[from + y]!;
  }
  const mean = sum / blockPx;
  const slope = moment / ((blockPx * (blockPx * blockPx - 1)) / 12);
  for (let y = 0; y < blockPx; y++) values[from + y]! -= mean + slope * (y - middle);
}

/** For noise of variance and third moment 1 in a column: what the sums over the residuals of a line are expected to be. */
function residualSums() {
  const middle = (blockPx - 1) / 2;
  const spread = (blockPx * (blockPx * blockPx - 1)) / 12;
  const weight = (i: number, j: number) => (i === j ? 1 : 0) - 1 / blockPx - ((i - middle) * (j - middle)) / spread;
  let [squares, cubes, down1, down2] = [0, 0, 0, 0];
  for (let i = 0; i < blockPx; i++) {
    squares += weight(i, i);
    if (i >= 1) down1 += weight(i, i - 1);
    if (i >= 2) down2 += weight(i, i - 2);
    for (let j = 0; j < blockPx; j++) cubes += weight(i, j) ** 3;
  }
  return { squares, cubes, down1, down2 };
}
