import { memoryOf } from "../kernels/kernel-memory.ts";
import type { PixelArray } from "../shapes.ts";
import type { MedianScratch } from "./median-scratch.ts";
import { medianOverPlanesTwin } from "./median-twin.ts";

/** The kernel gathers so many pixels of every plane as 2 bytes each, and of these some as 1 byte. */
const gatheredBytes = 64 * 2 + 16;
/** It counts planes in 16 bits. */
const mostPlanes = 32767;

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
): void {
  const memory = memoryOf(planes, destination);
  const mark = memory?.mark() ?? 0;
  const gathered = memory?.bytes(medianKernelBytes(planeCount));
  const isInside = planeCount * pixelCount <= planes.length && pixelCount <= destination.length;
  const isFit = !(planes instanceof Float32Array) && planeCount > 0 && planeCount <= mostPlanes && isInside;
  if (memory === undefined || gathered === undefined || !isFit) {
    medianOverPlanesTwin(planes, planeCount, pixelCount, destination, scratch);
  } else {
    const [from, to] = [planes.byteOffset, destination.byteOffset];
    const { medianOverPlanes: median } = memory.functions;
    median(from, planes.BYTES_PER_ELEMENT, planeCount, pixelCount, to, gathered.byteOffset);
  }
  memory?.release(mark);
}

/** What the kernel takes of its memory beside planes and medians. */
export function medianKernelBytes(planeCount: number): number {
  return planeCount * gatheredBytes;
}
