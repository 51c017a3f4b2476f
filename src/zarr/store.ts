/**
 * The interface of stores: folders on a disk, memory, servers. Keys are relative, `/`-separated, never start with `/`;
 * the empty key is the store's root.
 *
 * `await store.get("image.zarr/0/zarr.json")`
 */

import { tooLarge } from "../limits.ts";

/** A part of an object: from `offset`, or its last bytes. */
export type ByteRange =
  | { readonly kind: "slice"; readonly offset: number; readonly length: number }
  | { readonly kind: "suffix"; readonly length: number };

/** Size and modification time of an object, by which a change is noticed. */
export interface ObjectFacts {
  readonly bytes: number;
  /** Milliseconds since 1970; 0 where a server does not give it. */
  readonly modifiedMs: number;
  /** A server's identifier of this very content (an ETag), where it gives one. */
  readonly tag?: string;
}

/** One entry of a folder. */
export interface StoreEntry {
  readonly name: string;
  readonly kind: "object" | "folder";
}

/** How an object is read. */
export interface ReadOptions {
  /** Where its bytes may be put, if they fit. */
  readonly buffer?: Uint8Array | undefined;
  /** Whether who asks works on something else meanwhile, and so is not to be held up. */
  readonly isAhead?: boolean;
  /** More is refused: `limits.metadata` where nothing is said. */
  readonly mostBytes?: number;
}

/** A place to read from. */
export interface ReadableStore {
  /** Its location in messages: a path or URL. */
  readonly location: string;
  /** Whether every call is a request to a server: too slow for one call per object of a million. */
  readonly isRemote?: boolean;
  /** Whether a part of an object is there sooner than the whole, also where several parts are asked for. */
  readonly readsParts?: boolean;
  /** A note for messages about missing objects, where a server reports refused access as missing. */
  readonly absenceNote?: string | undefined;
  /**
   * The bytes of an object, or `undefined` where there is none.
   * @throws IsoluxError `storage` when reading fails, `corrupt` where it is larger than `mostBytes`
   */
  get(key: string, options?: ReadOptions): Promise<Uint8Array | undefined>;
  /** A part of an object, clipped to its end, or `undefined` where there is no such object; the rest as above. */
  getRange(key: string, range: ByteRange, buffer?: Uint8Array, isAhead?: boolean): Promise<Uint8Array | undefined>;
  /**
   * The entries of a folder, sorted by name; empty where there is no such folder. `undefined` where the store cannot
   * list, as over HTTP: then possible names can be tried, see `namesIn`.
   */
  list(folder: string): Promise<StoreEntry[] | undefined>;
  /** Size and time of an object, or `undefined` where there is none. */
  facts(key: string): Promise<ObjectFacts | undefined>;
}

/** Writes an object in parts: it is not visible to readers before it is finished. */
export interface ObjectWriter {
  /** Adds bytes to the end; they must not change until the promise is settled. One call at a time. */
  append(bytes: Uint8Array): Promise<void>;
  /**
   * Makes the object visible: readers see the old one or the new one, never none.
   * @param start its first bytes, where they were left out
   */
  finish(start?: Uint8Array): Promise<void>;
  /** Removes what was written of the object; an old one stays. */
  discard(): Promise<void>;
}

/** What lies at a place of a disk, be it a link. */
export interface PlaceFacts {
  readonly kind: StoreEntry["kind"] | "link";
  /** Tells it from whatever else may come to this place. */
  readonly identity: string;
}

/** A store to which whole objects are written, as on any server: enough for the chunks and metadata of an output. */
export interface ObjectStore extends ReadableStore {
  /** Writes an object atomically: readers see the old bytes or the new ones, never a part. Makes folders as needed. */
  set(key: string, bytes: Uint8Array): Promise<void>;
  /** Creates an object if there is none: true if this call made it, false if it existed. */
  create(key: string, bytes: Uint8Array): Promise<boolean>;
  /**
   * Begins an object that is too large to be in memory as a whole.
   * @param mostBytes an upper bound of its size
   */
  begin(key: string, mostBytes: number): ObjectWriter;
  /**
   * Begins an object whose first `startBytes` bytes are known last. Not there where objects are sent from their start to their
   * end.
   */
  beginAfterStart?(key: string, startBytes: number): ObjectWriter;
  /** Removes an object or folder with all in it; does nothing where there is none. */
  remove(key: string): Promise<void>;
  /** Removes from a folder, and all below it, the unfinished objects of killed writers. No writer may be active. */
  sweep(folder: string): Promise<void>;
  /**
   * Returns once all that was written, moved or removed through this store would outlast a power cut. Not there where
   * all is confirmed only then, as by servers.
   */
  sync?(): Promise<void>;
}

