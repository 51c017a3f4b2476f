/** Checks of where the chunks of an array lie, and a sample of their keys. */

import { IsoluxError } from "../errors.ts";
import { elementCount, formatShape } from "../shapes.ts";
import type { ZarrArray } from "./array.ts";

/**
 * Refuses an array all of whose chunks have names that its metadata do not lead to: it would read as empty. Some
 * writers put chunks into folders without recording it. Skipped for servers, where listing a million chunks takes a
 * thousand requests.
 *
 * @throws IsoluxError `corrupt`
 */
export async function checkChunkNames({ store, key, location, metadata }: ZarrArray): Promise<void> {
  if (metadata.zarrFormat !== 2 || metadata.shape.length < 2 || store.isRemote) return;
  const entries = (await store.list(key)) ?? [];
  const inFolders = entries.find(({ name, kind }) => kind === "folder" && /^\d+$/.test(name));
  const inOneFolder = entries.find(({ name, kind }) => kind === "object" && /^\d+(\.\d+)+$/.test(name));
  const [expected, other] = metadata.separator === "/" ? [inFolders, inOneFolder] : [inOneFolder, inFolders];
  if (expected !== undefined || other === undefined) return;
  const stored = metadata.separator === "/" ? "." : "/";
  throw new IsoluxError({
    kind: "corrupt",
    what: "The chunks of an array are not named as its metadata say",
    where: location,
    found: `${other.name}${other.kind === "folder" ? "/..." : ""}`,
    expected: `numbers joined by "${metadata.separator}"`,
    advice: `Put "dimension_separator": "${stored}" into its .zarray`,
  });
}

/** Whether an array's folder contains anything but metadata; skipped for servers. */
export async function hasObjects({ store, key }: ZarrArray): Promise<boolean> {
  if (store.isRemote) return true;
  const entries = (await store.list(key)) ?? [];
  return entries.some(({ name }) => name !== "zarr.json" && !name.startsWith("."));
}

/**
 * A larger array is certainly not what its metadata say, and a list of its chunks or planes would not fit into memory.
 */
const mostAlongAxis = 2 ** 24;
const mostObjects = 2 ** 28;

/** @throws IsoluxError `unsupported` for an array of an impossible size: such metadata are wrong */
export function checkExtents({ location, metadata, chunkGrid }: ZarrArray): void {
  if (metadata.shape.every((extent) => extent <= mostAlongAxis) && elementCount(chunkGrid) <= mostObjects) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The array is larger than any image that Isolux handles",
    where: location,
    found: `${formatShape(metadata.shape)} in chunks of ${formatShape(metadata.chunkShape)}`,
    expected: `at most ${mostAlongAxis} along each axis, and ${mostObjects} chunks`,
    advice: "Check its metadata",
  });
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
