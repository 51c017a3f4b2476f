import { IsoluxError } from "../errors.ts";
import {
  type ByteRange,
  joinKey,
  type ObjectFacts,
  type ObjectWriter,
  type StoreEntry,
  type WritableStore,
} from "./store.ts";
import { isUnfinished, unfinishedKey } from "./unfinished.ts";

/** A store in memory: for tests and for images that never touch a disk. Bytes are copied in and out. */
export class MemoryStore implements WritableStore {
  readonly location: string;
  readonly #objects = new Map<string, { bytes: Uint8Array; modifiedMs: number }>();
  readonly #now: () => number;

  /** @param now the clock that its objects' times are taken from, in ms */
  constructor(location = "memory:", now: () => number = Date.now) {
    this.location = location;
    this.#now = now;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#objects.get(key)?.bytes.slice();
  }

  async getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined> {
    const bytes = this.#objects.get(key)?.bytes;
    if (bytes === undefined) return undefined;
    const start = range.kind === "slice" ? range.offset : Math.max(0, bytes.length - range.length);
    return bytes.slice(start, start + range.length);
  }

  async list(folder: string): Promise<StoreEntry[]> {
    const prefix = folder === "" ? "" : `${folder}/`;
    const kinds = new Map<string, StoreEntry["kind"]>();
    for (const key of this.#objects.keys()) {
      if (!key.startsWith(prefix)) continue;
      const [name, ...inner] = key.slice(prefix.length).split("/");
      kinds.set(name!, inner.length > 0 ? "folder" : "object");
    }
    const listed = [...kinds].filter(([name]) => !isUnfinished(name));
    return listed.map(([name, kind]) => ({ name, kind })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async facts(key: string): Promise<ObjectFacts | undefined> {
    const object = this.#objects.get(key);
    return object && { bytes: object.bytes.length, modifiedMs: object.modifiedMs };
  }

  async set(key: string, bytes: Uint8Array): Promise<void> {
    this.#objects.set(key, { bytes: bytes.slice(), modifiedMs: this.#now() });
  }

  async append(key: string, bytes: Uint8Array): Promise<void> {
    const before = this.#objects.get(key)?.bytes ?? new Uint8Array(0);
    const joined = new Uint8Array(before.length + bytes.length);
    joined.set(before);
    joined.set(bytes, before.length);
    await this.set(key, joined);
  }

  async touch(key: string): Promise<boolean> {
    const object = this.#objects.get(key);
    if (object !== undefined) this.#objects.set(key, { ...object, modifiedMs: this.#now() });
    return object !== undefined;
  }

  async create(key: string, bytes: Uint8Array): Promise<boolean> {
    if (this.#objects.has(key)) return false;
    await this.set(key, bytes);
    return true;
  }

  async move(from: string, to: string): Promise<void> {
    const moved = this.#keysOf(from);
    if (moved.length === 0) throw this.#fault("There is nothing to move", from);
    if (this.#keysOf(to).length > 0) throw this.#fault("Something is there already: nothing was moved", to);
    for (const key of moved) {
      this.#objects.set(to + key.slice(from.length), this.#objects.get(key)!);
      this.#objects.delete(key);
    }
  }

  begin(key: string): ObjectWriter {
    const aside = unfinishedKey(key);
    return {
      append: (bytes) => this.append(aside, bytes),
      finish: async () => {
        const object = this.#objects.get(aside);
        if (object === undefined) throw this.#fault("There is nothing to finish", key);
        this.#objects.set(key, object);
        this.#objects.delete(aside);
      },
      discard: () => this.remove(aside),
    };
  }

  async remove(key: string): Promise<void> {
    for (const inner of this.#keysOf(key)) this.#objects.delete(inner);
  }

  async sweep(folder: string): Promise<void> {
    for (const key of this.#keysOf(folder)) {
      if (isUnfinished(key.slice(key.lastIndexOf("/") + 1))) this.#objects.delete(key);
    }
  }

  /** The keys of an object, or of all objects in a folder. */
  #keysOf(key: string): string[] {
    return [...this.#objects.keys()].filter((other) => other === key || other.startsWith(`${key}/`));
  }

  #fault(what: string, key: string): IsoluxError {
    return new IsoluxError({ kind: "storage", what, where: joinKey(this.location, key) });
  }
}
