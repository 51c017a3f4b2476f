/** Pixels whose values are gathered at a time: some cache lines of every plane, so that none is fetched twice. */
export const pixelsAtOnce = 64;

/** Working memory of a median over planes, made once by its caller with {@link medianScratch}. */
export interface MedianScratch {
  /** The values of some pixels, those of one pixel side by side; floats as keys that sort as they do. */
  readonly columns: Int32Array;
  /** Counts of 256 bins; all zero between uses. */
  readonly histogram: Int32Array;
}

/** Working memory for the median over `planeCount` planes. */
export function medianScratch(planeCount: number): MedianScratch {
  return { columns: new Int32Array(pixelsAtOnce * planeCount), histogram: new Int32Array(256) };
}

/** Bytes of the working memory for the median over `planeCount` planes. */
export function medianScratchBytes(planeCount: number): number {
  return 4 * (pixelsAtOnce * planeCount + 256);
}
