/**
 * Combines several estimates of the camera offset into one. Each estimate makes offsets more or less likely, with heavy
 * tails: one that contradicts the rest has little influence, or where neither side is stronger the error spans both.
 */

/** Where an estimate of the offset comes from. */
type OffsetSource = "photons" | "photon skewness" | "planes" | "dark planes" | "overlaps";

/** An estimate of the offset with its standard error, in counts. */
export interface OffsetEvidence {
  readonly source: OffsetSource;
  readonly offset: number;
  readonly standardError: number;
  /** By how much the true offset may exceed the estimate, each equally likely. */
  readonly shifts?: readonly number[];
}

/** Limits of the offset, besides the estimates. */
export interface OffsetLimits {
  /** The largest possible offset, in counts: the brightness of the dimmest planes. */
  readonly bound: number;
  /**
   * Brightness of the planes, the offset included: an offset counts as known when its error is a small fraction of it.
   */
  readonly brightness: number;
}

/** A camera offset in counts, and the estimates that it is based on. */
interface CombinedOffset {
  readonly offset: number;
  /** At most one offset in twenty is off by more than twice as much. */
  readonly standardError: number;
  readonly bound: number;
  readonly evidence: readonly OffsetEvidence[];
}

/** An offset counts as known when its standard error is at most this share of the brightness. */
const knownWithin = 0.1;
/** And at most this fraction of the bound: a larger error says little more than the bound does. */
const knownOfBound = 0.18;
/** An estimate that is outside of the limits by this many standard errors is wrong. */
const impossible = 2.5;
/** The fraction of the probability within two standard errors. */
const coverage = 0.96;
/** The offset of a camera varies by this many counts. */
const leastError = 0.7;
/** The spacing of shifts, relative to their size. */
const shiftError = 0.1;
/** Degrees of freedom of the tails. */
const tails = 4;
/** Number of offsets that are evaluated, evenly spaced from 0 to the bound. */
const steps = 1200;

/** Combines estimates. @returns `undefined` where the offset stays unknown */
export function combineOffsets(
  evidence: readonly OffsetEvidence[],
  { bound, brightness }: OffsetLimits,
): CombinedOffset | undefined {
  if (!(bound > 0) || !Number.isFinite(bound)) return undefined;
  const possible = evidence.filter(({ offset, standardError, shifts = [] }) => {
    const most = offset + Math.max(0, ...shifts);
    return offset - impossible * standardError < bound && most + impossible * standardError > 0;
  });
  if (possible.length === 0) return undefined;
  const logs = Float64Array.from({ length: steps }, (_, at) => {
    return possible.reduce((sum, one) => sum + logLikelihood(one, ((at + 0.5) * bound) / steps), 0);
  });
  const { offset, standardError } = summarise(logs, bound);
  const isKnown = standardError <= Math.min(knownWithin * brightness, knownOfBound * bound);
  return isKnown ? { offset, standardError, bound, evidence } : undefined;
}

function logLikelihood({ offset: estimated, standardError, shifts }: OffsetEvidence, offset: number): number {
  if (shifts === undefined) return logTail((offset - estimated) / standardError);
  const sum = shifts.reduce((total, shift) => {
    const error = Math.hypot(standardError, shiftError * shift);
    return total + Math.exp(logTail((offset - estimated - shift) / error)) / error;
  }, 0);
  return Math.log(sum);
}

/** The logarithm of Student's distribution, without its constant. */
function logTail(deviation: number): number {
  return -((tails + 1) / 2) * Math.log1p(deviation ** 2 / tails);
}

/** The median, and half the distance within which nearly all of the probability lies. */
function summarise(logs: Float64Array, bound: number): Pick<CombinedOffset, "offset" | "standardError"> {
  const largest = logs.reduce((a, b) => Math.max(a, b));
  const likelihoods = logs.map((log) => Math.exp(log - largest));
  const total = likelihoods.reduce((sum, value) => sum + value, 0);
  let [middle, below] = [0, likelihoods[0]!];
  while (below < total / 2) below += likelihoods[++middle]!;
  let [reach, within] = [0, likelihoods[middle]!];
  while (within < coverage * total) {
    reach++;
    within += (likelihoods[middle - reach] ?? 0) + (likelihoods[middle + reach] ?? 0);
  }
  const step = bound / steps;
  return { offset: (middle + 0.5) * step, standardError: Math.hypot((reach * step) / 2, leastError) };
}
