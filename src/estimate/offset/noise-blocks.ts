/**
 * Measures the noise of planes in small blocks: mean, variance and third moment of each. Pixels are compared along
 * columns, whose own offsets then cancel, as residuals of a straight line. What neighbours have in common is structure,
 * not noise: it is extrapolated from pixels one and two apart to distance zero, and subtracted from the variance.
 */
import type { PixelArray, Yx } from "../../shapes.ts";

/** Rows and columns of a block. */
export const blockPx = 16;

/** Planes in memory, `[plane, y, x]`. */
export interface OffsetPlanes {
  readonly pixels: PixelArray | Float64Array;
  readonly planeCount: number;
  readonly shapeYx: Yx;
}

/** Statistics of blocks, an entry for each. */
export interface NoiseBlocks {
  readonly count: number;
  /** Index of the plane of a block. */
  readonly plane: Int32Array;
  /** Row and column of its first pixel. */
  readonly y: Int32Array;
  readonly x: Int32Array;
  readonly mean: Float64Array;
  /** Variance of the noise of a pixel, in counts². */
  readonly variance: Float64Array;
  /** Third central moment of a pixel's values, in counts³. */
  readonly third: Float64Array;
  /** Covariance of adjacent pixels over their variance: 0 for noise alone. */
  readonly structure: Float64Array;
  /** The largest deviation, in standard deviations. */
  readonly extreme: Float64Array;
  /** The smallest and the largest pixel. */
  readonly least: Float64Array;
  readonly most: Float64Array;
}

/** Measures blocks of all planes, evenly spread where there are more than `mostBlocks`. */
export function noiseBlocks({ pixels, planeCount, shapeYx }: OffsetPlanes, mostBlocks = 32_000): NoiseBlocks {
  const [rows, columns] = shapeYx;
  const [across, down] = [Math.floor(columns / blockPx), Math.floor(rows / blockPx)];
  const all = planeCount * across * down;
  const count = Math.min(all, mostBlocks);
  const blocks = emptyBlocks(count);
  const scratch = new Float64Array(blockPx * blockPx);
  for (let at = 0; at < count; at++) {
    const block = Math.floor((at * all) / count);
    const plane = Math.floor(block / (across * down));
    const place = block % (across * down);
    const [y, x] = [Math.floor(place / across) * blockPx, (place % across) * blockPx];
    blocks.plane[at] = plane;
    blocks.y[at] = y;
    blocks.x[at] = x;
    takeBlock(pixels, (plane * rows + y) * columns + x, columns, scratch, blocks, at);
    lookAtNoise(scratch, blocks, at);
  }
  return blocks;
}

function emptyBlocks(count: number): NoiseBlocks {
  const whole = () => new Int32Array(count);
  const numbers = () => new Float64Array(count);
  return {
    ...{ count, plane: whole(), y: whole(), x: whole(), mean: numbers(), variance: numbers(), third: numbers() },
    ...{ structure: numbers(), extreme: numbers(), least: numbers(), most: numbers() },
  };
}

/** Copies a block, column after column. */
function takeBlock(
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
}

/** For noise alone, sums of products of residuals of a column: squared, with neighbours, cubed. */
const left = residualSums();

/** Moments of the residuals that straight lines leave in the columns of a block. */
function lookAtNoise(values: Float64Array, blocks: NoiseBlocks, at: number): void {
  for (let from = 0; from < values.length; from += blockPx) takeOffLine(values, from);
  let [squares, cubes, largest] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const square = values[i]! * values[i]!;
    squares += square;
    cubes += square * values[i]!;
    if (square > largest) largest = square;
  }
  const total = squares / (blockPx * left.squares);
  const nearDown = (productDown(values, 1) - total * left.down1) / (blockPx - 1);
  const farDown = (productDown(values, 2) - total * left.down2) / (blockPx - 2);
  const near = (nearDown + productAcross(values, 1)) / 2;
  const far = (farDown + productAcross(values, 2)) / 2;
  blocks.variance[at] = total - (4 * near - far) / 3;
  blocks.third[at] = cubes / (blockPx * left.cubes);
  blocks.structure[at] = total > 0 ? near / total : 0;
  blocks.extreme[at] = total > 0 ? Math.sqrt(largest / total) : 0;
}

/** The sum of products of pixels `apart` rows apart; the mean over columns. */
function productDown(values: Float64Array, apart: number): number {
  let sum = 0;
  for (let from = 0; from < values.length; from += blockPx)
    for (let i = from + apart; i < from + blockPx; i++) sum += values[i]! * values[i - apart]!;
  return sum / blockPx;
}

/** The covariance of pixels `apart` columns apart. */
function productAcross(values: Float64Array, apart: number): number {
  let sum = 0;
  const shift = apart * blockPx;
  for (let i = shift; i < values.length; i++) sum += values[i]! * values[i - shift]!;
  return sum / ((blockPx - apart) * left.squares);
}

/** Subtracts the straight line of least squares from a column. */
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

/** For noise of variance and third moment 1 in a column: the expected sums over the residuals of a line. */
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
