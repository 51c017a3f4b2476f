/** Gathers the evidence on a channel from its pixels before and after the correction, and decides the verdict. */
import type { Tile } from "../../tiles/tile.ts";
import { assessChange, assessFlatness } from "./changes.ts";
import { decideVerdict } from "./decide-verdict.ts";
import { estimateLight, type LightEstimate } from "./estimate-light.ts";
import { type OverlapBlock, overlapBlocks } from "./overlap-blocks.ts";
import { pairVotes } from "./pair-votes.ts";
import type { CheckPlan } from "./plan-check.ts";
import { type BinnedPlanes, blocksOfPlanes, type FieldBlocks, meanShare } from "./planes.ts";
import type { AppliedGains, Change, PairVotes, PixelDefects, Verdict } from "./quality-report.ts";
import { type CheckedPixels, withoutAbsentPlanes } from "./read-check.ts";
import {
  type CheckedPlane,
  contrastAt,
  type RecoveredCorrection,
  type RecoveredProfile,
  recoverCorrection,
} from "./recover-correction.ts";
import { measureEdges, touchingTiles } from "./tile-edges.ts";

/** A channel of both images. */
export interface AssessedPixels {
  /** The channel's index in the source. */
  readonly channel: number;
  readonly plan: CheckPlan;
  readonly tiles: readonly Tile[];
  readonly before: CheckedPixels;
  readonly after: CheckedPixels;
  /** Fractions of pixels set to 0 and to the largest value, where known of all pixels. */
  readonly clipped?: { readonly low: number; readonly high: number };
  /** Fraction of the pixels in the places of tiles that are in no tile, and so were not corrected. */
  readonly leftOut?: number;
  readonly seed: number;
}

/** A verdict with its evidence. */
export interface AssessedChannel {
  readonly verdict: Verdict;
  /** Present where tiles overlap. */
  readonly votes?: PairVotes;
  readonly light?: LightEstimate;
  /** Present where tiles touch and do not overlap. */
  readonly edges?: { readonly change: Change; readonly strength: { readonly before: number; readonly after: number } };
  /** Present where tiles do not overlap. */
  readonly flatnessChange?: Change;
  readonly defects: PixelDefects;
  readonly gains?: AppliedGains;
  /** The factor by which a change of light appears in the corrected image. */
  readonly gain: number;
  readonly correlation: number;
  readonly isUnchanged: boolean;
  readonly recovered?: RecoveredProfile;
  readonly blocks: { readonly before: FieldBlocks; readonly after: FieldBlocks };
}

/** Differences below this fraction of the mean brightness are rounding. */
const floorShare = 5e-4;

/** Assesses the correction of a channel. */
export function assessChannel(all: AssessedPixels): AssessedChannel {
  const pixels = withoutAbsentPlanes(all);
  const { plan, tiles, before, after, seed } = pixels;
  const planes = planesOf(pixels);
  const blocks = { before: blocksOfPlanes(before.planes), after: blocksOfPlanes(after.planes) };
  const correction = recoverCorrection(blocks.before, blocks.after, planes, after.planes.zeroShares);
  const recovered = correction.profiles.find((profile) => profile !== undefined);
  const likeness = compareValues(before.planes.pixels, after.planes.pixels);
  const gain = recovered?.gain ?? likeness.meanAfter / likeness.meanBefore;
  const seen = overlapBlocks(plan.overlaps, before.patches, after.patches);
  const regions = new Map(planes.map(({ tile, region }) => [tile, region]));
  const contrastOf = ({ tiles: [a, b], inA, inB }: OverlapBlock) => {
    const profileOf = (tile: number) => correction.profiles[regions.get(tile) ?? 0];
    return Math.sqrt(contrastAt(profileOf(a), inA, gain) * contrastAt(profileOf(b), inB, gain));
  };
  const votes = pairVotes(plan.overlaps, seen, contrastOf, seed);
  const light = estimateLight({ plan: plan.overlaps, blocks: seen, ...blocks, planes, correction, tiles, seed });
  const edges = edgesOf(pixels, blocks, gain, likeness.meanBefore);
  const flatnessChange = votes === undefined ? assessFlatness(blocks.before, blocks.after, gain, seed) : undefined;
  const gains = appliedGains(correction, light?.chanceOfGains ?? 0);
  const defects = defectsOf(pixels, correction);
  const detailAtLevel = detailKept(before.planes, after.planes, tilesOf(planes));
  const verdict = decideVerdict({
    ...likeness,
    explained: recovered?.explained ?? 0,
    defects,
    zeroedBeyondNoise: zeroedBeyondNoise(before.planes, after.planes),
    detailAtLevel,
    // Coarser levels depend on how each program makes them.
    detailKept: plan.level === 0 ? detailAtLevel : 1,
    subtracted: 1 - likeness.meanAfter / (gain * likeness.meanBefore),
    pairCount: new Set(seen.map(({ pair }) => pair)).size,
    votes,
    errors: light?.errors,
    variation: light?.variation,
    gains,
    edgeChange: edges?.change,
    flatnessChange,
  });
  const { correlation, isUnchanged } = likeness;
  return {
    ...{ verdict, defects, gain, correlation, isUnchanged, blocks },
    ...{ votes, light, edges },
    flatnessChange,
    gains,
    recovered,
  };
}

