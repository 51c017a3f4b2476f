import { memoryOf } from "../kernels/kernel-memory.ts";
import type { PixelArray } from "../shapes.ts";
import type { MedianScratch } from "./median-scratch.ts";
import { medianOverPlanesTwin } from "./median-twin.ts";

/** The kernel counts planes in 16 bits. */
const mostPlanes = 32767;
/** What the kernel brings side by side at a time, about: it and what it is made of are to lie in the second cache. */
const gatheredBytes = 2 ** 18;

/**
 * The median of every pixel over planes, as {@link medianOverPlanesTwin} has it: by WebAssembly for integers where planes
 * and medians lie in its memory and it has some left, else by the twin, with the same bits.
 */
export function medianOverPlanes(
  planes: PixelArray,
  planeCount: number,
  pixelCount: number,
  destination: Float32Array,
  scratch: MedianScratch,
  planeStride = pixelCount,
): void {
  const memory = memoryOf(planes, destination);
  const mark = memory?.mark() ?? 0;
  const gathered = memory?.bytes(medianKernelBytes(planeCount));
  const isInside = (planeCount - 1) * planeStride + pixelCount <= planes.length && pixelCount <= destination.length;
  const isFit = !(planes instanceof Float32Array) && planeCount > 0 && planeCount <= mostPlanes && isInside;
  if (memory === undefined || gathered === undefined || !isFit) {
    medianOverPlanesTwin(planes, planeCount, pixelCount, destination, scratch, planeStride);
  } else {
    const [from, to, atOnce] = [planes.byteOffset, destination.byteOffset, pixelsAtOnce(planeCount)];
    const { medianOverPlanes: median } = memory.functions;
    const { BYTES_PER_ELEMENT } = planes;
    median(from, BYTES_PER_ELEMENT, planeCount, planeStride, pixelCount, to, atOnce, gathered.byteOffset);
  }
  memory?.release(mark);
}

/** What the kernel takes of its memory beside planes and medians. */
export function medianKernelBytes(planeCount: number): number {
  const atOnce = pixelsAtOnce(planeCount);
  return 2 * atOnce + planeCount * (atOnce + 32);
}

/** Pixels that are brought side by side: runs of some memory pages at most, of a few cache lines at least. */
function pixelsAtOnce(planeCount: number): number {
  return 16 * Math.max(4, Math.min(128, Math.floor(gatheredBytes / (16 * planeCount))));
}
