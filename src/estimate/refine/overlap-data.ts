/**
 * Prepares overlaps for a refinement: aligned, in coarse pixels, with a measure of how well a shading makes them agree.
 */
import type { Profile } from "../../profile/profile.ts";
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import type { Yx } from "../../shapes.ts";
import { meanOf, upperMedianOf } from "../../statistics.ts";
import { findShift } from "../transform/phase-correlation.ts";
import { pairFigure } from "./held-out.ts";

/** The overlaps of a field in coarse pixels. */
export interface OverlapData {
  /** Rows and columns of the fields, in pixels of the level. */
  readonly fieldYx: Yx;
  readonly pairCount: number;
  /** By pair; a pair may have none. */
  readonly patches: readonly OverlapPatch[];
  /** The counts of pixels without light, where that is below 0, as after a background was subtracted; else 0. */
  readonly darkness?: number;
}

/** About the number of coarse pixels along the longer axis of a field. */
const fieldSamples = 48;

/**
 * Shifts pairs to where their structures match, where they have any, and averages over coarse pixels.
 * @param cameraOffset what an image without light shows, in counts, where that is known
 */
export function prepareOverlaps(fieldYx: Yx, patches: readonly OverlapPatch[], cameraOffset = 0): OverlapData {
  const pairCount = patches.reduce((most, { pair }) => Math.max(most, pair + 1), 0);
  const shifts = pairShifts(pairCount, fieldYx, patches);
  const lit = withoutUnlit(patches);
  const coarse = lit.flatMap((patch) => {
    const factor = Math.max(1, Math.round(Math.max(...fieldYx) / fieldSamples / patch.binPx));
    const aligned = shiftedPatch(patch, shifts[patch.pair] ?? [0, 0]);
    const fits = aligned.shapeYx.every((extent) => extent >= factor);
    return fits ? [coarsened(aligned, factor)] : [];
  });
  return { fieldYx, pairCount, patches: coarse, darkness: Math.min(0, cameraOffset) };
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

/**
 * For every pair the difference of the two tiles by shading after a correction, see {@link pairFigure}; NaN where the
 * pair shows no light.
 */
export function disagreement({ fieldYx, pairCount, patches, darkness }: OverlapData, shading: Shading): Float64Array {
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
    figures[pair] = pairFigure(planes, shapeYx, [placeAt(inFirstYx), placeAt(inSecondYx)], darkness);
  }
  return figures;
}

// Overlaps corrected by a profile.

/** The parts of a profile that a correction uses; both images are C order, `shapeYx`. */
export type Shading = Pick<Profile, "shapeYx"> & {
  readonly flatfield: ArrayLike<number>;
  readonly darkfield: ArrayLike<number>;
};

/** Overlaps corrected by a profile of the fields' shape: (I - D) / F, nothing clipped, nothing rounded. */
export function correctPatches(patches: readonly OverlapPatch[], shading: Shading): OverlapPatch[] {
  return patches.map((patch) => ({
    ...patch,
    first: correctPatch(patch.first, patch, patch.inFirstYx, shading),
    second: correctPatch(patch.second, patch, patch.inSecondYx, shading),
  }));
}

function correctPatch(
  image: Float32Array,
  { shapeYx, binPx }: OverlapPatch,
  startYx: Yx,
  { shapeYx: fieldYx, flatfield, darkfield }: Shading,
): Float32Array {
  const light = binnedWindow(flatfield, fieldYx, startYx, shapeYx, binPx);
  const dark = binnedWindow(darkfield, fieldYx, startYx, shapeYx, binPx);
  return image.map((value, i) => (value - dark[i]!) / light[i]!);
}

/** The means of bins of `binPx` x `binPx` pixels, `shapeYx` of them, of a part of an image of `fieldYx`. */
export function binnedWindow(
  image: ArrayLike<number>,
  fieldYx: Yx,
  [startY, startX]: Yx,
  [rows, columns]: Yx,
  binPx: number,
): Float64Array {
  const binned = new Float64Array(rows * columns);
  const share = 1 / binPx ** 2;
  for (let y = 0; y < rows * binPx; y++) {
    let from = (startY + y) * fieldYx[1] + startX;
    const row = Math.floor(y / binPx) * columns;
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let x = 0; x < binPx; x++) sum += image[from++]!;
      binned[row + column]! += sum * share;
    }
  }
  return binned;
}

// Alignment of the structures of neighbouring tiles.

/** A shift is used from this certainty on. */
const leastCertainty = 8;

/** The largest shift from the stage position that is searched, as a fraction of the field. */
const searchShare = 0.03;

/**
 * The shift of every pair in pixels of its patches, from its most certain plane; `undefined` where none is certain.
 * @param fieldYx the shape of the fields, in pixels of the level
 */
