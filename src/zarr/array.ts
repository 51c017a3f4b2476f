import { IsoluxError } from "../errors.ts";
import { bytesPerPixel, elementCount, formatShape, isSameShape, type PixelArray } from "../shapes.ts";
import { type ChunkRoom, decodePixels, encodePixels } from "./chunk-pixels.ts";
import { corruptChunk } from "./corrupt-chunk.ts";
import { type ArrayMetadata, fillNumber, objectShape, type ZarrFormat } from "./metadata.ts";
import { readArrayMetadata } from "./metadata-document.ts";
import { ShardReader } from "./shard-reader.ts";
import { joinKey, type ReadableStore } from "./store.ts";

interface ExpectedChunk {
  readonly coords: readonly number[];
  readonly reading: Promise<Uint8Array | undefined>;
}

/**
 * An array in a store: knows where its chunks are and how to read and encode them. An object of the store holds one chunk
 * or, where there are shards, several.
 */
export class ZarrArray {
  /** Where the array and its chunks are. */
  readonly store: ReadableStore;
  /** The array's folder in the store. */
  readonly key: string;
  /** Its shape, chunks, pixel type and codec. */
  readonly metadata: ArrayMetadata;
  /** How many chunks there are along each axis. */
  readonly chunkGrid: readonly number[];
  /** How many objects there are along each axis: shards or, where there are none, chunks. */
  readonly objectGrid: readonly number[];
  /** How many chunks an object holds along each axis; those of the last ones may lie outside of the array. */
  readonly chunksPerObject: readonly number[];
  /** How many pixels each chunk holds. */
  readonly chunkLength: number;
  /** What stands in the pixels of a missing chunk. */
  readonly fillValue: number;
  readonly #shards: ShardReader | undefined;
  /** The chunk whose bytes are being read before anybody asks for it. */
  #expected: ExpectedChunk | undefined;

  constructor(store: ReadableStore, key: string, metadata: ArrayMetadata) {
    const { shape, chunkShape, shardShape, indexLocation = "end" } = metadata;
    const extents = objectShape(metadata);
    this.store = store;
    this.key = key;
    this.metadata = metadata;
    this.chunkGrid = shape.map((extent, axis) => Math.ceil(extent / chunkShape[axis]!));
    this.objectGrid = shape.map((extent, axis) => Math.ceil(extent / extents[axis]!));
    this.chunksPerObject = extents.map((extent, axis) => extent / chunkShape[axis]!);
    this.chunkLength = elementCount(chunkShape);
    this.fillValue = fillNumber(metadata);
    this.#shards = shardShape && new ShardReader(store, elementCount(this.chunksPerObject), indexLocation);
  }

  /** Where the array is, for messages. */
  get location(): string {
    return joinKey(this.store.location, this.key);
  }

  /**
   * The key of the object that holds the chunk at `coords` of the chunk grid, from the store's root: the chunk alone or,
   * where there are shards, others too.
   *
   * @throws IsoluxError `invalid`
   */
  chunkKey(coords: readonly number[]): string {
    this.#checkCoords(coords, this.chunkGrid, "chunk");
    return this.#keyAt(coords.map((coord, axis) => Math.floor(coord / this.chunksPerObject[axis]!)));
  }

  /** The key of the object at `coords` of the object grid, from the store's root. @throws IsoluxError `invalid` */
  objectKey(coords: readonly number[]): string {
    this.#checkCoords(coords, this.objectGrid, "object");
    return this.#keyAt(coords);
  }

