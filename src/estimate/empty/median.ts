/** The median of every pixel over planes, by a kernel or, for other pixel types, by counting. */
import { Derived, readingRows, strideOf, writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import { areCameraIntegers } from "../../kernels/kernel-functions.ts";
import { integers, type Layout, layoutOf } from "../../kernels/layout.ts";
import type { PixelArray } from "../../shapes.ts";

/** Pixels of every plane in one call of the kernel. */
const pixelsOfCall = 2 ** 14;
/** The kernel counts planes in 16 bits. */
const mostPlanes = 32767;
/** About how many bytes the kernel gathers at a time: they and their source must fit into the second-level cache. */
const gatheredBytes = 2 ** 18;

/**
 * The median of every pixel over planes: `planes` is `[planeCount, planeStride]` in C order, of which the first
 * `pixelCount` pixels of each plane count; `destination` takes their medians. For an even number of planes that is the
 * mean of the two middle values. Of float32 pixels one NaN makes the median NaN.
 */
export function medianOverPlanes(
  planes: PixelArray,
  planeCount: number,
  pixelCount: number,
  destination: Float32Array,
  scratch: MedianScratch,
  planeStride = pixelCount,
): void {
  if (!areCameraIntegers(planes) || planeCount > mostPlanes) {
    mediansByCounting(planes, planeCount, pixelCount, destination, scratch, planeStride);
    return;
  }
  // In batches, as they may have to be copied
  for (let start = 0; start < pixelCount; start += pixelsOfCall) {
    const count = Math.min(pixelsOfCall, pixelCount - start);
    const from = readingRows(planes, start, [planeCount, count, planeStride]);
    const sizes = [planes.BYTES_PER_ELEMENT, planeCount, strideOf(from), count] as const;
    const gathered = working(medianKernelBytes(planeCount));
    const to = writing(destination, start, count);
    runKernel("medianOverPlanes", from, ...sizes, to, pixelsWithin(planeCount), gathered);
  }
}

/** Working memory for one call. */
export function working(bytes: number): Derived<"working"> {
  return new Derived("working", bytes);
}

/** Working memory of the kernel beside planes and medians, in bytes. */
export function medianKernelBytes(planeCount: number): number {
  const atOnce = pixelsWithin(planeCount);
  return 2 * atOnce + planeCount * (atOnce + 32);
}

/** Pixels that are gathered at a time: runs of some memory pages at most, of a few cache lines at least. */
function pixelsWithin(planeCount: number): number {
  return 16 * Math.max(4, Math.min(128, Math.floor(gatheredBytes / (16 * planeCount))));
}

/** Pixels whose values are gathered at a time: some cache lines of every plane, so that none is fetched twice. */
const pixelsAtOnce = 64;

/** Working memory of a median over planes, see {@link medianScratch}. */
export interface MedianScratch {
  /** The values of some pixels, those of one pixel contiguous; floats as keys of the same order. */
  readonly columns: Int32Array;
  /** Counts of 256 bins; all zero between uses. */
  readonly histogram: Int32Array;
}

/** Working memory for the median over `planeCount` planes. */
export function medianScratch(planeCount: number): Layout<MedianScratch> {
  return layoutOf({ columns: integers(pixelsAtOnce * planeCount), histogram: integers(256) });
}

/** Medians of pixels of any type, of any number of planes. */
function mediansByCounting(
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

// Float32 as integers of the same order: of a negative number all bits but the sign are inverted.

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The key of negative infinity: below it are only NaNs. */
const lowestKey = ~0x7f800000;

/** The key of positive infinity: above it are only NaNs. */
const highestKey = 0x7f800000;

/** The key, an int32, of the float32 with these bits. */
export function keyOfBits(floatBits: number): number {
  return floatBits ^ ((floatBits >> 31) & 0x7fffffff);
}

/** The float32 of a key. */
export function floatOfKey(key: number): number {
  bits[0] = keyOfBits(key);
  return float[0]!;
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

  // The lower of the two middle values: 256 bins over the range, then over the bin that holds it, until bins hold one
  // value.
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

  // The upper one: the same value, where it occurs often enough, else the next one.
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
