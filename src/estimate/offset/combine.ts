/**
 * One camera offset from all that tells of it. Every evidence makes offsets more or less likely; tails are heavy, so that
 * evidence that contradicts the rest loses, or where neither side is stronger the error takes in both.
 */

/** What tells of an offset. */
export type OffsetSource = "photons" | "photon skewness" | "planes" | "overlaps";

/** An offset with its standard error, in counts. */
export interface OffsetEvidence {
  readonly source: OffsetSource;
  readonly offset: number;
  readonly standardError: number;
  /** Shifts of the offset that are as likely as each other, where its error is not symmetric: already in both figures. */
  readonly shifts?: readonly number[];
}

/** A camera offset in counts, and what it rests on. */
export interface CombinedOffset {
  readonly offset: number;
  /** True in the sense that less than one offset in twenty is off by more than twice as much. */
  readonly standardError: number;
  /** The most that it can be, as the dimmest planes show. */
  readonly bound: number;
  readonly evidence: readonly OffsetEvidence[];
}

/** What is known beside the evidence. */
export interface OffsetLimits {
  /** The most that the offset can be, see `mostOffset`. */
  readonly bound: number;
  /** How bright the planes are, the offset included: an offset is known when its error is a small share of that. */
  readonly brightness: number;
}

/** An offset counts as known when its standard error is at most this share of the brightness. */
const knownWithin = 0.1;
const steps = 1200;
/** Cameras are not steadier than that. */
const leastError = 0.7;
/** Shifts are so far apart, relative to their size. */
const shiftError = 0.1;
/** Degrees of freedom of the tails. */
const tails = 4;

/** @returns `undefined` where the offset stays unknown */
export function combineOffsets(
  evidence: readonly OffsetEvidence[],
  { bound, brightness }: OffsetLimits,
): CombinedOffset | undefined {
  const possible = evidence.filter(
    ({ offset, standardError }) => offset - 2.5 * standardError < bound && offset + 2.5 * standardError > 0,
  );
  if (possible.length === 0 || !(bound > 0) || !Number.isFinite(bound)) return undefined;
  const logs = Float64Array.from({ length: steps }, (_, at) => {
    const offset = ((at + 0.5) * bound) / steps;
    return possible.reduce((sum, one) => sum + logLikelihood(one, offset), 0);
  });
  const largest = logs.reduce((a, b) => Math.max(a, b));
  let [total, sum, squares] = [0, 0, 0];
  for (let at = 0; at < steps; at++) {
    const [offset, likelihood] = [((at + 0.5) * bound) / steps, Math.exp(logs[at]! - largest)];
    total += likelihood;
    sum += likelihood * offset;
    squares += likelihood * offset * offset;
  }
  const offset = sum / total;
  const standardError = Math.hypot(Math.sqrt(Math.max(0, squares / total - offset * offset)), leastError);
  if (!(standardError <= knownWithin * brightness)) return undefined;
  return { offset, standardError, bound, evidence };
}

function logLikelihood({ offset: told, standardError, shifts }: OffsetEvidence, offset: number): number {
  if (shifts === undefined) return logTail((offset - told) / standardError);
  const sum = shifts.reduce((total, shift) => {
    const error = Math.hypot(standardError, shiftError * shift);
    return total + Math.exp(logTail((offset - told - shift) / error)) / error;
  }, 0);
  return Math.log(sum / shifts.length);
}

function logTail(deviation: number): number {
  return -((tails + 1) / 2) * Math.log1p(deviation ** 2 / tails);
}
