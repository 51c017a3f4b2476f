/** Averages the overlaps of neighbouring tiles over blocks: the data that a verdict is based on. */
import { pairShifts, shiftedPatch, withoutUnlit } from "../../estimate/refine/overlap-data.ts";
import type { OverlapPlan } from "../../sample/plan-overlaps.ts";
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import type { Yx } from "../../shapes.ts";

/** Size of a block as a fraction of the field: shading stays, noise and small shifts average out. */
const blockShare = 1 / 32;

/** A block of an overlap in one plane: its means in the tiles A and B, before and after the correction. */
export interface OverlapBlock {
  /** Index of the pair in the plan, and the tiles by number. */
  readonly pair: number;
  readonly tiles: readonly [a: number, b: number];
  /** Of the level. */
  readonly plane: number;
  /** Position of the block in the field of either tile: -1 to 1 along both axes. */
  readonly inA: Yx;
  readonly inB: Yx;
  /** In counts. */
  readonly before: readonly [a: number, b: number];
  readonly after: readonly [a: number, b: number];
  /** The variance that noise of pixels gives to the difference of A and B, before and after, in counts squared. */
  readonly noise: readonly [before: number, after: number];
}

/**
 * Averages overlaps over blocks, with tiles placed where their structures match. Pixels that are saturated or NaN in
 * either image are left out of both, and so are pairs with a tile that got no light.
 */
export function overlapBlocks(
  { pairs, fieldYx, binPx }: OverlapPlan,
  before: readonly OverlapPatch[],
  after: readonly OverlapPatch[],
): OverlapBlock[] {
  const shifts = pairShifts(pairs.length, fieldYx, after);
  const blockPx = Math.max(1, Math.round((blockShare * Math.min(...fieldYx)) / binPx));
  const lit = new Set(withoutUnlit(before));
  return before.flatMap((patch, index) => {
    if (!lit.has(patch)) return [];
    const shift: Yx = shifts[patch.pair] ?? [0, 0];
    return blocksOfPatch(shiftedPatch(patch, shift), shiftedPatch(after[index]!, shift), fieldYx, blockPx);
  });
}

function blocksOfPatch(before: OverlapPatch, after: OverlapPatch, fieldYx: Yx, blockPx: number): OverlapBlock[] {
  const { pair, tiles, plane, shapeYx, binPx, inFirstYx, inSecondYx } = before;
  const [rows, columns] = shapeYx;
  const gridYx: Yx = [Math.max(1, Math.floor(rows / blockPx)), Math.max(1, Math.floor(columns / blockPx))];
  const images = [before.first, before.second, after.first, after.second] as const;
  const { means, counts, noise } = blockMeans(images, shapeYx, gridYx);
  const placeIn = (startYx: Yx, block: number): Yx => {
    const centre = [Math.floor(block / gridYx[1]), block % gridYx[1]] as const;
    return [0, 1].map((axis) => {
      const px = startYx[axis]! + ((centre[axis]! + 0.5) * shapeYx[axis]! * binPx) / gridYx[axis]!;
      return (2 * px) / fieldYx[axis]! - 1;
    }) as [number, number];
  };
  return [...counts.keys()].flatMap((block): OverlapBlock[] => {
    if (counts[block] === 0) return [];
    const [beforeA, beforeB, afterA, afterB] = means.map((values) => values[block]!) as [
      number,
      number,
      number,
      number,
    ];
    const [inA, inB] = [placeIn(inFirstYx, block), placeIn(inSecondYx, block)];
    const both = { before: [beforeA, beforeB], after: [afterA, afterB] } as const;
    return [{ pair, tiles, plane, inA, inB, ...both, noise: [noise[0]![block]!, noise[1]![block]!] }];
  });
}

/**
 * Means of two views, before and after, over the same blocks, over the pixels that are not NaN in any of them; and the
 * variance of the difference of both means by how pixels of a block scatter.
 */
function blockMeans(
  images: readonly [Float32Array, Float32Array, Float32Array, Float32Array],
  [rows, columns]: Yx,
  [down, across]: Yx,
) {
  const means = images.map(() => new Float64Array(down * across));
  const squares = [new Float64Array(down * across), new Float64Array(down * across)] as const;
  const counts = new Float64Array(down * across);
  for (let y = 0, i = 0; y < rows; y++) {
    const row = Math.floor((y * down) / rows) * across;
    for (let x = 0; x < columns; x++, i++) {
      if (images.some((image) => Number.isNaN(image[i]!))) continue;
      const block = row + Math.floor((x * across) / columns);
      counts[block]! += 1;
      for (let image = 0; image < images.length; image++) means[image]![block]! += images[image]![i]!;
      squares[0][block]! += (images[0][i]! - images[1][i]!) ** 2;
      squares[1][block]! += (images[2][i]! - images[3][i]!) ** 2;
    }
  }
  for (const sums of means) for (let block = 0; block < counts.length; block++) sums[block]! /= counts[block]!;
  const noise = squares.map((sums, image) =>
    sums.map((sum, block) => {
      const [count, apart] = [counts[block]!, means[2 * image]![block]! - means[2 * image + 1]![block]!];
      return count > 1 ? Math.max(0, sum / count - apart ** 2) / (count - 1) : 0;
    }),
  );
  return { means, counts, noise };
}
