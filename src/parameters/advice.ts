/** What `--auto` found: plain JSON-able values, for summaries and the output's attributes. */

/** One way to a profile, and how well it did. */
export interface CandidateScore {
  /** What it is, in words. */
  readonly name: string;
  readonly source: "none" | "given" | "empty" | "basic" | "even";
  /** Whether overlaps refined it. */
  readonly refined: boolean;
  /** Its parameters as a run takes them, those that differ from the defaults. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /**
   * By overlaps: how far neighbours are apart, as a share of the brightness that the planes have as they were taken, on
   * average over pairs that had no part in the candidate. By planes: how uneven the mean of planes is that had no part.
   * @nullable
   */
  readonly figure: number;
}

/** How well the chosen way does with fewer planes. */
export interface LearningPoint {
  /** Planes of each profile, on average. */
  readonly planeCount: number;
  /** @nullable */
  readonly figure: number;
}

/** The choice among candidates, and what it rests on. */
export interface Advice {
  /** Pairs of tiles that show the same tissue, or planes alone, which are much weaker evidence. */
  readonly basis: "overlaps" | "planes";
  /** Pairs, or planes, that it was scored on. */
  readonly scoredBy: number;
  readonly foldCount: number;
  readonly level: number;
  readonly seed: number;
  readonly candidates: readonly CandidateScore[];
  /** Which of the candidates was chosen. */
  readonly chosen: number;
  /** The figure of the choice where also the choice was made without the pairs that score it. @nullable */
  readonly heldOut: number;
  /** The share of resamplings in which the choice is better than no correction; 0.5 is a guess. */
  readonly certainty: number;
  /** The next best candidate, and the share of resamplings in which the choice is better than it. */
  readonly runnerUp?: { readonly candidate: number; readonly certainty: number };
  /**
   * A candidate that overlaps cannot distinguish from the choice, and the mean difference of their flat-fields, as a
   * share: inside of the field, where no overlap is, one of both is wrong.
   */
  readonly rival?: { readonly candidate: number; readonly difference: number };
  /**
   * By how much tiles differ in brightness, the standard deviation of their log gains, by the candidate that agrees best
   * without them; absent where they do not.
   */
  readonly gainSpread?: number;
  /** Present where figures are less what the brightness of tiles explains: it hid what a profile changes. */
  readonly besideGains?: boolean;
  /** Whether `auto` asked for all that an image allows; a bounded choice, where no profile was named, tries less. */
  readonly isWide: boolean;
  readonly learning: readonly LearningPoint[];
  readonly morePlanesHelp: "yes" | "no" | "all-used" | "unknown";
  /** Channels that no candidate makes better: they stay as they are. */
  readonly unchangedChannels: readonly string[];
  /** A choice that is not better than the source by the verdict, in some channels: they stay as they are. */
  readonly withheld?: { readonly name: string; readonly channels: readonly string[]; readonly reason: string };
  readonly flags: readonly QualityFlag[];
  /** What a run takes in place of `auto`: the parameters that repeat the choice. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The command that does; not there where no correction is better. */
  readonly command?: string;
}

/** What a flag is about; the word is stable, the sentence is not. */
export type FlagKind =
  | "stitched"
  | "no-tiles"
  | "few-planes"
  | "few-pairs"
  | "saturated"
  | "zeroed"
  | "clipped-high"
  | "wrapped"
  | "not-numbers"
  | "uncorrected"
  | "gains-hide-tilt"
  | "light-varies"
  | "reused-profile"
  | "rough-profile"
  | "foreign-profile"
  | "planes-too-alike"
  | "doubtful-profile"
  | "rival-profile"
  | "no-correction-is-better"
  | "not-a-correction"
  | "unchanged";

/** Something that who looks at the images should know. */
export interface QualityFlag {
  readonly kind: FlagKind;
  /** The channels concerned, by label; none where all are. */
  readonly channels: readonly string[];
  /** One or two sentences: what was found, and what to do. */
  readonly text: string;
}
