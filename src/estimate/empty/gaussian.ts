/** Gaussian blur with the very results of SciPy, and the mean and division of images. */

import { IsoluxError } from "../../errors.ts";
import { reading, writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import { doubles, floats, layoutOf, layoutOfAll, takeAlone } from "../../kernels/layout.ts";
import type { Yx } from "../../shapes.ts";

/** Writes row `y` of an image, whose pixels are single precision, into `row`. */
export type RowSource = (y: number, row: Float64Array) => void;

/**
 * A Gaussian blur of an image of `shapeYx`, in C order; `sigmaPx` 0 gives a copy. The image is mirrored beyond its
 * edges, the edge pixel repeated; the kernel ends at `truncate` sigmas. Sums in double precision, rounded to single
 * after each axis: the same bits as SciPy gives for float32. Works row by row, so that beside the blurred image, which
 * lies in a kernel memory, only some rows are in memory.
 * @see https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.gaussian_filter.html
 */
export function gaussianBlur(source: RowSource, shapeYx: Yx, sigmaPx = 1, truncate = 4): Float32Array {
  const [height, width] = shapeYx;
  const radius = sigmaPx > 0 ? Math.trunc(truncate * sigmaPx + 0.5) : 0;
  const plainWeights = radius > 0 ? gaussianWeights(sigmaPx, radius) : Float64Array.of(1);
  const { weights, near, padded, blurred } = takeAlone(blurLayout(height, width, radius));
  weights.set(plainWeights);
  const aside = near.map((_, at) => padded.subarray(at, at + width));
  const inY = padded.subarray(radius, radius + width);
  for (let y = 0, brought = 0; y < height; y++) {
    // Rows within the radius of this one, in a ring buffer
    for (; brought < Math.min(height, y + radius + 1); brought++) source(brought, near[brought % near.length]!);
    const rows = near.map((_, at) => near[reflected(y - radius + at, height) % near.length]!);
    addRows(rows, weights, inY);

    // The row itself, mirrored at both ends
    for (let x = 1; x <= radius; x++) {
      padded[radius - x] = inY[reflected(-x, width)]!;
      padded[radius + width - 1 + x] = inY[reflected(width - 1 + x, width)]!;
    }
    addRows(aside, weights, blurred.subarray(y * width, (y + 1) * width));
  }
  return blurred;
}

/** The arrays that a blur works in, and its result. */
function blurLayout(height: number, width: number, radius: number) {
  const rows = 2 * radius + 1;
  return layoutOf({
    weights: doubles(radius + 1),
    /** A ring buffer of as many rows of the image as are added. */
    near: layoutOfAll(Array.from({ length: rows }, () => doubles(width))),
    /** A row with the radius on both sides. */
    padded: doubles(width + rows - 1),
    blurred: floats(height * width),
  });
}

/** One half of the Gaussian, its centre first; the whole has sum 1. */
function gaussianWeights(sigmaPx: number, radius: number): Float64Array {
  const half = Float64Array.from({ length: radius + 1 }, (_, k) => Math.exp((-0.5 * k * k) / (sigmaPx * sigmaPx)));
  const sum = half.reduce((total, weight, k) => total + (k === 0 ? weight : 2 * weight), 0);
  return half.map((weight) => weight / sum);
}

/** The pixel for an index beyond the edge, however far beyond, mirrored. */
function reflected(index: number, length: number): number {
  const within = ((index % (2 * length)) + 2 * length) % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}

/**
 * Adds rows, each with its weight, into `destination`: the middle one of the `2 * radius + 1` first, then pairs of
 * equal weight, the farthest first. In double precision, rounded to single at the end, whether stored as single or as
 * double.
 *
 * @param weights of the middle row and those that are one, two ... rows away
 */
export function addRows(
  rows: readonly Float64Array[],
  weights: Float64Array,
  destination: Float32Array | Float64Array,
): void {
  const { length, BYTES_PER_ELEMENT } = destination;
  const radius = (rows.length - 1) / 2;
  const table = rows.map((row) => reading(row, 0, length));
  runKernel("addRows", table, reading(weights, 0, radius + 1), radius, length, writing(destination), BYTES_PER_ELEMENT);
}

/** Engines optimise a kernel between calls, not within the first one: so it is called several times. */
const pixelsAtOnce = 1 << 14;

function* turns(length: number): Generator<{ readonly start: number; readonly count: number }> {
  for (let start = 0; start < length; start += pixelsAtOnce)
    yield { start, count: Math.min(pixelsAtOnce, length - start) };
}

/** The mean of an image in double precision, each pixel divided by their number before it is added. */
export function meanOfImage(image: Float32Array): number {
  const { length } = image;
  let mean = 0;
  for (const { start, count } of turns(length)) {
    mean = runKernel("addShares", reading(image, start, count), count, length, mean);
  }
  return mean;
}

/**
 * Divides an image in place, in double precision.
 * @returns how many of its pixels are not positive or not finite afterwards
 */
export function divideImage(image: Float32Array, divisor: number): number {
  let bad = 0;
  for (const { start, count } of turns(image.length)) {
    bad += runKernel("divideAll", writing(image, start, count), count, divisor);
  }
  return bad;
}

/** @returns how many pixels are not positive or not finite afterwards */
export function divideByMean(image: Float32Array, cameraOffset: number): number {
  const mean = meanOfImage(image);
  if (!Number.isFinite(mean)) {
    throw new IsoluxError({
      kind: "estimation",
      what: "The sampled planes have pixels that are not finite numbers",
      advice: "Choose other tiles or planes, or repair the image",
    });
  }
  if (mean <= 0) {
    const above = cameraOffset === 0 ? "" : ` above the camera offset of ${cameraOffset}`;
    throw new IsoluxError({
      kind: "estimation",
      what: "The sampled planes are black: there is no light to estimate a profile from",
      found: `a mean of their median of ${mean} counts${above}`,
      expected: "more than 0",
      advice:
        cameraOffset === 0
          ? "Choose other tiles or planes, or estimate with BaSiC"
          : "Give a smaller camera offset, choose other tiles or planes, or estimate with BaSiC",
    });
  }
  return divideImage(image, mean);
}
