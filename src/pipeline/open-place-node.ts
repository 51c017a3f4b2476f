/** Places as other threads and processes find them again. */
import { IsoluxError } from "../errors.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import type { WritableStore } from "../zarr/store.ts";
import type { Place, SourceLocation } from "./location.ts";
import type { PlaceOpener } from "./shared-run.ts";
import { fileAccess, locateSource } from "./source-places-node.ts";

/** The folder of a place. @throws IsoluxError `unsupported` where it is in no folder */
export function storeAt({ locator }: Place): WritableStore {
  if (locator?.kind === "directory") return new DirectoryStore(locator.path);
  throw new IsoluxError({ kind: "unsupported", what: "A worker thread cannot open a store that is only in memory" });
}

/** The source of a task: a folder of this machine, or an address. */
export async function openSource(place: Place): Promise<SourceLocation> {
  const { locator, key, rotation, tileTable, isPooled, trustPositions } = place;
  const location =
    locator?.kind === "address"
      ? await locateSource(locator.address)
      : { store: storeAt(place), key, locator: locator!, access: fileAccess };
  return {
    ...location,
    ...(rotation !== undefined && { rotation }),
    ...(tileTable !== undefined && { tileTable }),
    ...(isPooled !== undefined && { isPooled }),
    ...(trustPositions !== undefined && { trustPositions }),
  };
}

/** How processes find places that others have written down. */
export const nodePlaceOpener: PlaceOpener = {
  source: openSource,
  folder: (place) => ({ store: storeAt(place), key: place.key, locator: place.locator! }),
};
