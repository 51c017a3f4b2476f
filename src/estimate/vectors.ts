/**
 * Arithmetic on vectors and images by kernels, in double precision and always in the same order. Sums are taken in four
 * lanes, as vector instructions take them, and the remaining values in a fifth.
 */
import { reading, writing } from "../kernels/addresses.ts";
import { runKernel } from "../kernels/bind.ts";

/** The sum of all values. */
export function sum(values: Float64Array): number {
  return runKernel("sumOf", reading(values), values.length);
}

/** The smallest and the largest value; NaN where any value is NaN. */
export function rangeOf(values: ArrayLike<number>): [smallest: number, largest: number] {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
    if (Number.isNaN(value)) return [value, value];
  }
  return [smallest, largest];
}

/** Divides all values by one number, in place. */
export function divideAll(values: Float64Array, divisor: number): void {
  for (let i = 0; i < values.length; i++) values[i]! /= divisor;
}

/** `destination = source · factor + term`; the destination may be the source. */
export function scaleAndAdd(source: Float64Array, factor: number, term: number, destination: Float64Array): void {
  const { length } = source;
  runKernel("scaleAndAdd", reading(source), factor, term, writing(destination, 0, length), length);
}
