import { MemoryStack } from "../../sample/memory-stack.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { FieldImage } from "../picture/field-image.ts";
import { measureFlatfield, measurePlanes, type PlaneMeasures } from "../plane-measures.ts";
import { reportSeams } from "../seam-report.ts";
import { type BinnedPlanes, meanShare } from "./binned-planes.ts";
import { decideVerdict } from "./decide-verdict.ts";
import { estimateLight } from "./estimate-light.ts";
import { blocksOfPlanes, meanField } from "./field-blocks.ts";
import { findDefects } from "./find-defects.ts";
import { judgeFlatness } from "./flatness.ts";
import { judgeChange } from "./judge-change.ts";
import { overlapBlocks } from "./overlap-blocks.ts";
import { pairVotes } from "./pair-votes.ts";
import type { CheckPlan } from "./plan-check.ts";
import type { AppliedGains, AppliedProfile, ChannelQuality, PixelDefects } from "./quality-report.ts";
import type { CheckedPixels } from "./read-check.ts";
import { type CheckedPlane, type RecoveredCorrection, recoverCorrection } from "./recover-correction.ts";
import type { RecoveredProfile } from "./recover-profile.ts";
import { measureEdges, touchingTiles } from "./tile-edges.ts";

/** A channel of both images, and what is known of its correction. */
export interface ChannelPixels {
  readonly label: string;
  /** The channel's index in the source. */
  readonly channel: number;
  readonly plan: CheckPlan;
  readonly tiles: readonly Tile[];
  readonly before: CheckedPixels;
  readonly after: CheckedPixels;
  /** Profiles that are known; without any, one is recovered from the pixels. */
  readonly profiles: readonly AppliedProfile[];
  /** Full-resolution planes per plane of the level. */
  readonly factorZ: number;
  /** Shares of pixels set to 0 and to the largest value, where they are known of all pixels. */
  readonly clipped?: { readonly low: number; readonly high: number };
  readonly seed: number;
}

/** What was found in a channel, and the profile that the pixels tell. */
export interface MeasuredChannel {
  readonly quality: ChannelQuality;
  readonly recovered?: RecoveredProfile;
  /** The mean over all planes, in blocks. */
  readonly meanBefore: FieldImage;
  readonly meanAfter: FieldImage;
}

/** Differences below this share of the mean brightness are rounding. */
const floorShare = 5e-4;

/** Compares a channel before and after its correction. */
export async function measureChannel(pixels: ChannelPixels): Promise<MeasuredChannel> {
  const { plan, before, after, seed } = pixels;
  const planes = plan.planes.map(({ tileNumber, plane }) => ({ tile: tileNumber, plane }));
  const blocks = { before: blocksOfPlanes(before.planes), after: blocksOfPlanes(after.planes) };
  const checked = regionsOf(planes, pixels);
  const correction = recoverCorrection(blocks.before, blocks.after, checked, after.planes.zeroShares);
  const recovered = correction.profiles.find((profile) => profile !== undefined);
  const likeness = compareValues(before.planes.pixels, after.planes.pixels);
  const gain = recovered?.gain ?? likeness.meanAfter / likeness.meanBefore;
  const defects = defectsOf(pixels, correction);
  const seen = overlapBlocks(plan.overlaps, before.patches, after.patches);
  const votes = pairVotes(plan.overlaps, seen, gain, seed);
  const { tiles } = pixels;
  const light = estimateLight({
    plan: plan.overlaps,
    blocks: seen,
    ...blocks,
    planes: checked,
    correction,
    tiles,
    seed,
  });
  // Where tiles overlap on the stage, those that touch in the mosaic show different places.
  const edges = plan.overlaps.pairs.length > 0 ? [] : touchingTiles(pixels.tiles);
  const steps = measureEdges(edges, planes, blocks.before, blocks.after, gain);
  const edgeChange = judgeChange(steps.comparisons, floorShare * likeness.meanBefore, seed);
  const flatnessChange = judgeFlatness(blocks.before, blocks.after, gain, seed);
  const gains = appliedGains(correction, light?.chanceOfGains ?? 0);
  const verdict = decideVerdict({
    ...likeness,
    explained: recovered?.explained ?? 0,
    defects,
    pairCount: new Set(seen.map(({ pair }) => pair)).size,
    votes,
    errors: light?.errors,
    variation: light?.variation,
    gains,
    edgeChange,
    flatnessChange,
  });
  const quality: ChannelQuality = {
    label: pixels.label,
    verdict,
    seams: reportSeams(plan.overlaps, before.patches, after.patches),
    ...(votes && { overlapChange: votes.geometric, votes }),
    ...(light && { errors: light.errors, lightVariation: light.variation }),
    defects,
    ...(gains && { gains }),
    ...(edgeChange && { edgeChange, gridStrength: steps.strength }),
    ...(flatnessChange && { flatnessChange }),
    before: await measuresOf(before.planes, 0, 0),
    after: await measuresOf(after.planes, defects.zeroed, defects.cutOff),
    zeroedShare: defects.zeroed,
    clippedHighShare: defects.cutOff,
    gain,
    correlation: likeness.correlation,
    profiles: profilesOf(pixels, likeness.isUnchanged ? undefined : recovered),
    planes: planes.map(({ tile, plane }) => ({ tile, plane: plane * pixels.factorZ })),
  };
  const means = { meanBefore: meanField(blocks.before), meanAfter: meanField(blocks.after) };
  return { quality, ...(recovered && { recovered }), ...means };
}