  #keyAt(objectCoords: readonly number[]): string {
    const { keyEncoding, separator } = this.metadata;
    const coords = objectCoords.join(separator);
    return joinKey(this.key, keyEncoding === "default" ? `c${separator}${coords}` : coords);
  }

  #checkCoords(coords: readonly number[], grid: readonly number[], name: string): void {
    const isInside =
      coords.length === grid.length &&
      coords.every((coord, axis) => Number.isInteger(coord) && coord >= 0 && coord < grid[axis]!);
    if (isInside) return;
    throw new IsoluxError({
      kind: "invalid",
      what: `There is no such ${name} in the array`,
      where: this.location,
      found: `[${coords.join(", ")}]`,
      expected: `a position in ${formatShape(grid)} ${name}s`,
    });
  }

  /** Which of the chunks of its object the chunk at `coords` of the chunk grid is, in C order. */
  chunkPosition(coords: readonly number[]): number {
    const { chunksPerObject } = this;
    return coords.reduce((at, coord, axis) => at * chunksPerObject[axis]! + (coord % chunksPerObject[axis]!), 0);
  }

  /**
   * The pixels of a whole chunk in C order, of `chunkShape` also at the far edges, in `room` or an array of their own;
   * `undefined` where the chunk is missing, which means the fill value.
   *
   * @throws IsoluxError `corrupt` where the chunk or its shard is broken, `storage` where it cannot be read
   */
  async readChunk(coords: readonly number[], room: ChunkRoom = {}): Promise<PixelArray | undefined> {
    const expected = this.#takeExpected();
    const isExpected = expected !== undefined && isSameShape(expected.coords, coords);
    // What another chunk was to be read into is free again only when that is done
    if (!isExpected) await expected?.reading.catch(() => undefined);
    const bytes = await (isExpected ? expected.reading : this.#readEncoded(coords, room.encoded));
    if (bytes === undefined) return undefined;
    const key = this.chunkKey(coords);
    const name = this.#shards === undefined ? key : `${key}, chunk [${coords.join(", ")}]`;
    return await this.decodeChunk(bytes, name, room.pixels);
  }

  /**
   * Begins to read the chunk that {@link readChunk} will be asked for next, while the caller works on something else.
   *
   * @param room where its bytes may be put: nobody else's until that chunk is read
   */
  expectChunk(coords: readonly number[], room: Uint8Array): void {
    const reading = this.#readEncoded(coords, room, true);
    // Who reads the chunk is told
    reading.catch(() => undefined);
    this.#expected = { coords, reading };
  }

  #takeExpected(): ExpectedChunk | undefined {
    const expected = this.#expected;
    this.#expected = undefined;
    return expected;
  }

  async #readEncoded(coords: readonly number[], room?: Uint8Array, isAhead = false): Promise<Uint8Array | undefined> {
    const key = this.chunkKey(coords);
    if (this.#shards !== undefined) {
      return await this.#shards.readChunk(key, this.chunkPosition(coords), room, isAhead);
    }
    const bytes = await this.store.get(key, room, isAhead);
    if (bytes === undefined) await this.#checkAbsent(key);
    return bytes;
  }

  /** Decodes the bytes of a chunk; `chunkKey` only tells messages which. @throws IsoluxError `corrupt` */
  async decodeChunk(bytes: Uint8Array, chunkKey: string, room?: PixelArray): Promise<PixelArray> {
    return await decodePixels(this.metadata, bytes, joinKey(this.store.location, chunkKey), room);
  }

  /** Encodes the pixels of a whole chunk, given in C order, into `room` or a new array. @throws IsoluxError `invalid` */
  async encodeChunk(pixels: PixelArray, room?: Uint8Array): Promise<Uint8Array> {
    this.#checkPixels(pixels);
    return await encodePixels(this.metadata, pixels, room);
  }

  /** To be told when an object was written again: shards are not read by their old index any more. */
  forgetObject(key: string): void {
    this.#shards?.forget(key);
  }

  /**
   * Only a chunk that is absent stands for the fill value: what cannot be read as one must not pass for it. On a server
   * an object and a folder do not take each other's place.
   */
  async #checkAbsent(key: string): Promise<void> {
    if (this.store.isRemote) return;
    if (((await this.store.list(key)) ?? []).length === 0) return;
    throw corruptChunk(joinKey(this.store.location, key), "a folder", "a file");
  }

  #checkPixels(pixels: PixelArray): void {
    const isOfType = pixels.BYTES_PER_ELEMENT === bytesPerPixel(this.metadata.type);
    if (isOfType && pixels.length === this.chunkLength) return;
    throw new IsoluxError({
      kind: "invalid",
      what: "Pixels do not make a chunk of the array",
      where: this.location,
      found: `${pixels.length} items of ${pixels.BYTES_PER_ELEMENT} bytes`,
      expected: `${this.chunkLength} pixels of ${this.metadata.type}`,
    });
  }
}

/**
 * Opens the array in the folder `key` of a store.
 *
 * @param zarrFormat the version of its document; where none is given, that which is there, the newer one of both
 * @throws IsoluxError `not-found` where there is none, `unsupported` or `corrupt` where it cannot be read
 */
export async function openArray(store: ReadableStore, key: string, zarrFormat?: ZarrFormat): Promise<ZarrArray> {
  return new ZarrArray(store, key, await readArrayMetadata(store, key, zarrFormat));
}
