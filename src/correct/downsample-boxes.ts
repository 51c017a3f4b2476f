import type { PixelArray, Zyx } from "../shapes.ts";

/** Where block means are read from and written to: boxes in two C-order arrays of planes, rows and columns. */
export interface DownsampleBoxes {
  readonly source: PixelArray;
  /** Extents of the source array. */
  readonly sourceShape: Zyx;
  /** Index of the box's first pixel. */
  readonly sourceStart: number;
  /** Extents of the pixels that exist from there: edge blocks average over fewer. */
  readonly sourceExtent: Zyx;
  readonly target: PixelArray;
  readonly targetShape: Zyx;
  readonly targetStart: number;
  /** Pixels to write per axis; each has at least one source pixel. */
  readonly targetExtent: Zyx;
}
