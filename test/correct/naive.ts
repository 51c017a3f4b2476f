import type { PixelArray } from "../../src/shapes.ts";

/** Rounds to single precision by storing: independent of `Math.fround`. */
export function single(value: number): number {
  return Float32Array.of(value)[0]!;
}

/** Nearest whole number, ties to even, by the definition. */
export function nearestTiesToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}

/** `(I - D) / (F + 1e-6)`, every step in single precision. */
export function flatten(pixel: number, flat: number, dark: number): number {
  return single(single(pixel - single(dark)) / single(single(flat) + single(1e-6)));
}

/** One corrected pixel of an integer type, and at which end it was clipped. */
export function correctedInteger(pixel: number, flat: number, dark: number, background: number, largest: number) {
  const value = single(flatten(pixel, flat, dark) - single(background));
  if (value < 0) return { pixel: 0, clipped: "low" as const };
  if (value > largest) return { pixel: largest, clipped: "high" as const };
  return { pixel: nearestTiesToEven(value), clipped: undefined };
}

/** One corrected pixel of a floating-point image. */
export function correctedFloat(pixel: number, flat: number, dark: number, background: number): number {
  const value = flatten(pixel, flat, dark);
  if (background === 0) return value;
  return Math.max(single(value - single(background)), 0);
}

/** The mean over the block of `factors` pixels at (`z`, `y`, `x`) of the coarser image, over the pixels that exist. */
export function blockMean(
  pixels: PixelArray,
  shape: readonly number[],
  factors: readonly number[],
  [z, y, x]: readonly [number, number, number],
): number {
  const values: number[] = [];
  for (let i = z * factors[0]!; i < Math.min((z + 1) * factors[0]!, shape[0]!); i++)
    for (let j = y * factors[1]!; j < Math.min((y + 1) * factors[1]!, shape[1]!); j++)
      for (let k = x * factors[2]!; k < Math.min((x + 1) * factors[2]!, shape[2]!); k++)
        values.push(pixels[(i * shape[1]! + j) * shape[2]! + k]!);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return pixels instanceof Float32Array ? single(mean) : Math.floor(mean + 0.5);
}