/**
 * A store that can also append to visible objects and rename whole folders atomically: needed for the workspace of a
 * run.
 */
export interface WritableStore extends ObjectStore {
  list(folder: string): Promise<StoreEntry[]>;
  sync(): Promise<void>;
  /** Writes an object as `set` does; it would outlast a power cut before anybody sees it, and once this returns. */
  keep(key: string, bytes: Uint8Array): Promise<void>;
  /** What lies at a key itself; `undefined` where nothing does. */
  look(key: string): Promise<PlaceFacts | undefined>;
  /** Adds bytes to the end of an object, creating it where there is none. */
  append(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Sets an object's modification time to now, by the clock of the store: on a shared disk the file server's.
   * @returns false where there is no such object
   */
  touch(key: string): Promise<boolean>;
  /**
   * Renames an object or folder, at once or not at all. Nothing is replaced, also where it appears just now, but for an
   * empty folder.
   * @throws IsoluxError `storage` where something is at the target
   */
  move(from: string, to: string): Promise<void>;
}

/** Refuses an object that is larger than one of its kind. @throws IsoluxError `corrupt` */
export function checkSize(bytes: number, mostBytes: number, where: string): void {
  if (bytes > mostBytes) {
    throw tooLarge("A file is too large to be what its name says", where, mostBytes, `${bytes} bytes`);
  }
}

/** Joins parts of a key, leaving out empty ones. */
export function joinKey(...parts: readonly string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  // The root of a file system is a slash already.
  return joined.startsWith("//") ? joined.slice(1) : joined;
}

/** The last name in a key. */
export function keyName(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

/** The key of an entry in the same folder. */
export function keyBeside(key: string, name: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1) + name;
}

/** The key of a hidden entry in the same folder, named after it: `.NAME.ENDING`. */
export function hiddenBeside(key: string, ending: string): string {
  return keyBeside(key, `.${keyName(key)}.${ending}`);
}

/** The protocol of an address such as `https://host/path`, in lower case; `undefined` where it is a path. */
export function protocolOf(place: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1]?.toLowerCase();
}

/** Whether a place is given as an address, not as a path. */
export function isAddress(place: string): boolean {
  return protocolOf(place) !== undefined;
}

/** Bytes of an unfinished object that are buffered before they are sent to a bucket. */
export const growingPartBytes = 1 << 23;

/** The names in a folder: all of them where the store can list, else those of `known` that exist, in that order. */
export async function namesIn(store: ReadableStore, folder: string, known: readonly string[]): Promise<string[]> {
  const entries = await store.list(folder);
  if (entries !== undefined) return entries.map(({ name }) => name);
  const facts = await Promise.all(known.map((name) => store.facts(joinKey(folder, name))));
  return known.filter((_, index) => facts[index] !== undefined);
}

/** The keys of all objects below a folder, sorted within each folder; `undefined` where the store cannot list. */
export async function objectsBelow(store: ReadableStore, folder: string): Promise<string[] | undefined> {
  const keys: string[] = [];
  return (await collect(store, folder, keys)) ? keys : undefined;
}

/** Adds keys one by one: there may be millions, more than a call has arguments. */
async function collect(store: ReadableStore, folder: string, keys: string[]): Promise<boolean> {
  const entries = await store.list(folder);
  if (entries === undefined) return false;
  for (const { name, kind } of entries) {
    const key = joinKey(folder, name);
    if (kind === "folder") await collect(store, key, keys);
    else keys.push(key);
  }
  return true;
}

// Names of unfinished objects: hidden, in the same folder, never listed, removed by a sweep if their writer was killed.

const pattern = /^\..*\.[0-9a-f]{12}\.part$/;

/** Whether this is the name of an unfinished object. */
export function isUnfinished(name: string): boolean {
  return pattern.test(name);
}

/** A new name for an object that will have the name `name` when it is finished. */
export function unfinishedName(name: string): string {
  const random = crypto.getRandomValues(new Uint8Array(6));
  const digits = Array.from(random, (byte) => byte.toString(16).padStart(2, "0"));
  return `.${shortened(name)}.${digits.join("")}.part`;
}

/** The beginning of a name, so that with a random ending it is no longer than the 255 bytes of a file's name. */
export function shortened(name: string): string {
  return Array.from(name).slice(0, 50).join("");
}

/** A new key for an object that will have the key `key` when it is finished. */
export function unfinishedKey(key: string): string {
  return keyBeside(key, unfinishedName(keyName(key)));
}
