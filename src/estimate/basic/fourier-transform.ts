/**
 * Fast Fourier transforms of any length, many at once: data are `[length, batch]` in C order and the transform runs
 * along the first axis, so that the innermost loops walk through contiguous memory.
 */
import { type ChirpPlan, paddedLengthOf, planChirpTransform, transformChirp } from "./chirp-transform.ts";
import type { Doubles } from "./complex-rows.ts";
import { factorize, type MixedRadixPlan, planMixedRadix, transformMixedRadix } from "./mixed-radix.ts";

/** What transforms of one length and batch need: tables and memory, made once and used again. */
export type FourierPlan = MixedRadixPlan | ChirpPlan;

/** Above this a prime factor costs more as a pass of its own than the chirp transform of the whole length. */
const largestRadix = 31;
/** Numbers that the arrays of a plan lie apart for the lines' sake: of up to a hundred arrays. */
const linesOfPlan = 100 * 8;

/** Tables and memory for transforms of `length` numbers, `batch` of them at once; kernels take even batches. */
export function planFourierTransform(length: number, batch: number, doubles: Doubles): FourierPlan {
  const isSmall = hasSmallFactors(length);
  return isSmall ? planMixedRadix(factorize(length), batch, doubles) : planChirpTransform(length, batch, doubles);
}

/** How many numbers {@link planFourierTransform} takes, at most, where each array begins at a whole cache line. */
export function fourierNumbers(length: number, batch: number): number {
  const mixed = (rows: number) => rows * (4 * batch + 6) + linesOfPlan;
  if (hasSmallFactors(length)) return mixed(length);
  const padded = paddedLengthOf(length);
  return mixed(padded) + 2 * padded + 2 * length * (batch + 1) + linesOfPlan;
}

function hasSmallFactors(length: number): boolean {
  return factorize(length).every((radix) => radix <= largestRadix);
}

/**
 * The forward transform `Z[k] = Σ_j z[j]·exp(-2πi·jk / length)` of the plan's input along its first axis; the plan's
 * output has the result, and the input is lost. With `re` and `im` exchanged in both it is the inverse one, times `length`.
 */
export function transformFourier(plan: FourierPlan): void {
  if (plan.kind === "chirp") transformChirp(plan);
  else transformMixedRadix(plan);
}
