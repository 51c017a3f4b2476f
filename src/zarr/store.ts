/**
 * Where bytes live: folders on a disk, memory, servers. Keys are relative, `/`-separated, never start with `/`;
 * the empty key is the store's root.
 */

/** A part of an object: from `offset`, or its last bytes. */
export type ByteRange =
  | { readonly kind: "slice"; readonly offset: number; readonly length: number }
  | { readonly kind: "suffix"; readonly length: number };

/** Size and time of change of an object, for noticing that it changed. */
export interface ObjectFacts {
  readonly bytes: number;
  /** Milliseconds since 1970; 0 where a server does not tell. */
  readonly modifiedMs: number;
  /** A server's mark of this very content (an ETag), where it gives one. */
  readonly tag?: string;
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
  /** Whether every question is a request to a server: nobody may then ask about each of a million objects. */
  readonly isRemote?: boolean;
  /** What a message about something absent must add, where a server hides what it refuses. */
  readonly absenceNote?: string | undefined;
  /**
   * The bytes of an object, or `undefined` where there is none. They may be put into `room`, where one is given and they
   * fit.
   * @param isAhead whether who asks works on something else meanwhile, and so is not to be held up
   * @throws IsoluxError `storage` when reading fails
   */
  get(key: string, room?: Uint8Array, isAhead?: boolean): Promise<Uint8Array | undefined>;
  /** A part of an object, clipped to its end, or `undefined` where there is no such object; the rest as above. */
  getRange(key: string, range: ByteRange, room?: Uint8Array, isAhead?: boolean): Promise<Uint8Array | undefined>;
  /**
   * The entries of a folder, sorted by name; empty where there is no such folder. `undefined` where the store cannot
   * list, as over HTTP: ask for the names that may be there instead, see `namesIn`.
   */
  list(folder: string): Promise<StoreEntry[] | undefined>;
  /** Size and time of an object, or `undefined` where there is none. */
  facts(key: string): Promise<ObjectFacts | undefined>;
}

/** An object that grows out of sight: nobody reads any of it before it is finished. */
export interface ObjectWriter {
  /** Adds bytes to the end; they must stay as they are until the promise is settled. One call at a time. */
  append(bytes: Uint8Array): Promise<void>;
  /** Puts the object in its place: readers see the old one or the new one, never none. */
  finish(): Promise<void>;
  /** Gives the object up and removes what was written of it; an old one stays. */
  discard(): Promise<void>;
}

/** A place to put whole objects, as any server has: it is all that the chunks and metadata of an output need. */
export interface ObjectStore extends ReadableStore {
  /** Writes an object whole: readers see the old bytes or the new ones, never a part. Makes folders as needed. */
  set(key: string, bytes: Uint8Array): Promise<void>;
  /** Creates an object if there is none: true if this call made it, false if it was there. */
  create(key: string, bytes: Uint8Array): Promise<boolean>;
  /**
   * Begins an object that is too large to be held as a whole.
   * @param mostBytes it will not grow larger
   */
  begin(key: string, mostBytes: number): ObjectWriter;
  /** Removes an object or folder with all in it; does nothing where there is none. */
  remove(key: string): Promise<void>;
  /** Removes from a folder, and all below it, the unfinished objects that killed writers left. Nobody may be writing. */
  sweep(folder: string): Promise<void>;
}

/**
 * A place in which objects also grow in sight, and whole folders are renamed at a stroke: what a run in the making
 * needs.
 */
export interface WritableStore extends ObjectStore {
  list(folder: string): Promise<StoreEntry[]>;
  /** Adds bytes to the end of an object, creating it where there is none. */
  append(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Makes an object's time of change the present, by the clock of who keeps it: on a shared disk the file server's.
   * @returns false where there is no such object
   */
  touch(key: string): Promise<boolean>;
  /** Renames an object or folder, at once or not at all; the target must not exist. */
  move(from: string, to: string): Promise<void>;
}

/** Joins parts of a key, leaving out empty ones. */
export function joinKey(...parts: readonly string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  // The root of a file system is a slash already.
  return joined.startsWith("//") ? joined.slice(1) : joined;
}

/** The last name in a key: what a folder or an object is called. */
export function keyName(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

/** The key of something beside what lies at a key. */
export function keyBeside(key: string, name: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1) + name;
}

/** The key of something hidden beside what lies at a key, and named after it: `.NAME.ENDING`. */
export function hiddenBeside(key: string, ending: string): string {
  return keyBeside(key, `.${keyName(key)}.${ending}`);
}
