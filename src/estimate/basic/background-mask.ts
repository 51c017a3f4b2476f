import type { Yx } from "../../shapes.ts";
import { erodeByDisk } from "./disk-erosion.ts";
import type { Numbers } from "./ladmap-kernels.ts";
import { histogramOf, otsuThreshold } from "./otsu.ts";

/**
 * Gives weight 1 to background and 0 to all else. Background is what is darker than the Otsu threshold of all planes
 * and farther than `margin` pixels from anything brighter in its plane.
 *
 * @param planes `[planeCount, y, x]`
 * @param wholeNumbers whether the planes hold whole numbers by their type, see {@link histogramOf}
 * @param weights as long as `planes`
 * @returns how many pixels are background
 */
export function weighBackground(
  planes: Numbers,
  shapeYx: Yx,
  wholeNumbers: boolean,
  margin: number,
  weights: Numbers,
): number {
  const pixelCount = shapeYx[0] * shapeYx[1];
  const threshold = otsuThreshold(histogramOf(planes, wholeNumbers));
  const dark = new Uint8Array(pixelCount);
  const eroded = new Uint8Array(pixelCount);
  let background = 0;
  for (let offset = 0; offset < planes.length; offset += pixelCount) {
    for (let p = 0; p < pixelCount; p++) dark[p] = planes[offset + p]! < threshold ? 1 : 0;
    erodeByDisk(dark, shapeYx, margin, eroded);
    for (let p = 0; p < pixelCount; p++) {
      weights[offset + p] = eroded[p]!;
      background += eroded[p]!;
    }
  }
  return background;
}
