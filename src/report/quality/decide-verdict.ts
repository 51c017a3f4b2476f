/** The rule by which the evidence on one channel gives a verdict. Plain values in and out. */
import { formatCount } from "../../quantities.ts";
import type { ErrorEstimate } from "./image-errors.ts";
import type { Change, Confidence, PairVotes, Verdict, VerdictKind } from "./quality-report.ts";
import { type Evidence, limits } from "./verdict-evidence.ts";

/** Decides whether a correction improved a channel. The most certain evidence available decides. */
export function decideVerdict(evidence: Evidence): Verdict {
  const { votes, errors, edgeChange, flatnessChange } = evidence;
  const atOnce = obviousVerdict(evidence);
  if (atOnce !== undefined) return atOnce;
  if (votes !== undefined && errors !== undefined) return verdictOfOverlaps(evidence, votes, errors);
  const edges = edgeChange && verdictOfChange(edgeChange, "edges", evidence);
  if (edges !== undefined && edges.kind !== "no-gain") return edges;
  if (flatnessChange !== undefined) return verdictOfChange(flatnessChange, "flatness", evidence);
  const reason = "Nothing in the images shows whether the correction helped.";
  return edges ?? { kind: "no-gain", reason, basis: "flatness", certainty: 0.5, confidence: "low" };
}

function obviousVerdict(evidence: Evidence): Verdict | undefined {
  const { isUnchanged, explained, correlation, defects, detailAtLevel = 0 } = evidence;
  const { zeroedBeyondNoise = Number.POSITIVE_INFINITY } = evidence;
  const sure = { basis: "pixels", certainty: 1, confidence: "high" } as const;
  if (isUnchanged) return { kind: "no-gain", reason: "The pixels are those of the source.", ...sure };
  // Strong light from two sides hides the likeness of whole tiles, but not that of neighbouring pixels.
  if (!(correlation >= 0.5) && !(explained >= 0.5) && !(detailAtLevel >= 0.5)) {
    const reason = "The corrected image does not show what the source shows: no flat-field turns one into the other.";
    return { kind: "worse", reason, ...sure };
  }
  const { pixels, beyondNoise } = limits.zeroedAway;
  if (defects.zeroed <= pixels || zeroedBeyondNoise <= beyondNoise) return undefined;
  const reason = `${Math.round(100 * defects.zeroed)} % of the pixels were set to 0: too much was subtracted.`;
  return { kind: "worse", reason, ...sure };
}

function verdictOfOverlaps(evidence: Evidence, votes: PairVotes, errors: ErrorEstimate): Verdict {
  const kind = kindByOverlaps(evidence, votes, errors);
  const certainty = certaintyByOverlaps(kind, votes, errors);
  const confidence = confidenceByOverlaps(kind, certainty, evidence, votes, errors);
  return { kind, reason: verdictReason(kind, evidence, votes, errors), basis: "overlaps", certainty, confidence };
}

function kindByOverlaps(evidence: Evidence, votes: PairVotes, errors: ErrorEstimate): VerdictKind {
  const isWhole = isWholeImage(evidence);
  const isClear = pairsAreClear(evidence, votes, -1);
  const better =
    isImageBetter(errors) || isShadingBetter(errors) || (isClear && isImageBetter(errors, limits.clear.likely));
  if (better && pairsAgree(votes, -1) && isWhole && worseParts(votes).length === 0) return "improved";
  if (isClear) return "no-gain";
  if (pairsAreClear(evidence, votes, 1) && errors.chanceBetter < limits.even) return "worse";
  if (isShadingWorse(errors) && pairsAgree(votes, 1)) return "worse";
  return isImageWorse(errors) && !isContested(evidence, votes, errors) ? "worse" : "no-gain";
}

/**
 * Whether what the light says against an image may be a constant that was an offset, or was none: where pairs agree
 * better, not by gains of the tiles, and the light is not sure; or where light moves with depth, from which no offset can
 * be known, and the profile is none the worse.
 */
function isContested({ variation, gains }: Evidence, votes: PairVotes, errors: ErrorEstimate): boolean {
  if (variation === "depth" && !isShadingWorse(errors)) return true;
  return gains === undefined && pairsAgree(votes, -1) && errors.chanceBetter > 1 - limits.sure;
}

/** Whether the image is the source's, pixel by pixel, but for its brightness. */
function isWholeImage({ defects, detailKept = 1 }: Evidence): boolean {
  const { uncorrected, wrapped, notNumbers } = defects;
  const isSound = wrapped <= limits.wrapped && notNumbers <= limits.notNumbers;
  return isSound && uncorrected <= limits.uncorrected && detailKept >= limits.detailKept;
}

/**
 * Whether nearly all pairs agree far better (-1), with no more subtracted than an offset could be, or far less (1), and
 * one light for all: then no model of the light can outweigh that.
 */
