/**
 * The correction of pixel types that no camera writes: signed and wide integers, and doubles. The same formula as the
 * kernels', in double precision, as singles hold no 32 bits.
 */
import { isFloating, largestPixel, type PixelArray, pixelTypeOf, smallestPixel } from "../shapes.ts";
import type { CorrectionField } from "./field.ts";
import { brightnessOf, type ClipCounts, type KernelRectangle } from "./rectangle.ts";

/**
 * Corrects a rectangle of one plane in place and adds to `clipped`. Integers are rounded to nearest, ties to even, and
 * clipped to what their type holds; doubles keep their values, and a subtracted background has its floor of zero.
 */
export function correctRarePixels(
  pixels: PixelArray,
  rectangle: KernelRectangle,
  field: CorrectionField,
  clipped: ClipCounts,
): void {
  const { rows, columns, start, stride, profileStart, profileStride } = rectangle;
  const { dark, divisor } = field;
  const { scale, background } = brightnessOf(rectangle, field.background);
  const type = pixelTypeOf(pixels);
  const isDouble = isFloating(type);
  const least = isDouble && background !== 0 ? 0 : smallestPixel(type);
  const largest = largestPixel(type);
  for (let row = 0; row < rows; row++) {
    let p = profileStart + row * profileStride;
    const first = start + row * stride;
    for (let i = first; i < first + columns; i++, p++) {
      const value = ((pixels[i]! - dark[p]!) / divisor[p]!) * scale - background;
      if (value < least) clipped[0]!++;
      if (value > largest) clipped[1]!++;
      const inRange = Math.max(least, Math.min(value, largest));
      pixels[i] = isDouble ? inRange : nearestInteger(inRange);
    }
  }
}

/** Ties go to even. */
function nearestInteger(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}
