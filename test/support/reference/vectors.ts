/** What the kernels of `assembly/vectors.ts` and `assembly/ladmap-images.ts` compute, as plain loops. */
import { rangeOf } from "../../../src/estimate/vectors.ts";

/** Single or double precision. */
type Vector = Float32Array | Float64Array;

/** The sum of all values. */
export function sum(values: Vector): number {
  let [a, b, c, d, rest] = [0, 0, 0, 0, 0];
  const fours = values.length - (values.length % 4);
  for (let i = 0; i < fours; i += 4) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
  }
  for (let i = fours; i < values.length; i++) rest += values[i]!;
  return a + b + (c + d) + rest;
}

/** The scalar product of two vectors. */
export function dot(x: Vector, y: Vector): number {
  let [a, b, c, d, rest] = [0, 0, 0, 0, 0];
  const fours = x.length - (x.length % 4);
  for (let i = 0; i < fours; i += 4) {
    a += x[i]! * y[i]!;
    b += x[i + 1]! * y[i + 1]!;
    c += x[i + 2]! * y[i + 2]!;
    d += x[i + 3]! * y[i + 3]!;
  }
  for (let i = fours; i < x.length; i++) rest += x[i]! * y[i]!;
  return a + b + (c + d) + rest;
}

/** The Euclidean distance of two vectors. */
export function distance(x: Vector, y: Vector): number {
  let [a, b, c, d, rest] = [0, 0, 0, 0, 0];
  const fours = x.length - (x.length % 4);
  for (let i = 0; i < fours; i += 4) {
    a += square(x[i]! - y[i]!);
    b += square(x[i + 1]! - y[i + 1]!);
    c += square(x[i + 2]! - y[i + 2]!);
    d += square(x[i + 3]! - y[i + 3]!);
  }
  for (let i = fours; i < x.length; i++) rest += square(x[i]! - y[i]!);
  return Math.sqrt(a + b + (c + d) + rest);
}

/** The smallest value of an image; NaN where any value is NaN. */
export function smallestOf(image: Float64Array): number {
  return rangeOf(image)[0];
}

/** `destination = source · factor + term`; the destination may be the source. */
export function scaleAndAdd(source: Float64Array, factor: number, term: number, destination: Float64Array): void {
  for (let i = 0; i < source.length; i++) destination[i] = source[i]! * factor + term;
}

/** `destination += factor · (source + term)`. */
export function addScaled(source: Float64Array, factor: number, term: number, destination: Float64Array): void {
  for (let i = 0; i < source.length; i++) destination[i]! += factor * (source[i]! + term);
}

/** Rounds to single precision. */
export function narrow(source: Float64Array, destination: Float32Array): void {
  destination.set(source);
}

function square(value: number): number {
  return value * value;
}

/** The images that a step of the flat-field or the dark-field goes on from, and what they are multiplied by. */
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
  for (let p = 0; p < next.length; p++) {
    const explained = flatfield[p]! * byFlatfield + (darkResidual[p]! + darkOffset) * byDarkfield;
    next[p] = from[p]! + (pixelSums[p]! - explained) / eta;
  }
}

/** Pulls all values towards 0 by a threshold. */
export function shrinkAll(image: Float64Array, threshold: number): void {
  for (let p = 0; p < image.length; p++) image[p] = shrink(image[p]!, threshold);
}

/** Pulls each value towards 0 by `cost · weight / scale`. */
export function shrinkWeighted(image: Float64Array, weights: Float64Array, cost: number, scale: number): void {
  for (let p = 0; p < image.length; p++) image[p] = shrink(image[p]!, (cost * weights[p]!) / scale);
}

function shrink(value: number, threshold: number): number {
  return value > threshold ? value - threshold : value < -threshold ? value + threshold : 0;
}
