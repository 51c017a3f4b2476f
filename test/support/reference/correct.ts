/** The correction of pixels, as plain loops: what the kernel of `assembly/correct.ts` is held against. */
import type { CorrectionField } from "../../../src/correct/field.ts";
import type { ClipCounts, KernelRectangle } from "../../../src/correct/kernel.ts";

/** Corrects a rectangle of one plane in place and adds to `clipped`. */
export function correctRectangle(
  pixels: Uint8Array | Uint16Array | Float32Array,
  rectangle: KernelRectangle,
  field: CorrectionField,
  clipped: ClipCounts,
): void {
  if (pixels instanceof Float32Array) correctFloats(pixels, rectangle, field, clipped);
  else if (pixels instanceof Uint8Array) correctIntegers(pixels, rectangle, field, 255, clipped);
  else correctIntegers(pixels, rectangle, field, 65535, clipped);
}

/** 2^23: adding and subtracting it rounds a single below it to an integer, ties to even. */
const roundingShift = 8388608;

function correctIntegers(
  pixels: Uint8Array | Uint16Array,
  rectangle: KernelRectangle,
  field: CorrectionField,
  largest: number,
  clipped: ClipCounts,
): void {
  const { rows, columns, start, stride, profileStart, profileStride } = rectangle;
  const { dark, divisor } = field;
  const { scale, background } = brightnessOf(rectangle, field.background);
  const fround = Math.fround;
  let low = 0;
  let high = 0;
  for (let row = 0; row < rows; row++) {
    let p = profileStart + row * profileStride;
    const first = start + row * stride;
    for (let i = first; i < first + columns; i++, p++) {
      const flat = fround(fround(fround(pixels[i]! - dark[p]!) / divisor[p]!) * scale);
      const value = fround(flat - background);
      if (value < 0) {
        low++;
        pixels[i] = 0;
      } else if (value > largest) {
        high++;
        pixels[i] = largest;
      } else {
        pixels[i] = fround(fround(value + roundingShift) - roundingShift);
      }
    }
  }
  clipped[0]! += low;
  clipped[1]! += high;
}

/** Floating-point pixels keep their values, whatever they are; only a subtracted background has its floor of zero. */
function correctFloats(
  pixels: Float32Array,
  rectangle: KernelRectangle,
  field: CorrectionField,
  clipped: ClipCounts,
): void {
  const { rows, columns, start, stride, profileStart, profileStride } = rectangle;
  const { dark, divisor } = field;
  const { scale, background } = brightnessOf(rectangle, field.background);
  const fround = Math.fround;
  let low = 0;
  for (let row = 0; row < rows; row++) {
    let p = profileStart + row * profileStride;
    const first = start + row * stride;
    for (let i = first; i < first + columns; i++, p++) {
      const flat = fround(fround(fround(pixels[i]! - dark[p]!) / divisor[p]!) * scale);
      if (background === 0) {
        pixels[i] = flat;
        continue;
      }
      const value = fround(flat - background);
      if (value < 0) low++;
      pixels[i] = Math.max(value, 0);
    }
  }
  clipped[0]! += low;
}

/** By what corrected pixels are multiplied, and what is then taken off them: singles, as the kernels take them. */
interface Brightness {
  readonly scale: number;
  readonly background: number;
}

/** The scale of a tile of some gain. A background counts before the division by the gain, which is light's. */
function brightnessOf({ gain = 1 }: KernelRectangle, background: number): Brightness {
  return { scale: Math.fround(1 / gain), background: Math.fround(background / gain) };
}
