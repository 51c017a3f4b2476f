/** Between the bytes of a chunk and pixels in C order: byte order and order of axes. */

import { allocatePixels, bytesPerPixel, type PixelArray, type PixelType, pixelsAt } from "../shapes.ts";

/** The pixels in bytes; they share its memory where they begin at a whole pixel of it. */
export function viewPixels(bytes: Uint8Array, type: PixelType): PixelArray {
  if (type === "uint8") return bytes;
  const itemBytes = bytesPerPixel(type);
  const { buffer, byteOffset } = bytes.byteOffset % itemBytes === 0 ? bytes : bytes.slice();
  return pixelsAt(type, buffer, byteOffset, bytes.byteLength / itemBytes);
}

/** The bytes of pixels; they share their memory. */
export function viewBytes(pixels: PixelArray): Uint8Array {
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}

/** Whether two arrays begin at the same byte of the same memory: then nothing need be copied between them. */
export function isSameMemory(a: PixelArray, b: PixelArray): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset;
}

/** Turns the byte order of every item around, in place. */
export function swapBytes(bytes: Uint8Array, itemBytes: number): void {
  for (let start = 0; start + itemBytes <= bytes.length; start += itemBytes) {
    for (let low = start, high = start + itemBytes - 1; low < high; low++, high--) {
      const byte = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = byte;
    }
  }
}

/**
 * Pixels of C order `shape` with their axes in another order: axis `i` of the result is axis `axes[i]` of what is given.
 */
export function permuteAxes(
  pixels: PixelArray,
  shape: readonly number[],
  axes: readonly number[],
  type: PixelType,
): PixelArray {
  const permuted = allocatePixels(type, pixels.length);
  // The strides in `pixels` of the axes of the result
  const extents = axes.map((axis) => shape[axis]!);
  const strides = axes.map((axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  const position = extents.map(() => 0);
  const last = extents.length - 1;
  let from = 0;
  for (let to = 0; to < permuted.length; ) {
    for (let step = 0; step < extents[last]!; step++) permuted[to++] = pixels[from + step * strides[last]!]!;
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      position[axis]!++;
      if (position[axis]! < extents[axis]!) break;
      from -= strides[axis]! * extents[axis]!;
      position[axis] = 0;
    }
  }
  return permuted;
}