export function pairShifts(pairCount: number, fieldYx: Yx, patches: readonly OverlapPatch[]): (Yx | undefined)[] {
  const best = Array.from({ length: pairCount }, (): { shift?: Yx; certainty: number } => ({
    certainty: leastCertainty,
  }));
  for (const { pair, first, second, shapeYx, binPx } of patches) {
    const mostPx = Math.max(2, Math.round((searchShare * Math.min(...fieldYx)) / binPx));
    const { shiftYx, certainty } = findShift(first, second, shapeYx, mostPx);
    if (certainty >= best[pair]!.certainty) best[pair] = { shift: shiftYx, certainty };
  }
  return best.map(({ shift }) => shift);
}

/** The part of an overlap whose images match when the second lies `shiftYx` pixels further than planned. */
export function shiftedPatch(patch: OverlapPatch, [shiftY, shiftX]: Yx): OverlapPatch {
  if (shiftY === 0 && shiftX === 0) return patch;
  const { shapeYx, binPx, inFirstYx, inSecondYx } = patch;
  const shape: Yx = [shapeYx[0] - Math.abs(shiftY), shapeYx[1] - Math.abs(shiftX)];
  const first: Yx = [Math.max(0, -shiftY), Math.max(0, -shiftX)];
  const second: Yx = [Math.max(0, shiftY), Math.max(0, shiftX)];
  return {
    ...patch,
    shapeYx: shape,
    inFirstYx: [inFirstYx[0] + first[0] * binPx, inFirstYx[1] + first[1] * binPx],
    inSecondYx: [inSecondYx[0] + second[0] * binPx, inSecondYx[1] + second[1] * binPx],
    first: cropped(patch.first, shapeYx, first, shape),
    second: cropped(patch.second, shapeYx, second, shape),
  };
}

function cropped(image: Float32Array, [, width]: Yx, [startY, startX]: Yx, [rows, columns]: Yx): Float32Array {
  const part = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    const from = (startY + y) * width + startX;
    part.set(image.subarray(from, from + columns), y * columns);
  }
  return part;
}

// Finds tiles that got no light, as from a shutter that stayed closed: neighbours of theirs show nothing of shading.

/** A tile is without light if it shows the same everywhere in all planes, within this many counts beside noise. */
const mostSpread = 1.5;
/**
 * And if neighbours, which show the same places, are brighter by this multiple of what it varies by in means and in pixels,
 * and by this share of it: pixels that vary more are sample, in a tile that is but dimmer.
 */
const brighter = { spreads: 10, pixelSpreads: 3, share: 0.05 } as const;
/** Pixels that are averaged before tiles are compared, so that noise does not count. */
const pixelsInMean = 256;

/** Overlaps without those of tiles that got no light although their neighbours did. */
export function withoutUnlit(patches: readonly OverlapPatch[]): readonly OverlapPatch[] {
  const levels = new Map<number, number[]>();
  const beside = new Map<number, number[]>();
  const variances = new Map<number, number[]>();
  for (const { tiles, first, second } of patches) {
    const means = [meansOf(first), meansOf(second)] as const;
    for (const side of [0, 1] as const) {
      add(levels, tiles[side], means[side]);
      add(beside, tiles[side], [meanOf(means[1 - side]!)]);
      add(variances, tiles[side], [varianceOf(side === 0 ? first : second)]);
    }
  }
  const unlit = new Set(
    [...levels.keys()].filter((tile) => isUnlit(levels.get(tile)!, beside.get(tile)!, variances.get(tile)!)),
  );
  return unlit.size === 0 ? patches : patches.filter(({ tiles }) => !tiles.some((tile) => unlit.has(tile)));
}

function add(lists: Map<number, number[]>, tile: number, values: readonly number[]): void {
  const list = lists.get(tile) ?? [];
  for (const value of values) if (Number.isFinite(value)) list.push(value);
  lists.set(tile, list);
}

/** Means of strips of pixels. */
function meansOf(image: Float32Array): number[] {
  const count = Math.max(1, Math.floor(image.length / pixelsInMean));
  return Array.from({ length: count }, (_, i) => {
    return meanOf(image.subarray(Math.floor((i * image.length) / count), Math.floor(((i + 1) * image.length) / count)));
  });
}

function varianceOf(image: Float32Array): number {
  const mean = meanOf(image);
  return meanOf(image.map((value) => (value - mean) ** 2));
}

function isUnlit(levels: number[], beside: number[], variances: number[]): boolean {
  if (levels.length === 0 || beside.length === 0) return false;
  const level = meanOf(levels);
  const spread = Math.sqrt(meanOf(levels.map((value) => (value - level) ** 2)));
  // Some of its neighbours may be without light as well.
  const ofPixels = brighter.pixelSpreads * Math.sqrt(meanOf(variances));
  const least = Math.max(brighter.spreads * Math.max(1, spread), ofPixels, brighter.share * level);
  return spread <= mostSpread && upperMedianOf(beside)! - level > least;
}
