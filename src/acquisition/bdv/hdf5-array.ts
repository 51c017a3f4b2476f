import type { Filter, Metadata } from "h5wasm";
import type { PixelType } from "../../shapes.ts";

/** What an HDF5 file says of an array. */
export interface Hdf5Array {
  readonly shape: readonly number[];
  /** `undefined` where the array lies in the file in one piece. */
  readonly chunkShape: readonly number[] | undefined;
  /** The type as NumPy names it. */
  readonly typeName: string;
  /** Names of filters, mostly compressions, that the library cannot undo. */
  readonly unreadableFilters: readonly string[];
}

/** The filters that the library has, by number: deflate, shuffle, Fletcher-32, N-bit, scale and offset. */
const readableFilters = new Set([1, 2, 3, 5, 6]);

/** In words of our own what the library says of an array. */
export function describeArray(description: Metadata, filters: readonly Filter[]): Hdf5Array {
  return {
    shape: description.shape ?? [],
    chunkShape: description.chunks ?? undefined,
    typeName: typeName(description),
    unreadableFilters: filters
      .filter(({ id }) => !readableFilters.has(id))
      .map(({ id, name }) => name || `number ${id}`),
  };
}

/** The library numbers integers 0, floating-point numbers 1. */
function typeName({ type, size, signed }: Metadata): string {
  if (type === 0) return `${signed ? "int" : "uint"}${8 * size}`;
  return type === 1 ? `float${8 * size}` : "no numbers";
}

/**
 * The type of the pixels in an array, or `undefined` where they are of none that Isolux corrects. BigDataViewer declares
 * its uint16 pixels as int16.
 */
export function pixelTypeOf({ typeName }: Hdf5Array): PixelType | undefined {
  if (typeName === "int16") return "uint16";
  return typeName === "uint8" || typeName === "uint16" || typeName === "float32" ? typeName : undefined;
}
