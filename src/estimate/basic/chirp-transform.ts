/** Fourier transforms of lengths with a large prime factor, as a convolution with a chirp. */
import { factorize, type MixedRadixPlan, planMixedRadix, transformMixedRadix } from "./mixed-radix.ts";

/** Tables and scratch memory of a chirp transform. */
export interface ChirpPlan {
  readonly kind: "chirp";
  readonly length: number;
  readonly batch: number;
  /** Transforms of a power of two that is at least `2·length - 1`. */
  readonly padded: MixedRadixPlan;
  readonly paddedLength: number;
  /** `exp(-πi·j² / length)`. */
  readonly chirpRe: Float64Array;
  readonly chirpIm: Float64Array;
  /** The transform of the conjugate chirp, over `paddedLength`. */
  readonly filterRe: Float64Array;
  readonly filterIm: Float64Array;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Tables and scratch memory for transforms of `length` numbers, `batch` of them at once. */
export function planChirpTransform(length: number, batch: number): ChirpPlan {
  const paddedLength = 2 ** Math.ceil(Math.log2(2 * length - 1));
  // j² is taken modulo 2·length, the chirp's period: large angles would lose digits.
  const angles = Array.from({ length }, (_, j) => (-Math.PI * ((j * j) % (2 * length))) / length);
  const chirpRe = Float64Array.from(angles, Math.cos);
  const chirpIm = Float64Array.from(angles, Math.sin);
  const filterRe = new Float64Array(paddedLength);
  const filterIm = new Float64Array(paddedLength);
  for (let j = 0; j < length; j++) {
    for (const place of [j, (paddedLength - j) % paddedLength]) {
      filterRe[place] = chirpRe[j]!;
      filterIm[place] = -chirpIm[j]!;
    }
  }
  transformMixedRadix(planMixedRadix(factorize(paddedLength), 1), filterRe, filterIm);
  const padded = planMixedRadix(factorize(paddedLength), batch);
  const [re, im] = [new Float64Array(paddedLength * batch), new Float64Array(paddedLength * batch)];
  return { kind: "chirp", length, batch, padded, paddedLength, chirpRe, chirpIm, filterRe, filterIm, re, im };
}

/**
 * The forward transform, in place: `-jk = ((j-k)² - j² - k²) / 2` turns it into a convolution.
 *
 * @see L. I. Bluestein, A linear filtering approach to the computation of discrete Fourier transform, 1970
 */
export function transformChirp(plan: ChirpPlan, re: Float64Array, im: Float64Array): void {
  const { length, batch, padded, paddedLength, chirpRe, chirpIm, filterRe, filterIm } = plan;
  plan.re.fill(0, length * batch);
  plan.im.fill(0, length * batch);
  multiplyRows(length, batch, re, im, chirpRe, chirpIm, 1, plan.re, plan.im);
  transformMixedRadix(padded, plan.re, plan.im);
  multiplyRows(paddedLength, batch, plan.re, plan.im, filterRe, filterIm, 1, plan.re, plan.im);
  transformMixedRadix(padded, plan.im, plan.re);
  multiplyRows(length, batch, plan.re, plan.im, chirpRe, chirpIm, 1 / paddedLength, re, im);
}

/** Row j of `[rows, batch]` times factor j and `scale`; source and destination may be the same arrays. */
function multiplyRows(
  rows: number,
  batch: number,
  re: Float64Array,
  im: Float64Array,
  factorRe: Float64Array,
  factorIm: Float64Array,
  scale: number,
  toRe: Float64Array,
  toIm: Float64Array,
): void {
  for (let j = 0; j < rows; j++) {
    const fr = factorRe[j]! * scale;
    const fi = factorIm[j]! * scale;
    for (let i = j * batch; i < (j + 1) * batch; i++) {
      const r = re[i]!;
      const m = im[i]!;
      toRe[i] = r * fr - m * fi;
      toIm[i] = r * fi + m * fr;
    }
  }
}
