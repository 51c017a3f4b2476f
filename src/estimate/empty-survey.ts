/** What an estimate from empty regions needs to know of its planes, gathered piece by piece of the field. */
import type { PixelArray, Yx } from "../shapes.ts";
import { addToBlocks, type BlockMeans } from "./empty-offset.ts";
import { medianOverPlanes } from "./median.ts";
import type { MedianScratch } from "./median-scratch.ts";
import type { PiecePlanes } from "./piece-planes.ts";

/** Every so many rows and columns one pixel counts for the baseline. */
export const baselineStep = 4;

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
}

/**
 * Surveys a piece of the field.
 * @param empty block means of the whole field, still empty; they take the piece's
 */
export function surveyPiece(piece: PiecePlanes, empty: BlockMeans, scratch: SurveyScratch): PieceSurvey {
  const { pixels, planeCount, startYx, shapeYx } = piece;
  const medians = scratch.medians.subarray(0, shapeYx[0] * shapeYx[1]);
  medianOverPlanes(pixels, planeCount, medians.length, medians, scratch);
  const median = medians.slice();
  addToBlocks(empty, piece);
  const { sums, counts } = empty;
  return { startYx, shapeYx, median, background: takeBackground(piece), sums, counts };
}

/** Rows and columns of the field that count for the baseline, between `start` and `stop`. */
export function backgroundCount(start: number, stop: number): number {
  return Math.ceil(stop / baselineStep) - Math.ceil(start / baselineStep);
}

/** The pixels of a piece that count for the baseline, `[plane, row, column]`. */
function takeBackground({ pixels, planeCount, startYx, shapeYx }: PiecePlanes): PixelArray {
  const [rows, columns] = shapeYx;
  const taken = startYx.map((start, axis) => backgroundCount(start, start + shapeYx[axis]!));
  const PixelArrayOfType = pixels.constructor as new (length: number) => PixelArray;
  const background = new PixelArrayOfType(planeCount * taken[0]! * taken[1]!);
  const [firstRow, firstColumn] = startYx.map((start) => Math.ceil(start / baselineStep) * baselineStep - start);
  let to = 0;
  for (let plane = 0; plane < planeCount; plane++) {
    for (let y = firstRow!; y < rows; y += baselineStep) {
      const row = (plane * rows + y) * columns;
      for (let x = firstColumn!; x < columns; x += baselineStep) background[to++] = pixels[row + x]!;
    }
  }
  return background;
}
