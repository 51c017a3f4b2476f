/** What a check of a corrected image finds: plain JSON-able values. */
import type { QualityFlag } from "../../parameters/quality-flag.ts";
import type { SampledPlane } from "../../parameters/summaries.ts";
import type { Yx } from "../../shapes.ts";
import type { Coverage } from "../../tiles/coverage.ts";
import type { IlluminationSide } from "../../tiles/illumination-side.ts";
import type { FlatfieldMeasures, PlaneMeasures } from "../plane-measures.ts";
import type { SeamReport } from "../seam-report.ts";
import type { ErrorEstimate } from "./image-errors.ts";
import type { LightVariation } from "./light-equations.ts";

/** Whether a correction helped. */
export type VerdictKind = "improved" | "no-gain" | "worse";

/**
 * What a verdict rests on: the same tissue in two tiles (the surest), neighbouring tiles where they meet, the mean over
 * all planes (the least sure), or pixels that show at once that something is wrong.
 */
export type VerdictBasis = "overlaps" | "edges" | "flatness" | "pixels";

/** Whether a correction helped, why, and how sure that is. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** One sentence. */
  readonly reason: string;
  readonly basis: VerdictBasis;
  /** Share of the resampled judgements that agree, at most what so few comparisons allow: 0.5 is a guess. */
  readonly certainty: number;
  /** In a word. */
  readonly confidence: Confidence;
}

/** How far a verdict can be relied upon: of those that are `high`, 99 in 100 are right. */
export type Confidence = "high" | "moderate" | "low";

/** A change over many comparisons of the same thing before and after. */
export interface Change {
  /** Mean change, as a share: -0.8 says that differences are 80 % smaller. */
  readonly mean: number;
  /** The middle 95 % of the mean over resampled comparisons. */
  readonly interval: readonly [low: number, high: number];
  readonly count: number;
  readonly betterCount: number;
  readonly worseCount: number;
  /** How many of the resamplings agree with the sign of the mean, at most 1 - 2^-count. */
  readonly certainty: number;
}

/** A change in one direction of seams: those between rows of tiles, or between columns. */
export interface DirectionChange extends Change {
  readonly direction: "rows" | "columns";
}

/** What pairs of neighbours say of a correction, in counts of the source. */
export interface PairVotes {
  /** Of the mean difference over all pairs: large differences weigh as much as they are. */
  readonly arithmetic: Change;
  /** The mean of the relative changes, pair by pair. */
  readonly geometric: Change;
  readonly directions: readonly DirectionChange[];
  /** In the upper, middle and lower third of the planes. */
  readonly depths: readonly Change[];
}

/** Shares of pixels, or of planes, with which something went wrong. */
export interface PixelDefects {
  /** Pixels that were set to 0, and to the largest value of their type. */
  readonly zeroed: number;
  readonly cutOff: number;
  /** Pixels close to the largest value where the source is dark: a difference below 0 that was stored without a sign. */
  readonly wrapped: number;
  /** Pixels that are no number. */
  readonly notNumbers: number;
  /** Planes of tiles that were left as they are, while others were corrected. */
  readonly uncorrected: number;
}

/** How bright the correction took tiles to be against each other. */
export interface AppliedGains {
  /** The standard deviation of their logarithms. */
  readonly spread: number;
  /** How likely it is that they are real, and not a tilt of the profile that they hide. */
  readonly chanceReal: number;
}

/** A profile that was applied. */
export interface AppliedProfile {
  readonly side?: IlluminationSide;
  /** Whether the profile is the one that was used, or was recovered from the pixels before and after. */
  readonly origin: "known" | "recovered";
  readonly measures: FlatfieldMeasures;
  /** SHA-256 of the profile, where the corrected image says it. */
  readonly sha256?: string;
}

/** What a check found in one channel. */
export interface ChannelQuality {
  readonly label: string;
  readonly verdict: Verdict;
  /** Differences of neighbours in their overlaps: figures before and after; null where no pair could be compared. */
  readonly seams: SeamReport;
  /** How differences of neighbours changed, shading alone: noise and small shifts are averaged out first. */
  readonly overlapChange?: Change;
  /** What pairs say, in both kinds of means, by direction and by depth. */
  readonly votes?: PairVotes;
  /** How far the image and the profile are from the truth, as overlaps let estimate. */
  readonly errors?: ErrorEstimate;
  /** With what the light changes in the mosaic, as overlaps tell. */
  readonly lightVariation?: LightVariation;
  readonly defects: PixelDefects;
  readonly gains?: AppliedGains;
  /** How steps changed where neighbouring tiles meet in the mosaic; there where tiles touch and do not overlap. */
  readonly edgeChange?: Change;
  /** Steps at the edges of tiles over steps inside of them: about 1 where no grid is seen. */
  readonly gridStrength?: { readonly before: number; readonly after: number };
  /** How the unevenness of the mean over all planes changed. */
  readonly flatnessChange?: Change;
  /** Planes as they were, and as they are corrected; the mean plane's unevenness and the joint variation are in here. */
  readonly before: PlaneMeasures;
  readonly after: PlaneMeasures;
  /** Share of pixels that the correction set to 0, and of those that it set to the largest value of their type. */
  readonly zeroedShare: number;
  readonly clippedHighShare: number;
  /** By how much a change of light shows in the corrected image, against the source: 1 where the profile has mean 1. */
  readonly gain: number;
  /** Correlation of the corrected pixels with those of the source. */
  readonly correlation: number;
  readonly profiles: readonly AppliedProfile[];
  /** What was looked at: planes at full resolution. */
  readonly planes: readonly SampledPlane[];
}

/** The result of a check. Fields are only added within a `format`. */
export interface QualityReport {
  readonly format: 1;
  /** The version of Isolux that checked. */
  readonly version: string;
  readonly source: string;
  readonly corrected: string;
  /** Over all channels: `worse` where one is, else `improved` where one is. */
  readonly verdict: Verdict;
  readonly channels: readonly ChannelQuality[];
  readonly flags: readonly QualityFlag[];
  /** The level that was looked at, and rows and columns of a tile there. */
  readonly level: number;
  readonly fieldYx: Yx;
  readonly tileCount: number;
  /** Which part of the image, in each channel, lies in tiles: only that was compared. */
  readonly coverage: Coverage;
  readonly seed: number;
  /** What differs between the images, and what could not be looked at. */
  readonly notes: readonly string[];
}
