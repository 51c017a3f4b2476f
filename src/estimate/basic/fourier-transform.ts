/**
 * Fast Fourier transforms of any length, many at once: data are `[length, batch]` in C order and the transform runs
 * along the first axis, so that the innermost loops walk through contiguous memory.
 */
import { type ChirpPlan, planChirpTransform, transformChirp } from "./chirp-transform.ts";
import { factorize, type MixedRadixPlan, planMixedRadix, transformMixedRadix } from "./mixed-radix.ts";

/** What transforms of one length and batch need: tables and scratch memory, made once and used again. */
export type FourierPlan = MixedRadixPlan | ChirpPlan;

/** Above this a prime factor costs more as a pass of its own than the chirp transform of the whole length. */
const largestRadix = 31;

/** Tables and scratch memory for transforms of `length` numbers, `batch` of them at once. */
export function planFourierTransform(length: number, batch: number): FourierPlan {
  const radices = factorize(length);
  const small = radices.every((radix) => radix <= largestRadix);
  return small ? planMixedRadix(radices, batch) : planChirpTransform(length, batch);
}

/**
 * The forward transform `Z[k] = Σ_j z[j]·exp(-2πi·jk / length)` of `[length, batch]` along its first axis, in place.
 * With `re` and `im` exchanged it is the inverse one, times `length`.
 */
export function transformFourier(plan: FourierPlan, re: Float64Array, im: Float64Array): void {
  if (plan.kind === "chirp") transformChirp(plan, re, im);
  else transformMixedRadix(plan, re, im);
}
