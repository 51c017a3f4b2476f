/** An array in a store: reads and encodes its chunks. */

import { IsoluxError } from "../errors.ts";
import { mostEncodedBytes } from "../limits.ts";
import { bytesPerPixel, elementCount, formatShape, type PixelArray } from "../shapes.ts";
import { isReadInPart, readPartOfChunk } from "./chunk-part.ts";
import { type ChunkBuffer, decodePixels, encodePixels } from "./chunk-pixels.ts";
import { corruptChunk } from "./codecs/corrupt-chunk.ts";
import { parseArrayDocument, readArrayDocument } from "./metadata/document.ts";
import { type ArrayMetadata, objectShape, type ZarrFormat } from "./metadata/metadata.ts";
import { ShardReader } from "./shards/shard-reader.ts";
import { joinKey, type ReadableStore } from "./store.ts";

/**
 * An array in a store, with the positions of its chunks and the ways to read and encode them. An object of the store
 * contains one chunk or, where there are shards, several.
 */
export class ZarrArray {
  /** The store of the array and its chunks. */
  readonly store: ReadableStore;
  /** The array's folder in the store. */
  readonly key: string;
  /** Its shape, chunks, pixel type and codec. */
  readonly metadata: ArrayMetadata;
  /** Number of chunks along each axis. */
  readonly chunkGrid: readonly number[];
  /** Number of objects along each axis: shards or, where there are none, chunks. */
  readonly objectGrid: readonly number[];
  /** Number of chunks of an object along each axis; those of the last objects may lie outside of the array. */
  readonly chunksPerObject: readonly number[];
  /** Number of pixels of each chunk. */
  readonly chunkLength: number;
  /** The value of pixels of a missing chunk. */
  readonly fillValue: number;
  /** Encoded chunks of more bytes are none. */
  readonly #mostEncoded: number;
  /** Is told of each chunk that is read and not there, by the key of its object. */
  onAbsent?: (key: string) => void;
  readonly #shards: ShardReader | undefined;

  /** @param mostEncoded encoded chunks of more bytes are refused; what pixels need, unless the values are texts */
  constructor(
    store: ReadableStore,
    key: string,
    metadata: ArrayMetadata,
    mostEncoded: number = mostEncodedOf(metadata),
  ) {
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
    this.#mostEncoded = mostEncoded;
    const inShard = elementCount(this.chunksPerObject);
    this.#shards = shardShape && new ShardReader(store, inShard, indexLocation, mostEncoded);
  }

  /** The array's location, for messages. */
  get location(): string {
    return joinKey(this.store.location, this.key);
  }

  /**
   * The key of the object with the chunk at `coords` of the chunk grid, from the store's root: the chunk alone or,
   * where there are shards, with others.
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

  /** The coordinates of the object that `key` names; `undefined` where it names none, however it is spelled. */
  objectAt(key: string): readonly number[] | undefined {
    const { keyEncoding, separator } = this.metadata;
    const start = joinKey(this.key, keyEncoding === "default" ? `c${separator}` : "");
    const from = this.key !== "" && keyEncoding !== "default" ? start.length + 1 : start.length;
    const numbers = key.slice(from).split(separator);
    if (numbers.length !== this.objectGrid.length || !numbers.every((number) => /^\d{1,10}$/.test(number)))
      return undefined;
    const coords = numbers.map(Number);
    const isInside = coords.every((coord, axis) => coord < this.objectGrid[axis]!);
    return isInside && this.#keyAt(coords) === key ? coords : undefined;
  }

  #keyAt(objectCoords: readonly number[]): string {
    const { keyEncoding, separator } = this.metadata;
    if (keyEncoding === "n5") return joinKey(this.key, [...objectCoords].reverse().join("/"));
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

  /** The index of the chunk at `coords` of the chunk grid among those of its object, in C order. */
  chunkPosition(coords: readonly number[]): number {
    const { chunksPerObject } = this;
    return coords.reduce((at, coord, axis) => at * chunksPerObject[axis]! + (coord % chunksPerObject[axis]!), 0);
  }

  /**
   * The pixels of a whole chunk in C order, of `chunkShape` also at the far edges, in `buffer` or an array of their own;
   * `undefined` where the chunk is missing, which means the fill value. Of pixels that are not wanted, some may be left out.
   *
   * @param begun its bytes, where {@link beginChunk} reads them already
   * @throws IsoluxError `corrupt` where the chunk or its shard is damaged, `storage` where it cannot be read
   */
  async readChunk(
    coords: readonly number[],
    buffer: ChunkBuffer = {},
    begun?: Promise<Uint8Array | undefined>,
  ): Promise<PixelArray | undefined> {
    const key = this.chunkKey(coords);
    const name = this.#shards === undefined ? key : `${key}, chunk [${coords.join(", ")}]`;
    const where = joinKey(this.store.location, name);
    const part = begun === undefined ? await this.#readPart(key, coords, buffer, where) : undefined;
    if (part !== undefined) return await decodePixels(this.metadata, part, where, buffer, true);
    const bytes = await (begun ?? this.readEncoded(coords, buffer.encoded));
    return bytes && (await decodePixels(this.metadata, bytes, where, buffer));
  }

