import type { PixelArray } from "../shapes.ts";
import { floatOfKey, highestKey, keyOfBits, lowestKey } from "./float-keys.ts";
import { type MedianScratch, pixelsAtOnce } from "./median-scratch.ts";

/**
 * The median of every pixel over planes: `planes` is `[planeCount, planeStride]` in C order, of which the first
 * `pixelCount` pixels of each plane count; `destination` takes their medians. For an even number of planes that is the
 * mean of the two middle values. Of float32 pixels one NaN makes the median NaN.
 */
export function medianOverPlanesTwin(
  planes: PixelArray,
  planeCount: number,
  pixelCount: number,
  destination: Float32Array,
  scratch: MedianScratch,
  planeStride = pixelCount,
): void {
  const { columns, histogram } = scratch;
  const areFloats = planes instanceof Float32Array;
  const values = areFloats ? new Int32Array(planes.buffer, planes.byteOffset, planes.length) : planes;
  for (let start = 0; start < pixelCount; start += pixelsAtOnce) {
    const stop = Math.min(start + pixelsAtOnce, pixelCount);
    for (let plane = 0; plane < planeCount; plane++) {
      const row = plane * planeStride;
      for (let pixel = start, at = plane; pixel < stop; pixel++, at += planeCount) columns[at] = values[row + pixel]!;
    }
    if (areFloats) bitsToKeys(columns, (stop - start) * planeCount);
    for (let pixel = start; pixel < stop; pixel++) {
      destination[pixel] = medianOfColumn(columns, (pixel - start) * planeCount, planeCount, areFloats, histogram);
    }
  }
}

function bitsToKeys(columns: Int32Array, count: number): void {
  for (let at = 0; at < count; at++) columns[at] = keyOfBits(columns[at]!);
}

function medianOfColumn(
  columns: Int32Array,
  start: number,
  count: number,
  areFloats: boolean,
  histogram: Int32Array,
): number {
  // The range of the values.
  const stop = start + count;
  let least = columns[start]!;
  let most = least;
  for (let at = start + 1; at < stop; at++) {
    const value = columns[at]!;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (areFloats && (least < lowestKey || most > highestKey)) return Number.NaN;

  // The lower of the two middle values: 256 bins over the range, then over the bin that holds it, until bins hold one value.
  const rank = (count - 1) >> 1;
  let lower = least;
  let below = 0; // values below `lower`; at the end, up to it
  let bits = 32 - Math.clz32(most - least);
  for (;;) {
    const shift = Math.max(0, bits - 8);
    const bins = 1 << (bits - shift);
    for (let at = start; at < stop; at++) {
      const bin = (columns[at]! - lower) >>> shift;
      if (bin < bins) histogram[bin]!++;
    }
    let bin = 0;
    while (below + histogram[bin]! <= rank) below += histogram[bin++]!;
    const inBin = histogram[bin]!;
    histogram.fill(0, 0, bins);
    lower = (lower + (bin << shift)) | 0;
    bits = shift;
    if (shift === 0) {
      below += inBin;
      break;
    }
  }

  // The upper one: the same value, where there are enough of it, else the next one.
  let upper = lower;
  if (count % 2 === 0 && below === count >> 1) {
    upper = most;
    for (let at = start; at < stop; at++) {
      const value = columns[at]!;
      if (value > lower && value < upper) upper = value;
    }
  }
  return areFloats ? (floatOfKey(lower) + floatOfKey(upper)) / 2 : (lower + upper) / 2;
}
