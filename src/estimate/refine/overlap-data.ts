/** Overlaps as a refinement looks at them: aligned, coarse, and how well a shading makes them agree. */
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import type { Yx } from "../../shapes.ts";
import { binnedWindow, type Shading } from "../correct-patches.ts";
import { pairShifts } from "../registration/pair-shifts.ts";
import { shiftedPatch } from "../registration/shifted-patch.ts";

/** The overlaps of a field in coarse pixels. */
export interface OverlapData {
  /** Rows and columns of the fields, in pixels of the level. */
  readonly fieldYx: Yx;
  readonly pairCount: number;
  /** By pair; pairs may have none. */
  readonly patches: readonly OverlapPatch[];
}

/** A field is looked at in about so many coarse pixels along its longer axis. */
const fieldSamples = 48;

/** Moves pairs to where their structures meet, where they show any, and averages over coarse pixels. */
export function prepareOverlaps(fieldYx: Yx, patches: readonly OverlapPatch[]): OverlapData {
  const pairCount = patches.reduce((most, { pair }) => Math.max(most, pair + 1), 0);
  const shifts = pairShifts(pairCount, fieldYx, patches);
  const coarse = patches.flatMap((patch) => {
    const factor = Math.max(1, Math.round(Math.max(...fieldYx) / fieldSamples / patch.binPx));
    const aligned = shiftedPatch(patch, shifts[patch.pair] ?? [0, 0]);
    const fits = aligned.shapeYx.every((extent) => extent >= factor);
    return fits ? [coarsened(aligned, factor)] : [];
  });
  return { fieldYx, pairCount, patches: coarse };
}

function coarsened(patch: OverlapPatch, factor: number): OverlapPatch {
  if (factor === 1) return patch;
  const shapeYx: Yx = [Math.floor(patch.shapeYx[0] / factor), Math.floor(patch.shapeYx[1] / factor)];
  const coarse = (image: Float32Array) =>
    Float32Array.from(binnedWindow(image, patch.shapeYx, [0, 0], shapeYx, factor));
  return {
    ...patch,
    shapeYx,
    binPx: patch.binPx * factor,
    first: coarse(patch.first),
    second: coarse(patch.second),
  };
}

/** The data of some of the pairs, numbered as before. */
export function ofPairs(data: OverlapData, pairs: ReadonlySet<number>): OverlapData {
  return { ...data, patches: data.patches.filter(({ pair }) => pairs.has(pair)) };
}

/**
 * For every pair how far the two tiles are apart after a correction: mean |A - B|, averaged over its planes, in units of
 * what `reference` makes of the brightness of both; NaN where it shows no light.
 *
 * A unit of its own for every shading could be enlarged by a constant that a dark-field adds where tiles overlap, and a
 * fixed one undercut by a flat-field that is larger there. So the unit is that of the reference, and takes part in
 * changes of scale: it is multiplied by the mean of S_reference / S.
 * @param logGains by how much tiles are brighter than others, by their number; not at all where not given
 */
export function disagreement(
  data: OverlapData,
  shading: Shading,
  reference: Shading,
  logGains: ArrayLike<number> = [],
): Float64Array {
  const { fieldYx, pairCount, patches } = data;
  const [sums, counts] = [new Float64Array(pairCount), new Float64Array(pairCount)];
  for (const { pair, tiles, first, second, shapeYx, binPx, inFirstYx, inSecondYx } of patches) {
    const [gainA, gainB] = tiles.map((tile) => Math.exp(logGains[tile] ?? 0)) as [number, number];
    const window = (image: ArrayLike<number>, startYx: Yx) => binnedWindow(image, fieldYx, startYx, shapeYx, binPx);
    const sides = ({ flatfield, darkfield }: Shading) => ({
      lightA: window(flatfield, inFirstYx),
      lightB: window(flatfield, inSecondYx),
      darkA: window(darkfield, inFirstYx),
      darkB: window(darkfield, inSecondYx),
    });
    const [own, known] = [sides(shading), sides(reference)];
    let [apart, both, scale, pixels] = [0, 0, 0, 0];
    for (let i = 0; i < first.length; i++) {
      const a = (first[i]! - own.darkA[i]!) / own.lightA[i]! / gainA;
      const b = (second[i]! - own.darkB[i]!) / own.lightB[i]! / gainB;
      if (Number.isNaN(a + b)) continue;
      apart += Math.abs(a - b);
      both += (first[i]! - known.darkA[i]!) / known.lightA[i]! + (second[i]! - known.darkB[i]!) / known.lightB[i]!;
      scale += known.lightA[i]! / own.lightA[i]! / gainA + known.lightB[i]! / own.lightB[i]! / gainB;
      pixels++;
    }
    if (!(both > 0)) continue;
    sums[pair]! += (4 * pixels * apart) / both / scale;
    counts[pair]!++;
  }
  return sums.map((sum, pair) => sum / counts[pair]!);
}

/** The mean of an image. */
export function meanOf(image: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < image.length; i++) sum += image[i]!;
  return sum / image.length;
}
