import type { PixelArray } from "../shapes.ts";

/**
 * Gathers the evened values of planes, `[planeCount, divisors.length]`, that are no more than `bound`: less the offset,
 * divided by what their pixel is divided by, in single precision. They go to the beginning of `destination`.
 *
 * @returns how many there are, or -1 where one is NaN or `destination` has no room for all
 */
export function gatherLowestTwin(
  values: PixelArray,
  planeCount: number,
  divisors: Float32Array,
  offset: number,
  bound: number,
  destination: Float32Array,
): number {
  let found = 0;
  for (let plane = 0, from = 0; plane < planeCount; plane++) {
    for (let pixel = 0; pixel < divisors.length; pixel++) {
      const evened = Math.fround(Math.fround(values[from++]! - offset) / divisors[pixel]!);
      if (evened > bound) continue;
      if (found === destination.length || Number.isNaN(evened)) return -1;
      destination[found++] = evened;
    }
  }
  return found;
}
