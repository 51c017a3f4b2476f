/** Overlaps as a refinement looks at them: aligned, coarse, and how well a shading makes them agree. */
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import type { Yx } from "../../shapes.ts";
import { binnedWindow, type Shading } from "../correct-patches.ts";
import { pairShifts } from "../registration/pair-shifts.ts";
import { shiftedPatch } from "../registration/shifted-patch.ts";
import { pairFigure } from "./pair-figure.ts";

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
 * For every pair how far the two tiles are apart by shading after a correction, see {@link pairFigure}; NaN where the
 * pair shows no light.
 */
export function disagreement({ fieldYx, pairCount, patches }: OverlapData, shading: Shading): Float64Array {
  const figures = new Float64Array(pairCount).fill(Number.NaN);
  const byPair = new Map<number, OverlapPatch[]>();
  for (const patch of patches) byPair.set(patch.pair, [...(byPair.get(patch.pair) ?? []), patch]);
  for (const [pair, planes] of byPair) {
    const { shapeYx, binPx, inFirstYx, inSecondYx } = planes[0]!;
    const window = (image: ArrayLike<number>, startYx: Yx) => binnedWindow(image, fieldYx, startYx, shapeYx, binPx);
    const placeAt = (startYx: Yx) => ({
      light: window(shading.flatfield, startYx),
      dark: window(shading.darkfield, startYx),
    });
    figures[pair] = pairFigure(planes, shapeYx, [placeAt(inFirstYx), placeAt(inSecondYx)]);
  }
  return figures;
}

/** The mean of an image. */
export function meanOf(image: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < image.length; i++) sum += image[i]!;
  return sum / image.length;
}
