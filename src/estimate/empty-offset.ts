/** Whether planes of empty regions still hold a camera offset: means of blocks, gathered piece by piece. */

import { estimateOffset, type OffsetEstimate } from "../empty/camera-offset.ts";
import type { Yx } from "../shapes.ts";
import { baselineStep, type ThinPlanes } from "./thin-planes.ts";

/** The field is divided into this many blocks along each axis. */
const blocksAcross = 8;

/** Of fields so large not all pixels are looked at, but those that count for the baseline. */
const largeField = 1024;

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
  const step = Math.min(...shapeYx) < largeField ? 1 : baselineStep;
  return { planeCount, shapeYx, step, sums: new Float64Array(planeCount * blocks), counts: new Float64Array(blocks) };
}

/** Adds pixels of all planes of a piece, every {@link BlockMeans.step} of them one. */
export function addToBlocks(means: BlockMeans, { pixels, planeCount, startYx, shapeYx, step }: ThinPlanes): void {
  const { sums, counts } = means;
  const [height, width] = means.shapeYx;
  const [rows, columns] = shapeYx;
  const runs = runsOfBlocks(startYx[1], columns, step, width);
  for (let plane = 0, from = 0; plane < planeCount; plane++) {
    for (let row = 0; row < rows; row++, from += columns) {
      const blockRow = Math.floor(((startYx[0] + row * step) * blocksAcross) / height) * blocksAcross;
      for (let run = 0; run < runs.length; run++) {
        const { block, start, stop } = runs[run]!;
        let sum = 0;
        for (let at = from + start; at < from + stop; at++) sum += pixels[at]!;
        sums[plane * counts.length + blockRow + block]! += sum;
        if (plane === 0) counts[blockRow + block]! += stop - start;
      }
    }
  }
}

/** The pixels of a row that follow each other in the same column of blocks. */
function runsOfBlocks(x: number, columns: number, step: number, width: number) {
  const runs: { block: number; start: number; stop: number }[] = [];
  for (let column = 0; column < columns; column++) {
    const block = Math.floor(((x + column * step) * blocksAcross) / width);
    const last = runs.at(-1);
    if (last?.block === block) last.stop++;
    else runs.push({ block, start: column, stop: column + 1 });
  }
  return runs;
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
