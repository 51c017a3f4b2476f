import type { PixelArray } from "../shapes.ts";

/** Whether all pixels have one value, so that their chunk can be left out; NaN is one value. */
export function isUniform(pixels: PixelArray, value: number): boolean {
  if (Number.isNaN(value)) return pixels.every(Number.isNaN);
  const wanted = pixels instanceof Float32Array ? Math.fround(value) : value;
  for (let at = 0; at < pixels.length; at++) if (pixels[at] !== wanted) return false;
  return true;
}
