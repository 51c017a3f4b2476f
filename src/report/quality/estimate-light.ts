/** Estimates from overlaps and planes of a channel how far its images are from the true light of the sample. */
import type { OverlapPlan } from "../../sample/plan-overlaps.ts";
import type { Yx } from "../../shapes.ts";
import { meanOf, upperMedianOf } from "../../statistics.ts";
import type { Tile } from "../../tiles/tile.ts";
import { type ErrorEstimate, type Estimated, estimateErrors, summarise } from "./image-errors.ts";
import type { LightPartition, LightVariation } from "./light-equations.ts";
import { drawLights, type LightDraw } from "./light-posterior.ts";
import type { OverlapBlock } from "./overlap-blocks.ts";
import { blockAt, type FieldBlocks } from "./planes.ts";
import type { CheckedPlane, RecoveredCorrection, RecoveredProfile } from "./recover-correction.ts";
import { sumOfTerms, termCount, termsOverField } from "./shading-terms.ts";

/** A channel whose light is estimated. */
interface LightSubject {
  readonly plan: OverlapPlan;
  readonly blocks: readonly OverlapBlock[];
  readonly before: FieldBlocks;
  readonly after: FieldBlocks;
  readonly planes: readonly CheckedPlane[];
  readonly correction: RecoveredCorrection;
  readonly tiles: readonly Tile[];
  readonly seed: number;
}

/** The estimated errors, and the properties of the light that were found. */
export interface LightEstimate {
  readonly errors: ErrorEstimate;
  readonly variation: LightVariation;
  /** Counts without light. */
  readonly offset: Estimated;
  /** The probability that gains of tiles are real; 1 where none were applied. */
  readonly chanceOfGains: number;
}

/** The quantile of dark blocks that limits the offset. */
const darkShare = 0.005;
/** A dark-field whose relative standard deviation is smaller counts as even. */
const leastDark = 0.003;
/** A variation of the light counts as real where this fraction of the lights has it. */
const leastShare = 0.9;
/** Parts of the mosaic whose lights differ by less, relative to the light, root mean square over the field, share one. */
const leastVariation = 0.005;
/** A profile that explains less of the change of the pixels is not used. */
const leastExplained = 0.8;

/** Estimates errors. @returns `undefined` where there are no overlaps */
export function estimateLight(subject: LightSubject): LightEstimate | undefined {
  const { blocks, before, after, planes, correction, seed } = subject;
  const terms = termsOverField([before.shapeYx[0], before.shapeYx[1]]);
  const regions = correction.profiles.map((profile) => regionField(profile, terms));
  const regionOf = (part: number) => part % regions.length;
  const draws = drawLights({
    blocks,
    partitions: partitionsOf(subject, regions.length),
    appliedIn: ({ count }) =>
      Float64Array.from({ length: count * termCount }, (_, i) => {
        return regions[regionOf(Math.floor(i / termCount))]!.sizes[i % termCount]!;
      }),
    subtracted: subtractedBy(correction),
    darkest: darkestOf(before),
    ...darkOf(subject, regions),
    gains: correction.gains,
    seed,
  });
  if (draws.length === 0) return undefined;
  const { gains } = correction;
  const question = {
    before,
    after,
    planes,
    appliedIn: (part: number) => regions[regionOf(part)]!,
    gains,
  };
  const real = draws.filter(({ hasGains }) => hasGains).length / draws.length;
  return {
    errors: estimateErrors(question, draws),
    variation: commonVariation(draws),
    offset: summarise(draws.map(({ offset }) => offset)),
    chanceOfGains: gains === undefined ? 1 : real,
  };
}

/** What a profile applied, in blocks; zeros where it could not be recovered. */
function regionField(profile: RecoveredProfile | undefined, terms: Float64Array) {
  const isUsable = profile !== undefined && profile.explained >= leastExplained;
  const blocks = terms.length / termCount;
  const logField = Float64Array.from({ length: blocks }, (_, i) => (isUsable ? Math.log(profile.flatfield[i]!) : 0));
  const dark = isUsable ? unevenDark(profile) : new Float64Array(blocks);
  return { logField, dark, ...projectField(logField, terms) };
}

/** A field in blocks as a sum of terms, by projection, and its residual; its mean is left out. */
function projectField(values: ArrayLike<number>, terms: Float64Array) {
  const blocks = values.length;
  const sizes = new Float64Array(termCount);
  let mean = 0;
  for (let block = 0; block < blocks; block++) {
    mean += values[block]! / blocks;
    for (let k = 0; k < termCount; k++) sizes[k]! += (values[block]! * terms[block * termCount + k]!) / blocks;
  }
  const rest = Float64Array.from(values, (value, block) => value - mean - sumOfTerms(sizes, terms, block));
  return { sizes, rest };
}

/**
 * What was subtracted beyond a constant and a multiple of the flat-field: that multiple is a constant in the corrected
 * image, which overlaps do not show.
 */
