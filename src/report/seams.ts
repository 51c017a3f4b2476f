/** How far two views of the same tissue differ. */
import type { PixelArray } from "../shapes.ts";

/** How far one pair of fields differs that show the same. Both figures are 0 where they agree perfectly. */
export interface Seam {
  /** Mean |A - B| over the mean of both: shading, noise and all. */
  readonly difference: number;
  /** |ln(mean A / mean B)|: shading alone, noise averages out. */
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
