/** The evidence for a verdict, as plain values, and the limits of the rule. */
import type { ErrorEstimate } from "./image-errors.ts";
import type { LightVariation } from "./light-equations.ts";
import type { AppliedGains, Change, PairVotes, PixelDefects } from "./quality-report.ts";

/** The evidence on a channel. */
export interface Evidence {
  readonly isUnchanged: boolean;
  /** Fraction of the corrected values' variance that one profile for all planes explains; 0 where none does. */
  readonly explained: number;
  readonly correlation: number;
  readonly defects: PixelDefects;
  /** Fraction of the mean brightness that was subtracted. */
  readonly subtracted?: number;
  /** How much more the pixels that became 0 varied than noise does, a ratio of variances. */
  readonly zeroedBeyondNoise?: number;
  /** The correlation of the differences between neighbouring pixels before and after, in the tile where it is least. */
  readonly detailKept?: number;
  /** The same at the level that was read, which tells whether both images show the same. */
  readonly detailAtLevel?: number;
  readonly pairCount: number;
  readonly votes?: PairVotes | undefined;
  readonly errors?: ErrorEstimate | undefined;
  readonly variation?: LightVariation | undefined;
  readonly gains?: AppliedGains | undefined;
  readonly edgeChange?: Change | undefined;
  readonly flatnessChange?: Change | undefined;
}

/** Limits of the rule; changes are relative. */
export const limits = {
  /** A smaller change counts as none. */
  change: 0.05,
  /** A smaller change of the profile's own error counts as none. */
  shading: 0.005,
  /**
   * Seams are clearly better, or worse, where this fraction of the pairs is, by so much. A camera's offset may be a
   * third of the brightness: whether the subtraction was one is too uncertain to call an image worse against all of its
   * seams. With them, a lower probability is enough for an improvement, of low confidence.
   */
  clear: { share: 0.9, change: 0.5, subtracted: 0.4, likely: 0.8 },
  /** The probability of an image that may equally be better or worse. */
  even: 0.5,
  /** The least probability of a verdict, and of one of high confidence or against the pairs. */
  likely: 0.9,
  sure: 0.99,
  /**
   * Where this fraction of the pixels was set to 0, and they varied so much more than noise does, seams are no evidence
   * for the correction. Around a sample on black, half of the pixels and more are below a camera's offset by noise alone.
   */
  zeroedAway: { pixels: 0.6, beyondNoise: 1.5 },
  /** From this fraction on a verdict is never of high confidence. */
  zeroed: 0.05,
  wrapped: 1e-5,
  notNumbers: 1e-5,
  uncorrected: 0.2,
  /** Below it, pixels were blurred, moved or exchanged, not only brightened. */
  detailKept: 0.9,
  /** A direction of seams, or a third of the planes, that became so much worse prevents an improvement. */
  worsePart: 0.1,
  /** With fewer pairs no verdict is of high confidence. */
  pairs: 6,
  /**
   * Without overlaps an image is called worse only where this many edges, or planes, are worse by this much: tiles that are not
   * stitched show different sample on either side of an edge, and in few planes sample has a shape of its own.
   */
  worseAlone: { edges: { change: 0.15, count: 10 }, flatness: { change: 0.25, count: 1 } },
  /** The highest certainty by flatness, which also depends on where the sample is. */
  flatness: 0.8,
} as const;
