import type { PixelArray, Yx } from "../../shapes.ts";

/** Planes in memory, `[plane, y, x]` in C order. */
export interface ImageStack {
  readonly pixels: PixelArray | Float64Array;
  readonly planeCount: number;
  readonly shapeYx: Yx;
}
