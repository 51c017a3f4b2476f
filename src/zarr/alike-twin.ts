import type { PixelArray } from "../shapes.ts";

/** Whether all pixels have the value of the first; of floats, both zeros are one value, and so is NaN. */
export function areAlikeTwin(pixels: PixelArray): boolean {
  const first = pixels[0]!;
  const areNaN = Number.isNaN(first);
  for (let at = 1; at < pixels.length; at++) {
    const pixel = pixels[at]!;
    if (areNaN ? !Number.isNaN(pixel) : pixel !== first) return false;
  }
  return true;
}
