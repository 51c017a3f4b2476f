/** Between the encoded bytes of a chunk and its pixels in C order. */

import { bytesPerPixel, elementCount, type PixelArray } from "../shapes.ts";
import { decodeBytes, encodeBytes } from "./codecs/codec.ts";
import type { ArrayMetadata, AxisOrder } from "./metadata.ts";
import { permuteAxes, swapBytes, viewBytes, viewPixels } from "./pixel-bytes.ts";

/** Arrays to work in, so that none need be made anew; whether they are used is up to the codec. */
export interface ChunkRoom {
  /** For the pixels of a whole chunk. */
  readonly pixels?: PixelArray;
  /** For encoded bytes, read or to be written. */
  readonly encoded?: Uint8Array;
}

/**
 * Decodes the bytes of a chunk into `room` or an array of its own; `where` tells messages which chunk.
 *
 * @throws IsoluxError `corrupt`
 */
export async function decodePixels(
  metadata: ArrayMetadata,
  bytes: Uint8Array,
  where: string,
  room?: PixelArray,
): Promise<PixelArray> {
  const { type, order, byteOrder, codec, chunkShape } = metadata;
  const itemBytes = bytesPerPixel(type);
  const byteCount = elementCount(chunkShape) * itemBytes;
  const decoded = await decodeBytes(codec, bytes, byteCount, where, room && viewBytes(room));
  if (byteOrder === "big") swapBytes(decoded, itemBytes);
  const pixels = viewPixels(decoded, type);
  if (order === "C") return pixels;
  const axes = storedAxes(order, chunkShape.length);
  const storedShape = axes.map((axis) => chunkShape[axis]!);
  const places = axes.map((_, axis) => axes.indexOf(axis));
  return permuteAxes(pixels, storedShape, places, type);
}

/** Encodes the pixels of a whole chunk, which stay as they are, into `room` or an array of its own. */
export async function encodePixels(
  metadata: ArrayMetadata,
  pixels: PixelArray,
  room?: Uint8Array,
): Promise<Uint8Array> {
  const { type, order, byteOrder, codec, chunkShape } = metadata;
  const itemBytes = bytesPerPixel(type);
  const axes = storedAxes(order, chunkShape.length);
  let bytes = viewBytes(order === "C" ? pixels : permuteAxes(pixels, chunkShape, axes, type));
  if (byteOrder === "big") {
    bytes = bytes.slice();
    swapBytes(bytes, itemBytes);
  }
  return await encodeBytes(codec, bytes, itemBytes, room);
}

/** The axes as the bytes of a chunk have them, outer to inner. */
function storedAxes(order: AxisOrder, count: number): readonly number[] {
  if (typeof order !== "string") return order;
  const axes = Array.from({ length: count }, (_, axis) => axis);
  return order === "C" ? axes : axes.reverse();
}
