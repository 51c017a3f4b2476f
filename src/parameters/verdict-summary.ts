/** The verdict on profiles at the end of a run, as plain JSON-able values. */

/** A figure with the middle 95 % of what it may be. */
interface FigureRange {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Whether the corrected image is better than its source, and how far that can be relied upon. */
interface VerdictCore {
  readonly kind: "improved" | "no-gain" | "worse";
  /** Of verdicts of high confidence 99 in 100 are right. */
  readonly confidence: "high" | "moderate" | "low";
  /** From 0.5, a guess, to 1. */
  readonly certainty: number;
  /** One sentence. */
  readonly reason: string;
  /** All of it in one line. */
  readonly text: string;
}

/** The verdict on one channel. */
export interface ChannelVerdict extends VerdictCore {
  readonly label: string;
  /**
   * Mean difference of neighbours in their overlaps, as a share of the brightness of the source, without the noise of
   * pixels; not there where none overlap.
   */
  readonly seams?: {
    readonly before: number;
    readonly after: number;
    /** The number of comparisons in which neighbours agree better, and the number of all. */
    readonly betterCount: number;
    readonly count: number;
    /** Whether each comparison is a pair of tiles; with few pairs each plane of a pair is one. */
    readonly ofPairs: boolean;
  };
  /** How far the profile is off, as overlaps let estimate: mean |S / S_true - 1|. */
  readonly profileError?: FigureRange;
}

/** The verdict on all channels: `worse` where one is, else `improved` where one is. */
export interface VerdictSummary extends VerdictCore {
  readonly channels: readonly ChannelVerdict[];
}
