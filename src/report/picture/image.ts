/** Images of numbers for drawing: reduced in size, as bytes, in colours, with contours, as PNG. */
import { elementCount, type Yx } from "../../shapes.ts";

/** An image of numbers, C order. */
export interface FieldImage {
  readonly shapeYx: Yx;
  readonly values: Float32Array;
}

/** The reduced image of a plane, and its position relative to the full resolution. */
export interface Overview extends FieldImage {
  /** Full-resolution pixels per pixel of the picture. */
  readonly stepYx: Yx;
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
