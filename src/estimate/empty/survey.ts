/** Gathers the statistics of planes that an estimate from empty regions needs, piece by piece of the field. */

import { readingRows, strideOf, writingRows } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import { areCameraIntegers } from "../../kernels/kernel-functions.ts";
import { allocatePixels, type PixelArray, pixelTypeOf, type Yx } from "../../shapes.ts";
import { estimateOffset, type OffsetEstimate } from "../offset/estimate-offset.ts";
import { type MedianScratch, medianOverPlanes } from "./median.ts";
import { baselineStep, type PiecePlanes, type SubsampledRow, subsampledArea, subsampleRow } from "./planes.ts";

/** The statistics of a piece of the field. */
export interface PieceSurvey {
  readonly startYx: Yx;
  readonly shapeYx: Yx;
  /** The median of every pixel over the planes, `shapeYx`. */
  readonly median: Float32Array;
  /** The pixels that count for the baseline, `[row, plane, column]`. */
  readonly background: PixelArray;
  /** The piece's contribution to the block means: sums and counts. */
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

/** Buffers for the larger part of a survey's result. */
export type SurveyBuffers = Pick<PieceSurvey, "median" | "background">;

/** Working memory of {@link surveyPiece}. */
export interface SurveyScratch extends MedianScratch {
  /** For the medians of {@link surveyedAtOnce} rows. */
  readonly medians: Float32Array;
  /** For the pixels of a row that count for the baseline. */
  readonly background: PixelArray;
  /** For the sums of blocks. */
  readonly sums: Float64Array;
}

/** Pixels of every plane that are processed together, so that they stay in the processor's cache. */
const pixelsAtOnce = 2048;

/** How many rows of a piece are surveyed at a time. */
export function surveyedAtOnce(columns: number): number {
  return Math.max(1, Math.floor(pixelsAtOnce / Math.max(1, columns)));
}

/**
 * Surveys a piece of a field of `fieldYx`.
 * @param buffer for the result; by default new arrays
 */
export function surveyPiece(
  piece: PiecePlanes,
  fieldYx: Yx,
  scratch: SurveyScratch,
  buffer?: SurveyBuffers,
): PieceSurvey {
  const { pixels, planeCount, startYx, shapeYx } = piece;
  const [rows, columns] = shapeYx;
  const median = buffer?.median ?? new Float32Array(rows * columns);
  const counted = planeCount * subsampledArea(startYx, shapeYx, baselineStep);
  const background = buffer?.background ?? allocatePixels(pixelTypeOf(pixels), counted);
  const blocks = blockMeans(planeCount, fieldYx, scratch.sums);
  let taken = 0;
  for (let y0 = 0; y0 < rows; y0 += surveyedAtOnce(columns)) {
    const y1 = Math.min(y0 + surveyedAtOnce(columns), rows);
    const medians = scratch.medians.subarray(0, (y1 - y0) * columns);
    medianOverPlanes(pixels.subarray(y0 * columns), planeCount, medians.length, medians, scratch, rows * columns);
    median.set(medians, y0 * columns);
    for (let y = y0; y < y1; y++) {
      const row = subsampleRow(piece, y, baselineStep, scratch.background);
      const summed = blocks.step === baselineStep ? row : subsampleRow(piece, y, blocks.step);
      if (summed !== undefined) addToBlocks(blocks, summed);
      if (row === undefined) continue;
      background.set(row.pixels, taken);
      taken += row.pixels.length;
    }
  }
  return { startYx, shapeYx, median, background, sums: blocks.sums.slice(), counts: blocks.counts };
}

// Whether planes of empty regions still contain a camera offset: means of blocks, gathered piece by piece.

/** The field is divided into this many blocks along each axis. */
const blocksAcross = 8;

/** For fields as large as this, only the pixels that count for the baseline are used. */
const largeField = 1024;

/** The mean of every block of every plane, gathered band by band. */
export interface BlockMeans {
  readonly planeCount: number;
  readonly shapeYx: Yx;
  /** The step of the pixels that are used, in rows and columns. */
  readonly step: number;
  /** Sums, `[plane, block]`. */
  readonly sums: Float64Array;
  /** Pixels in each block. */
  readonly counts: Float64Array;
}

/** Number of doubles for the sums of `planeCount` planes. */
export function blockSumsLength(planeCount: number): number {
  return planeCount * blocksAcross ** 2;
}

/** Block means of `planeCount` planes of `shapeYx`, still empty; their sums in `buffer`, where it is given. */
export function blockMeans(planeCount: number, shapeYx: Yx, buffer?: Float64Array): BlockMeans {
  const step = Math.min(...shapeYx) < largeField ? 1 : baselineStep;
  const sums = buffer?.fill(0) ?? new Float64Array(blockSumsLength(planeCount));
  return { planeCount, shapeYx, step, sums, counts: new Float64Array(blocksAcross ** 2) };
}

/** Adds pixels of a row of all planes, at the step {@link BlockMeans.step}. */
export function addToBlocks({ sums, counts, shapeYx: [height, width] }: BlockMeans, row: SubsampledRow): void {
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

/** The pixels of a row that are consecutive in the same column of blocks. */
function runsOfBlocks(x: number, columns: number, step: number, width: number) {
  const runs: { block: number; start: number; length: number }[] = [];
  for (let start = 0; start < columns; ) {
    const block = Math.floor(((x + start * step) * blocksAcross) / width);
    // The first pixel beyond the block
    const stop = Math.min(columns, Math.ceil((((block + 1) * width) / blocksAcross - x) / step));
    runs.push({ block, start, length: stop - start });
    start = stop;
  }
  return runs;
}

/** The offset above `knownOffset` that the planes suggest; `undefined` where they are too few or have no light. */
function offsetOfBlocks({ planeCount, sums, counts }: BlockMeans, knownOffset: number): OffsetEstimate | undefined {
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

/** The kernel sums a run in 32 bits. */
const longestRun = 65536;

/** Consecutive pixels of every plane: from `start` on in the first, `planeStride` later in each next one. */
interface PixelRuns {
  readonly pixels: PixelArray;
  readonly start: number;
  readonly length: number;
  readonly planeCount: number;
  readonly planeStride: number;
}

/** Adds runs of pixels to a sum for every plane: `sums[first]` for the first, `stride` later for each next one. */
export function sumRuns(runs: PixelRuns, sums: Float64Array, first: number, stride: number): void {
  const { pixels, start, length, planeCount, planeStride } = runs;
  if (!areCameraIntegers(pixels) || length > longestRun) {
    sumLongRuns(runs, sums, first, stride);
    return;
  }
  const from = readingRows(pixels, start, [planeCount, length, planeStride]);
  const to = writingRows(sums, first, [planeCount, 1, stride]);
  runKernel("sumRuns", from, pixels.BYTES_PER_ELEMENT, planeCount, strideOf(from), length, to, strideOf(to));
}

/** Runs of any length and pixel type. */
function sumLongRuns(runs: PixelRuns, sums: Float64Array, first: number, stride: number): void {
  const { pixels, start, length, planeCount, planeStride } = runs;
  for (let plane = 0; plane < planeCount; plane++) {
    const from = start + plane * planeStride;
    let sum = 0;
    for (let at = from; at < from + length; at++) sum += pixels[at]!;
    sums[first + plane * stride]! += sum;
  }
}