function unevenDark({ flatfield, offset }: RecoveredProfile): Float64Array {
  const count = flatfield.length;
  const [meanF, meanO] = [meanOf(flatfield), meanOf(offset)];
  let [both, own] = [0, 0];
  for (let i = 0; i < count; i++) {
    both += (flatfield[i]! - meanF) * (offset[i]! - meanO);
    own += (flatfield[i]! - meanF) ** 2;
  }
  const slope = own > 0 ? both / own : 0;
  return Float64Array.from(offset, (value, i) => value - meanO - slope * (flatfield[i]! - meanF));
}

/** `undefined` where the dark-field is even. */
function darkOf(
  { before, planes, blocks }: LightSubject,
  regions: readonly { readonly dark: Float64Array }[],
): { readonly darkAt?: (tile: number, place: Yx) => number } {
  const spread = Math.max(...regions.map(({ dark }) => Math.sqrt(meanSquare(dark))));
  const typical = blocks.reduce((sum, { before: [a, b] }) => sum + (a + b) / 2, 0) / Math.max(1, blocks.length);
  if (!(spread > leastDark * typical)) return {};
  const regionOf = new Map(planes.map(({ tile, region }) => [tile, region]));
  return { darkAt: (tile, place) => regions[regionOf.get(tile) ?? 0]!.dark[blockAt(before.shapeYx, place)]! };
}

function meanSquare(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}

/** A variation that nearly all lights have, and that is large enough to matter. */
function commonVariation(draws: readonly LightDraw[]): LightVariation {
  const names = draws.map(({ partition }) => partition.name);
  const alike = [...new Set(names)].map((name) => draws.filter(({ partition }) => partition.name === name));
  const common = alike.find(({ length }) => length >= leastShare * draws.length);
  return common !== undefined && variationOf(common) >= leastVariation ? common[0]!.partition.name : "none";
}

/**
 * By how much the parts of a partition differ in the mean of lights: the root mean square over field and parts. Terms are
 * orthonormal over the field.
 */
function variationOf(lights: readonly LightDraw[]): number {
  const { count } = lights[0]!.partition;
  const size = (index: number) => meanOf(lights.map(({ sizes }) => sizes[index]!));
  let squares = 0;
  for (let term = 0; term < termCount; term++) {
    const parts = Array.from({ length: count }, (_, part) => size(part * termCount + term));
    const mean = meanOf(parts);
    squares += parts.reduce((sum, part) => sum + (part - mean) ** 2, 0) / count;
  }
  return Math.sqrt(squares);
}

/** The median of what was subtracted from the pixels, in counts. */
function subtractedBy({ profiles }: RecoveredCorrection): number {
  const [profile] = profiles;
  if (profile === undefined) return 0;
  return upperMedianOf(Float64Array.from(profile.offset))!;
}

function darkestOf({ means }: FieldBlocks): number {
  const sorted = Float64Array.from(means).sort();
  return sorted[Math.floor(darkShare * sorted.length)] ?? 0;
}

/** The possible variations of the light: parts are numbered by region, then by the variation. */
function partitionsOf({ plan, planes, tiles }: LightSubject, regions: number): LightPartition[] {
  const regionOf = new Map(planes.map(({ tile, region }) => [tile, region]));
  const made = (name: LightVariation, count: number, partOf: (tile: number, plane: number) => number) => ({
    name,
    count: count * regions,
    partOf: (tile: number, plane: number) => partOf(tile, plane) * regions + (regionOf.get(tile) ?? 0),
  });
  const depths = [...new Set(plan.planes)].sort((a, b) => a - b);
  const depthParts = Math.min(3, depths.length);
  const thirdOf = (plane: number) => {
    const above = Math.max(
      0,
      depths.findLastIndex((depth) => depth <= plane),
    );
    return Math.floor((depthParts * above) / depths.length);
  };
  const halves = ([0, 1] as const).map((axis) => halfOf(tiles, axis));
  return [
    made("none", 1, () => 0),
    ...(depthParts > 1 ? [made("depth", depthParts, (_tile, plane) => thirdOf(plane))] : []),
    ...(["rows", "columns"] as const).flatMap((name, axis) => {
      const half = halves[axis]!;
      return half.size === 0 ? [] : [made(name, 2, (tile) => half.get(tile) ?? 0)];
    }),
  ];
}

/** The half of the mosaic along an axis that each tile is in, by number; empty where all are in one row. */
function halfOf(tiles: readonly Tile[], axis: 0 | 1): Map<number, number> {
  const placed = tiles.flatMap(({ number, stagePositionUmYx }) =>
    stagePositionUmYx === undefined ? [] : [{ number, at: stagePositionUmYx[axis] }],
  );
  const [first, last] = [Math.min(...placed.map(({ at }) => at)), Math.max(...placed.map(({ at }) => at))];
  if (placed.length === 0 || !(last > first)) return new Map();
  return new Map(placed.map(({ number, at }) => [number, at > (first + last) / 2 ? 1 : 0]));
}
