/** The filters of numcodecs that come before a compressor: they change numbers or bytes, not how many there are. */
import { writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import {
  allocatePixels,
  bytesPerPixel,
  isFloating,
  largestPixel,
  type PixelArray,
  smallestPixel,
} from "../../shapes.ts";
import { roundTiesToEven } from "../../statistics.ts";
import type { DeltaFilter, FilterCodec, ScaleFilter } from "../metadata/metadata.ts";
import type { NumpyType } from "../numpy-type.ts";
import { swapBytes, viewBytes, viewPixels } from "../pixel-bytes.ts";
import { corruptChunk } from "./corrupt-chunk.ts";
import { shuffleItems, unshuffleItems } from "./shuffle.ts";

/** Undoes a filter. @throws IsoluxError `corrupt` where the bytes are no whole items */
export function decodeFilter(filter: FilterCodec, bytes: Uint8Array, where: string): Uint8Array {
  const itemBytes = filter.kind === "shuffle" ? filter.itemBytes : bytesPerPixel(filter.as.type);
  if (bytes.length % itemBytes !== 0) throw corruptChunk(where, `${bytes.length} bytes`, `items of ${itemBytes} bytes`);
  if (filter.kind === "shuffle") return shuffled(unshuffleItems, bytes, filter.itemBytes);
  return filter.kind === "delta" ? sums(bytes, filter) : unscaled(bytes, filter);
}

/** Applies a filter to bytes, which stay as they are. */
export function encodeFilter(filter: FilterCodec, bytes: Uint8Array): Uint8Array {
  if (filter.kind === "shuffle") return shuffled(shuffleItems, bytes, filter.itemBytes);
  return filter.kind === "delta" ? differences(bytes, filter) : scaled(bytes, filter);
}

function shuffled(move: typeof shuffleItems, bytes: Uint8Array, itemBytes: number): Uint8Array {
  const moved = new Uint8Array(bytes.length);
  move("byte", bytes, 0, moved, 0, bytes.length, itemBytes);
  return moved;
}

/** Integers wrap around at the ends of their type, so that differences always fit. */
function sums(bytes: Uint8Array, { as }: DeltaFilter): Uint8Array {
  const numbers = numbersOf(bytes, as);
  if (isForKernel(numbers)) runKernel("sumDifferences", ...kernelArguments(numbers));
  else for (let at = 1; at < numbers.length; at++) numbers[at] = numbers[at]! + numbers[at - 1]!;
  return bytesOf(numbers, as);
}

function differences(bytes: Uint8Array, { as }: DeltaFilter): Uint8Array {
  const numbers = numbersOf(bytes, as);
  if (isForKernel(numbers)) runKernel("takeDifferences", ...kernelArguments(numbers));
  else for (let at = numbers.length - 1; at > 0; at--) numbers[at] = numbers[at]! - numbers[at - 1]!;
  return bytesOf(numbers, as);
}

/** Whether a kernel takes the numbers: whole ones, of four bytes at most. */
function isForKernel(numbers: PixelArray): boolean {
  const isWhole = !(numbers instanceof Float32Array || numbers instanceof Float64Array);
  return isWhole && numbers.BYTES_PER_ELEMENT <= 4 && numbers.length > 0;
}

function kernelArguments(numbers: PixelArray) {
  return [writing(viewBytes(numbers)), numbers.BYTES_PER_ELEMENT, numbers.length] as const;
}

function unscaled(bytes: Uint8Array, { offset, scale, of, as }: ScaleFilter): Uint8Array {
  const stored = numbersOf(bytes, as);
  const numbers = allocatePixels(of.type, stored.length);
  for (let at = 0; at < stored.length; at++) numbers[at] = fitted(stored[at]! / scale + offset, of);
  return bytesOf(numbers, of);
}

function scaled(bytes: Uint8Array, { offset, scale, of, as }: ScaleFilter): Uint8Array {
  const numbers = numbersOf(bytes, of);
  const stored = allocatePixels(as.type, numbers.length);
  for (let at = 0; at < numbers.length; at++) stored[at] = fitted(roundTiesToEven((numbers[at]! - offset) * scale), as);
  return bytesOf(stored, as);
}

/** What a type holds of a value: the end of its range where the value is beyond, no fraction in an integer. */
function fitted(value: number, { type }: NumpyType): number {
  if (isFloating(type)) return value;
  return Math.trunc(Math.max(smallestPixel(type), Math.min(value, largestPixel(type))));
}

function numbersOf(bytes: Uint8Array, { type, byteOrder }: NumpyType): PixelArray {
  const own = bytes.slice();
  if (byteOrder === "big") swapBytes(own, bytesPerPixel(type));
  return viewPixels(own, type);
}

function bytesOf(numbers: PixelArray, { type, byteOrder }: NumpyType): Uint8Array {
  const bytes = viewBytes(numbers);
  if (byteOrder === "big") swapBytes(bytes, bytesPerPixel(type));
  return bytes;
}
