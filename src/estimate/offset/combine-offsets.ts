/**
 * One camera offset from all that tells of it. Every evidence makes offsets more or less likely, with heavy tails: evidence
 * that contradicts the rest loses, or where neither side is stronger the error takes in both.
 */

/** What tells of an offset. */
export type OffsetSource = "photons" | "photon skewness" | "planes" | "dark planes" | "overlaps";

/** An offset with its standard error, in counts. */
export interface OffsetEvidence {
  readonly source: OffsetSource;
  readonly offset: number;
  readonly standardError: number;
  /** By how much the offset may be larger than told, each as likely as the others. */
  readonly shifts?: readonly number[];
}

/** What is known beside the evidence. */
export interface OffsetLimits {
  /** The most that the offset can be, in counts: what the dimmest planes show. */
  readonly bound: number;
  /** How bright the planes are, the offset included: an offset is known when its error is a small share of that. */
  readonly brightness: number;
}

/** A camera offset in counts, and what it rests on. */
export interface CombinedOffset {
  readonly offset: number;
  /** At most one offset in twenty is off by more than twice as much. */
  readonly standardError: number;
  readonly bound: number;
  readonly evidence: readonly OffsetEvidence[];
}

/** An offset counts as known when its standard error is at most this share of the brightness. */
const knownWithin = 0.1;
/** And at most this share of all that it could be: a wider one says little more than the bound does. */
const knownOfBound = 0.18;
/** Evidence beyond what can be by so many standard errors is wrong. */
const impossible = 2.5;
/** This share of offsets lies within two standard errors. */
const coverage = 0.96;
/** Cameras are no steadier than so many counts. */
const leastError = 0.7;
/** Shifts are so far apart, relative to their size. */
const shiftError = 0.1;
/** Degrees of freedom of the tails. */
const tails = 4;
/** Offsets that are looked at, evenly from 0 to the bound. */
const steps = 1200;

/** Combines evidence. @returns `undefined` where the offset stays unknown */
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

function logLikelihood({ offset: told, standardError, shifts }: OffsetEvidence, offset: number): number {
  if (shifts === undefined) return logTail((offset - told) / standardError);
  const sum = shifts.reduce((total, shift) => {
    const error = Math.hypot(standardError, shiftError * shift);
    return total + Math.exp(logTail((offset - told - shift) / error)) / error;
  }, 0);
  return Math.log(sum);
}

/** Student's distribution. */
function logTail(deviation: number): number {
  return -((tails + 1) / 2) * Math.log1p(deviation ** 2 / tails);
}

/** The median, and half of how far from it all but a few offsets lie. */
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
