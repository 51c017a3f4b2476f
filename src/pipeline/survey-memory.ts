import type { PixelLevel } from "../acquisition/pixel-level.ts";
import type { SurveyScratch } from "../estimate/empty-survey.ts";
import { medianKernelBytes } from "../estimate/median.ts";
import { medianScratch } from "../estimate/median-scratch.ts";
import { KernelMemory } from "../kernels/kernel-memory.ts";
import { allocatePixels, bytesPerPixel, type PixelArray } from "../shapes.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import { readingRoom } from "./reading-room.ts";

/** The arrays that pieces of a field are surveyed in, one after the other: in the kernels' memory where there is any. */
export class SurveyMemory {
  /** Room for all planes of a piece. */
  readonly pixels: PixelArray;
  /** Room for one chunk. */
  readonly room: ChunkRoom;
  readonly scratch: SurveyScratch;
  private readonly level: PixelLevel;
  private readonly planeCount: number;

  /** @param pieceLength pixels of the largest piece in one plane */
  constructor(level: PixelLevel, planeCount: number, pieceLength: number) {
    const { type } = level;
    const memory = KernelMemory.open(surveyMemoryBytes(level, planeCount, pieceLength));
    this.level = level;
    this.planeCount = planeCount;
    this.pixels = memory?.pixels(type, planeCount * pieceLength) ?? allocatePixels(type, planeCount * pieceLength);
    this.room = readingRoom(level);
    this.scratch = {
      ...medianScratch(planeCount),
      medians: memory?.floats(pieceLength) ?? new Float32Array(pieceLength),
    };
  }

  /** Whether the arrays do for a piece of so many pixels. */
  fits(level: PixelLevel, planeCount: number, pieceLength: number): boolean {
    return level === this.level && planeCount === this.planeCount && pieceLength <= this.scratch.medians.length;
  }
}

/** What the arrays beside the chunk take; each begins at a whole cache line. */
function surveyMemoryBytes({ type }: PixelLevel, planeCount: number, pieceLength: number): number {
  const planes = planeCount * pieceLength * bytesPerPixel(type);
  return planes + 4 * pieceLength + medianKernelBytes(planeCount) + 3 * 64;
}
