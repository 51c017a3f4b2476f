import type { FileAccess } from "../acquisition/open-acquisition.ts";
import type { ReadableStore, WritableStore } from "../zarr/store.ts";

/** How another thread opens a store again: by its folder, or by the address from which the user wants to read. */
export type StoreLocator =
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "address"; readonly address: string };

/** A place to read from, and how another thread finds it. */
export interface SourceLocation {
  readonly store: ReadableStore;
  /** The key of the folder or file in the store. */
  readonly key: string;
  readonly locator?: StoreLocator;
  /** Ways to files that a store does not give, where the platform has such. */
  readonly access?: FileAccess;
}

/** A place to read from and write to. */
export interface Location extends SourceLocation {
  readonly store: WritableStore;
}

/** What another thread is told of a location. */
export type Place = Pick<SourceLocation, "key" | "locator">;

/** The part of a location that can be sent to another thread. */
export function placeOf({ key, locator }: SourceLocation): Place {
  return locator === undefined ? { key } : { key, locator };
}

/** Whether there is anything at a location: an object, a folder, be it empty, or a link to nowhere. */
export async function isOccupied({ store, key }: Pick<SourceLocation, "store" | "key">): Promise<boolean> {
  const parts = key.split("/");
  const name = parts.pop();
  return ((await store.list(parts.join("/"))) ?? []).some((entry) => entry.name === name);
}
