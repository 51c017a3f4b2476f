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