function defectsOf({ before, after, clipped }: ChannelPixels, { uncorrected }: RecoveredCorrection): PixelDefects {
  const found = findDefects(before.planes, after.planes, uncorrected.length);
  if (clipped === undefined) return found;
  return { ...found, zeroed: Math.max(found.zeroed, clipped.low), cutOff: Math.max(found.cutOff, clipped.high) };
}

/** Planes with the profile that corrects them: where tiles were lit from two sides, each side has its own. */
function regionsOf(
  planes: readonly { readonly tile: number; readonly plane: number }[],
  { tiles, channel }: ChannelPixels,
): CheckedPlane[] {
  const sides = new Map(tiles.map(({ number, sides }) => [number, sides?.[channel]]));
  const both = new Set(planes.map(({ tile }) => sides.get(tile)));
  const isTwo = both.has("Left") && both.has("Right");
  return planes.map(({ tile, plane }) => ({ tile, plane, region: isTwo && sides.get(tile) === "Right" ? 1 : 0 }));
}

function appliedGains({ gains }: RecoveredCorrection, chanceReal: number): AppliedGains | undefined {
  if (gains === undefined) return undefined;
  const logs = [...gains.values()];
  return { spread: Math.sqrt(logs.reduce((sum, log) => sum + log * log, 0) / logs.length), chanceReal };
}

async function measuresOf(planes: BinnedPlanes, low: number, high: number): Promise<PlaneMeasures> {
  const stack = new MemoryStack("float32", planes.planeCount, planes.shapeYx, planes.pixels);
  const measures = await measurePlanes(stack);
  const saturatedShare = meanShare(planes.saturatedShares);
  return { ...measures, saturatedShare, clippedLowShare: low, clippedHighShare: high };
}

/** A profile that the pixels tell is believed where one profile explains nearly all that happened to them. */
const leastExplained = 0.98;

function profilesOf({ profiles }: ChannelPixels, recovered: RecoveredProfile | undefined): readonly AppliedProfile[] {
  if (profiles.length > 0 || recovered === undefined || recovered.explained < leastExplained) return profiles;
  return [{ origin: "recovered", measures: measureFlatfield(recovered.flatfield, recovered.shapeYx) }];
}

/** How alike values are that stand at the same places. */
function compareValues(before: Float32Array, after: Float32Array) {
  const count = Math.max(1, before.length);
  let [meanBefore, meanAfter, isUnchanged] = [0, 0, true];
  for (let i = 0; i < before.length; i++) {
    meanBefore += before[i]! / count;
    meanAfter += after[i]! / count;
    if (before[i] !== after[i]) isUnchanged = false;
  }
  let [bb, ba, aa] = [0, 0, 0];
  for (let i = 0; i < before.length; i++) {
    const [b, a] = [before[i]! - meanBefore, after[i]! - meanAfter];
    bb += b * b;
    ba += b * a;
    aa += a * a;
  }
  const correlation = bb === 0 || aa === 0 ? 0 : ba / Math.sqrt(bb * aa);
  return { meanBefore, meanAfter, isUnchanged, correlation };
}
