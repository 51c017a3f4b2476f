/** The signatures of the WebAssembly kernels. */

import type { PixelArray } from "../shapes.ts";
import type { EndOf, In, Out, Table, Working } from "./addresses.ts";
import type { FitKernels } from "./fit-kernels.ts";

/** Arrays of pixels that kernels take; the item size in bytes distinguishes the types. */
export type CameraPixels = CameraIntegers | Float32Array;

/** Those of whole numbers. */
type CameraIntegers = Uint8Array | Uint16Array;

/** Whether kernels take pixels of the array's type: those that cameras write. */
export function areForKernels(pixels: PixelArray): pixels is CameraPixels {
  return areCameraIntegers(pixels) || pixels instanceof Float32Array;
}

/** Whether pixels are whole numbers as cameras write them. */
export function areCameraIntegers(pixels: PixelArray): pixels is CameraIntegers {
  return pixels instanceof Uint8Array || pixels instanceof Uint16Array;
}

/**
 * The exports of the kernels' WebAssembly module, whose sources are in `assembly/`. Addresses are in bytes from the
 * start of the memory, strides and extents count elements. The binder in `bind.ts` calls these with arrays in place of
 * addresses.
 */
export interface KernelFunctions extends FitKernels {
  /** The address of the results of kernels that have more than one. */
  resultsAddress(): number;
  /** The first address that the module itself does not use. */
  firstFreeAddress(): number;
  /**
   * Corrects a rectangle of one plane in place, of pixels of 1 or 2 bytes or of floats. Results: the numbers of pixels
   * clipped low and high, as two int32.
   */
  correctRectangle(
    pixels: Out<CameraPixels>,
    itemBytes: number,
    rows: number,
    columns: number,
    stride: number,
    dark: In<Float32Array>,
    divisor: In<Float32Array>,
    profileStride: number,
    scale: number,
    background: number,
  ): void;
  /** Means over `factorZ` (1 or 2) x 2 x 2 pixels, of `rows` x `columns` whole blocks of one plane. */
  halvePlane(
    source: In<CameraPixels>,
    itemBytes: number,
    sourceStride: number,
    sourcePlane: number,
    factorZ: number,
    target: Out<CameraPixels>,
    targetStride: number,
    rows: number,
    columns: number,
  ): void;
  /**
   * What `length` bytes, one at least, are like: 0 where they are all alike, 1 where they look like noise that no code
   * makes shorter by 1.5 %, else 2.
   */
  kindOfBytes(source: In<Uint8Array>, length: number): number;
  /** Means over blocks of any factors, of `columns` whole blocks of one row; integer blocks of at most 32767 pixels. */
  averageRow(
    source: In<CameraPixels>,
    itemBytes: number,
    sourceStride: number,
    sourcePlane: number,
    factorZ: number,
    factorY: number,
    factorX: number,
    target: Out<CameraPixels>,
    columns: number,
  ): void;
  /** Whether all pixels, at least one, have the same value: 1 or 0. */
  areAlike(pixels: In<CameraPixels>, itemBytes: number, count: number): number;
  /** Decodes an LZ4 block; returns the bytes written, or -1 where it is corrupt. */
  decodeLz4(source: In<Uint8Array>, sourceStop: EndOf, target: Out<Uint8Array>, targetStop: EndOf): number;
  /** Decodes zstd frames; returns the bytes written, or -1 where they are broken, or of a kind that is left to libzstd. */
  decodeZstd(source: In<Uint8Array>, sourceStop: EndOf, target: Out<Uint8Array>, targetStop: EndOf): number;
  /** Encodes a zstd frame that tells its length, of pixels of `itemBytes` bytes; returns the bytes written, or 0 where they do not fit. */
  encodeZstd(
    source: In<Uint8Array>,
    sourceStop: EndOf,
    target: Out<Uint8Array>,
    targetStop: EndOf,
    itemBytes: number,
  ): number;
  /** Encodes an LZ4 block; returns the bytes written, or 0 where they do not fit. */
  encodeLz4(
    source: In<Uint8Array>,
    sourceStop: EndOf,
    target: Out<Uint8Array>,
    targetStop: EndOf,
    acceleration: number,
  ): number;
  /** Byte shuffle of items of two bytes into planes, one for each byte, at any addresses. */
  shuffleTwo(source: In<Uint8Array>, first: Out<Uint8Array>, second: Out<Uint8Array>, items: number): void;
  unshuffleTwo(first: In<Uint8Array>, second: In<Uint8Array>, target: Out<Uint8Array>, items: number): void;
  shuffleFour(
    source: In<Uint8Array>,
    first: Out<Uint8Array>,
    second: Out<Uint8Array>,
    third: Out<Uint8Array>,
    fourth: Out<Uint8Array>,
    items: number,
  ): void;
  unshuffleFour(
    first: In<Uint8Array>,
    second: In<Uint8Array>,
    third: In<Uint8Array>,
    fourth: In<Uint8Array>,
    target: Out<Uint8Array>,
    items: number,
  ): void;
  /** Bit shuffle of items of 1, 2 or 4 bytes; their number is a multiple of 16. */
  shuffleBits(source: In<Uint8Array>, itemBytes: number, items: number, target: Out<Uint8Array>): void;
  unshuffleBits(source: In<Uint8Array>, itemBytes: number, items: number, target: Out<Uint8Array>): void;
  /** Reverses the bytes of each item of 2, 4 or 8 bytes, in place. */
  reverseItems(target: Out<Uint8Array>, itemBytes: number, count: number): void;
  /** Gathers items of 1, 2, 4 or 8 bytes into rows, from where rows and columns lie any number of items apart. */
  gatherRows(
    source: In<Uint8Array>,
    itemBytes: number,
    rows: number,
    rowStride: number,
    columns: number,
    columnStride: number,
    target: Out<Uint8Array>,
  ): void;
  /** Adds to each whole number of 1, 2 or 4 bytes, one at least, those before it, in place; sums wrap around. */
  sumDifferences(target: Out<Uint8Array>, itemBytes: number, count: number): void;
  /** Undoes that. */
  takeDifferences(target: Out<Uint8Array>, itemBytes: number, count: number): void;
  /**
   * Medians over planes of 1 or 2 bytes a pixel; `scratch` holds 2 bytes for each of `pixelsAtOnce`, a multiple of 16,
   * and for every plane a byte for each of them and 32 more.
   */
  medianOverPlanes(
    planes: In<CameraIntegers>,
    itemBytes: number,
    planeCount: number,
    planeStride: number,
    pixelCount: number,
    target: Out<Float32Array>,
    pixelsAtOnce: number,
    scratch: Working,
  ): void;
  /** Every `step`-th pixel of a row of every plane; `planeStride` counts pixels. */
  thinPlanes(
    source: In<CameraPixels>,
    itemBytes: number,
    planeCount: number,
    planeStride: number,
    columns: number,
    step: number,
    target: Out<CameraPixels>,
  ): void;
  /** Adds runs of pixels of 1 or 2 bytes, one of every plane, to doubles: the sums of the planes. */
  sumRuns(
    source: In<CameraIntegers>,
    itemBytes: number,
    planeCount: number,
    planeStride: number,
    length: number,
    sums: Out<Float64Array>,
    sumStride: number,
  ): void;
  /**
   * Collects values of 1 or 2 bytes up to the limit of their pixel, flat-fielded; returns their number, or -1 where
   * they do not fit.
   */
  gatherLowest(
    values: In<CameraIntegers>,
    itemBytes: number,
    planeCount: number,
    pixelCount: number,
    limits: In<Uint16Array>,
    divisors: In<Float32Array>,
    offset: number,
    target: Out<Float32Array>,
    buffer: number,
  ): number;
  /**
   * Adds rows of doubles, whose addresses `rows` holds, each with its weight: a double for each distance from the
   * middle. The result is rounded to floats, stored in 4 or 8 bytes.
   */
  addRows(
    rows: Table<Float64Array>,
    weights: In<Float64Array>,
    radius: number,
    columns: number,
    target: Out<Float32Array | Float64Array>,
    targetBytes: number,
  ): void;
  /** Adds to a mean each of `length` floats divided by `count`. */
  addShares(source: In<Float32Array>, length: number, count: number, before: number): number;
  /** Divides floats in place; returns how many results are not positive or not finite. */
  divideAll(target: Out<Float32Array>, length: number, divisor: number): number;
}
