/** Between the encoded bytes of a chunk and its pixels in C order. */
import { reading, writing } from "../kernels/addresses.ts";
import { runKernel } from "../kernels/bind.ts";
import { areForKernels } from "../kernels/kernel-functions.ts";
import { loadKernels } from "../kernels/load-kernels.ts";
import { allocatePixels, bytesPerPixel, elementCount, type PixelArray, type PixelType } from "../shapes.ts";
import { decodeBlosc, locateBlocks } from "./codecs/blosc-decode.ts";
import { BloscPieces, type ChunkStart, isForPieces } from "./codecs/blosc-pieces.ts";
import { decodeBytes, encodeBytes } from "./codecs/codec.ts";
import type { ArrayMetadata, AxisOrder } from "./metadata/metadata.ts";
import { swapBytes, viewBytes, viewPixels } from "./pixel-bytes.ts";
import type { PixelRanges } from "./wanted-pixels.ts";

/** Arrays to work in, so that none need be made anew; whether they are used is up to the codec. */
export interface ChunkBuffer {
  /** For the pixels of a whole chunk. */
  readonly pixels?: PixelArray;
  /** For encoded bytes, read or to be written. */
  readonly encoded?: Uint8Array;
  /** Which pixels are wanted; others may be left as they were in the array. All by default. */
  readonly wanted?: PixelRanges;
}

/**
 * Decodes the bytes of a chunk into `destination` or an array of its own; `where` tells messages which chunk.
 *
 * @param isPart whether only its first bytes and those that {@link neededBytes} tells were read
 * @throws IsoluxError `corrupt`
 */
export async function decodePixels(
  metadata: ArrayMetadata,
  bytes: Uint8Array,
  where: string,
  { pixels: buffer, wanted }: ChunkBuffer = {},
  isPart = false,
): Promise<PixelArray> {
  const { type, order, byteOrder, codec, chunkShape } = metadata;
  const itemBytes = bytesPerPixel(type);
  const byteCount = elementCount(chunkShape) * itemBytes;
  await loadKernels();
  const isInPart = wanted !== undefined && order === "C" && codec.kind === "blosc";
  const decoded = isInPart
    ? await decodeBlosc(bytes, byteCount, where, buffer && viewBytes(buffer), wantsBytes(wanted, itemBytes), isPart)
    : await decodeBytes(codec, bytes, byteCount, where, buffer && viewBytes(buffer));
  if (byteOrder === "big") swapBytes(decoded, itemBytes);
  const pixels = viewPixels(decoded, type);
  if (order === "C") return pixels;
  const axes = storedAxes(order, chunkShape.length);
  const storedShape = axes.map((axis) => chunkShape[axis]!);
  const places = axes.map((_, axis) => axes.indexOf(axis));
  return permuteAxes(pixels, storedShape, places, type);
}

const wantsBytes = (wanted: PixelRanges, itemBytes: number) => (from: number, to: number) =>
  isWanted(wanted, itemBytes, from, to);

/**
 * Which bytes of an encoded chunk are needed for the pixels that are wanted, as its first bytes tell; `undefined` where they
 * do not: the whole chunk is needed then. Decoded as a part.
 *
 * @param encodedBytes the length of the chunk
 * @throws IsoluxError `corrupt`
 */
export function neededBytes(
  metadata: ArrayMetadata,
  head: Uint8Array,
  encodedBytes: number,
  wanted: PixelRanges,
  where: string,
): { readonly start: number; readonly stop: number } | undefined {
  const itemBytes = bytesPerPixel(metadata.type);
  const byteCount = elementCount(metadata.chunkShape) * itemBytes;
  return locateBlocks(head, encodedBytes, byteCount, where, wantsBytes(wanted, itemBytes));
}

/** Whether the chunks of an array can be decoded in part. */
export function isDecodedInPart({ codec, order }: ArrayMetadata): boolean {
  return codec.kind === "blosc" && order === "C";
}

/** Whether one of the ranges has a pixel, of `itemBytes` bytes, in the half-open range of bytes. */
export function isWanted(ranges: PixelRanges, itemBytes: number, fromByte: number, toByte: number): boolean {
  return ranges.some(([start, stop]) => start * itemBytes < toByte && stop * itemBytes > fromByte);
}

/** Encodes the pixels of a whole chunk, which stay as they are, into `destination` or an array of its own. */
export async function encodePixels(
  metadata: ArrayMetadata,
  pixels: PixelArray,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  const { type, order, byteOrder, codec, chunkShape } = metadata;
  const itemBytes = bytesPerPixel(type);
  await loadKernels();
  const axes = storedAxes(order, chunkShape.length);
  let bytes = viewBytes(order === "C" ? pixels : permuteAxes(pixels, chunkShape, axes, type));
  if (byteOrder === "big") {
    bytes = bytes.slice();
    swapBytes(bytes, itemBytes);
  }
  return await encodeBytes(codec, bytes, itemBytes, buffer);
}

/** Some planes of a chunk: all of their pixels, or those that are in the image. Around them is the fill value. */
interface ChunkPart {
  readonly pixels: PixelArray;
  /** The extents of the pixels, and those of the part of the chunk, which begin at the same corner. */
  readonly shape: readonly number[];
  readonly partShape: readonly number[];
  readonly fillValue: number;
}

/**
 * A chunk that is encoded as {@link encodePixels} does, but from one part after the other, and in pieces that are handed out
 * one by one, so that it is not held as a whole; see {@link BloscPieces}. Only where {@link isEncodedInPieces}.
 */
