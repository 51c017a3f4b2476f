import type { FileAccess } from "../acquisition/open-acquisition.ts";
import { namesIn } from "../zarr/known-names.ts";
import { keyName, type ObjectStore, type ReadableStore, type WritableStore } from "../zarr/store.ts";

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
  /** Which tiles of a microscope are meant, in degrees, where there are several rotations. */
  readonly rotation?: number;
  /** The table of a mosaic that says where its tiles are, where a user names it; false where they do not matter. */
  readonly tileTable?: string | false;
  /** Whether the fields of a plate or a well are tiles of one acquisition there. */
  readonly isPooled?: boolean;
  /** Whether tiles are placed as their metadata say, whatever they show. */
  readonly trustPositions?: boolean;
}

/** A place to read from and write to. */
export interface Location extends SourceLocation {
  readonly store: WritableStore;
}

/** A place to put whole objects. */
export interface ObjectLocation extends SourceLocation {
  readonly store: ObjectStore;
}

/** An output that is built in a folder beside its place and then renamed. */
export interface FolderOutput extends Location {
  readonly kind: "folder";
}

/** An output whose objects are put to their last keys, as nothing can be renamed there. */
export interface BucketOutput extends ObjectLocation {
  readonly kind: "bucket";
  /** The folder of the run: what has been decided and what is done. */
  readonly workspace: Location;
}

/** Where an output comes to lie. */
export type OutputPlace = FolderOutput | BucketOutput;

/** What another thread is told of a location. */
export type Place = Pick<SourceLocation, "key" | "locator" | "rotation" | "tileTable" | "isPooled" | "trustPositions">;

/** The part of a location that can be sent to another thread. */
export function placeOf({ key, locator, rotation, tileTable, isPooled, trustPositions }: SourceLocation): Place {
  return {
    key,
    ...(locator === undefined ? {} : { locator }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(tileTable === undefined ? {} : { tileTable }),
    ...(isPooled === undefined ? {} : { isPooled }),
    ...(trustPositions === undefined ? {} : { trustPositions }),
  };
}

/** Whether two places, as {@link placeOf} gives them, are the same, by their names. */
export function isSamePlace(one: Place, other: Place): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether there is anything at a location: an object, a folder, be it empty, or a link to nowhere. */
export async function isOccupied({ store, key }: Pick<SourceLocation, "store" | "key">): Promise<boolean> {
  // The folder above may hold a great many names there, or be hidden; and no folder is empty.
  if (store.isRemote) return (await namesAt({ store, key })).length > 0 || (await store.facts(key)) !== undefined;
  const folder = key.slice(0, Math.max(0, key.lastIndexOf("/")));
  return ((await store.list(folder)) ?? []).some(({ name }) => name === keyName(key));
}

/** By these a folder is known as a part of a zarr hierarchy. */
export const zarrDocuments: readonly string[] = [".zgroup", ".zattrs", ".zarray", "zarr.json"];

/** The names in a folder; where the store does not list, those by which it is known as a part of a zarr hierarchy. */
export async function namesAt({ store, key }: Pick<SourceLocation, "store" | "key">): Promise<string[]> {
  return await namesIn(store, key, zarrDocuments);
}
