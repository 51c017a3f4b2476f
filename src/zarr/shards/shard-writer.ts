/** Writes a shard chunk by chunk. */
import { IsoluxError } from "../../errors.ts";
import { arrayBytes, elementCount, type PixelArray } from "../../shapes.ts";
import type { ZarrArray } from "../array.ts";
import type { ArrayMetadata } from "../metadata/metadata.ts";
import { joinKey, type ObjectStore, type ObjectWriter } from "../store.ts";
import { absent, encodeShardIndex, type ShardIndex } from "./shard-index.ts";

/** Large chunks begin at multiples of this in their shard: whole blocks of a disk are written without a copy. */
const alignedBytes = 4096;
/** Chunks with fewer bytes of pixels are not aligned: gaps would be a noticeable fraction of the shard. */
const leastAlignedChunk = 2 ** 20;

/**
 * Writes one shard, chunk by chunk, without keeping chunks in memory: they are appended to an unfinished object, which
 * becomes visible when the index has been added.
 */
export class ShardWriter {
  readonly #store: ObjectStore;
  readonly #array: ZarrArray;
  readonly #key: string;
  readonly #object: ObjectWriter;
  readonly #index: ShardIndex;
  readonly #isTaken: Uint8Array;
  readonly #alignment: number;
  #length = 0;
  #appended: Promise<void> = Promise.resolve();
  #isOpen = true;

  /**
   * @param store the store to write to; the array may be read from elsewhere
   * @param coords the shard's position in the array's object grid
   * @throws IsoluxError `invalid` where the array has no such shard, `unsupported` where the index is not at its end
   */
  constructor(store: ObjectStore, array: ZarrArray, coords: readonly number[]) {
    const { shardShape, indexLocation = "end" } = array.metadata;
    if (shardShape === undefined) throw fault("invalid", "This array has no shards to write", array.location);
    if (indexLocation !== "end") {
      throw fault("unsupported", "Shards with their index at the start are not written", array.location);
    }
    const chunkCount = elementCount(array.chunksPerObject);
    this.#store = store;
    this.#array = array;
    this.#key = array.objectKey(coords);
    this.#object = store.begin(this.#key, mostShardBytes(array.metadata, chunkCount));
    this.#index = emptyShardIndex(chunkCount);
    this.#isTaken = new Uint8Array(chunkCount);
    this.#alignment = chunkBytes(array.metadata) < leastAlignedChunk ? 1 : alignedBytes;
  }

  /**
   * Adds a chunk, each at most once and in any order; `undefined` for one that is all fill value, which like one that
   * is never added takes no space. Chunks are stored in the order of the calls, also where these are not awaited.
   *
   * @param coords the chunk's position in the array's chunk grid
   * @param pixels of the whole chunk, in C order; they must not change until the promise is settled
   * @throws IsoluxError `invalid` for a chunk of another shard, one that was added already or wrong pixels, `storage`
   */
  async put(coords: readonly number[], pixels: PixelArray | undefined): Promise<void> {
    const position = this.#take(coords);
    if (pixels !== undefined) await this.#appendNext(position, this.#array.encodeChunk(pixels));
  }

  /**
   * Adds a chunk as {@link put} does, encoded already. The bytes must not change until the promise is settled.
   *
   * @throws IsoluxError `invalid` for a chunk of another shard or one that was added already, `storage`
   */
  async putEncoded(coords: readonly number[], bytes: Uint8Array | undefined): Promise<void> {
    const position = this.#take(coords);
    if (bytes !== undefined) await this.#appendNext(position, Promise.resolve(bytes));
  }

  async #appendNext(position: number, encoding: Promise<Uint8Array>): Promise<void> {
    const before = this.#appended;
    this.#appended = Promise.all([encoding, before]).then(([bytes]) => this.#append(position, bytes));
    await this.#appended;
  }

  /**
   * Adds the index and makes the shard visible, replacing an older one. A shard without chunks is not written, and an
   * older one is removed.
   *
   * @returns the bytes of the shard
   * @throws IsoluxError the error of a chunk before; nothing changes then
   */
  async finish(): Promise<number> {
    this.#close();
    try {
      await this.#appended;
      if (this.#length === 0) await this.#store.remove(this.#key);
      else await this.#complete();
    } catch (error) {
      await this.discard().catch(() => undefined);
      throw error;
    }
    this.#array.forgetObject(this.#key);
    return this.#length;
  }

  /** Removes what was written of the shard; an older one stays. @throws IsoluxError `storage` */
  async discard(): Promise<void> {
    this.#isOpen = false;
    await this.#appended.catch(() => undefined);
    await this.#object.discard();
  }

  async #append(position: number, bytes: Uint8Array): Promise<void> {
    const gap = new Uint8Array((this.#alignment - (this.#length % this.#alignment)) % this.#alignment);
    if (gap.length > 0) await this.#object.append(gap);
    this.#length += gap.length;
    await this.#object.append(bytes);
    this.#index[2 * position] = this.#length;
    this.#index[2 * position + 1] = bytes.length;
    this.#length += bytes.length;
  }

  async #complete(): Promise<void> {
    const index = encodeShardIndex(this.#index);
    await this.#object.append(index);
    await this.#object.finish();
    this.#length += index.length;
  }

  /** The position of a chunk within the shard, marked as used. */
  #take(coords: readonly number[]): number {
    this.#checkOpen();
    const where = joinKey(this.#store.location, this.#key);
    const chunk = `[${coords.join(", ")}]`;
    if (this.#array.chunkKey(coords) !== this.#key) {
      throw fault("invalid", "A chunk is not one of this shard", where, chunk);
    }
    const position = this.#array.chunkPosition(coords);
    if (this.#isTaken[position]) throw fault("invalid", "A chunk was put into its shard twice", where, chunk);
    this.#isTaken[position] = 1;
    return position;
  }

  #close(): void {
    this.#checkOpen();
    this.#isOpen = false;
  }

  #checkOpen(): void {
    if (this.#isOpen) return;
    throw fault("invalid", "A shard is finished already", joinKey(this.#store.location, this.#key));
  }
}

/** An index of `count` chunks, all missing. */
export function emptyShardIndex(chunkCount: number): ShardIndex {
  return new Float64Array(2 * chunkCount).fill(absent);
}

/** Pixels that cannot be compressed take slightly more bytes than uncompressed. */
function mostShardBytes(metadata: ArrayMetadata, chunkCount: number): number {
  return chunkCount * (chunkBytes(metadata) * 1.1 + 2 * alignedBytes);
}

function chunkBytes({ type, chunkShape }: ArrayMetadata): number {
  return arrayBytes(type, chunkShape);
}

function fault(kind: "invalid" | "unsupported", what: string, where: string, found?: string): IsoluxError {
  return new IsoluxError({ kind, what, where, found });
}
