/**
 * What the steps of an iteration do to single images: by WebAssembly where the images lie in one kernel memory, else by
 * TypeScript, with the same bits.
 */
import { memoryOf } from "../../kernels/kernel-memory.ts";

/** The images that a step of the flat-field or the dark-field goes on from, and what they are multiplied by. */
export interface Explained {
  readonly flatfield: Float64Array;
  readonly byFlatfield: number;
  readonly darkResidual: Float64Array;
  readonly darkOffset: number;
  readonly byDarkfield: number;
}

/** `next = from + (pixelSums - (flatfield · byFlatfield + (darkResidual + darkOffset) · byDarkfield)) / eta`. */
export function descend(
  from: Float64Array,
  { flatfield, byFlatfield, darkResidual, darkOffset, byDarkfield }: Explained,
  pixelSums: Float64Array,
  eta: number,
  next: Float64Array,
): void {
  const memory = memoryOf(from, flatfield, darkResidual, pixelSums, next);
  if (memory !== undefined) {
    memory.functions.descend(
      from.byteOffset,
      flatfield.byteOffset,
      byFlatfield,
      darkResidual.byteOffset,
      darkOffset,
      byDarkfield,
      pixelSums.byteOffset,
      eta,
      next.byteOffset,
      next.length,
    );
    return;
  }
  for (let p = 0; p < next.length; p++) {
    const explained = flatfield[p]! * byFlatfield + (darkResidual[p]! + darkOffset) * byDarkfield;
    next[p] = from[p]! + (pixelSums[p]! - explained) / eta;
  }
}

/** Pulls all values towards 0 by a threshold. */
export function shrinkAll(image: Float64Array, threshold: number): void {
  const memory = memoryOf(image);
  if (memory !== undefined) memory.functions.shrinkAll(image.byteOffset, threshold, image.length);
  else for (let p = 0; p < image.length; p++) image[p] = shrink(image[p]!, threshold);
}

/** Pulls each value towards 0 by `cost · weight / scale`. */
export function shrinkWeighted(image: Float64Array, weights: Float64Array, cost: number, scale: number): void {
  const memory = memoryOf(image, weights);
  if (memory !== undefined) {
    memory.functions.shrinkWeighted(image.byteOffset, weights.byteOffset, cost, scale, image.length);
  } else {
    for (let p = 0; p < image.length; p++) image[p] = shrink(image[p]!, (cost * weights[p]!) / scale);
  }
}

function shrink(value: number, threshold: number): number {
  return value > threshold ? value - threshold : value < -threshold ? value + threshold : 0;
}
