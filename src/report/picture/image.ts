/** Images of numbers for drawing: reduced in size, as bytes, in colours, with contours, as PNG. */
import { elementCount, type Yx } from "../../shapes.ts";

/** An image of numbers, C order. */
export interface FieldImage {
  readonly shapeYx: Yx;
  readonly values: Float32Array;
}

/** The means of blocks, so that neither axis has more than `mostPx`; smaller images stay as they are. */
export function shrinkField(values: ArrayLike<number>, shapeYx: Yx, mostPx: number): FieldImage {
  const [rows, columns] = shapeYx;
  const factor = Math.max(1, Math.ceil(Math.max(rows, columns) / mostPx));
  const shape: Yx = [Math.ceil(rows / factor), Math.ceil(columns / factor)];
  const [sums, counts] = [new Float64Array(elementCount(shape)), new Float64Array(elementCount(shape))];
  for (let y = 0, i = 0; y < rows; y++) {
    const row = Math.floor(y / factor) * shape[1];
    for (let x = 0; x < columns; x++, i++) {
      const block = row + Math.floor(x / factor);
      sums[block]! += values[i]!;
      counts[block]! += 1;
    }
  }
  return { shapeYx: shape, values: Float32Array.from(sums, (sum, block) => sum / counts[block]!) };
}

/** The smallest and the largest finite value; 0 and 1 where there is none. */
export function rangeOf(values: ArrayLike<number>): readonly [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return least <= most ? [least, most] : [0, 1];
}

/** Values as bytes: `low` and less become 0, `high` and more 255. */
export function toBytes(values: ArrayLike<number>, low: number, high: number): Uint8Array {
  const scale = 255 / (high - low || 1);
  return Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round((value - low) * scale))));
}

/** A PNG image as a data URL, for a page without other files. */
export function pngUrl(png: Uint8Array): string {
  const pieces: string[] = [];
  // A call has a limited number of arguments.
  for (let at = 0; at < png.length; at += 8192) pieces.push(String.fromCharCode(...png.subarray(at, at + 8192)));
  return `data:image/png;base64,${btoa(pieces.join(""))}`;
}

/**
 * The colours of viridis by N. Smith and S. van der Walt (CC0), from the polynomials that M. Zucker fitted to them
 * (CC0).
 * @see https://bids.github.io/colormap and https://www.shadertoy.com/view/WlfXRN
 */
const coefficients: readonly (readonly [number, number, number])[] = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
];

/** The colour at a share from 0 (dark violet) to 1 (yellow), as red, green and blue bytes. */
export function viridis(share: number): [red: number, green: number, blue: number] {
  const t = Math.min(1, Math.max(0, share));
  const channel = (index: 0 | 1 | 2) => {
    const value = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient[index], 0);
    return Math.min(255, Math.max(0, Math.round(255 * value)));
  };
  return [channel(0), channel(1), channel(2)];
}
