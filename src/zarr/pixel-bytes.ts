/** Converts between the bytes of a chunk and pixels in C order: byte order and order of axes. */

import { writing } from "../kernels/addresses.ts";
import { runKernel } from "../kernels/bind.ts";
import { bytesPerPixel, type PixelArray, type PixelType, pixelsAt } from "../shapes.ts";

/** The pixels in bytes; without a copy where they begin at a multiple of the pixel size. */
export function viewPixels(bytes: Uint8Array, type: PixelType): PixelArray {
  if (type === "uint8") return bytes;
  const itemBytes = bytesPerPixel(type);
  const { buffer, byteOffset } = bytes.byteOffset % itemBytes === 0 ? bytes : bytes.slice();
  return pixelsAt(type, buffer, byteOffset, bytes.byteLength / itemBytes);
}

/** The bytes of pixels, without a copy. */
export function viewBytes(pixels: PixelArray): Uint8Array {
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}

/** Whether two arrays begin at the same byte of the same memory: then no copy between them is needed. */
export function isSameMemory(a: PixelArray, b: PixelArray): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset;
}

/** What was read of a chunk, in the array for it. @param read `undefined` where the chunk is not stored */
export function takeInto(read: PixelArray | undefined, pixels: PixelArray, fillValue: number): PixelArray {
  if (read === undefined) pixels.fill(fillValue);
  else if (!isSameMemory(read, pixels)) pixels.set(read);
  return pixels;
}

/** Reverses the byte order of every item, in place. */
export function swapBytes(bytes: Uint8Array, itemBytes: number): void {
  if (itemBytes === 1 || bytes.length < itemBytes) return;
  runKernel("reverseItems", writing(bytes), itemBytes, Math.floor(bytes.length / itemBytes));
}