/** Planes with the profile that corrects them: where tiles were lit from two sides, each side has its own. */
function planesOf({ plan, tiles, channel }: AssessedPixels): CheckedPlane[] {
  const sides = new Map(tiles.map(({ number, sides }) => [number, sides?.[channel]]));
  const seen = new Set(plan.planes.map(({ tileNumber }) => sides.get(tileNumber)));
  const areTwo = seen.has("Left") && seen.has("Right");
  return plan.planes.map(({ tileNumber: tile, plane }) => {
    return { tile, plane, region: areTwo && sides.get(tile) === "Right" ? 1 : 0 };
  });
}

function tilesOf(planes: readonly CheckedPlane[]): number[] {
  return planes.map(({ tile }) => tile);
}

/**
 * Steps where tiles touch in the mosaic. Tiles that overlap on the stage are excluded, as their touching edges show
 * different places.
 */
function edgesOf(
  { plan, tiles, seed }: AssessedPixels,
  { before, after }: AssessedChannel["blocks"],
  gain: number,
  brightness: number,
): AssessedChannel["edges"] {
  if (plan.overlaps.pairs.length > 0) return undefined;
  const planes = plan.planes.map(({ tileNumber, plane }) => ({ tile: tileNumber, plane }));
  const { comparisons, strength } = measureEdges(touchingTiles(tiles), planes, before, after, gain);
  const change = assessChange(comparisons, floorShare * brightness, seed);
  return change && { change, strength };
}

function defectsOf(
  { before, after, clipped, leftOut = 0 }: AssessedPixels,
  { uncorrected }: RecoveredCorrection,
): PixelDefects {
  const inTiles = findDefects(before.planes, after.planes, uncorrected.length);
  const found = { ...inTiles, uncorrected: leftOut + (1 - leftOut) * inTiles.uncorrected };
  if (clipped === undefined) return found;
  return { ...found, zeroed: Math.max(found.zeroed, clipped.low), cutOff: Math.max(found.cutOff, clipped.high) };
}

function appliedGains({ gains }: RecoveredCorrection, chanceReal: number): AppliedGains | undefined {
  if (gains === undefined) return undefined;
  const logs = [...gains.values()];
  return { spread: Math.sqrt(logs.reduce((sum, log) => sum + log * log, 0) / logs.length), chanceReal };
}

/** The correlation of values at the same places. */
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

/** Defects of pixels by the correction. @param uncorrected planes that were left out */
function findDefects(before: BinnedPlanes, after: BinnedPlanes, uncorrected: number): PixelDefects {
  const risen = (key: "zeroShares" | "saturatedShares" | "notNumberShares") =>
    Math.max(0, meanShare(after[key]) - meanShare(before[key]));
  return {
    zeroed: risen("zeroShares"),
    cutOff: risen("saturatedShares"),
    wrapped: wrappedShare(before, after),
    notNumbers: risen("notNumberShares"),
    uncorrected: uncorrected / Math.max(1, before.planeCount),
  };
}

