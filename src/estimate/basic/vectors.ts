/** Sums over vectors, in double precision and always in the same order. */

/** Single or double precision. */
type Vector = Float32Array | Float64Array;

/** The sum of all values. */
export function sum(values: Vector): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/** The sum of all magnitudes. */
export function sumOfMagnitudes(values: Vector): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += Math.abs(values[i]!);
  return total;
}

/** The scalar product of two vectors. */
export function dot(a: Vector, b: Vector): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

/** The Euclidean distance of two vectors. */
export function distance(a: Vector, b: Vector): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(total);
}

/** The sum of the magnitudes of all differences. */
export function sumOfDifferences(a: Vector, b: Vector): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += Math.abs(a[i]! - b[i]!);
  return total;
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
export function divideAll(values: Vector, divisor: number): void {
  for (let i = 0; i < values.length; i++) values[i]! /= divisor;
}
