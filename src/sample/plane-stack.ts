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
