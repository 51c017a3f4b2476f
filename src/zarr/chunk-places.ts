/** Checks of where the chunks of an array lie, and a sample of their keys. */
import { elementCount } from "../shapes.ts";
import type { ZarrArray } from "./array.ts";

/** Whether an array's folder contains anything but metadata; skipped for servers. */
export async function hasObjects({ store, key }: ZarrArray): Promise<boolean> {
  if (store.isRemote) return true;
  const entries = (await store.list(key)) ?? [];
  return entries.some(({ name }) => name !== "zarr.json" && !name.startsWith("."));
}

/**
 * The golden section: the fractional parts of its multiples fill the unit interval evenly and have no period in common
 * with a grid.
 */
const goldenSection = (Math.sqrt(5) - 1) / 2;

/**
 * The keys of at most `most` chunks of an array, spread over it, always the same; all of them where there are no more.
 */
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
