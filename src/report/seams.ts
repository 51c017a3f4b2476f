/** How visible the seams between tiles are, measured where neighbours show the same tissue. */
import type { PixelArray } from "../shapes.ts";
import type { FieldWindow, Overlap } from "../tiles/overlaps.ts";
import type { Tile } from "../tiles/tile.ts";

/** The seams of one channel. Both figures are 0 where neighbours agree perfectly. */
export interface SeamFigures {
  /** Mean over the pairs of mean |A - B| / mean of both: shading, noise and all. */
  readonly difference: number;
  /** Mean over the pairs of |ln(mean A / mean B)|: shading alone, noise averages out. */
  readonly logRatio: number;
  /** How many pairs (each plane counts) the figures are means of. */
  readonly pairCount: number;
  /** Pairs left out because one of them is dark all over, so that nothing can be compared. */
  readonly darkPairCount: number;
}

/** Reads a part of a tile's plane, C order. */
export type FieldReader = (tile: Tile, plane: number, window: FieldWindow) => Promise<PixelArray>;

/**
 * Measures the seams of the given planes.
 * @returns figures of NaN where there is no pair to compare
 */
export async function measureSeams(
  overlaps: readonly Overlap[],
  planes: readonly number[],
  read: FieldReader,
): Promise<SeamFigures> {
  const seams: Seam[] = [];
  for (const plane of planes) {
    for (const { first, second, inFirst, inSecond } of overlaps) {
      const a = await read(first, plane, inFirst);
      const b = await read(second, plane, inSecond);
      seams.push(compareFields(a, b));
    }
  }
  return averageSeams(seams);
}

/** One pair of fields that show the same: how far they differ. */
export interface Seam {
  readonly difference: number;
  readonly logRatio: number;
}

/** Compares two fields of equal length, pixel by pixel and as a whole; pixels of NaN in either are left out. */
export function compareFields(a: PixelArray, b: PixelArray): Seam {
  let [sumA, sumB, sumApart] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [valueA, valueB] = [a[i]!, b[i]!];
    if (Number.isNaN(valueA + valueB)) continue;
    sumA += valueA;
    sumB += valueB;
    sumApart += Math.abs(valueA - valueB);
  }
  return { difference: (2 * sumApart) / (sumA + sumB), logRatio: Math.abs(Math.log(sumA / sumB)) };
}

/** The mean of seams, leaving out those of which one side is dark. */
export function averageSeams(seams: readonly Seam[]): SeamFigures {
  const lit = seams.filter(({ difference, logRatio }) => Number.isFinite(difference) && Number.isFinite(logRatio));
  const mean = (figure: (seam: Seam) => number) => lit.reduce((sum, seam) => sum + figure(seam), 0) / lit.length;
  return {
    difference: mean((seam) => seam.difference),
    logRatio: mean((seam) => seam.logRatio),
    pairCount: lit.length,
    darkPairCount: seams.length - lit.length,
  };
}
