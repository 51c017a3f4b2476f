/** Converts between the bytes of a chunk and pixels in C order: byte order and order of axes. */

import { reading, writing } from "../kernels/addresses.ts";
import { runKernel } from "../kernels/bind.ts";
import { allocatePixels, bytesPerPixel, type PixelArray, type PixelType, pixelsAt } from "../shapes.ts";

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

/** Reverses the byte order of every item, in place. */
export function swapBytes(bytes: Uint8Array, itemBytes: number): void {
  if (itemBytes === 1 || bytes.length < itemBytes) return;
  runKernel("reverseItems", writing(bytes), itemBytes, Math.floor(bytes.length / itemBytes));
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
