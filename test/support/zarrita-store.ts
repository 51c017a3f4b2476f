import type { AbsolutePath, AsyncReadable, RangeQuery } from "zarrita";
import { joinKey, type ReadableStore } from "../../src/zarr/store.ts";

/** A folder of a store of ours as zarrita wants it, which reads what our own arrays do not: texts, other types. */
export class ZarritaStore implements AsyncReadable {
  readonly #store: ReadableStore;
  readonly #folder: string;

  constructor(store: ReadableStore, folder = "") {
    this.#store = store;
    this.#folder = folder;
  }

  get(key: AbsolutePath): Promise<Uint8Array | undefined> {
    return this.#store.get(joinKey(this.#folder, key.slice(1)));
  }

  /** Without parts of objects, zarrita refuses arrays in shards. */
  getRange(key: AbsolutePath, range: RangeQuery): Promise<Uint8Array | undefined> {
    const inStore = joinKey(this.#folder, key.slice(1));
    return "suffixLength" in range
      ? this.#store.getRange(inStore, { kind: "suffix", length: range.suffixLength })
      : this.#store.getRange(inStore, { kind: "slice", ...range });
  }
}
