import type { PixelArray, PixelType, Yx } from "../shapes.ts";

/**
 * Planes sampled from the tiles of one channel, all of one shape. Held in memory or in a scratch file; read in bands,
 * so that what is worked on never needs all of them at once.
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

/** Takes planes as they are read: in pieces, in any order. */
export interface PlaneReceiver {
  /** Takes a piece of plane `n` with its top left pixel at (`y`, `x`); its pixels may change afterwards. */
  put(n: number, y: number, x: number, piece: Rectangle): Promise<void>;
  /**
   * Room for a chunk of `length` pixels that holds whole planes from plane `n` on, so that they need not be put; they are
   * there then as soon as they follow each other in it. `undefined` where there is none.
   */
  roomAt?(n: number, length: number): PixelArray | undefined;
}

/** A stack in the making. */
export interface PlaneStackBuilder extends PlaneReceiver {
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