export class EncodedPieces {
  readonly #metadata: ArrayMetadata;
  readonly #pieces: BloscPieces;

  private constructor(metadata: ArrayMetadata, pieces: BloscPieces) {
    this.#metadata = metadata;
    this.#pieces = pieces;
  }

  /**
   * @param buffer for pieces
   * @param isStored without encoding
   */
  static async begin(
    metadata: ArrayMetadata,
    buffer: Uint8Array,
    write: (bytes: Uint8Array) => Promise<void>,
    isStored = false,
  ): Promise<EncodedPieces | undefined> {
    const { codec, type, chunkShape } = metadata;
    if (codec.kind !== "blosc") return undefined;
    const itemBytes = bytesPerPixel(type);
    const byteCount = elementCount(chunkShape) * itemBytes;
    return new EncodedPieces(metadata, await BloscPieces.begin(codec, byteCount, itemBytes, buffer, write, isStored));
  }

  /** Adds what follows. @returns false where the chunk would not become smaller */
  async add({ pixels, shape, partShape, fillValue }: ChunkPart): Promise<boolean> {
    const bytes = viewBytes(pixels);
    if (pixels.length === elementCount(partShape)) return await this.#pieces.add(bytes);
    const fill = viewBytes(allocatePixels(this.#metadata.type, 1).fill(fillValue));
    return await this.#pieces.add({ bytes, shape, chunkShape: partShape, fill });
  }

  /** Hands out the last piece. @returns the first one */
  async end(): Promise<ChunkStart> {
    return await this.#pieces.end();
  }
}

/** Whether the chunks of an array can be encoded in pieces, and from parts of `partLength` pixels; by default from one part. */
export function isEncodedInPieces(metadata: ArrayMetadata, partLength?: number): boolean {
  const { type, order, byteOrder, codec, chunkShape } = metadata;
  const itemBytes = bytesPerPixel(type);
  if (codec.kind !== "blosc" || order !== "C" || (byteOrder === "big" && itemBytes > 1)) return false;
  return isForPieces(codec, elementCount(chunkShape) * itemBytes, itemBytes, partLength && partLength * itemBytes);
}

/** The axes as the bytes of a chunk have them, outer to inner. */
function storedAxes(order: AxisOrder, count: number): readonly number[] {
  if (typeof order !== "string") return order;
  const axes = Array.from({ length: count }, (_, axis) => axis);
  return order === "C" ? axes : axes.reverse();
}

/** Whether all pixels have one value, so that their chunk can be left out; NaN is one value. */
export function isUniform(pixels: PixelArray, value: number): boolean {
  if (pixels.length === 0) return true;
  const wanted = pixels instanceof Float32Array ? Math.fround(value) : value;
  const isFirst = Number.isNaN(wanted) ? Number.isNaN(pixels[0]) : pixels[0] === wanted;
  return isFirst && areAlike(pixels);
}

/** How many are compared at a time. */
const comparedAtOnce = 2 ** 22;

/** Whether all pixels have the value of the first; of floats, both zeros are one value, and so is NaN. */
function areAlike(pixels: PixelArray): boolean {
  if (!areForKernels(pixels)) {
    const first = pixels[0]!;
    return pixels.every((pixel) => pixel === first || (Number.isNaN(pixel) && Number.isNaN(first)));
  }
  // Each part begins with the last pixel of the one before
  for (let start = 0; start < pixels.length; start += comparedAtOnce - 1) {
    const some = reading(pixels, start, Math.min(comparedAtOnce, pixels.length - start));
    if (!runKernel("areAlike", some, pixels.BYTES_PER_ELEMENT, some.length)) return false;
  }
  return true;
}

/**
 * Pixels of C order `shape` with their axes in another order: axis `i` of the result is axis `axes[i]` of the input.
 */
export function permuteAxes(
  pixels: PixelArray,
  shape: readonly number[],
  axes: readonly number[],
  type: PixelType,
): PixelArray {
  const permuted = allocatePixels(type, pixels.length);
  if (pixels.length === 0) return permuted;
  const [from, to] = [viewBytes(pixels), viewBytes(permuted)];
  // The strides in `pixels` of the axes of the result, the last two of which a kernel goes through
  const extents = [1, ...axes.map((axis) => shape[axis]!)];
  const strides = [0, ...axes.map((axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1))];
  const [rows, columns] = [extents.at(-2)!, extents.at(-1)!];
  const [rowStride, columnStride] = [strides.at(-2)!, strides.at(-1)!];
  const itemBytes = pixels.BYTES_PER_ELEMENT;
  const reach = (rows - 1) * rowStride + (columns - 1) * columnStride + 1;
  const planeBytes = rows * columns * itemBytes;
  for (let plane = 0; plane * planeBytes < to.length; plane++) {
    const start = planeStart(plane, extents.slice(0, -2), strides) * itemBytes;
    const source = reading(from, start, reach * itemBytes);
    const target = writing(to, plane * planeBytes, planeBytes);
    runKernel("gatherRows", source, itemBytes, rows, rowStride, columns, columnStride, target);
  }
  return permuted;
}

/** Where plane `plane` of the result begins in the input; `outer` are the extents of the axes before its rows. */
function planeStart(plane: number, outer: readonly number[], strides: readonly number[]): number {
  let start = 0;
  let rest = plane;
  for (let axis = outer.length - 1; axis >= 0; axis--) {
    start += (rest % outer[axis]!) * strides[axis]!;
    rest = Math.floor(rest / outer[axis]!);
  }
  return start;
}
