/**
 * Where bytes live: folders on a disk, memory, later servers. Keys are relative, `/`-separated, never start with `/`;
 * the empty key is the store's root.
 */

/** A part of an object: from `offset`, or its last bytes. */
export type ByteRange =
  | { readonly kind: "slice"; readonly offset: number; readonly length: number }
  | { readonly kind: "suffix"; readonly length: number };

/** Size and time of change of an object, for noticing that it changed. */
export interface ObjectFacts {
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** One entry of a folder. */
export interface StoreEntry {
  readonly name: string;
  readonly kind: "object" | "folder";
}

/** A place to read from. */
export interface ReadableStore {
  /** What to call this place in messages: a path or URL. */
  readonly location: string;
  /** The bytes of an object, or `undefined` where there is none. @throws IsoluxError `storage` when reading fails */
  get(key: string): Promise<Uint8Array | undefined>;
  /** A part of an object, clipped to its end, or `undefined` where there is no such object. */
  getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined>;
  /** The entries of a folder, sorted by name; empty where there is no such folder. */
  list(folder: string): Promise<StoreEntry[]>;
  /** Size and time of an object, or `undefined` where there is none. */
  facts(key: string): Promise<ObjectFacts | undefined>;
}

/** A place to write to, in which whole folders can be moved and removed. */
export interface WritableStore extends ReadableStore {
  /** Writes an object whole: readers see the old bytes or the new ones, never a part. Makes folders as needed. */
  set(key: string, bytes: Uint8Array): Promise<void>;
  /** Adds bytes to the end of an object, creating it where there is none. */
  append(key: string, bytes: Uint8Array): Promise<void>;
  /** Creates an object if there is none: true if this call made it, false if it was there. */
  create(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Renames an object or folder; the target must not exist. */
  move(from: string, to: string): Promise<void>;
  /** Removes an object or folder with all in it; does nothing where there is none. */
  remove(key: string): Promise<void>;
  /** Removes from a folder, and all below it, the unfinished objects that killed writers left. Nobody may be writing. */
  sweep(folder: string): Promise<void>;
}

/** Joins parts of a key, leaving out empty ones. */
export function joinKey(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("/");
}