/**
 * A negative difference that is stored without a sign becomes close to the largest value, where the source is dark: no
 * correction makes that much light of it.
 */
function wrappedShare(before: BinnedPlanes, after: BinnedPlanes): number {
  if (!Number.isFinite(before.largest)) return 0;
  let sum = 0;
  for (const [block, near] of after.nearShares.entries()) sum += Math.max(0, near - before.notFarShares[block]!);
  return sum / Math.max(1, after.nearShares.length);
}

// Single pixels before and after: a correction changes how bright they are, and nothing else.

/** Tiles whose neighbouring pixels differ by less than this part of the usual variance show too little. */
const leastVariance = 0.1;

/** What rounding to whole numbers adds to the mean square of a pixel twice less those beside it: 6 times a twelfth. */
const ofRounding = 0.5;
/**
 * How alike pixels less those beside them, of which light along a row takes nothing, are in both images: their correlation, of
 * the tile where it is least. Almost 1 after any profile, and far less where pixels were also blurred, freed of noise, moved, or
 * of another tile (`tiles`: that of every plane). Without pixels of 0 and rounding. 1 where nothing can be compared, 0 if none vary.
 */
function detailKept(before: BinnedPlanes, after: BinnedPlanes, tiles: readonly number[]): number {
  const rounding = after.pixels.every(Number.isInteger) ? ofRounding : 0;
  const sums = new Map<number, [bb: number, ba: number, aa: number, count: number]>();
  for (const tile of tiles) sums.set(tile, [0, 0, 0, 0]);
  for (const [n, tile] of tiles.entries()) addPlane(sums.get(tile)!, before, after, n);
  const all = [...sums.values()];
  const usual = all.reduce((total, [bb]) => total + bb, 0) / Math.max(1, all.length);
  const shown = all.filter(([bb]) => bb > leastVariance * usual);
  const alike = shown.map(([bb, ba, aa, count]) => ba / Math.sqrt(bb * Math.max(aa / 2, aa - rounding * count)));
  return Math.min(1, ...alike.map((value) => value || 0));
}

function addPlane(sum: [number, number, number, number], before: BinnedPlanes, after: BinnedPlanes, n: number): void {
  const [rows, columns] = before.shapeYx;
  for (let y = 0, at = n * rows * columns; y < rows; y++, at += 2) {
    for (let x = 0; x < columns - 2; x++, at++) {
      if (after.pixels[at] === 0 || after.pixels[at + 1] === 0 || after.pixels[at + 2] === 0) continue;
      const ofBefore = before.pixels[at]! - 2 * before.pixels[at + 1]! + before.pixels[at + 2]!;
      const ofAfter = after.pixels[at]! - 2 * after.pixels[at + 1]! + after.pixels[at + 2]!;
      sum[0] += ofBefore * ofBefore;
      sum[1] += ofBefore * ofAfter;
      sum[2] += ofAfter * ofAfter;
      sum[3]++;
    }
  }
}

/**
 * How much more the source's pixels vary that became 0 than neighbours among them do: a ratio of variances. 1 where
 * they show nothing but noise, as around a sample on black, where half of the pixels are below a camera's offset; more
 * where light was among them, which also varies over larger distances. 1 where hardly any neighbours became 0.
 */
function zeroedBeyondNoise(before: BinnedPlanes, after: BinnedPlanes): number {
  const { pixels, shapeYx } = before;
  const columns = shapeYx[1];
  let [count, mean, squares, pairs, noise] = [0, 0, 0, 0, 0];
  for (let i = 0; i < pixels.length; i++) {
    if (after.pixels[i] !== 0) continue;
    const value = pixels[i]!;
    count++;
    const apart = value - mean;
    mean += apart / count;
    squares += apart * (value - mean);
    if ((i + 1) % columns === 0 || after.pixels[i + 1] !== 0) continue;
    pairs++;
    noise += (pixels[i + 1]! - value) ** 2 / 2;
  }
  return pairs === 0 || noise === 0 ? 1 : squares / count / (noise / pairs);
}
