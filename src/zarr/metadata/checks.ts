/** Checks of metadata that both versions of Zarr have in common. */
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { arrayBytes, formatShape, largestPixel, type PixelType, smallestPixel } from "../../shapes.ts";
import { type JsonObject, showJson } from "../json.ts";

/** The most bytes of anything that is in memory as a whole: the limit of Blosc. */
export const largestChunkBytes = 2 ** 31 - 17;

/** Reads a list of integers from `least` on. @throws IsoluxError `corrupt` */
export function parseExtents(value: unknown, least: number, name: string, where: string): number[] {
  const isExtents = Array.isArray(value) && value.every((extent) => Number.isSafeInteger(extent) && extent >= least);
  if (!isExtents) throw corruptMetadata(where, name, value, `a list of integers from ${least} on`);
  return value;
}

/** Refuses chunks that are too large for memory. @throws IsoluxError `unsupported` */
export function checkChunkBytes(chunkShape: readonly number[], type: PixelType, where: string): void {
  if (arrayBytes(type, chunkShape) <= largestChunkBytes) return;
  throw unsupportedArray(where, "size of the chunks", `${formatShape(chunkShape)} ${type}`, "less than 2 GiB each");
}

/** Refuses chains by which a chunk would not be decoded in any time. @throws IsoluxError `unsupported` */
export function checkChain(chain: readonly unknown[], where: string): void {
  if (chain.length <= limits.codecs) return;
  throw unsupportedArray(where, "number of codecs", `${chain.length}`, `at most ${limits.codecs}`);
}

/** Whether a value fits an integer pixel of a type. */
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

/** The error for a document that violates the specification. `name` is the key that is wrong. */
export function corruptMetadata(where: string, name: string, value: unknown, expected: string): IsoluxError {
  const what = `The metadata of a Zarr array are wrong in their ${name}`;
  return new IsoluxError({ kind: "corrupt", what, where, found: showJson(value), expected });
}

/** The error for an array that is valid but not supported. `name` is the property. */
export function unsupportedArray(where: string, name: string, found: string, expected: string): IsoluxError {
  const what = `The ${name} of this Zarr array is not supported`;
  return new IsoluxError({ kind: "unsupported", what, where, found, expected });
}