  /** The bytes that the pixels need that are wanted; `undefined` where the whole chunk is to be read. */
  async #readPart(
    key: string,
    coords: readonly number[],
    buffer: ChunkBuffer,
    where: string,
  ): Promise<Uint8Array | undefined> {
    if (!isReadInPart(this.store, this.metadata, buffer, this.chunkLength)) return undefined;
    const length = this.#shards === undefined ? (await this.store.facts(key))?.bytes : undefined;
    const span = this.#shards
      ? await this.#shards.locate(key, this.chunkPosition(coords))
      : length && { offset: 0, length };
    if (!span || span.length > this.#mostEncoded) return undefined;
    return await readPartOfChunk(this.store, key, span, this.metadata, buffer, where);
  }

  /**
   * Begins to read the bytes of a chunk for a later {@link readChunk}, while the caller works on something else.
   *
   * @param buffer for the bytes: not to be used until that chunk is read
   */
  beginChunk(coords: readonly number[], buffer: Uint8Array): Promise<Uint8Array | undefined> {
    return this.readEncoded(coords, buffer, true);
  }

  /**
   * The bytes of a chunk as they are stored, or `undefined` where it is missing. @throws IsoluxError `corrupt`,
   * `storage`
   */
  async readEncoded(coords: readonly number[], buffer?: Uint8Array, isAhead = false): Promise<Uint8Array | undefined> {
    const key = this.chunkKey(coords);
    const bytes = await (this.#shards === undefined
      ? this.store.get(key, { buffer, isAhead, mostBytes: this.#mostEncoded })
      : this.#shards.readChunk(key, this.chunkPosition(coords), buffer, isAhead));
    if (bytes === undefined) this.onAbsent?.(key);
    if (bytes === undefined && this.#shards === undefined) await this.#checkAbsent(key);
    return bytes;
  }

  /** Encodes the pixels of a whole chunk, given in C order, into `buffer` or a new array. @throws IsoluxError `invalid` */
  async encodeChunk(pixels: PixelArray, buffer?: Uint8Array): Promise<Uint8Array> {
    this.#checkPixels(pixels);
    return await encodePixels(this.metadata, pixels, buffer);
  }

  /** To be called when an object was written again: drops the cached index of a shard. */
  forgetObject(key: string): void {
    this.#shards?.forget(key);
  }

  /**
   * Only a chunk that is absent means the fill value: something unreadable in its place is an error. On a server an
   * object and a folder may have the same key.
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

/** The fill value as a number; 0 where it is undefined. */
export function fillNumber({ fillValue }: Pick<ArrayMetadata, "fillValue">): number {
  return fillValue === null ? 0 : Number(fillValue);
}

/**
 * Opens the array in the folder `key` of a store.
 *
 * @param zarrFormat the version of its document; by default the one that exists, the newer one of both
 * @throws IsoluxError `not-found` where there is none, `unsupported` or `corrupt` where it cannot be read
 */
export async function openArray(store: ReadableStore, key: string, zarrFormat?: ZarrFormat): Promise<ZarrArray> {
  return new ZarrArray(store, key, await readArrayMetadata(store, key, zarrFormat));
}

/**
 * The metadata of the array in the folder `key`. Where there are documents of both versions and none is chosen, the
 * newer one is used, as in zarr-python.
 *
 * @throws IsoluxError `not-found` where there is none, `unsupported` or `corrupt` where it cannot be read
 */
export async function readArrayMetadata(
  store: ReadableStore,
  key: string,
  zarrFormat?: ZarrFormat,
): Promise<ArrayMetadata> {
  return parseArrayDocument(await readArrayDocument(store, key, zarrFormat));
}

/** Bytes that an encoded chunk has at most: filters may widen items to eight bytes before they are packed. */
function mostEncodedOf({ type, codec, chunkShape }: ArrayMetadata): number {
  const pixels = elementCount(chunkShape);
  const isWidened = codec.kind === "chain" || codec.kind === "scale";
  return mostEncodedBytes(pixels * (isWidened ? 8 : bytesPerPixel(type)));
}