function pairsAreClear({ gains, variation, subtracted = 0 }: Evidence, votes: PairVotes, sign: -1 | 1): boolean {
  const { mean, count, betterCount, worseCount } = votes.arithmetic;
  const { share, change, subtracted: mostSubtracted } = limits.clear;
  const isOneLight = gains === undefined && (variation === undefined || variation === "none");
  const agreeing = sign < 0 ? betterCount : worseCount;
  const isClear = sign * mean >= change && agreeing >= share * count;
  // Subtraction can make an image worse than its seams suggest, never better.
  const isWhole = sign > 0 || subtracted <= mostSubtracted;
  return isWhole && isOneLight && pairsAgree(votes, sign) && isClear;
}

function isImageBetter({ change, chanceBetter }: ErrorEstimate, least: number = limits.likely): boolean {
  return chanceBetter >= least && change.value <= -limits.change;
}

function isImageWorse({ change, chanceBetter }: ErrorEstimate): boolean {
  return chanceBetter <= 1 - limits.likely && change.value >= limits.change;
}

/** A constant that stays in the image may hide how much the shading changed. */
function isShadingBetter({ chanceMuchWorse, chanceProfileBetter, profile, profileBefore }: ErrorEstimate): boolean {
  const isMuch = profileBefore.value - profile.value >= limits.shading;
  return isMuch && chanceProfileBetter >= limits.likely && chanceMuchWorse <= 1 - limits.likely;
}

function isShadingWorse({ chanceMuchBetter, chanceProfileBetter, profile, profileBefore }: ErrorEstimate): boolean {
  const isMuch = profile.value - profileBefore.value >= limits.shading;
  return isMuch && chanceProfileBetter <= 1 - limits.likely && chanceMuchBetter <= 1 - limits.likely;
}

/** Whether pairs differ less (-1) or more (1) in both kinds of means, and most of them do. */
function pairsAgree({ arithmetic, geometric }: PairVotes, sign: -1 | 1): boolean {
  const majority = sign * (arithmetic.worseCount - arithmetic.betterCount) > 0;
  return sign * arithmetic.mean > limits.change && sign * geometric.mean > 0 && majority;
}

/** Directions and depths in which pairs became significantly worse. */
function worseParts({ directions, depths }: PairVotes): Change[] {
  return [...directions, ...depths].filter(({ mean, certainty, count }) => {
    return mean > limits.worsePart && certainty >= Math.min(limits.likely, 1 - 2 ** -count);
  });
}

/** The probability of a verdict: at most that by the light and that by the pairs. */
function certaintyByOverlaps(kind: VerdictKind, { arithmetic }: PairVotes, errors: ErrorEstimate): number {
  const { chanceBetter, chanceProfileBetter, change } = errors;
  const most = 1 - 2 ** -arithmetic.count;
  const ofPairs = arithmetic.mean < 0 ? arithmetic.certainty : 1 - arithmetic.certainty;
  if (kind === "improved") {
    const isByShading = isShadingBetter(errors) && !isImageBetter(errors);
    return Math.min(most, isByShading ? chanceProfileBetter : chanceBetter, ofPairs);
  }
  if (kind === "worse") return Math.min(most, 1 - (isImageWorse(errors) ? chanceBetter : chanceProfileBetter));
  const isSmall = Math.max(Math.abs(change.low), Math.abs(change.high)) < 2 * limits.change;
  return isSmall ? most : 0.5;
}

function confidenceByOverlaps(
  kind: VerdictKind,
  certainty: number,
  { pairCount, defects, gains, variation }: Evidence,
  votes: PairVotes,
  { change }: ErrorEstimate,
): Confidence {
  const { arithmetic, geometric, directions, depths } = votes;
  if (kind === "no-gain") return certainty > 0.5 ? "moderate" : "low";
  if (certainty < 0.95) return "low";
  if (certainty < limits.sure || pairCount < limits.pairs || directions.length < 2) return "moderate";
  const clean = defects.zeroed <= limits.zeroed && defects.uncorrected === 0;
  const isPlain = gains === undefined && variation === "none";
  if (kind === "worse") return isPlain && change.low > limits.change && arithmetic.mean > 0 ? "high" : "moderate";
  const all = [arithmetic, geometric, ...directions, ...depths].every(({ mean }) => mean < 0);
  const majority = arithmetic.betterCount > 2 * arithmetic.worseCount;
  return clean && all && majority && isPlain && change.high < -limits.change ? "high" : "moderate";
}

/** Words for what changed. */
const words = {
  edges: {
    less: "Steps where tiles meet fell by SIZE",
    more: "Steps where tiles meet rose by SIZE",
    same: "Steps where tiles meet hardly changed (CHANGE)",
    units: "edges",
  },
  flatness: {
    less: "The unevenness of the mean plane fell by SIZE",
    more: "The unevenness of the mean plane rose by SIZE",
    same: "The unevenness of the mean plane hardly changed (CHANGE)",
    units: "planes",
  },
} as const;

