import type { PixelArray, Yx } from "../shapes.ts";
import { copyRectangle, type PlaneReceiver, type Rectangle } from "./plane-stack.ts";

/**
 * Takes the planes of a piece of the field, `[n, y, x]`, in an array that may be longer than they are: chunks that hold
 * whole planes of it are read straight into their place, as long as nothing lies there or behind.
 */
export class PieceStack implements PlaneReceiver {
  private readonly pixels: PixelArray;
  private readonly shapeYx: Yx;
  /** The first plane behind all that were put. */
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

  roomAt(n: number, length: number): PixelArray | undefined {
    const start = n * this.shapeYx[0] * this.shapeYx[1];
    if (n < this.end || start + length > this.pixels.length) return undefined;
    // What of the chunk is not of these planes may be lost.
    this.end = n + 1;
    return this.pixels.subarray(start, start + length);
  }
}
