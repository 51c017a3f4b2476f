import { elementCount } from "../shapes.ts";
import type { ZarrArray } from "./array.ts";

/** The golden section: its multiples, less their whole part, fill the unit interval evenly and share no step of a grid. */
const goldenSection = (Math.sqrt(5) - 1) / 2;

/** The keys of at most `most` chunks of an array, spread over it, always the same; all of them where there are no more. */
export function spreadChunkKeys(array: ZarrArray, most: number): string[] {
  const count = elementCount(array.chunkGrid);
  const keys = new Set<string>();
  for (let n = 0; n < Math.min(most, count); n++) {
    const index = count <= most ? n : Math.floor((((n + 0.5) * goldenSection) % 1) * count);
    keys.add(array.chunkKey(coordinatesOf(index, array.chunkGrid)));
  }
  return [...keys];
}

function coordinatesOf(index: number, grid: readonly number[]): number[] {
  let rest = index;
  return grid
    .toReversed()
    .map((extent) => {
      const coordinate = rest % extent;
      rest = Math.floor(rest / extent);
      return coordinate;
    })
    .reverse();
}
