/** The result of a check of a corrected image: plain JSON-able values. */
import type { QualityFlag } from "../../parameters/advice.ts";
import type { SampledPlane } from "../../parameters/summaries.ts";
import type { Yx } from "../../shapes.ts";
import type { Coverage } from "../../tiles/coverage.ts";
import type { IlluminationSide } from "../../tiles/tile.ts";
import type { FlatfieldMeasures, PlaneMeasures } from "../plane-measures.ts";
import type { SeamReport } from "../seams.ts";
import type { ErrorEstimate } from "./image-errors.ts";
import type { LightVariation } from "./light-equations.ts";

/** Whether a correction improved the image. */
export type VerdictKind = "improved" | "no-gain" | "worse";

/**
 * What a verdict is based on: the same tissue in two tiles (most certain), neighbouring tiles where they meet, the mean
 * over all planes (least certain), or pixels that are obviously wrong.
 */
export type VerdictBasis = "overlaps" | "edges" | "flatness" | "pixels";

/** Whether a correction improved the image, why, and how certain that is. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** One sentence. */
  readonly reason: string;
  readonly basis: VerdictBasis;
  /** Fraction of the resamplings that agree, limited by the number of comparisons: 0.5 is a guess. */
  readonly certainty: number;
  /** The certainty in a word. */
  readonly confidence: Confidence;
}

/** The reliability of a verdict: of those that are `high`, 99 in 100 are right. */
export type Confidence = "high" | "moderate" | "low";

/** A change over many comparisons of the same figure before and after. */
export interface Change {
  /** Mean change, as a fraction: -0.8 means that differences are 80 % smaller. */
  readonly mean: number;
  /** The central 95 % interval of the mean over resampled comparisons. */
  readonly interval: readonly [low: number, high: number];
  readonly count: number;
  readonly betterCount: number;
  readonly worseCount: number;
  /** The fraction of the resamplings that agree with the sign of the mean, at most 1 - 2^-count. */
  readonly certainty: number;
}

/** A change in one direction of seams: those between rows of tiles, or between columns. */
export interface DirectionChange extends Change {
  readonly direction: "rows" | "columns";
}

/** Changes of pairs of neighbours, in counts of the source. */
export interface PairVotes {
  /** Of the mean difference over all pairs: large differences have more weight. */
  readonly arithmetic: Change;
  /** The mean of the relative changes, pair by pair. */
  readonly geometric: Change;
  readonly directions: readonly DirectionChange[];
  /** In the upper, middle and lower third of the planes. */
  readonly depths: readonly Change[];
  readonly shading: SeamShares;
}

/**
 * The mean difference of neighbours by shading, relative to the brightness of the source: of blocks, in counts of the
 * source, less what the noise of pixels leaves in the means of blocks.
 */
export interface SeamShares {
  readonly before: number;
  readonly after: number;
  readonly pairCount: number;
}

/** Fractions of pixels, or of planes, that the correction damaged. */
export interface PixelDefects {
  /** Pixels that were set to 0, and to the largest value of their type. */
  readonly zeroed: number;
  readonly cutOff: number;
  /** Pixels close to the largest value where the source is dark: a negative difference stored without a sign. */
  readonly wrapped: number;
  /** Pixels that are NaN. */
  readonly notNumbers: number;
  /** Planes of tiles that were left as they are, while others were corrected. */
  readonly uncorrected: number;
}

/** The gains that the correction applied to tiles. */
export interface AppliedGains {
  /** The standard deviation of their logarithms. */
  readonly spread: number;
  /** The probability that they are real, and do not compensate a tilt of the profile. */
  readonly chanceReal: number;
}

/** A profile that was applied. */
export interface AppliedProfile {
  readonly side?: IlluminationSide;
  /** Whether the profile is the one that was used, or was recovered from the pixels before and after. */
  readonly origin: "known" | "recovered";
  readonly measures: FlatfieldMeasures;
  /** SHA-256 of the profile, if the corrected image records it. */
  readonly sha256?: string;
}

