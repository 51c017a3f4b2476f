/** The arrays that pieces of a field are surveyed in, allocated once and used again for every piece. */
import type { PixelLevel } from "../../acquisition/level.ts";
import { readingBufferBytes, takeReadingBuffers } from "../../acquisition/reading-buffers.ts";
import { medianKernelBytes, medianScratch } from "../../estimate/empty/median.ts";
import { baselineStep } from "../../estimate/empty/planes.ts";
import { blockSumsLength, type SurveyScratch, surveyedAtOnce } from "../../estimate/empty/survey.ts";
import { alignedBytes, KernelMemory } from "../../kernels/kernel-memory.ts";
import { doubles, floats, type Layout, layoutOf, pixels } from "../../kernels/layout.ts";
import { elementCount, type PixelArray, type Yx } from "../../shapes.ts";
import type { ChunkBuffer } from "../../zarr/chunk-pixels.ts";

/**
 * The arrays that pieces of a field are surveyed in, one after the other: in the kernels' memory where there is one.
 */
export class SurveyMemory {
  /** Space for all planes of a piece and, in the kernels' memory, for a chunk that ends behind the last of them. */
  readonly pixels: PixelArray;
  /** A buffer for one chunk. */
  readonly buffer: ChunkBuffer;
  readonly scratch: SurveyScratch;
  private readonly level: PixelLevel;
  private readonly planeCount: number;
  private readonly largestYx: Yx;

  /** @param largestYx the most rows and columns of a piece */
  constructor(level: PixelLevel, planeCount: number, largestYx: Yx) {
    const layout = layoutOf({
      found: piecesLayout(level, planeCount, largestYx, elementCount(level.chunkShapeCzyx)),
      buffer: readingBuffers(level),
      more: keptFree(medianKernelBytes(planeCount)),
    });
    const { found, buffer } = layout.take(KernelMemory.open(layout.bytes));
    const { planes, ...results } = found;
    this.level = level;
    this.planeCount = planeCount;
    this.largestYx = largestYx;
    this.pixels = planes;
    this.scratch = { ...medianScratch(planeCount).take(undefined), ...results };
    this.buffer = buffer;
  }

  /** Whether the arrays are large enough for a piece of these rows and columns. */
  fits(level: PixelLevel, planeCount: number, [rows, columns]: Yx): boolean {
    const isWithin = rows <= this.largestYx[0] && columns <= this.largestYx[1];
    return level === this.level && planeCount === this.planeCount && isWithin;
  }
}

/** Bytes of the memory that are left free: for what kernels or readers allocate in it while they work. */
function keptFree(length: number): Layout<undefined> {
  return { bytes: alignedBytes(length), take: () => undefined };
}

/** Bytes of a survey's working memory for each piece in progress, without chunks. */
export function surveyPlanesBytes(level: PixelLevel, planeCount: number, largestYx: Yx): number {
  return piecesLayout(level, planeCount, largestYx).bytes;
}

/** The planes of a piece, and the results. @param more pixels of spare space behind the planes */
function piecesLayout({ type }: PixelLevel, planeCount: number, largestYx: Yx, more = 0) {
  return layoutOf({
    planes: pixels(type, planeCount * elementCount(largestYx), more),
    medians: floats(mostMedians(largestYx)),
    background: pixels(type, planeCount * mostTaken(largestYx)),
    sums: doubles(blockSumsLength(planeCount)),
  });
}

/** The buffer for a chunk; none outside of the kernels' memory. */
function readingBuffers(level: PixelLevel): Layout<ChunkBuffer> {
  return {
    // Two arrays, each of whole cache lines.
    bytes: alignedBytes(readingBufferBytes(level)) + 64,
    take: (memory) => (memory && takeReadingBuffers(memory, level)) ?? {},
  };
}

/** The most pixels that are taken of a row of a piece, wherever in the field it lies. */
function mostTaken([, columns]: Yx): number {
  return Math.ceil(columns / baselineStep);
}

/** The most medians of the rows that are surveyed at a time, for pieces up to this size. */
function mostMedians([, columns]: Yx): number {
  return Math.max(columns, surveyedAtOnce(1));
}
