/** Whether planes of empty regions still hold a camera offset: means of blocks, gathered piece by piece. */

import type { Yx } from "../shapes.ts";
import { estimateOffset, type OffsetEstimate } from "./offset/estimate-offset.ts";
import { sumRuns } from "./sum-runs.ts";
import { baselineStep, type ThinRow } from "./thin-planes.ts";

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

/** Doubles that the sums of so many planes take. */
export function blockSumsLength(planeCount: number): number {
  return planeCount * blocksAcross ** 2;
}

/** Block means of `planeCount` planes of `shapeYx`, still empty; their sums in `room`, where it is given. */
export function blockMeans(planeCount: number, shapeYx: Yx, room?: Float64Array): BlockMeans {
  const step = Math.min(...shapeYx) < largeField ? 1 : baselineStep;
  const sums = room?.fill(0) ?? new Float64Array(blockSumsLength(planeCount));
  return { planeCount, shapeYx, step, sums, counts: new Float64Array(blocksAcross ** 2) };
}

/** Adds pixels of a row of all planes, every {@link BlockMeans.step} of them one. */
export function addToBlocks({ sums, counts, shapeYx: [height, width] }: BlockMeans, row: ThinRow): void {
  const { pixels, planeCount, planeStride, firstYx, columns, step } = row;
  const blockRow = Math.floor((firstYx[0] * blocksAcross) / height) * blocksAcross;
  for (const { block, start, length } of runsOfBlocks(firstYx[1], columns, step, width)) {
    sumRuns(
      { pixels, start: row.start + start, length, planeCount, planeStride },
      sums,
      blockRow + block,
      counts.length,
    );
    counts[blockRow + block]! += length;
  }
}

/** The pixels of a row that follow each other in the same column of blocks. */
function runsOfBlocks(x: number, columns: number, step: number, width: number) {
  const runs: { block: number; start: number; length: number }[] = [];
  for (let start = 0; start < columns; ) {
    const block = Math.floor(((x + start * step) * blocksAcross) / width);
    // The first pixel that lies no more in the block
    const stop = Math.min(columns, Math.ceil((((block + 1) * width) / blocksAcross - x) / step));
    runs.push({ block, start, length: stop - start });
    start = stop;
  }
  return runs;
}

/** The offset above `knownOffset` that the planes show; `undefined` where they are too few or hold no light. */
export function offsetOfBlocks(
  { planeCount, sums, counts }: BlockMeans,
  knownOffset: number,
): OffsetEstimate | undefined {
  const blocks = [...counts.keys()].filter((block) => counts[block]! > 0);
  const series = blocks.map((block) => {
    const means = new Float64Array(planeCount);
    for (let plane = 0; plane < planeCount; plane++)
      means[plane] = sums[plane * counts.length + block]! / counts[block]! - knownOffset;
    return means;
  });
  return estimateOffset(series);
}

/** The offset above `knownOffset`, in counts, that the planes suggest, or `undefined` where they suggest none. */
export function suspectOffset(means: BlockMeans, knownOffset: number): number | undefined {
  const estimate = offsetOfBlocks(means, knownOffset);
  return estimate?.isCertain ? estimate.offset : undefined;
}
