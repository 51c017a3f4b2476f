/** Whether planes of empty regions still hold a camera offset: means of blocks, gathered piece by piece. */

import { estimateOffset, type OffsetEstimate } from "../empty/camera-offset.ts";
import type { Yx } from "../shapes.ts";
import type { PiecePlanes } from "./piece-planes.ts";

/** The field is divided into this many blocks along each axis. */
const blocksAcross = 8;

/** About this many pixels along each axis are looked at. */
const samplesAcross = 512;

/** The mean of every block of every plane, gathered band by band. */
export interface BlockMeans {
  readonly planeCount: number;
  readonly shapeYx: Yx;
  /** Every so many pixels one is looked at, in rows and columns. */
  readonly step: number;
  /** Sums, `[plane, block]`. */
  readonly sums: Float64Array;
  /** Pixels in each block. */
  readonly counts: Float64Array;
}

/** Block means of `planeCount` planes of `shapeYx`, still empty. */
export function blockMeans(planeCount: number, shapeYx: Yx): BlockMeans {
  const blocks = blocksAcross ** 2;
  const step = Math.max(1, Math.floor(Math.max(...shapeYx) / samplesAcross));
  return { planeCount, shapeYx, step, sums: new Float64Array(planeCount * blocks), counts: new Float64Array(blocks) };
}

/** Adds a piece of the field, all planes of it. */
export function addToBlocks(means: BlockMeans, { pixels, planeCount, startYx, shapeYx }: PiecePlanes): void {
  const { step, sums, counts } = means;
  const [height, width] = means.shapeYx;
  const [rows, columns] = shapeYx;
  const firstRow = firstMultiple(startYx[0], step);
  const firstColumn = firstMultiple(startYx[1], step);
  const blockColumns = Int32Array.from({ length: columns }, (_, x) =>
    Math.floor(((startYx[1] + x) * blocksAcross) / width),
  );
  for (let plane = 0; plane < planeCount; plane++) {
    for (let row = firstRow; row < rows; row += step) {
      const blockRow = Math.floor(((startYx[0] + row) * blocksAcross) / height) * blocksAcross;
      const to = plane * counts.length + blockRow;
      const from = (plane * rows + row) * columns;
      for (let column = firstColumn; column < columns; column += step) {
        sums[to + blockColumns[column]!]! += pixels[from + column]!;
        if (plane === 0) counts[blockRow + blockColumns[column]!]!++;
      }
    }
  }
}

/** How far from `start` the first multiple of `step` is. */
function firstMultiple(start: number, step: number): number {
  return Math.ceil(start / step) * step - start;
}

/** The offset above `knownOffset` that the planes show; `undefined` where they are too few or hold no light. */
export function offsetOfBlocks(
  { planeCount, sums, counts }: BlockMeans,
  knownOffset: number,
): OffsetEstimate | undefined {
  const blocks = [...counts.keys()].filter((block) => counts[block]! > 0);
  return estimateOffset(
    blocks.map((block) =>
      Float64Array.from(
        { length: planeCount },
        (_, plane) => sums[plane * counts.length + block]! / counts[block]! - knownOffset,
      ),
    ),
  );
}

/** The offset above `knownOffset`, in counts, that the planes suggest, or `undefined` where they suggest none. */
export function suspectOffset(means: BlockMeans, knownOffset: number): number | undefined {
  const estimate = offsetOfBlocks(means, knownOffset);
  return estimate?.isCertain ? estimate.offset : undefined;
}
