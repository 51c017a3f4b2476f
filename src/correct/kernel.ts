import { memoryOf } from "../kernels/kernel-memory.ts";
import type { PixelArray } from "../shapes.ts";
import type { CorrectionField } from "./field.ts";
import { correctRectangleTwin } from "./kernel-twin.ts";
import { brightnessOf, type ClipCounts, type KernelRectangle } from "./rectangle.ts";

/**
 * Corrects a rectangle of one plane in place and adds to `clipped`: by WebAssembly where pixels and field lie in its
 * memory, else by its twin, with the same bits.
 *
 * @see correctRectangleTwin for what is computed
 */
export function correctRectangle(
  pixels: PixelArray,
  rectangle: KernelRectangle,
  field: CorrectionField,
  clipped: ClipCounts,
): void {
  const { dark, divisor } = field;
  const memory = memoryOf(pixels, dark, divisor);
  const { rows, columns, start, stride, profileStart, profileStride } = rectangle;
  if (memory === undefined || !isInside(pixels, dark, divisor, rectangle)) {
    correctRectangleTwin(pixels, rectangle, field, clipped);
    return;
  }
  const itemBytes = pixels.BYTES_PER_ELEMENT;
  const first = pixels.byteOffset + start * itemBytes;
  const [d, f] = [dark.byteOffset + 4 * profileStart, divisor.byteOffset + 4 * profileStart];
  const { scale, background } = brightnessOf(rectangle, field.background);
  memory.functions.correctRectangle(first, itemBytes, rows, columns, stride, d, f, profileStride, scale, background);
  clipped[0]! += memory.result(0);
  clipped[1]! += memory.result(1);
}

/** A kernel does not stop at the end of an array. */
function isInside(
  pixels: PixelArray,
  dark: Float32Array,
  divisor: Float32Array,
  { rows, columns, start, stride, profileStart, profileStride }: KernelRectangle,
): boolean {
  const stop = start + (rows - 1) * stride + columns;
  const profileStop = profileStart + (rows - 1) * profileStride + columns;
  const fitsProfile = profileStart >= 0 && profileStop <= Math.min(dark.length, divisor.length);
  return rows > 0 && columns > 0 && start >= 0 && stop <= pixels.length && fitsProfile;
}
