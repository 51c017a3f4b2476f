/** From overlaps and planes of a channel to how far its images are from the light of the sample. */
import type { OverlapPlan } from "../../sample/plan-overlaps.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { FieldBlocks } from "./field-blocks.ts";
import { type ErrorEstimate, type Estimated, estimateErrors, summarise } from "./image-errors.ts";
import type { LightPartition, LightVariation } from "./light-equations.ts";
import { drawLights } from "./light-posterior.ts";
import type { OverlapBlock } from "./overlap-blocks.ts";
import type { CheckedPlane, RecoveredCorrection } from "./recover-correction.ts";
import { projectField, termCount, termsOverField } from "./shading-terms.ts";

/** A channel whose light is asked for. */
export interface LightSubject {
  readonly plan: OverlapPlan;
  readonly blocks: readonly OverlapBlock[];
  readonly before: FieldBlocks;
  readonly after: FieldBlocks;
  readonly planes: readonly CheckedPlane[];
  readonly correction: RecoveredCorrection;
  readonly tiles: readonly Tile[];
  readonly seed: number;
}

/** What is estimated, and what was found of the light by the way. */
export interface LightEstimate {
  readonly errors: ErrorEstimate;
  readonly variation: LightVariation;
  /** Counts that no light made. */
  readonly offset: Estimated;
  /** How likely it is that gains of tiles are real; 1 where none were applied. */
  readonly chanceOfGains: number;
}

/** Blocks darker than all but this share tell how large an offset may be. */
const darkShare = 0.005;
/** A profile that explains less of what happened to the pixels is none. */
const leastExplained = 0.8;

/** Estimates errors. @returns `undefined` where there are no overlaps */
export function estimateLight(subject: LightSubject): LightEstimate | undefined {
  const { blocks, before, after, planes, correction, seed } = subject;
  const terms = termsOverField([before.shapeYx[0], before.shapeYx[1]]);
  const regions = correction.profiles.map((profile) => {
    const isUsable = profile !== undefined && profile.explained >= leastExplained;
    const logField = Float64Array.from({ length: terms.length / termCount }, (_, block) =>
      isUsable ? Math.log(profile.flatfield[block]!) : 0,
    );
    return { logField, ...projectField(logField, terms) };
  });
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
    ...(correction.gains && { gains: correction.gains }),
    seed,
  });
  if (draws.length === 0) return undefined;
  const { gains } = correction;
  const question = {
    before,
    after,
    planes,
    appliedIn: (part: number) => regions[regionOf(part)]!,
    ...(gains && { gains }),
  };
  const real = draws.filter(({ hasGains }) => hasGains).length / draws.length;
  return {
    errors: estimateErrors(question, draws),
    variation: mostFrequent(draws.map(({ partition }) => partition.name)),
    offset: summarise(draws.map(({ offset }) => offset)),
    chanceOfGains: gains === undefined ? 1 : real,
  };
}

function mostFrequent(names: readonly LightVariation[]): LightVariation {
  const counts = new Map<LightVariation, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}

/** The median of what was taken off the pixels, in counts. */
function subtractedBy({ profiles }: RecoveredCorrection): number {
  const [profile] = profiles;
  if (profile === undefined) return 0;
  const sorted = Float64Array.from(profile.offset).sort();
  return sorted[sorted.length >> 1]!;
}

function darkestOf({ means }: FieldBlocks): number {
  const sorted = Float64Array.from(means).sort();
  return sorted[Math.floor(darkShare * sorted.length)] ?? 0;
}

/** How the light may vary: parts are numbered by region, then by the variation. */
function partitionsOf({ plan, planes, tiles }: LightSubject, regions: number): LightPartition[] {
  const regionOf = new Map(planes.map(({ tile, region }) => [tile, region]));
  const made = (name: LightVariation, count: number, partOf: (tile: number, plane: number) => number) => ({
    name,
    count: count * regions,
    partOf: (tile: number, plane: number) => partOf(tile, plane) * regions + (regionOf.get(tile) ?? 0),
  });
  const depths = [...new Set(plan.planes)].sort((a, b) => a - b);
  const depthParts = Math.min(3, depths.length);
  const thirdOf = new Map(depths.map((plane, index) => [plane, Math.floor((depthParts * index) / depths.length)]));
  const halves = ([0, 1] as const).map((axis) => halfOf(tiles, axis));
  return [
    made("none", 1, () => 0),
    ...(depthParts > 1 ? [made("depth", depthParts, (_tile, plane) => thirdOf.get(plane) ?? 0)] : []),
    ...(["rows", "columns"] as const).flatMap((name, axis) => {
      const half = halves[axis]!;
      return half.size === 0 ? [] : [made(name, 2, (tile) => half.get(tile) ?? 0)];
    }),
  ];
}

/** The half of the mosaic that tiles lie in along an axis, by number; empty where all lie in one row. */
function halfOf(tiles: readonly Tile[], axis: 0 | 1): Map<number, number> {
  const placed = tiles.flatMap(({ number, stagePositionUmYx }) =>
    stagePositionUmYx === undefined ? [] : [{ number, at: stagePositionUmYx[axis] }],
  );
  const [first, last] = [Math.min(...placed.map(({ at }) => at)), Math.max(...placed.map(({ at }) => at))];
  if (placed.length === 0 || !(last > first)) return new Map();
  return new Map(placed.map(({ number, at }) => [number, at > (first + last) / 2 ? 1 : 0]));
}
