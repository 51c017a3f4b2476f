/** What an estimate from empty regions needs to know of its planes, gathered piece by piece of the field. */
import type { PixelArray, Yx } from "../shapes.ts";
import { addToBlocks, blockMeans } from "./empty-offset.ts";
import { medianOverPlanes } from "./median.ts";
import type { MedianScratch } from "./median-scratch.ts";
import type { PiecePlanes } from "./piece-planes.ts";
import { baselineStep, takeRows, thinRoom } from "./thin-planes.ts";

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

/** Where the larger part of what a survey finds is to lie. */
export type SurveyRoom = Pick<PieceSurvey, "median" | "background">;

/** Working memory of {@link surveyPiece}. */
export interface SurveyScratch extends MedianScratch {
  /** For the medians of a piece. */
  readonly medians: Float32Array;
  /** For the pixels of a piece that count for the baseline. */
  readonly background: PixelArray;
  /** For the sums of blocks. */
  readonly sums: Float64Array;
}

/** So many pixels of every plane are looked at by one after the other, while they are in the second cache. */
const pixelsAtOnce = 2048;

/**
 * Surveys a piece of a field of `fieldYx`.
 * @param room for what is found; arrays of their own without
 */
export function surveyPiece(piece: PiecePlanes, fieldYx: Yx, scratch: SurveyScratch, room?: SurveyRoom): PieceSurvey {
  const { pixels, planeCount, startYx, shapeYx } = piece;
  const [rows, columns] = shapeYx;
  const medians = scratch.medians.subarray(0, rows * columns);
  const background = thinRoom(piece, baselineStep, scratch.background);
  const blocks = blockMeans(planeCount, fieldYx, scratch.sums);
  const summed = blocks.step === baselineStep ? background : thinRoom(piece, blocks.step);
  const rowsAtOnce = Math.max(1, Math.floor(pixelsAtOnce / columns));
  for (let y0 = 0; y0 < rows; y0 += rowsAtOnce) {
    const y1 = Math.min(y0 + rowsAtOnce, rows);
    const [from, to] = [y0 * columns, y1 * columns];
    medianOverPlanes(pixels.subarray(from), planeCount, to - from, medians.subarray(from, to), scratch, rows * columns);
    const taken = takeRows(background, piece, y0, y1);
    addToBlocks(blocks, summed, summed === background ? taken : [y0, y1]);
  }
  const { counts } = blocks;
  const [median, thinned] = [broughtTo(room?.median, medians), broughtTo(room?.background, background.pixels)];
  return { startYx, shapeYx, median, background: thinned, sums: blocks.sums.slice(), counts };
}

/** A copy in the room, or in an array of its own. */
function broughtTo<Numbers extends PixelArray>(room: Numbers | undefined, numbers: Numbers): Numbers {
  if (room === undefined) return numbers.slice() as Numbers;
  room.set(numbers);
  return room;
}
