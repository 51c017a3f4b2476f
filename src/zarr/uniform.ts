import { memoryOf } from "../kernels/kernel-memory.ts";
import type { PixelArray } from "../shapes.ts";
import { areAlikeTwin } from "./alike-twin.ts";

/** Whether all pixels have one value, so that their chunk can be left out; NaN is one value. */
export function isUniform(pixels: PixelArray, value: number): boolean {
  if (pixels.length === 0) return true;
  const wanted = pixels instanceof Float32Array ? Math.fround(value) : value;
  const isFirst = Number.isNaN(wanted) ? Number.isNaN(pixels[0]) : pixels[0] === wanted;
  return isFirst && areAlike(pixels);
}

/** {@link areAlikeTwin}, by WebAssembly where the pixels lie in its memory. */
function areAlike(pixels: PixelArray): boolean {
  const memory = memoryOf(pixels);
  if (memory === undefined) return areAlikeTwin(pixels);
  return memory.functions.areAlike(pixels.byteOffset, pixels.BYTES_PER_ELEMENT, pixels.length) !== 0;
}
