import type { PixelArray, Yx } from "../shapes.ts";

/** All planes of a piece, `[plane, y, x]`, and where in the field it lies. */
export interface PiecePlanes {
  readonly pixels: PixelArray;
  readonly planeCount: number;
  readonly startYx: Yx;
  readonly shapeYx: Yx;
}
