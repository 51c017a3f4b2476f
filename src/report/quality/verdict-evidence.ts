/** What the rule of verdicts looks at, as plain values, and its limits. */
import type { ErrorEstimate } from "./image-errors.ts";
import type { LightVariation } from "./light-equations.ts";
import type { AppliedGains, Change, PairVotes, PixelDefects } from "./quality-report.ts";

/** What a verdict on a channel is made from. */
export interface Evidence {
  readonly isUnchanged: boolean;
  /** Share of the corrected values' variance that one profile for all planes explains; 0 where none does. */
  readonly explained: number;
  readonly correlation: number;
  readonly defects: PixelDefects;
  /** Which share of the mean brightness was taken off. */
  readonly subtracted?: number;
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
  /** Less of a change than this is none. */
  change: 0.05,
  /** Less of a change of the profile's own error is none. */
  shading: 0.005,
  /**
   * Seams are clearly better, or worse, where this share of the pairs is, by so much. Of what was taken off a camera's
   * offset may be a third: whether it was one is told too weakly to call an image worse against all of its seams.
   */
  clear: { share: 0.9, change: 0.5, subtracted: 0.4 },
  /** An image that is as likely better as worse. */
  even: 0.5,
  /** How likely a verdict must be, and how likely one of high confidence. */
  likely: 0.9,
  sure: 0.99,
  /** Where this share of the pixels was set to 0, no seam can speak for the correction. */
  zeroedAway: 0.6,
  /** From this share on a verdict is never of high confidence. */
  zeroed: 0.05,
  wrapped: 1e-5,
  notNumbers: 1e-5,
  uncorrected: 0.2,
  /** A direction of seams, or a third of the planes, that became so much worse counts against an improvement. */
  worsePart: 0.1,
  /** With fewer pairs no verdict is of high confidence. */
  pairs: 6,
  /**
   * Without overlaps an image is called worse only where so many edges, or planes, are by so much: tiles that are not
   * stitched show other sample on either side of an edge, and sample has a shape of its own in few planes.
   */
  worseAlone: { edges: { change: 0.15, count: 10 }, flatness: { change: 0.25, count: 1 } },
  /** Flatness of the mean also depends on where the sample lies: it is never surer than this. */
  flatness: 0.8,
} as const;
