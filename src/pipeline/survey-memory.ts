import type { PixelLevel } from "../acquisition/pixel-level.ts";
import { blockSumsLength } from "../estimate/empty-offset.ts";
import { type SurveyScratch, surveyedAtOnce } from "../estimate/empty-survey.ts";
import { medianKernelBytes } from "../estimate/median.ts";
import { medianScratch } from "../estimate/median-scratch.ts";
import { baselineStep } from "../estimate/thin-planes.ts";
import { KernelMemory } from "../kernels/kernel-memory.ts";
import { allocatePixels, arrayBytes, bytesPerPixel, elementCount, type PixelArray, type Yx } from "../shapes.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import { readingRoomBytes, takeReadingRoom } from "./reading-room.ts";

/** The arrays that pieces of a field are surveyed in, one after the other: in the kernels' memory where there is any. */
export class SurveyMemory {
  /** Room for all planes of a piece and, in the kernels' memory, for a chunk that ends behind the last of them. */
  readonly pixels: PixelArray;
  /** Room for one chunk. */
  readonly room: ChunkRoom;
  readonly scratch: SurveyScratch;
  private readonly level: PixelLevel;
  private readonly planeCount: number;
  private readonly largestYx: Yx;

  /** @param largestYx rows and columns that no piece exceeds */
  constructor(level: PixelLevel, planeCount: number, largestYx: Yx) {
    const { type } = level;
    const area = elementCount(largestYx);
    const [medians, thinned] = [mostMedians(largestYx), planeCount * mostTaken(largestYx)];
    const memory = KernelMemory.open(surveyMemoryBytes(level, planeCount, largestYx));
    this.level = level;
    this.planeCount = planeCount;
    this.largestYx = largestYx;
    this.pixels =
      memory?.pixels(type, planeCount * area + elementCount(level.chunkShapeCzyx)) ??
      allocatePixels(type, planeCount * area);
    this.scratch = {
      ...medianScratch(planeCount),
      medians: memory?.floats(medians) ?? new Float32Array(medians),
      background: memory?.pixels(type, thinned) ?? allocatePixels(type, thinned),
      sums: memory?.doubles(blockSumsLength(planeCount)) ?? new Float64Array(blockSumsLength(planeCount)),
    };
    this.room = (memory && takeReadingRoom(memory, level)) ?? {};
  }

  /** Whether the arrays do for a piece of these rows and columns. */
  fits(level: PixelLevel, planeCount: number, [rows, columns]: Yx): boolean {
    const isWithin = rows <= this.largestYx[0] && columns <= this.largestYx[1];
    return level === this.level && planeCount === this.planeCount && isWithin;
  }
}

/** Bytes that a survey's working memory takes for each piece that is worked on, chunks aside. */
export function surveyPlanesBytes({ type }: PixelLevel, planeCount: number, largestYx: Yx): number {
  const pixels = planeCount * (elementCount(largestYx) + mostTaken(largestYx));
  return pixels * bytesPerPixel(type) + 4 * mostMedians(largestYx) + 8 * blockSumsLength(planeCount);
}

/** What the arrays take; each begins at a whole cache line. */
function surveyMemoryBytes(level: PixelLevel, planeCount: number, largestYx: Yx): number {
  const chunk = arrayBytes(level.type, level.chunkShapeCzyx);
  const planes = surveyPlanesBytes(level, planeCount, largestYx) + chunk;
  return planes + medianKernelBytes(planeCount) + readingRoomBytes(level) + 8 * 64;
}

/** Pixels that are taken of a row of a piece, wherever in the field it lies. */
function mostTaken([, columns]: Yx): number {
  return Math.ceil(columns / baselineStep);
}

/** Medians of the rows that are surveyed at a time, of this piece or a smaller one. */
function mostMedians([, columns]: Yx): number {
  return Math.max(columns, surveyedAtOnce(1));
}