/** Without overlaps: never of high confidence, as sample that is mostly in one part of the field looks like shading. */
function verdictOfChange(change: Change, basis: keyof typeof words, evidence: Evidence): Verdict {
  const isBroken = !isWholeImage(evidence);
  const found = kindOf(change);
  const least = limits.worseAlone[basis];
  const isDoubtful = found === "worse" && (change.mean < least.change || change.count < least.count);
  const kind = isDoubtful || (isBroken && found === "improved") ? "no-gain" : found;
  const { mean, count, betterCount, worseCount } = change;
  const { units, ...texts } = words[basis];
  const size = `${Math.round(100 * Math.abs(mean))} %`;
  const text = found === "no-gain" ? texts.same : mean < 0 ? texts.less : texts.more;
  const counts = countsText(betterCount, worseCount, `${count} ${units}`);
  const reason = `${text.replace("SIZE", size).replace("CHANGE", `${mean < 0 ? "-" : "+"}${size}`)}: ${counts}.`;
  // A small change is surely no gain; for a large one that may be chance the probability is a half.
  const small = Math.abs(mean) < limits.change ? 1 - 2 ** -count : 0.5;
  const certainty = kind === "no-gain" ? small : change.certainty;
  const capped = basis === "flatness" ? Math.min(certainty, limits.flatness) : certainty;
  const confidence = basis === "edges" && kind !== "no-gain" && capped >= 0.95 ? "moderate" : "low";
  return { kind, reason, basis, certainty: capped, confidence };
}

function kindOf({ mean, certainty, count }: Change): VerdictKind {
  const isSure = certainty >= Math.min(limits.likely, 1 - 2 ** -count);
  if (!isSure || Math.abs(mean) < limits.change) return "no-gain";
  return mean < 0 ? "improved" : "worse";
}

/** The verdict on an image: the worst of its channels, if any is worse, else the best. */
export function verdictOfImage(channels: readonly { readonly label: string; readonly verdict: Verdict }[]): Verdict {
  const order: readonly VerdictKind[] = ["worse", "improved", "no-gain"];
  const kind = order.find((candidate) => channels.some(({ verdict }) => verdict.kind === candidate)) ?? "no-gain";
  const decisive = channels.filter(({ verdict }) => verdict.kind === kind);
  const [first] = decisive;
  const least = decisive.reduce((a, b) => (b.verdict.certainty < a.verdict.certainty ? b : a), first!);
  if (channels.length === 1) return first!.verdict;
  const reason = decisive.map(({ label, verdict }) => `${label}: ${verdict.reason}`).join(" ");
  const ranks: readonly Confidence[] = ["low", "moderate", "high"];
  const confidence = ranks.find((rank) => decisive.some(({ verdict }) => verdict.confidence === rank)) ?? "low";
  return { ...least.verdict, kind, confidence, reason };
}

// The reason of a verdict on overlaps, in one sentence.

function countsText(better: number, worse: number, all: string): string {
  return `better in ${better} of ${all}${worse === 0 ? "" : `, worse in ${worse}`}`;
}

/** The sentence: how neighbours changed, and what limits the confidence. */
function verdictReason(kind: VerdictKind, evidence: Evidence, votes: PairVotes, errors: ErrorEstimate): string {
  const { arithmetic } = votes;
  const { mean, betterCount, worseCount, count } = arithmetic;
  const size = `${Math.round(100 * Math.abs(mean))} %`;
  const change =
    Math.abs(mean) < limits.change
      ? `hardly changed (${mean < 0 ? "-" : "+"}${size})`
      : `${mean < 0 ? "fell" : "rose"} by ${size}`;
  const counts = countsText(betterCount, worseCount, formatCount(count, "overlap"));
  const but = objection(kind, evidence, votes, errors);
  return `Differences between neighbouring tiles ${change} (${counts})${but === undefined ? "" : `, but ${but}`}.`;
}

function objection(
  kind: VerdictKind,
  { defects, gains, detailKept = 1 }: Evidence,
  { arithmetic, directions, depths }: PairVotes,
  { chanceBetter }: ErrorEstimate,
): string | undefined {
  const share = (value: number) => `${(100 * value).toPrecision(2)} %`;
  if (defects.wrapped > limits.wrapped) return `${share(defects.wrapped)} of the pixels jumped to the largest values`;
  if (defects.uncorrected > 0) return `${share(defects.uncorrected)} of the pixels were left as they are`;
  if (defects.notNumbers > limits.notNumbers) return `${share(defects.notNumbers)} of the pixels are not numbers`;
  if (detailKept < limits.detailKept)
    return "single pixels changed otherwise than a profile changes them: blurred, moved or exchanged";
  if (gains !== undefined && gains.chanceReal < 0.5 && kind !== "improved") {
    return "the gains of the tiles may hide a tilt of the profile";
  }
  if (kind === "improved") return undefined;
  const worse = directions.find(({ mean }) => mean > limits.worsePart);
  if (worse !== undefined && arithmetic.mean < 0) return `seams between ${worse.direction} became worse`;
  if (arithmetic.mean < 0 && depths.some(({ mean }) => mean > limits.worsePart))
    return "in a part of the planes it became worse";
  if (arithmetic.mean < -limits.change && chanceBetter < limits.likely) {
    return "what overlaps do not show, inside the field or as a constant, may outweigh that";
  }
  return arithmetic.mean > limits.change && kind === "no-gain" ? "the image as a whole may not be worse" : undefined;
}
