import { pairShifts } from "../../estimate/registration/pair-shifts.ts";
import { shiftedPatch } from "../../estimate/registration/shifted-patch.ts";
import type { OverlapPlan } from "../../sample/plan-overlaps.ts";
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import type { Yx } from "../../shapes.ts";
import type { Comparison } from "./judge-change.ts";

/** Overlaps are compared in blocks of about this share of the field: shading stays, noise and small shifts average out. */
const blockShare = 1 / 32;

/** With fewer pairs than this, each plane of a pair counts on its own. */
const fewPairs = 6;

/** How far neighbours differ in each pair, before and after, and how bright they are on average before. */
export interface OverlapShading {
  readonly comparisons: readonly Comparison[];
  readonly meanBrightness: number;
}

/**
 * Differences of neighbours by shading alone, in counts of the source: those after are divided by `gain`. Pixels that
 * either image shows as saturated are left out of both.
 */
export function compareShading(
  plan: OverlapPlan,
  before: readonly OverlapPatch[],
  after: readonly OverlapPatch[],
  gain: number,
): OverlapShading {
  const { pairs, fieldYx, binPx } = plan;
  const shifts = pairShifts(pairs.length, fieldYx, after);
  const blockPx = Math.max(1, Math.round((blockShare * Math.min(...fieldYx)) / binPx));
  const ofPair = pairs.map((): Comparison[] => []);
  let [sum, count] = [0, 0];
  for (const [index, patch] of before.entries()) {
    const shift: Yx = shifts[patch.pair] ?? [0, 0];
    const [a, b] = [shiftedPatch(patch, shift), shiftedPatch(after[index]!, shift)];
    const seen = Float32Array.from(a.first, (value, i) => value + a.second[i]! + b.first[i]! + b.second[i]!);
    const earlier = meanBlockDifference(a, seen, blockPx);
    const later = meanBlockDifference(b, seen, blockPx);
    if (Number.isNaN(earlier.difference + later.difference)) continue;
    ofPair[patch.pair]!.push({ before: earlier.difference, after: later.difference / gain });
    sum += earlier.brightness;
    count++;
  }
  const lit = ofPair.filter((planes) => planes.length > 0);
  const comparisons = lit.length < fewPairs ? lit.flat() : lit.map(meanOfPlanes);
  return { comparisons, meanBrightness: sum / Math.max(1, count) };
}

function meanOfPlanes(planes: readonly Comparison[]): Comparison {
  const mean = (value: (plane: Comparison) => number) =>
    planes.reduce((sum, plane) => sum + value(plane), 0) / planes.length;
  return { before: mean(({ before }) => before), after: mean(({ after }) => after) };
}

/** Mean over blocks of |mean A - mean B|, over the pixels that are a number in `seen`. */
function meanBlockDifference(
  { first, second, shapeYx: [rows, columns] }: OverlapPatch,
  seen: Float32Array,
  blockPx: number,
): { readonly difference: number; readonly brightness: number } {
  const [down, across] = [Math.max(1, Math.floor(rows / blockPx)), Math.max(1, Math.floor(columns / blockPx))];
  const [apart, bright, counts] = [0, 1, 2].map(() => new Float64Array(down * across)) as Float64Array[];
  for (let y = 0, i = 0; y < rows; y++) {
    const row = Math.floor((y * down) / rows) * across;
    for (let x = 0; x < columns; x++, i++) {
      if (Number.isNaN(seen[i]!)) continue;
      const block = row + Math.floor((x * across) / columns);
      apart![block]! += first[i]! - second[i]!;
      bright![block]! += (first[i]! + second[i]!) / 2;
      counts![block]! += 1;
    }
  }
  const lit = [...counts!.keys()].filter((block) => counts![block]! > 0);
  const mean = (sums: Float64Array) =>
    lit.reduce((sum, block) => sum + Math.abs(sums[block]!) / counts![block]!, 0) / lit.length;
  return { difference: mean(apart!), brightness: mean(bright!) };
}
