/**
 * Reads and writes the `filters` of Zarr version 2. Names and settings are those of numcodecs.
 *
 * @see https://numcodecs.readthedocs.io/
 */
import { bytesPerPixel, isFloating } from "../shapes.ts";
import { isJsonObject, type JsonObject, showJson } from "./json.ts";
import { checkChain, corruptMetadata, integerOf, unsupportedArray } from "./metadata/checks.ts";
import type { FilterCodec } from "./metadata/metadata.ts";
import { type NumpyType, numpyName, parseNumpyType } from "./numpy-type.ts";

/** Reads the filters of an array with pixels of a type, outer first. @throws IsoluxError `corrupt` or `unsupported` */
export function parseFilters(filters: unknown, pixels: NumpyType | undefined, where: string): FilterCodec[] {
  if (filters === null || filters === undefined) return [];
  if (!Array.isArray(filters)) throw corruptMetadata(where, "filters", filters, "a list or null");
  checkChain(filters, where);
  let numbers = pixels;
  return filters.map((filter: unknown) => {
    const known = isJsonObject(filter) ? parseFilter(filter, numbers, where) : undefined;
    if (known === undefined) throw unsupportedFilters(filters, where);
    numbers = known.kind === "shuffle" ? undefined : known.as;
    return known;
  });
}

/** @param numbers the type of the filter's input; `undefined` where that is no longer numbers */
function parseFilter(filter: JsonObject, numbers: NumpyType | undefined, where: string): FilterCodec | undefined {
  if (filter.id === "shuffle") {
    return { kind: "shuffle", itemBytes: integerOf(filter, "elementsize", 4, where, 1, 255) };
  }
  const of = parseNumpyType(filter.dtype);
  const as = parseNumpyType(filter.astype ?? filter.dtype);
  if (of === undefined || as === undefined || numbers === undefined || !isSame(of, numbers)) return undefined;
  switch (filter.id) {
    case "delta":
      // Differences of fractions cannot be summed exactly; differences in fewer bytes may overflow
      return isSame(of, as) && !isFloating(of.type) ? { kind: "delta", as } : undefined;
    case "fixedscaleoffset": {
      const { offset, scale } = filter;
      const isUsable = Number.isFinite(offset) && Number.isFinite(scale) && scale !== 0;
      if (!isUsable) throw corruptMetadata(where, "filters", filter, "an offset, and a scale other than 0");
      return { kind: "scale", offset: offset as number, scale: scale as number, of, as };
    }
    default:
      return undefined;
  }
}

function isSame(a: NumpyType, b: NumpyType): boolean {
  return a.type === b.type && (a.byteOrder === b.byteOrder || bytesPerPixel(a.type) === 1);
}

function unsupportedFilters(filters: readonly unknown[], where: string) {
  const names = filters.map((filter) => (isJsonObject(filter) ? filter.id : filter));
  const expected = "shuffle, delta of integers as their own type, fixedscaleoffset, or none";
  return unsupportedArray(where, "list of filters", showJson(names), expected);
}

/** A filter in a `.zarray` document. */
export function serializeFilter(filter: FilterCodec): JsonObject {
  switch (filter.kind) {
    case "shuffle":
      return { elementsize: filter.itemBytes, id: "shuffle" };
    case "delta":
      return { astype: numpyName(filter.as), dtype: numpyName(filter.as), id: "delta" };
    default: {
      const { offset, scale, of, as } = filter;
      return { astype: numpyName(as), dtype: numpyName(of), id: "fixedscaleoffset", offset, scale };
    }
  }
}
