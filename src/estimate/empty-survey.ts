/** What an estimate from empty regions needs to know of its planes, gathered piece by piece of the field. */
import type { PixelArray, Yx } from "../shapes.ts";
import { addToBlocks, type BlockMeans } from "./empty-offset.ts";
import { medianOverPlanes } from "./median.ts";
import type { MedianScratch } from "./median-scratch.ts";
import type { PiecePlanes } from "./piece-planes.ts";
import { baselineStep, thinPlanes } from "./thin-planes.ts";

/** What a piece of the field shows. */
export interface PieceSurvey {
  readonly startYx: Yx;
  readonly shapeYx: Yx;
  /** The median of every pixel over the planes, `shapeYx`. */
  readonly median: Float32Array;
  /** The pixels that count for the baseline, `[plane, row, column]`. */
  readonly background: PixelArray;
  /** The piece's share of the block means: sums and counts. */
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

/** Working memory of {@link surveyPiece}. */
export interface SurveyScratch extends MedianScratch {
  /** For the medians of a piece. */
  readonly medians: Float32Array;
  /** For the pixels of a piece that count for the baseline. */
  readonly background: PixelArray;
}

/**
 * Surveys a piece of the field.
 * @param empty block means of the whole field, still empty; they take the piece's
 */
export function surveyPiece(piece: PiecePlanes, empty: BlockMeans, scratch: SurveyScratch): PieceSurvey {
  const { pixels, planeCount, startYx, shapeYx } = piece;
  const medians = scratch.medians.subarray(0, shapeYx[0] * shapeYx[1]);
  medianOverPlanes(pixels, planeCount, medians.length, medians, scratch);
  const background = thinPlanes(piece, baselineStep, scratch.background);
  addToBlocks(empty, empty.step === baselineStep ? background : thinPlanes(piece, empty.step, scratch.background));
  const { sums, counts } = empty;
  return { startYx, shapeYx, median: medians.slice(), background: background.pixels.slice(), sums, counts };
}
