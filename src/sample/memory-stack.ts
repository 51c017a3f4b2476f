import { allocatePixels, type PixelArray, type PixelType, type Yx } from "../shapes.ts";
import { copyRectangle, type PlaneStack, type PlaneStackBuilder, type Rectangle } from "./plane-stack.ts";

/** A stack of planes in memory: built there, or around pixels that are there already. */
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
