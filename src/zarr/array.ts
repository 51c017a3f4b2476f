import { IsoluxError } from "../errors.ts";
import { allocatePixels, bytesPerPixel, elementCount, formatShape, type PixelArray } from "../shapes.ts";
import { chunksTouching } from "./chunk-grid.ts";
import { decodeBytes, encodeBytes } from "./codecs/codec.ts";
import { copyBox } from "./copy-box.ts";
import { type ArrayMetadata, fillNumber } from "./metadata.ts";
import { readArrayMetadata } from "./metadata-document.ts";
import { reverseAxes, swapBytes, viewBytes, viewPixels } from "./pixel-bytes.ts";
import { joinKey, type ReadableStore } from "./store.ts";

/** An array in a store: knows where its chunks are and how to read and encode them. */
export class ZarrArray {
  /** Where the array and its chunks are. */
  readonly store: ReadableStore;
  /** The array's folder in the store. */
  readonly key: string;
  /** Its shape, chunks, pixel type and codec. */
  readonly metadata: ArrayMetadata;
  /** How many chunks there are along each axis. */
  readonly chunkGrid: readonly number[];
  /** How many pixels each chunk holds. */
  readonly chunkLength: number;
  /** What stands in the pixels of a missing chunk. */
  readonly fillValue: number;

  constructor(store: ReadableStore, key: string, metadata: ArrayMetadata) {
    this.store = store;
    this.key = key;
    this.metadata = metadata;
    this.chunkGrid = metadata.shape.map((extent, axis) => Math.ceil(extent / metadata.chunkShape[axis]!));
    this.chunkLength = elementCount(metadata.chunkShape);
    this.fillValue = fillNumber(metadata);
  }

  /** Where the array is, for messages. */
  get location(): string {
    return joinKey(this.store.location, this.key);
  }

  /** The key of the chunk at `coords` of the chunk grid, from the store's root. @throws IsoluxError `invalid` */
  chunkKey(coords: readonly number[]): string {
    const isInside =
      coords.length === this.chunkGrid.length &&
      coords.every((coord, axis) => Number.isInteger(coord) && coord >= 0 && coord < this.chunkGrid[axis]!);
    if (isInside) return joinKey(this.key, coords.join(this.metadata.separator));
    throw new IsoluxError({
      kind: "invalid",
      what: "There is no such chunk in the array",
      where: this.location,
      found: `[${coords.join(", ")}]`,
      expected: `a position in ${formatShape(this.chunkGrid)} chunks`,
    });
  }

  /**
   * The pixels of a whole chunk in C order, of `chunkShape` also at the far edges, in an array of their own; `undefined`
   * where the chunk is missing, which means the fill value.
   *
   * @throws IsoluxError `corrupt` where the chunk is broken, `storage` where it cannot be read
   */
  async readChunk(coords: readonly number[]): Promise<PixelArray | undefined> {
    const chunkKey = this.chunkKey(coords);
    const bytes = await this.store.get(chunkKey);
    return bytes === undefined ? undefined : await this.decodeChunk(bytes, chunkKey);
  }

  /** Decodes the bytes of a chunk; `chunkKey` only tells messages which. @throws IsoluxError `corrupt` */
  async decodeChunk(bytes: Uint8Array, chunkKey: string): Promise<PixelArray> {
    const { type, order, byteOrder, codec, chunkShape } = this.metadata;
    const itemBytes = bytesPerPixel(type);
    const where = joinKey(this.store.location, chunkKey);
    const decoded = await decodeBytes(codec, bytes, this.chunkLength * itemBytes, where);
    if (byteOrder === "big") swapBytes(decoded, itemBytes);
    const pixels = viewPixels(decoded, type);
    return order === "F" ? reverseAxes(pixels, chunkShape.toReversed(), type) : pixels;
  }

  /** Encodes the pixels of a whole chunk, given in C order. @throws IsoluxError `invalid` */
  async encodeChunk(pixels: PixelArray): Promise<Uint8Array> {
    const { type, order, byteOrder, codec, chunkShape } = this.metadata;
    const itemBytes = bytesPerPixel(type);
    this.#checkPixels(pixels);
    let bytes = viewBytes(order === "F" ? reverseAxes(pixels, chunkShape, type) : pixels);
    if (byteOrder === "big") {
      bytes = bytes.slice();
      swapBytes(bytes, itemBytes);
    }
    return await encodeBytes(codec, bytes, itemBytes);
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
 * @throws IsoluxError `not-found` where there is none, `unsupported` or `corrupt` where it cannot be read
 */
export async function openArray(store: ReadableStore, key: string): Promise<ZarrArray> {
  return new ZarrArray(store, key, await readArrayMetadata(store, key));
}

/**
 * The pixels of the half-open box from `start` to `stop`, in C order; the fill value stands where chunks are missing.
 * Every chunk that the box touches is read once, one after the other.
 *
 * @throws IsoluxError `invalid` where the box is not within the array, `corrupt` or `storage` as a chunk does
 */
export async function readBox(
  array: ZarrArray,
  start: readonly number[],
  stop: readonly number[],
): Promise<PixelArray> {
  checkBox(array, start, stop);
  const { type, chunkShape } = array.metadata;
  const shape = stop.map((end, axis) => end - start[axis]!);
  const box = allocatePixels(type, elementCount(shape));
  if (array.fillValue !== 0) box.fill(array.fillValue);
  if (box.length === 0) return box;
  for (const coords of chunksTouching(chunkShape, start, stop)) {
    const chunk = await array.readChunk(coords);
    if (chunk === undefined) continue;
    const chunkStart = coords.map((coord, axis) => coord * chunkShape[axis]!);
    const from = start.map((begin, axis) => Math.max(begin, chunkStart[axis]!));
    const extent = stop.map((end, axis) => Math.min(end, chunkStart[axis]! + chunkShape[axis]!) - from[axis]!);
    const inChunk = from.map((at, axis) => at - chunkStart[axis]!);
    const inBox = from.map((at, axis) => at - start[axis]!);
    copyBox(chunk, chunkShape, inChunk, box, shape, inBox, extent);
  }
  return box;
}

function checkBox(array: ZarrArray, start: readonly number[], stop: readonly number[]): void {
  const { shape } = array.metadata;
  const isInside =
    start.length === shape.length &&
    stop.length === shape.length &&
    shape.every((extent, axis) => {
      const [begin, end] = [start[axis]!, stop[axis]!];
      return Number.isInteger(begin) && Number.isInteger(end) && begin >= 0 && begin <= end && end <= extent;
    });
  if (isInside) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "A box is not within the array",
    where: array.location,
    found: `[${start.join(", ")}] to [${stop.join(", ")}]`,
    expected: `within [${shape.join(", ")}]`,
  });
}
