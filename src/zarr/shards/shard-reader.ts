import { limits } from "../../limits.ts";
import type { ChunkSpan } from "../chunk-part.ts";
import { corruptShard } from "../codecs/corrupt-chunk.ts";
import type { IndexLocation } from "../metadata/metadata.ts";
import { joinKey, type ReadableStore } from "../store.ts";
import { absent, parseShardIndex, type ShardIndex, shardIndexBytes } from "./shard-index.ts";

/** The limit of the cached indices of one array in bytes; the one in use is always kept. */
const keptBytes = 2 ** 20;
const mostKept = 64;

/**
 * Reads single chunks out of shards. The indices of the most recently read shards are cached, so a shard must not be
 * written again by others while it is read; otherwise chunks may seem damaged.
 */
export class ShardReader {
  readonly #store: ReadableStore;
  readonly #chunkCount: number;
  readonly #location: IndexLocation;
  readonly #mostEncoded: number;
  readonly #indices = new Map<string, Promise<ShardIndex | undefined>>();

  /**
   * @param chunkCount how many chunks there are in a shard
   * @param mostEncoded encoded chunks of more bytes are none
   */
  constructor(store: ReadableStore, chunkCount: number, location: IndexLocation, mostEncoded: number) {
    this.#store = store;
    this.#chunkCount = chunkCount;
    this.#location = location;
    this.#mostEncoded = mostEncoded;
  }

  /**
   * The encoded bytes of a chunk, or `undefined` where it or the whole shard is missing.
   *
   * @param key the shard's key from the store's root
   * @param position index of the chunk in the shard, in C order
   * @param buffer for the bytes
   * @param isAhead whether the caller works on something else meanwhile
   * @throws IsoluxError `corrupt` where the shard is damaged, `storage` where it cannot be read
   */
  async readChunk(
    key: string,
    position: number,
    buffer?: Uint8Array,
    isAhead = false,
  ): Promise<Uint8Array | undefined> {
    const span = await this.locate(key, position);
    if (span === undefined) return undefined;
    const { offset, length } = span;
    if (length > this.#mostEncoded) {
      throw corruptShard(
        joinKey(this.#store.location, key),
        `a chunk of ${length} bytes`,
        `at most ${this.#mostEncoded}`,
      );
    }
    const bytes = await this.#store.getRange(key, { kind: "slice", offset, length }, buffer, isAhead);
    if (bytes?.length === length) return bytes;
    this.forget(key);
    const found = bytes === undefined ? "nothing any more" : `${bytes.length} bytes at offset ${offset}`;
    throw corruptShard(joinKey(this.#store.location, key), found, `${length} bytes of a chunk`);
  }

  /** Where in its shard a chunk lies; `undefined` where it or the whole shard is missing. @throws as above */
  async locate(key: string, position: number): Promise<ChunkSpan | undefined> {
    const index = await this.#index(key);
    const [offset, length] = [index?.[2 * position] ?? absent, index?.[2 * position + 1] ?? 0];
    return offset === absent ? undefined : { offset, length };
  }

  /** Drops the index of a shard, so that it is read again when needed. */
  forget(key: string): void {
    this.#indices.delete(key);
  }

  /**
   * The index of a shard. A missing shard may be written later: only indices are cached, the most recently used ones.
   */
  async #index(key: string): Promise<ShardIndex | undefined> {
    const kept = this.#indices.get(key);
    const reading = kept ?? this.#readIndex(key);
    this.#indices.delete(key);
    this.#indices.set(key, reading);
    if (kept !== undefined) return await kept;
    this.#dropOldest();
    const drop = (): void => {
      if (this.#indices.get(key) === reading) this.#indices.delete(key);
    };
    const index = await reading.catch((error: unknown) => {
      drop();
      throw error;
    });
    if (index === undefined) drop();
    return index;
  }

  #dropOldest(): void {
    const most = Math.max(1, Math.min(mostKept, Math.floor(keptBytes / shardIndexBytes(this.#chunkCount))));
    for (const oldest of this.#indices.keys()) {
      if (this.#indices.size <= most) return;
      this.#indices.delete(oldest);
    }
  }

  async #readIndex(key: string): Promise<ShardIndex | undefined> {
    const length = shardIndexBytes(this.#chunkCount);
    if (length > limits.shardIndex) {
      const found = `an index of ${length} bytes`;
      throw corruptShard(joinKey(this.#store.location, key), found, `at most ${limits.shardIndex}`);
    }
    const isAtEnd = this.#location === "end";
    const [bytes, facts] = await Promise.all([
      this.#store.getRange(key, isAtEnd ? { kind: "suffix", length } : { kind: "slice", offset: 0, length }),
      this.#store.facts(key),
    ]);
    if (bytes === undefined) return undefined;
    const where = joinKey(this.#store.location, key);
    // If this counted as missing, it would be read as fill values
    if (facts === undefined) throw corruptShard(where, "an object whose size is not known");
    if (bytes.length !== length) throw corruptShard(where, `${bytes.length} bytes`, `an index of ${length} bytes`);
    return parseShardIndex(bytes, isAtEnd ? 0 : length, isAtEnd ? facts.bytes - length : facts.bytes, where);
  }
}
