import type { FitKernels } from "./fit-kernels.ts";

/**
 * What the WebAssembly module of the kernels exports: the sources are in `assembly/`. Addresses are in bytes from the
 * start of the memory, strides and extents count elements. Only wrappers that check what they are given call these.
 */
export interface KernelFunctions extends FitKernels {
  /** Where kernels with more than one result leave them. */
  resultsAddress(): number;
  /** From here on the memory is the caller's. */
  firstFreeAddress(): number;
  /**
   * Corrects a rectangle of one plane in place, of pixels of 1 or 2 bytes or of floats; leaves the numbers of pixels
   * clipped low and high as two int32.
   */
  correctRectangle(
    pixels: number,
    itemBytes: number,
    rows: number,
    columns: number,
    stride: number,
    dark: number,
    divisor: number,
    profileStride: number,
    scale: number,
    background: number,
  ): void;
  /** Means over `factorZ` (1 or 2) x 2 x 2 pixels, of `rows` x `columns` whole blocks of one plane. */
  halvePlane(
    source: number,
    itemBytes: number,
    sourceStride: number,
    sourcePlane: number,
    factorZ: number,
    target: number,
    targetStride: number,
    rows: number,
    columns: number,
  ): void;
  /** Means over blocks of any factors, of `columns` whole blocks of one row; integer blocks of at most 32767 pixels. */
  averageRow(
    source: number,
    itemBytes: number,
    sourceStride: number,
    sourcePlane: number,
    factorZ: number,
    factorY: number,
    factorX: number,
    target: number,
    columns: number,
  ): void;
  /** Whether pixels, one at least, all have the value of the first: 1 or 0. */
  areAlike(pixels: number, itemBytes: number, count: number): number;
  /** Decodes an LZ4 block; the bytes written, or -1 where it is broken. */
  decodeLz4(source: number, sourceStop: number, target: number, targetStop: number): number;
  /** Encodes an LZ4 block; the bytes written, or 0 where they do not fit. */
  encodeLz4(source: number, sourceStop: number, target: number, targetStop: number, acceleration: number): number;
  /** The planes, one for each byte of an item, may lie anywhere. */
  shuffleTwo(source: number, first: number, second: number, items: number): void;
  unshuffleTwo(first: number, second: number, target: number, items: number): void;
  shuffleFour(source: number, first: number, second: number, third: number, fourth: number, items: number): void;
  unshuffleFour(first: number, second: number, third: number, fourth: number, target: number, items: number): void;
  /** Of items of 1, 2 or 4 bytes, a multiple of 16. */
  shuffleBits(source: number, itemBytes: number, items: number, target: number): void;
  unshuffleBits(source: number, itemBytes: number, items: number, target: number): void;
  /**
   * Medians over planes of 1 or 2 bytes a pixel; `scratch` has room for 2 bytes for each of `pixelsAtOnce`, a multiple of
   * 16, and for every plane a byte for each of them and 32 more.
   */
  medianOverPlanes(
    planes: number,
    itemBytes: number,
    planeCount: number,
    planeStride: number,
    pixelCount: number,
    target: number,
    pixelsAtOnce: number,
    scratch: number,
  ): void;
  /** Every `step`-th pixel of a row of every plane; `planeStride` counts pixels. */
  thinPlanes(
    source: number,
    itemBytes: number,
    planeCount: number,
    planeStride: number,
    columns: number,
    step: number,
    target: number,
  ): void;
  /** Adds runs of pixels of 1 or 2 bytes, one of every plane, to doubles: the sums of the planes. */
  sumRuns(
    source: number,
    itemBytes: number,
    planeCount: number,
    planeStride: number,
    length: number,
    sums: number,
    sumStride: number,
  ): void;
  /** Values of 1 or 2 bytes up to the limit of their pixel, evened; how many, or -1 where they have no room. */
  gatherLowest(
    values: number,
    itemBytes: number,
    planeCount: number,
    pixelCount: number,
    limits: number,
    divisors: number,
    offset: number,
    target: number,
    room: number,
  ): number;
  /**
   * Adds rows of doubles, whose addresses `rows` holds, each with its weight: a double for each distance from the middle.
   * What comes out is rounded to floats, in 4 or 8 bytes.
   */
  addRows(rows: number, weights: number, radius: number, columns: number, target: number, targetBytes: number): void;
  /** Adds to a mean each of `length` floats divided by `count`. */
  addShares(source: number, length: number, count: number, before: number): number;
  /** Divides floats in place; how many are not positive or not finite then. */
  divideAll(target: number, length: number, divisor: number): number;
}
