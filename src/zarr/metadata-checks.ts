/** What the documents of both versions are checked for. */

import { arrayBytes, formatShape, largestPixel, type PixelType, smallestPixel } from "../shapes.ts";
import type { JsonObject } from "./json.ts";
import { corruptMetadata, unsupportedArray } from "./metadata-fault.ts";

const mostAxes = 5;

/** Nothing that is held in memory whole may be larger: it is what Blosc can hold. */
export const largestChunkBytes = 2 ** 31 - 17;

/** Reads a list of integers from `least` on. @throws IsoluxError `corrupt` */
export function parseExtents(value: unknown, least: number, name: string, where: string): number[] {
  const isExtents = Array.isArray(value) && value.every((extent) => Number.isSafeInteger(extent) && extent >= least);
  if (!isExtents) throw corruptMetadata(where, name, value, `a list of integers from ${least} on`);
  return value;
}

/**
 * Reads the extents of an array, and those that its chunks have, under their `name`.
 *
 * @throws IsoluxError `corrupt`, or `unsupported` for more axes than are read
 */
export function parseShapes(shapeValue: unknown, chunks: unknown, name: string, where: string): [number[], number[]] {
  const shape = parseExtents(shapeValue, 0, "shape", where);
  const chunkShape = parseExtents(chunks, 1, name, where);
  if (shape.length !== chunkShape.length) {
    throw corruptMetadata(where, name, chunks, `${shape.length} extents, as many as shape has`);
  }
  if (shape.length < 1 || shape.length > mostAxes) {
    throw unsupportedArray(where, "number of axes", `${shape.length}`, `1 to ${mostAxes}`);
  }
  return [shape, chunkShape];
}

/** Refuses chunks that are too large to hold. @throws IsoluxError `unsupported` */
export function checkChunkBytes(chunkShape: readonly number[], type: PixelType, where: string): void {
  if (arrayBytes(type, chunkShape) <= largestChunkBytes) return;
  throw unsupportedArray(where, "size of the chunks", `${formatShape(chunkShape)} ${type}`, "less than 2 GiB each");
}

/** Whether a value can stand in an integer pixel of a type. */
export function isPixelOf(type: PixelType, value: unknown): value is number {
  const isInteger = typeof value === "number" && Number.isInteger(value);
  return isInteger && value >= smallestPixel(type) && value <= largestPixel(type);
}

/** An integer setting of a compressor, which may be missing. @throws IsoluxError `corrupt` */
export function integerOf(
  settings: JsonObject,
  key: string,
  missing: number,
  where: string,
  least = -(2 ** 31),
  largest = 2 ** 31,
): number {
  const value = settings[key] ?? missing;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= largest) return value;
  throw corruptMetadata(where, `compressor's ${key}`, value, `an integer from ${least} to ${largest}`);
}
