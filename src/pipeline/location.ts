import type { ReadableStore, WritableStore } from "../zarr/store.ts";

/** A store by which another thread can open it again. */
export type StoreLocator = { readonly kind: "directory"; readonly path: string };

/** A folder in a store, and how another thread finds it. */
export interface Location {
  readonly store: WritableStore;
  /** The folder's key in the store. */
  readonly key: string;
  readonly locator?: StoreLocator;
  /** A store that begins at the folder of that absolute path, where the platform has such. */
  readonly openFolder?: (path: string) => ReadableStore;
}

/** What another thread is told of a location. */
export type Place = Pick<Location, "key" | "locator">;

/** The part of a location that can be sent to another thread. */
export function placeOf({ key, locator }: Location): Place {
  return locator === undefined ? { key } : { key, locator };
}

/** Whether there is anything at a location: an object, a folder, be it empty, or a link to nowhere. */
export async function isOccupied({ store, key }: Pick<Location, "store" | "key">): Promise<boolean> {
  const parts = key.split("/");
  const name = parts.pop();
  return (await store.list(parts.join("/"))).some((entry) => entry.name === name);
}
