/** What the camera shows without light, from planes of regions without sample that differ in brightness. */
import { regressPlanes } from "./plane-regression.ts";

/** An offset that planes show, with what tells how far to trust it. */
export interface OffsetEstimate {
  /** In counts, above the offset that was taken off already. */
  readonly offset: number;
  /** Standard error of the offset, in counts. */
  readonly standardError: number;
  /** Level of the planes in counts, the offset included. */
  readonly brightness: number;
  /** Relative standard deviation of the planes' levels. */
  readonly brightnessSpread: number;
  /** Whether the planes tell the offset, be it 0: its error is a small share of the brightness. */
  readonly isTold: boolean;
  /** Whether the offset is told, is certainly not 0, and large enough to harm a profile. */
  readonly isCertain: boolean;
}

/** An offset is suspected from this share of the brightness, and this many standard errors of its estimate. */
const leastShare = 0.05;
const leastStandardErrors = 2;

/** An offset is told when it is known to this share of the brightness. */
const toldWithin = 0.15;

/**
 * Estimates the offset: the level at which the planes' contrast would vanish.
 * @param series the brightness of every block in every plane, `[block][plane]`, in counts
 * @param noise standard deviation of a block by the noise of its pixels, in counts
 * @returns `undefined` where the planes tell nothing: too few, as bright as each other, or too even
 */
export function estimateOffset(series: readonly ArrayLike<number>[], noise = 0): OffsetEstimate | undefined {
  const found = regressPlanes(series, { noise });
  if (found === undefined) return undefined;
  const { brightness, brightnessSpread } = found;
  const { offset, standardError } = found.offset;
  const isTold = standardError < toldWithin * brightness;
  const isCertain = offset > leastStandardErrors * standardError && offset > leastShare * brightness;
  return { offset, standardError, brightness, brightnessSpread, isTold, isCertain };
}