/** The result of a check for one channel. */
export interface ChannelQuality {
  readonly label: string;
  readonly verdict: Verdict;
  /** Differences of neighbours in their overlaps: figures before and after; null where no pair could be compared. */
  readonly seams: SeamReport;
  /** The change of the differences of neighbours by shading alone: noise and small shifts are averaged out first. */
  readonly overlapChange?: Change;
  /** Changes of pairs, in both kinds of means, by direction and by depth. */
  readonly votes?: PairVotes;
  /** Estimated errors of the image and of the profile, by overlaps. */
  readonly errors?: ErrorEstimate;
  /** What the light changes with in the mosaic, by overlaps. */
  readonly lightVariation?: LightVariation;
  readonly defects: PixelDefects;
  readonly gains?: AppliedGains;
  /** The change of steps where neighbouring tiles meet in the mosaic; present where tiles touch and do not overlap. */
  readonly edgeChange?: Change;
  /** Steps at the edges of tiles over steps inside of them: about 1 where no grid is visible. */
  readonly gridStrength?: { readonly before: number; readonly after: number };
  /** The change of the unevenness of the mean over all planes. */
  readonly flatnessChange?: Change;
  /** Figures of the planes before and after, with the mean plane's unevenness and the joint variation. */
  readonly before: PlaneMeasures;
  readonly after: PlaneMeasures;
  /** Fraction of pixels that the correction set to 0, and of those set to the largest value of their type. */
  readonly zeroedShare: number;
  readonly clippedHighShare: number;
  /** The factor by which a change of light appears in the corrected image: 1 where the profile has mean 1. */
  readonly gain: number;
  /** Correlation of the corrected pixels with those of the source. */
  readonly correlation: number;
  readonly profiles: readonly AppliedProfile[];
  /** Which planes were compared, at full resolution. */
  readonly planes: readonly SampledPlane[];
}

/** The result of a check. Fields are only added within a `format`. */
export interface QualityReport {
  readonly format: 1;
  /** The version of Isolux that made the check. */
  readonly version: string;
  readonly source: string;
  readonly corrected: string;
  /** Over all channels: `worse` where one is, else `improved` where one is. */
  readonly verdict: Verdict;
  readonly channels: readonly ChannelQuality[];
  readonly flags: readonly QualityFlag[];
  /** The level that was compared, and rows and columns of a tile there. */
  readonly level: number;
  readonly fieldYx: Yx;
  readonly tileCount: number;
  /** Which part of the image, in each channel, lies in tiles: only that was compared. */
  readonly coverage: Coverage;
  readonly seed: number;
  /** Differences between the images, and what could not be compared. */
  readonly notes: readonly string[];
}

/**
 * Explains figures that seem contradictory: the seam difference is relative to the brightness, so it grows where a
 * background was subtracted, although the counts of neighbours agree better and the verdict, which does not depend on a
 * constant, is positive.
 */
export function explainFigures(channels: readonly Pick<ChannelQuality, "label" | "verdict" | "seams">[]): string[] {
  return channels.flatMap(({ label, verdict, seams }) => {
    if (verdict.kind !== "improved" || seams.kind !== "measured") return [];
    const { before, after } = seams.placed;
    if (after === undefined || after.difference <= before.difference) return [];
    return [
      `${label}: the seam difference is a share of the brightness and grew because brightness was subtracted; the verdict compares what does not depend on that.`,
    ];
  });
}

// A verdict and its remarks, as text.

/** A verdict in a word or two. */
export function verdictWord(kind: VerdictKind): string {
  return kind === "improved" ? "Improved" : kind === "worse" ? "Worse" : "No gain";
}

/** Remarks on the images beside the verdict: flags, with the channels, then notes. */
export function remarksOf({ flags, notes }: QualityReport): string[] {
  const noticed = flags.map(({ channels, text }) => (channels.length === 0 ? text : `${channels.join(", ")}: ${text}`));
  return [...noticed, ...notes];
}
