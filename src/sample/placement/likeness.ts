/** How alike two pictures of one place are, whatever the light and small errors of the stage. */
import type { Yx } from "../../shapes.ts";
import type { OverlapPatch } from "../read-overlaps.ts";

/** Pixels by which the two pictures may be apart, along each axis. */
const searchPx = 3;
/** Structures count that are finer than boxes of twice so many pixels, and coarser than three pixels. */
const smoothPx = 6;

/** A picture of which light, and the noise of single pixels, were removed. */
interface Structure {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly shapeYx: Yx;
}

/**
 * The correlation of what two tiles show, from -1 to 1, over all their planes at the shift that suits best; 0 where they
 * show nothing.
 */
export function likeness(planes: readonly OverlapPatch[]): number {
  const pictures = planes.map(
    ({ first, second, shapeYx }): Structure => ({
      first: structureOf(first, shapeYx),
      second: structureOf(second, shapeYx),
      shapeYx,
    }),
  );
  let best = 0;
  for (let y = -searchPx; y <= searchPx; y++) {
    for (let x = -searchPx; x <= searchPx; x++) best = Math.max(best, correlation(pictures, [y, x]));
  }
  return best;
}

/** Means over 3 x 3 pixels less those over large boxes. */
function structureOf(image: Float32Array, shapeYx: Yx): Float32Array {
  const filled = withoutGaps(image);
  const fine = boxMeans(filled, shapeYx, 1);
  const light = boxMeans(filled, shapeYx, smoothPx);
  return fine.map((value, index) => value - light[index]!);
}

/** Saturated pixels are as bright as the brightest that are not. */
function withoutGaps(image: Float32Array): Float32Array {
  if (!image.some(Number.isNaN)) return image;
  const most = image.reduce((largest, value) => (Number.isNaN(value) ? largest : Math.max(largest, value)), 0);
  return image.map((value) => (Number.isNaN(value) ? most : value));
}

/**
 * The mean of the pixels at most `radius` rows and columns away; at edges of as many on either side as there are on both,
 * so that a slope of the light leaves no trace.
 */
function boxMeans(image: Float32Array, [rows, columns]: Yx, radius: number): Float32Array {
  const across = alongLines(image, rows, columns, columns, 1, radius);
  return alongLines(across, columns, rows, 1, columns, radius);
}

/** Means along lines of `length` pixels that are `step` apart; `stride` from one line to the next. */
function alongLines(
  image: Float32Array,
  lines: number,
  length: number,
  stride: number,
  step: number,
  radius: number,
): Float32Array {
  const means = new Float32Array(image.length);
  const sums = new Float64Array(length + 1);
  for (let line = 0; line < lines; line++) {
    const start = line * stride;
    for (let n = 0; n < length; n++) sums[n + 1] = sums[n]! + image[start + n * step]!;
    for (let n = 0; n < length; n++) {
      const reach = Math.min(radius, n, length - 1 - n);
      means[start + n * step] = (sums[n + reach + 1]! - sums[n - reach]!) / (2 * reach + 1);
    }
  }
  return means;
}

/** Pearson's correlation where the second pictures are moved by a shift. Structures have a mean of about 0. */
function correlation(pictures: readonly Structure[], [shiftY, shiftX]: Yx): number {
  let products = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (const { first, second, shapeYx } of pictures) {
    const [rows, columns] = shapeYx;
    const [from, to] = [Math.max(0, -shiftX), Math.min(columns, columns - shiftX)];
    for (let y = Math.max(0, -shiftY); y < Math.min(rows, rows - shiftY); y++) {
      const inFirst = y * columns;
      const inSecond = (y + shiftY) * columns + shiftX;
      for (let x = from; x < to; x++) {
        const a = first[inFirst + x]!;
        const b = second[inSecond + x]!;
        products += a * b;
        squaresA += a * a;
        squaresB += b * b;
      }
    }
  }
  const scale = Math.sqrt(squaresA * squaresB);
  return scale > 0 ? products / scale : 0;
}
