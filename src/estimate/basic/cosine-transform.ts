/** The orthonormal two-dimensional cosine transform (DCT-II) and its inverse (DCT-III), for images of every size. */
import type { Yx } from "../../shapes.ts";
import { type FourierPlan, planFourierTransform, transformFourier } from "./fourier-transform.ts";

/** Tables and scratch memory for transforms of images of one shape, made once and used again. */
export interface CosinePlan {
  readonly shapeYx: Yx;
  readonly alongY: AxisPlan;
  readonly alongX: AxisPlan;
  /** The image between the two axes, transposed. */
  readonly between: Float64Array;
}

/** The transform along the first axis of `[length, batch]`; two real columns travel as one complex one. */
interface AxisPlan {
  readonly length: number;
  readonly batch: number;
  readonly fourier: FourierPlan;
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** `cos` and `sin` of `πk / (2·length)`. */
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** Tables and scratch memory for images of `shapeYx`. */
export function planCosineTransform(shapeYx: Yx): CosinePlan {
  const [height, width] = shapeYx;
  return {
    shapeYx,
    alongY: planAxis(height, width),
    alongX: planAxis(width, height),
    between: new Float64Array(height * width),
  };
}

/** DCT-II of `image` over both axes, orthonormal. The destination may be the image itself. */
export function transformCosine(plan: CosinePlan, image: Float64Array, destination: Float64Array): void {
  transformAxis(plan.alongY, image, plan.between);
  transformAxis(plan.alongX, plan.between, destination);
}

/** The inverse of {@link transformCosine}. The destination may be the coefficients themselves. */
export function invertCosine(plan: CosinePlan, coefficients: Float64Array, destination: Float64Array): void {
  invertAxis(plan.alongY, coefficients, plan.between);
  invertAxis(plan.alongX, plan.between, destination);
}

function planAxis(length: number, batch: number): AxisPlan {
  const half = Math.ceil(batch / 2);
  const angles = Array.from({ length }, (_, k) => (Math.PI * k) / (2 * length));
  return {
    length,
    batch,
    fourier: planFourierTransform(length, half),
    re: new Float64Array(length * half),
    im: new Float64Array(length * half),
    cosines: Float64Array.from(angles, Math.cos),
    sines: Float64Array.from(angles, Math.sin),
  };
}

/** The row that stands at place `j` when the even rows come first, ascending, and then the odd ones, descending. */
function shuffledRow(j: number, length: number): number {
  return 2 * j < length ? 2 * j : 2 * (length - j) - 1;
}

/**
 * DCT-II along the first axis of `[length, batch]`, written transposed as `[batch, length]`: the Fourier transform of
 * the shuffled rows, turned by a quarter sample.
 *
 * @see J. Makhoul, A fast cosine transform in one and two dimensions, IEEE Trans. ASSP 28 (1980), 27-34
 */
function transformAxis(plan: AxisPlan, source: Float64Array, transposed: Float64Array): void {
  const { length, batch, fourier, re, im, cosines, sines } = plan;
  const half = Math.ceil(batch / 2);
  for (let j = 0; j < length; j++) {
    const row = shuffledRow(j, length) * batch;
    re.set(source.subarray(row, row + half), j * half);
    im.set(source.subarray(row + half, row + batch), j * half);
    if (batch % 2 === 1) im[(j + 1) * half - 1] = 0;
  }
  transformFourier(fourier, re, im);
  for (let k = 0; k < length; k++) {
    const scale = Math.sqrt((k === 0 ? 1 : 2) / length) / 2;
    const cosine = cosines[k]! * scale;
    const sine = sines[k]! * scale;
    const mirrored = k === 0 ? 0 : length - k;
    for (let q = 0; q < half; q++) {
      const a = k * half + q;
      const b = mirrored * half + q;
      // The transforms of the two real columns are the conjugate-even and the conjugate-odd part.
      transposed[q * length + k] = (re[a]! + re[b]!) * cosine + (im[a]! - im[b]!) * sine;
      if (q + half < batch) {
        transposed[(q + half) * length + k] = (im[a]! + im[b]!) * cosine - (re[a]! - re[b]!) * sine;
      }
    }
  }
}

/** DCT-III along the first axis of `[length, batch]`, written transposed: the steps of `transformAxis`, backwards. */
function invertAxis(plan: AxisPlan, source: Float64Array, transposed: Float64Array): void {
  const { length, batch, fourier, re, im, cosines, sines } = plan;
  const half = Math.ceil(batch / 2);
  const odd = batch % 2 === 1;
  for (let k = 0; k < length; k++) {
    const scale = 1 / Math.sqrt((k === 0 ? 1 : 2) * length);
    const cosine = cosines[k]! * scale;
    const sine = sines[k]! * scale;
    // Coefficient `length` is zero: it stands for the imaginary part of a real number.
    const mirrored = (k === 0 ? 0 : length - k) * batch;
    const present = k === 0 ? 0 : 1;
    for (let q = 0; q < half; q++) {
      const a = source[k * batch + q]!;
      const b = source[mirrored + q]! * present;
      const single = odd && q === half - 1;
      const c = single ? 0 : source[k * batch + q + half]!;
      const d = single ? 0 : source[mirrored + q + half]! * present;
      re[k * half + q] = a * cosine + b * sine - (c * sine - d * cosine);
      im[k * half + q] = a * sine - b * cosine + (c * cosine + d * sine);
    }
  }
  transformFourier(fourier, im, re);
  for (let j = 0; j < length; j++) {
    const row = shuffledRow(j, length);
    for (let q = 0; q < half; q++) transposed[q * length + row] = re[j * half + q]!;
    for (let q = half; q < batch; q++) transposed[q * length + row] = im[j * half + q - half]!;
  }
}
