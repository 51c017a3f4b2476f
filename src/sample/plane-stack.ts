/** Stacks of sampled planes, and how planes are collected into them. */

import { allocatePixels, elementCount, type PixelArray, type PixelType, type Yx } from "../shapes.ts";

/**
 * Planes sampled from the tiles of one channel, all of one shape. Kept in memory or in a scratch file; read in bands,
 * so that they need not be in memory all at once.
 */
export interface PlaneStack {
  readonly type: PixelType;
  readonly planeCount: number;
  readonly shapeYx: Yx;
  /**
   * Rows `y0` to `y1` (half-open) of planes `n0` to `n1`, as a C-order array `[n1 - n0, y1 - y0, x]` that the caller
   * may change.
   */
  read(n0: number, n1: number, y0: number, y1: number): Promise<PixelArray>;
}

/** A rectangle of pixels inside a larger array: `rows` x `columns` from `offset`, rows `stride` apart. */
export interface Rectangle {
  readonly pixels: PixelArray;
  readonly offset: number;
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
}

/** Receives planes as they are read: in pieces, in any order. */
export interface PlaneReceiver {
  /** Receives a piece of plane `n` with its top left pixel at (`y`, `x`); its pixels may change after the call. */
  put(n: number, y: number, x: number, piece: Rectangle): Promise<void>;
  /**
   * A buffer for a chunk of `length` pixels that contains whole planes from plane `n` on, which then need not be put;
   * they must be consecutive in it. `undefined` where there is none.
   */
  buffersAt?(n: number, length: number): PixelArray | undefined;
}

/** A stack that is being filled. */
export interface PlaneStackBuilder extends PlaneReceiver {
  /** Ends the filling. @returns the stack with the planes that it was given */
  finish(): Promise<PlaneStack>;
}

/** Copies a rectangle into an image of `columns` columns, its top left pixel to index `start`. */
export function copyRectangle(piece: Rectangle, target: PixelArray, start: number, columns: number): void {
  if (piece.stride === columns && piece.columns === columns) {
    target.set(piece.pixels.subarray(piece.offset, piece.offset + piece.rows * columns), start);
    return;
  }
  for (let row = 0; row < piece.rows; row++) {
    const from = piece.offset + row * piece.stride;
    target.set(piece.pixels.subarray(from, from + piece.columns), start + row * columns);
  }
}

/** A stack of planes in memory: filled there, or around existing pixels. */
export class MemoryStack implements PlaneStack, PlaneStackBuilder {
  readonly type: PixelType;
  readonly planeCount: number;
  readonly shapeYx: Yx;
  /** All pixels, `[n, y, x]`. */
  readonly pixels: PixelArray;

  constructor(type: PixelType, planeCount: number, shapeYx: Yx, pixels?: PixelArray) {
    this.type = type;
    this.planeCount = planeCount;
    this.shapeYx = shapeYx;
    this.pixels = pixels ?? allocatePixels(type, planeCount * shapeYx[0] * shapeYx[1]);
  }

  async put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    const [rows, columns] = this.shapeYx;
    copyRectangle(piece, this.pixels, (n * rows + y) * columns + x, columns);
  }

  async finish(): Promise<PlaneStack> {
    return this;
  }

  async read(n0: number, n1: number, y0: number, y1: number): Promise<PixelArray> {
    const [rows, columns] = this.shapeYx;
    const band = allocatePixels(this.type, (n1 - n0) * (y1 - y0) * columns);
    for (let n = n0; n < n1; n++) {
      const from = (n * rows + y0) * columns;
      band.set(this.pixels.subarray(from, from + (y1 - y0) * columns), (n - n0) * (y1 - y0) * columns);
    }
    return band;
  }
}

/** Some of the planes. */
export function pickPlanes(
  { type, planeCount, shapeYx, pixels }: MemoryStack,
  isTaken: (n: number) => boolean,
): MemoryStack {
  const taken = Array.from({ length: planeCount }, (_, n) => n).filter(isTaken);
  const length = elementCount(shapeYx);
  const picked = new MemoryStack(type, taken.length, shapeYx);
  for (const [at, n] of taken.entries()) picked.pixels.set(pixels.subarray(n * length, (n + 1) * length), at * length);
  return picked;
}

/**
 * A stack without planes that are one value throughout: they were never stored, as those of time points that a tile does not
 * have, and show neither light nor the camera's offset. As it is if it has no others, or is not in memory.
 * @param planned what each of the planes is
 */
export function withoutAbsent<Stack extends PlaneStack, Planned>(
  stack: Stack,
  planned: readonly Planned[],
): { readonly stack: Stack | MemoryStack; readonly planned: readonly Planned[] } {
  if (!(stack instanceof MemoryStack)) return { stack, planned };
  const length = elementCount(stack.shapeYx);
  const isPresent = planned.map((_, n) => {
    const plane = stack.pixels.subarray(n * length, (n + 1) * length);
    return plane.some((value) => value !== plane[0]);
  });
  if (!isPresent.includes(true) || !isPresent.includes(false)) return { stack, planned };
  return { stack: pickPlanes(stack, (n) => isPresent[n]!), planned: planned.filter((_, n) => isPresent[n]) };
}

/**
 * Collects the planes of a piece of the field, `[n, y, x]`, in an array that may be longer than they are: chunks of
 * whole planes are read directly into their place, as long as no later planes would be overwritten.
 */
export class PieceStack implements PlaneReceiver {
  private readonly pixels: PixelArray;
  private readonly shapeYx: Yx;
  /** The plane after all that were put. */
  private end = 0;

  constructor(pixels: PixelArray, shapeYx: Yx) {
    this.pixels = pixels;
    this.shapeYx = shapeYx;
  }

  async put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    const [rows, columns] = this.shapeYx;
    copyRectangle(piece, this.pixels, (n * rows + y) * columns + x, columns);
    this.end = Math.max(this.end, n + 1);
  }

  buffersAt(n: number, length: number): PixelArray | undefined {
    const start = n * this.shapeYx[0] * this.shapeYx[1];
    if (n < this.end || start + length > this.pixels.length) return undefined;
    // Other content of the chunk may be overwritten.
    this.end = n + 1;
    return this.pixels.subarray(start, start + length);
  }
}
