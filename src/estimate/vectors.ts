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

/** The scalar product of two vectors. */
export function dot(x: Float64Array, y: Float64Array): number {
  return runKernel("dotOf", reading(x), reading(y, 0, x.length), x.length);
}

/** The Euclidean distance of two vectors. */
export function distance(x: Float64Array, y: Float64Array): number {
  return Math.sqrt(runKernel("squaredDistanceOf", reading(x), reading(y, 0, x.length), x.length));
}

/** The sum of all magnitudes. */
export function sumOfMagnitudes(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += Math.abs(values[i]!);
  return total;
}

/** The sum of the magnitudes of all differences. */
export function sumOfDifferences(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += Math.abs(a[i]! - b[i]!);
  return total;
}

/** The smallest value of an image; NaN where any value is NaN. */
export function smallestOf(image: Float64Array): number {
  return runKernel("smallestOf", reading(image), image.length);
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

/** `destination += factor · (source + term)`. */
export function addScaled(source: Float64Array, factor: number, term: number, destination: Float64Array): void {
  const { length } = source;
  runKernel("addScaled", reading(source), factor, term, writing(destination, 0, length), length);
}

/** Rounds to single precision. */
export function narrow(source: Float64Array, destination: Float32Array): void {
  runKernel("narrow", reading(source), writing(destination, 0, source.length), source.length);
}

/** Converts single precision to double. */
export function widen(source: Float32Array, destination: Float64Array): void {
  runKernel("widen", reading(source), writing(destination, 0, source.length), source.length);
}

// The steps of an iteration on single images.

/** The images that a step of the flat-field or the dark-field starts from, and their factors. */
interface Explained {
  readonly flatfield: Float64Array;
  readonly byFlatfield: number;
  readonly darkResidual: Float64Array;
  readonly darkOffset: number;
  readonly byDarkfield: number;
}

/** `next = from + (pixelSums - (flatfield · byFlatfield + (darkResidual + darkOffset) · byDarkfield)) / eta`. */
export function descend(
  from: Float64Array,
  { flatfield, byFlatfield, darkResidual, darkOffset, byDarkfield }: Explained,
  pixelSums: Float64Array,
  eta: number,
  next: Float64Array,
): void {
  const { length } = next;
  const read = (image: Float64Array) => reading(image, 0, length);
  const explained = [read(flatfield), byFlatfield, read(darkResidual), darkOffset, byDarkfield] as const;
  runKernel("descend", read(from), ...explained, read(pixelSums), eta, writing(next), length);
}

/** Shrinks all values towards 0 by a threshold. */
export function shrinkAll(image: Float64Array, threshold: number): void {
  runKernel("shrinkAll", writing(image), threshold, image.length);
}

/** Shrinks each value towards 0 by `cost · weight / scale`. */
export function shrinkWeighted(image: Float64Array, weights: Float64Array, cost: number, scale: number): void {
  runKernel("shrinkWeighted", writing(image), reading(weights, 0, image.length), cost, scale, image.length);
}
