/**
 * Measures the shift between two images of the same place, by phase correlation.
 *
 * @see C. D. Kuglin, D. C. Hines, The phase correlation image alignment method, Proc. IEEE Int. Conf. on Cybernetics
 * and Society (1975), 163-165
 */
import { layoutOf, takeAlone } from "../../kernels/layout.ts";
import type { Yx } from "../../shapes.ts";
import { type FourierPlan, fourierLayout, planFourierTransform, transformFourier } from "./fourier.ts";

/** A shift and how certain it is. */
interface Shift {
  /** What the first image shows at a pixel, the second shows this many pixels further down and to the right. */
  readonly shiftYx: Yx;
  /** The correlation at the shift, in standard deviations of the correlation everywhere: noise alone reaches 4 to 5. */
  readonly certainty: number;
}

/**
 * The whole-pixel shift, at most `mostPx` along either axis, between two images of `shapeYx`, C order. Pixels of NaN
 * count as the mean.
 */
export function findShift(first: Float32Array, second: Float32Array, shapeYx: Yx, mostPx: number): Shift {
  const [rows, columns] = shapeYx;
  // Both images are real: one transform serves both, as real and imaginary part.
  const re = windowed(first, shapeYx);
  const im = windowed(second, shapeYx);
  const plan = planOf(shapeYx);
  transform2d(plan, re, im);
  const [crossRe, crossIm] = [new Float64Array(re.length), new Float64Array(re.length)];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const i = y * columns + x;
      const mirrored = ((rows - y) % rows) * columns + ((columns - x) % columns);
      const [aRe, aIm] = [(re[i]! + re[mirrored]!) / 2, (im[i]! - im[mirrored]!) / 2];
      const [bRe, bIm] = [(im[i]! + im[mirrored]!) / 2, (re[mirrored]! - re[i]!) / 2];
      const [productRe, productIm] = [aRe * bRe + aIm * bIm, aRe * bIm - aIm * bRe];
      const magnitude = Math.hypot(productRe, productIm) || 1;
      crossRe[i] = productRe / magnitude;
      crossIm[i] = productIm / magnitude;
    }
  }
  // The inverse transform, without its factor.
  transform2d(plan, crossIm, crossRe);
  return peakOf(crossRe, shapeYx, mostPx);
}

/** Deviations from the mean, faded out towards the edges. */
function windowed(image: Float32Array, [rows, columns]: Yx): Float64Array {
  let [sum, count] = [0, 0];
  for (const value of image) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  const mean = sum / Math.max(1, count);
  const [fadeY, fadeX] = [hann(rows), hann(columns)];
  const faded = new Float64Array(image.length);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) {
      faded[i] = Number.isNaN(image[i]!) ? 0 : (image[i]! - mean) * fadeY[y]! * fadeX[x]!;
    }
  }
  return faded;
}

function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / length) ** 2);
}

/** Transforms over both axes of images of one shape. */
interface PlanePlan {
  readonly shapeYx: Yx;
  readonly alongY: FourierPlan;
  readonly alongX: FourierPlan;
}

/** Plans by shape, which overlaps share: kept until their arrays take these bytes. */
const kept = new Map<string, PlanePlan>();
const mostKeptBytes = 8 * 2 ** 20;
let keptBytes = 0;

function planOf(shapeYx: Yx): PlanePlan {
  const known = kept.get(String(shapeYx));
  if (known !== undefined) return known;
  const [rows, columns] = shapeYx;
  const [evenRows, evenColumns] = [rows + (rows % 2), columns + (columns % 2)];
  const layout = layoutOf({ alongY: fourierLayout(rows, evenColumns), alongX: fourierLayout(columns, evenRows) });
  if (keptBytes + layout.bytes > mostKeptBytes) {
    kept.clear();
    keptBytes = 0;
  }
  const arrays = takeAlone(layout);
  const plan = {
    shapeYx,
    alongY: planFourierTransform(rows, evenColumns, arrays.alongY),
    alongX: planFourierTransform(columns, evenRows, arrays.alongX),
  };
  kept.set(String(shapeYx), plan);
  keptBytes += layout.bytes;
  return plan;
}

/** The forward transform over both axes, in place. */
function transform2d(
  { shapeYx: [rows, columns], alongY, alongX }: PlanePlan,
  re: Float64Array,
  im: Float64Array,
): void {
  transformAlong(alongY, re, im, [rows, columns]);
  const [turnedRe, turnedIm] = [transposed(re, rows, columns), transposed(im, rows, columns)];
  transformAlong(alongX, turnedRe, turnedIm, [columns, rows]);
  re.set(transposed(turnedRe, columns, rows));
  im.set(transposed(turnedIm, columns, rows));
}

/** The forward transform over the first axis, in place; the plan's rows have an even number of columns. */
function transformAlong(plan: FourierPlan, re: Float64Array, im: Float64Array, [rows, columns]: Yx): void {
  const batch = columns + (columns % 2);
  for (const [from, to] of [[re, plan.input.re] as const, [im, plan.input.im] as const]) {
    to.fill(0);
    for (let y = 0; y < rows; y++) to.set(from.subarray(y * columns, (y + 1) * columns), y * batch);
  }
  transformFourier(plan);
  for (const [from, to] of [[plan.output.re, re] as const, [plan.output.im, im] as const]) {
    for (let y = 0; y < rows; y++) to.set(from.subarray(y * batch, y * batch + columns), y * columns);
  }
}

function transposed(image: Float64Array, rows: number, columns: number): Float64Array {
  const turned = new Float64Array(image.length);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) turned[x * rows + y] = image[i]!;
  }
  return turned;
}

function peakOf(correlation: Float64Array, [rows, columns]: Yx, mostPx: number): Shift {
  const squares = correlation.reduce((sum, value) => sum + value * value, 0);
  const deviation = Math.sqrt(squares / correlation.length) || 1;
  const [mostY, mostX] = [Math.min(mostPx, (rows - 1) >> 1), Math.min(mostPx, (columns - 1) >> 1)];
  let best: Shift = { shiftYx: [0, 0], certainty: Number.NEGATIVE_INFINITY };
  for (let y = -mostY; y <= mostY; y++) {
    for (let x = -mostX; x <= mostX; x++) {
      const value = correlation[((y + rows) % rows) * columns + ((x + columns) % columns)]!;
      if (value / deviation > best.certainty) best = { shiftYx: [y, x], certainty: value / deviation };
    }
  }
  return best;
}
