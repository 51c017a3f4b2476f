/** A store as it was at some time: what was changed or removed since then is refused. */

import { IsoluxError } from "../errors.ts";
import {
  type ByteRange,
  joinKey,
  type ObjectFacts,
  type ReadableStore,
  type ReadOptions,
  type StoreEntry,
} from "./store.ts";

/** The state in which a store is to be. */
export interface StoreState {
  /** Nothing was modified after that time, in milliseconds of the Unix epoch by the clock of the store. */
  readonly sinceMs: number;
  /** An object that was there, where one is known: once it is gone, so may be whatever else is missing. */
  readonly witness?: string | undefined;
}

/**
 * A store whose objects are read as they were at some time. An object is looked at once it has been read, so that one that
 * was replaced meanwhile is noticed.
 */
export class UnchangedStore implements ReadableStore {
  readonly location: string;
  readonly isRemote: boolean;
  readonly readsParts: boolean;
  readonly #store: ReadableStore;
  readonly #state: StoreState;

  constructor(store: ReadableStore, state: StoreState) {
    this.location = store.location;
    this.isRemote = store.isRemote === true;
    this.readsParts = store.readsParts === true;
    this.#store = store;
    this.#state = state;
  }

  get absenceNote(): string | undefined {
    return this.#store.absenceNote;
  }

  async get(key: string, options?: ReadOptions): Promise<Uint8Array | undefined> {
    const bytes = await this.#store.get(key, options);
    await this.#check(key, bytes);
    return bytes;
  }

  async getRange(
    key: string,
    range: ByteRange,
    buffer?: Uint8Array,
    isAhead?: boolean,
  ): Promise<Uint8Array | undefined> {
    const bytes = await this.#store.getRange(key, range, buffer, isAhead);
    await this.#check(key, bytes);
    return bytes;
  }

  async list(folder: string): Promise<StoreEntry[] | undefined> {
    return await this.#store.list(folder);
  }

  async facts(key: string): Promise<ObjectFacts | undefined> {
    return await this.#store.facts(key);
  }

  /** @throws IsoluxError `invalid` where the object was changed, `storage` where the witness is gone */
  async #check(key: string, bytes: Uint8Array | undefined): Promise<void> {
    const { sinceMs, witness } = this.#state;
    const looked = bytes === undefined ? witness : key;
    if (looked === undefined) return;
    const facts = await this.#store.facts(looked);
    if (facts === undefined) throw this.#fault("storage", "The source image is no longer there", looked);
    if (facts.modifiedMs > sinceMs) throw this.#fault("invalid", "The source image changed while it is read", key);
  }

  #fault(kind: "invalid" | "storage", what: string, key: string): IsoluxError {
    const advice = "Start again when it is there and nothing writes to it any more";
    return new IsoluxError({ kind, what, where: joinKey(this.location, key), advice });
  }
}
