/** The figure of a pair: how much two tiles differ where both show the same place. */
import type { Yx } from "../../shapes.ts";

/** Light and dark of a place of the field, at its coarse pixels. */
export interface LitPlace {
  readonly light: Float64Array;
  readonly dark: Float64Array;
}

/** The size of a block in coarse pixels along either axis; its pixels are summed before two views are compared. */
const blockPixels = 3;

/**
 * The difference of a pair by shading after a correction: the sum over blocks of |sum (A' - B')| over that of the
 * recorded brightness of both; NaN where there is no light. Blocks are summed over their pixels and planes, so that
 * noise and small shifts average out.
 *
 * The figure must not depend on a constant or a scale that a correction adds: differences after a correction are in its
 * own scale, so they are converted to counts of the source by the mean of S at both places.
 * @param darkness the counts from which on brightness is counted
 */
export function pairFigure(
  planes: readonly { readonly first: Float32Array; readonly second: Float32Array }[],
  [rows, columns]: Yx,
  [placeA, placeB]: readonly [LitPlace, LitPlace],
  darkness = 0,
): number {
  const [down, across] = [Math.max(1, Math.floor(rows / blockPixels)), Math.max(1, Math.floor(columns / blockPixels))];
  const apart = new Float64Array(down * across);
  let both = 0;
  for (const { first, second } of planes) {
    for (let y = 0, i = 0; y < rows; y++) {
      const row = Math.floor((y * down) / rows) * across;
      for (let x = 0; x < columns; x++, i++) {
        const [lightA, lightB] = [placeA.light[i]!, placeB.light[i]!];
        const difference = (first[i]! - placeA.dark[i]!) / lightA - (second[i]! - placeB.dark[i]!) / lightB;
        if (Number.isNaN(difference)) continue;
        apart[row + Math.floor((x * across) / columns)]! += (difference * (lightA + lightB)) / 2;
        both += first[i]! + second[i]! - 2 * darkness;
      }
    }
  }
  if (!(both > 0)) return Number.NaN;
  return (2 * apart.reduce((sum, value) => sum + Math.abs(value), 0)) / both;
}
