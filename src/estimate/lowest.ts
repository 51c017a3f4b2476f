import { memoryOf } from "../kernels/kernel-memory.ts";
import type { PixelArray } from "../shapes.ts";
import { gatherLowestTwin } from "./lowest-twin.ts";

/**
 * Gathers the lowest evened values, as {@link gatherLowestTwin} has it: by WebAssembly for integers where all arrays lie
 * in one kernel memory that has 2 bytes a pixel left, else by the twin, with the same bits.
 */
export function gatherLowest(
  values: PixelArray,
  planeCount: number,
  divisors: Float32Array,
  offset: number,
  bound: number,
  destination: Float32Array,
): number {
  const memory = memoryOf(values, divisors, destination);
  const mark = memory?.mark() ?? 0;
  const limits = memory?.pixels("uint16", divisors.length);
  const isInside = planeCount * divisors.length <= values.length;
  const isFit = limits !== undefined && isInside && !(values instanceof Float32Array);
  const found =
    memory !== undefined && isFit && setLimits(limits, divisors, offset, bound)
      ? memory.functions.gatherLowest(
          values.byteOffset,
          values.BYTES_PER_ELEMENT,
          planeCount,
          divisors.length,
          limits.byteOffset,
          divisors.byteOffset,
          offset,
          destination.byteOffset,
          destination.length,
        )
      : gatherLowestTwin(values, planeCount, divisors, offset, bound, destination);
  memory?.release(mark);
  return found;
}

/**
 * The largest whole number, for each pixel, that is no more than the bound once it is evened. What is evened grows with
 * the number, as all divisors are positive. Gives whether there is one for every pixel.
 */
function setLimits(limits: PixelArray, divisors: Float32Array, offset: number, bound: number): boolean {
  for (let pixel = 0; pixel < divisors.length; pixel++) {
    const divisor = divisors[pixel]!;
    const isWithin = (value: number) => Math.fround(Math.fround(value - offset) / divisor) <= bound;
    let value = Math.max(0, Math.min(0xffff, Math.floor(bound * divisor + offset)));
    while (value > 0 && !isWithin(value)) value--;
    while (value < 0xffff && isWithin(value + 1)) value++;
    if (!(divisor > 0) || !isWithin(value)) return false;
    limits[pixel] = value;
  }
  return true;
}
