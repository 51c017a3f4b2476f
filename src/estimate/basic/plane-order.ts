/** Order statistics of every pixel over the planes, for a range of pixels at a time. */
import type { LadmapPlanes } from "./ladmap-kernels.ts";

/** The median over the planes of the pixels `[from, to)`; of an even number of planes the middle of two values. */
export function medianOverPlanes(planes: LadmapPlanes, from: number, to: number, median: Float64Array): void {
  const { planeCount, pixelCount, image } = planes;
  const values = new Float64Array(planeCount);
  for (let p = from; p < to; p++) {
    for (let n = 0; n < planeCount; n++) values[n] = image[n * pixelCount + p]!;
    median[p] = medianOfSorted(values.sort());
  }
}

/** The middle of sorted values; of an even number the mean of the two in the middle. */
export function medianOfSorted(values: Float64Array): number {
  const middle = Math.floor(values.length / 2);
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}

/**
 * Sorts the values of the pixels `[from, to)` over the planes, in place, the smallest first; every weight goes with its
 * value. Equal values keep their order.
 */
export function sortOverPlanes(planes: LadmapPlanes, from: number, to: number): void {
  const { planeCount, pixelCount, image, weights } = planes;
  const values = new Float64Array(planeCount);
  const carried = new Float64Array(planeCount);
  const order = Array.from({ length: planeCount }, (_, n) => n);
  for (let p = from; p < to; p++) {
    for (let n = 0; n < planeCount; n++) {
      values[n] = image[n * pixelCount + p]!;
      carried[n] = weights[n * pixelCount + p]!;
      order[n] = n;
    }
    // Where all weights are equal there is nothing to carry, and plain numbers sort ten times faster.
    const even = carried.every((weight) => weight === carried[0]);
    if (even) values.sort();
    else order.sort((a, b) => values[a]! - values[b]! || a - b);
    for (let n = 0; n < planeCount; n++) {
      image[n * pixelCount + p] = values[even ? n : order[n]!]!;
      weights[n * pixelCount + p] = carried[even ? n : order[n]!]!;
    }
  }
}
