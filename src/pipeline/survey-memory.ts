import type { PixelLevel } from "../acquisition/pixel-level.ts";
import type { SurveyScratch } from "../estimate/empty-survey.ts";
import { medianKernelBytes } from "../estimate/median.ts";
import { medianScratch } from "../estimate/median-scratch.ts";
import { KernelMemory } from "../kernels/kernel-memory.ts";
import { allocatePixels, bytesPerPixel, elementCount, type PixelArray } from "../shapes.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";

/** Encoded bytes may be so much longer than pixels; and what codecs take for a block that they work on. */
const codecBytes = 4 * 2 ** 20;

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
    const chunkLength = elementCount(level.chunkShapeCzyx);
    const memory = KernelMemory.open(surveyMemoryBytes(level, planeCount, pieceLength));
    const encodedBytes = chunkLength * bytesPerPixel(type) + codecBytes / 2;
    const take = (length: number) => memory?.pixels(type, length) ?? allocatePixels(type, length);
    this.level = level;
    this.planeCount = planeCount;
    this.pixels = take(planeCount * pieceLength);
    this.room = { pixels: take(chunkLength), encoded: memory?.bytes(encodedBytes) ?? new Uint8Array(encodedBytes) };
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

/** What the arrays take. */
export function surveyMemoryBytes(
  { type, chunkShapeCzyx }: PixelLevel,
  planeCount: number,
  pieceLength: number,
): number {
  const pixels = planeCount * pieceLength + 2 * elementCount(chunkShapeCzyx);
  return pixels * bytesPerPixel(type) + codecBytes + 4 * pieceLength + medianKernelBytes(planeCount) + 4096;
}
