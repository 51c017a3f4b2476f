/** A store in memory. */

import { concatenate } from "../concatenate.ts";
import { IsoluxError } from "../errors.ts";
import { limits } from "../limits.ts";
import {
  type ByteRange,
  checkSize,
  isUnfinished,
  joinKey,
  type ObjectFacts,
  type ObjectWriter,
  type PlaceFacts,
  type ReadOptions,
  type StoreEntry,
  unfinishedKey,
  type WritableStore,
} from "./store.ts";

/** A store in memory: for tests and for images that are never on a disk. Bytes are copied in and out. */
export class MemoryStore implements WritableStore {
  readonly location: string;
  readonly #objects = new Map<string, { bytes: Uint8Array; modifiedMs: number }>();
  readonly #now: () => number;

  /** @param now the clock for the times of its objects, in ms */
  constructor(location = "memory:", now: () => number = Date.now) {
    this.location = location;
    this.#now = now;
  }

  async get(key: string, { mostBytes = limits.metadata }: ReadOptions = {}): Promise<Uint8Array | undefined> {
    const bytes = this.#objects.get(key)?.bytes;
    checkSize(bytes?.length ?? 0, mostBytes, joinKey(this.location, key));
    return bytes?.slice();
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

  async keep(key: string, bytes: Uint8Array): Promise<void> {
    await this.set(key, bytes);
  }

  async sync(): Promise<void> {}

  async look(key: string): Promise<PlaceFacts | undefined> {
    const [first] = this.#keysOf(key);
    if (first === undefined) return undefined;
    return { kind: first === key ? "object" : "folder", identity: String(this.#objects.get(first)!.modifiedMs) };
  }

  async append(key: string, bytes: Uint8Array): Promise<void> {
    const before = this.#objects.get(key)?.bytes ?? new Uint8Array(0);
    await this.set(key, concatenate(Uint8Array, [before, bytes]));
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
    if (this.#keysOf(to).length > 0) {
      const what = "The place to move to is taken: nothing was moved";
      throw new IsoluxError({ kind: "storage", what, where: joinKey(this.location, to) });
    }
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
