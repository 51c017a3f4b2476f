import type { AbsolutePath, AsyncReadable, RangeQuery } from "zarrita";
import type { ReadableStore } from "../../src/zarr/store.ts";

/** A store of ours as zarrita wants it. */
export class ZarritaStore implements AsyncReadable {
  readonly #store: ReadableStore;

  constructor(store: ReadableStore) {
    this.#store = store;
  }

  get(key: AbsolutePath): Promise<Uint8Array | undefined> {
    return this.#store.get(key.slice(1));
  }

  getRange(key: AbsolutePath, range: RangeQuery): Promise<Uint8Array | undefined> {
    return "suffixLength" in range
      ? this.#store.getRange(key.slice(1), { kind: "suffix", length: range.suffixLength })
      : this.#store.getRange(key.slice(1), { kind: "slice", ...range });
  }
}
