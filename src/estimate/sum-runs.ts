import { memoryOf } from "../kernels/kernel-memory.ts";
import type { PixelArray } from "../shapes.ts";

/** The kernel sums a run in 32 bits. */
const longestRun = 65536;

/** Pixels that follow each other, of every plane: from `start` on in the first, and `planeStride` on in the next. */
export interface PixelRuns {
  readonly pixels: PixelArray;
  readonly start: number;
  readonly length: number;
  readonly planeCount: number;
  readonly planeStride: number;
}

/**
 * Adds runs of pixels to a sum of every plane: that of the first is `sums[first]`, that of the next `stride` on. By
 * WebAssembly for integers where all lies in one kernel memory, else by the twin, with the same bits.
 */
export function sumRuns(runs: PixelRuns, sums: Float64Array, first: number, stride: number): void {
  const { pixels, start, length, planeCount, planeStride } = runs;
  const memory = memoryOf(pixels, sums);
  const isInside =
    start + (planeCount - 1) * planeStride + length <= pixels.length && first + (planeCount - 1) * stride < sums.length;
  if (memory === undefined || !isInside || pixels instanceof Float32Array || length > longestRun) {
    sumRunsTwin(runs, sums, first, stride);
    return;
  }
  const itemBytes = pixels.BYTES_PER_ELEMENT;
  const [from, to] = [pixels.byteOffset + start * itemBytes, sums.byteOffset + 8 * first];
  memory.functions.sumRuns(from, itemBytes, planeCount, planeStride, length, to, stride);
}

function sumRunsTwin(runs: PixelRuns, sums: Float64Array, first: number, stride: number): void {
  const { pixels, start, length, planeCount, planeStride } = runs;
  for (let plane = 0; plane < planeCount; plane++) {
    const from = start + plane * planeStride;
    let sum = 0;
    for (let at = from; at < from + length; at++) sum += pixels[at]!;
    sums[first + plane * stride]! += sum;
  }
}
