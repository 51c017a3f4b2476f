/** What an estimate from empty regions needs to know of its planes, gathered piece by piece of the field. */
import { allocatePixels, type PixelArray, pixelTypeOf, type Yx } from "../shapes.ts";
import { addToBlocks, blockMeans } from "./empty-offset.ts";
import { medianOverPlanes } from "./median.ts";
import type { MedianScratch } from "./median-scratch.ts";
import type { PiecePlanes } from "./piece-planes.ts";
import { baselineStep, thinArea, thinRow } from "./thin-planes.ts";

/** What a piece of the field shows. */
export interface PieceSurvey {
  readonly startYx: Yx;
  readonly shapeYx: Yx;
  /** The median of every pixel over the planes, `shapeYx`. */
  readonly median: Float32Array;
  /** The pixels that count for the baseline, `[row, plane, column]`. */
  readonly background: PixelArray;
  /** The piece's share of the block means: sums and counts. */
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

/** Where the larger part of what a survey finds is to lie. */
export type SurveyRoom = Pick<PieceSurvey, "median" | "background">;

/** Working memory of {@link surveyPiece}. */
export interface SurveyScratch extends MedianScratch {
  /** For the medians of {@link surveyedAtOnce} rows. */
  readonly medians: Float32Array;
  /** For the pixels of a row that count for the baseline. */
  readonly background: PixelArray;
  /** For the sums of blocks. */
  readonly sums: Float64Array;
}

/** About so many pixels of every plane are looked at by one after the other, while they are in the caches. */
const pixelsAtOnce = 2048;

/** How many rows of a piece are surveyed at a time. */
export function surveyedAtOnce(columns: number): number {
  return Math.max(1, Math.floor(pixelsAtOnce / Math.max(1, columns)));
}

/**
 * Surveys a piece of a field of `fieldYx`.
 * @param room for what is found; arrays of their own without
 */
export function surveyPiece(piece: PiecePlanes, fieldYx: Yx, scratch: SurveyScratch, room?: SurveyRoom): PieceSurvey {
  const { pixels, planeCount, startYx, shapeYx } = piece;
  const [rows, columns] = shapeYx;
  const median = room?.median ?? new Float32Array(rows * columns);
  const counted = planeCount * thinArea(startYx, shapeYx, baselineStep);
  const background = room?.background ?? allocatePixels(pixelTypeOf(pixels), counted);
  const blocks = blockMeans(planeCount, fieldYx, scratch.sums);
  let taken = 0;
  for (let y0 = 0; y0 < rows; y0 += surveyedAtOnce(columns)) {
    const y1 = Math.min(y0 + surveyedAtOnce(columns), rows);
    const medians = scratch.medians.subarray(0, (y1 - y0) * columns);
    medianOverPlanes(pixels.subarray(y0 * columns), planeCount, medians.length, medians, scratch, rows * columns);
    median.set(medians, y0 * columns);
    for (let y = y0; y < y1; y++) {
      const row = thinRow(piece, y, baselineStep, scratch.background);
      const summed = blocks.step === baselineStep ? row : thinRow(piece, y, blocks.step);
      if (summed !== undefined) addToBlocks(blocks, summed);
      if (row === undefined) continue;
      background.set(row.pixels, taken);
      taken += row.pixels.length;
    }
  }
  return { startYx, shapeYx, median, background, sums: blocks.sums.slice(), counts: blocks.counts };
}
