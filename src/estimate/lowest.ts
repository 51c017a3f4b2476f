import { memoryOf } from "../kernels/kernel-memory.ts";
import type { PixelArray } from "../shapes.ts";
import { gatherLowestTwin } from "./lowest-twin.ts";

/** Pixels of a background: what they are divided by and, where kernels compare them, up to which value they are gathered. */
export interface LowestPixels {
  readonly divisors: Float32Array;
  readonly limits?: Uint16Array;
}

/**
 * Gathers the lowest evened values, as {@link gatherLowestTwin} has it: by WebAssembly where there are limits and all
 * arrays lie in one kernel memory, else by the twin, with the same bits.
 */
export function gatherLowest(
  values: PixelArray,
  planeCount: number,
  { divisors, limits }: LowestPixels,
  offset: number,
  bound: number,
  destination: Float32Array,
): number {
  const memory = limits && memoryOf(values, limits, divisors, destination);
  const isInside = planeCount * divisors.length <= values.length && divisors.length === limits?.length;
  if (memory === undefined || !isInside || values instanceof Float32Array) {
    return gatherLowestTwin(values, planeCount, divisors, offset, bound, destination);
  }
  return memory.functions.gatherLowest(
    values.byteOffset,
    values.BYTES_PER_ELEMENT,
    planeCount,
    divisors.length,
    limits.byteOffset,
    divisors.byteOffset,
    offset,
    destination.byteOffset,
    destination.length,
  );
}

/**
 * Sets, for each pixel, the largest whole number that is no more than the bound once it is evened. What is evened grows
 * with the number, as all divisors are positive. Gives whether there is one for every pixel.
 */
export function setLimits(limits: Uint16Array, divisors: Float32Array, offset: number, bound: number): boolean {
  for (let pixel = 0; pixel < divisors.length; pixel++) {
    const divisor = divisors[pixel]!;
    let value = Math.max(0, Math.min(0xffff, Math.floor(bound * divisor + offset)));
    while (value > 0 && Math.fround(Math.fround(value - offset) / divisor) > bound) value--;
    while (value < 0xffff && Math.fround(Math.fround(value + 1 - offset) / divisor) <= bound) value++;
    if (!(divisor > 0) || !(Math.fround(Math.fround(value - offset) / divisor) <= bound)) return false;
    limits[pixel] = value;
  }
  return true;
}
