import type { CorrectKernel, KernelFunctions } from "../kernels/kernel-functions.ts";
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
  const first = pixels.byteOffset + start * pixels.BYTES_PER_ELEMENT;
  const [firstDark, firstDivisor] = [dark.byteOffset + 4 * profileStart, divisor.byteOffset + 4 * profileStart];
  const correct = kernelFor(pixels, memory.functions);
  const { scale, background } = brightnessOf(rectangle, field.background);
  correct(first, rows, columns, stride, firstDark, firstDivisor, profileStride, scale, background);
  clipped[0]! += memory.result(0);
  clipped[1]! += memory.result(1);
}

function kernelFor(pixels: PixelArray, functions: KernelFunctions): CorrectKernel {
  if (pixels instanceof Uint16Array) return functions.correctUint16;
  return pixels instanceof Uint8Array ? functions.correctUint8 : functions.correctFloat32;
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
