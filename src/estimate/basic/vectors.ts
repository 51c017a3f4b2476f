/**
 * Arithmetic on vectors and images, in double precision and always in the same order: by WebAssembly where they lie in one
 * kernel memory, else by TypeScript, with the same bits. Sums are taken in four lanes, as vector instructions take them,
 * and what is left over after the last four in a fifth.
 */
import { type KernelMemory, memoryOf } from "../../kernels/kernel-memory.ts";

/** Single or double precision; kernels take the latter. */
type Vector = Float32Array | Float64Array;

function memoryOfDoubles(first: Vector, second: Vector = first): KernelMemory | undefined {
  const areDoubles = first instanceof Float64Array && second instanceof Float64Array && first.length === second.length;
  return areDoubles ? memoryOf(first, second) : undefined;
}

/** The sum of all values. */
export function sum(values: Vector): number {
  const memory = memoryOfDoubles(values);
  if (memory !== undefined) return memory.functions.sumOf(values.byteOffset, values.length);
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
  const memory = memoryOfDoubles(x, y);
  if (memory !== undefined) return memory.functions.dotOf(x.byteOffset, y.byteOffset, x.length);
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
  const memory = memoryOfDoubles(x, y);
  if (memory !== undefined) return Math.sqrt(memory.functions.squaredDistanceOf(x.byteOffset, y.byteOffset, x.length));
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

/** The sum of all magnitudes. */
export function sumOfMagnitudes(values: Vector): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += Math.abs(values[i]!);
  return total;
}

/** The sum of the magnitudes of all differences. */
export function sumOfDifferences(a: Vector, b: Vector): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += Math.abs(a[i]! - b[i]!);
  return total;
}

/** The smallest value of an image; NaN where any value is NaN. */
export function smallestOf(image: Float64Array): number {
  const memory = memoryOf(image);
  return memory === undefined ? rangeOf(image)[0] : memory.functions.smallestOf(image.byteOffset, image.length);
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

/** `destination = source · factor + term`; the destination may be the source. */
export function scaleAndAdd(source: Float64Array, factor: number, term: number, destination: Float64Array): void {
  const memory = memoryOfDoubles(source, destination);
  if (memory !== undefined) {
    memory.functions.scaleAndAdd(source.byteOffset, factor, term, destination.byteOffset, source.length);
  } else {
    for (let i = 0; i < source.length; i++) destination[i] = source[i]! * factor + term;
  }
}

/** `destination += factor · (source + term)`. */
export function addScaled(source: Float64Array, factor: number, term: number, destination: Float64Array): void {
  const memory = memoryOfDoubles(source, destination);
  if (memory !== undefined) {
    memory.functions.addScaled(source.byteOffset, factor, term, destination.byteOffset, source.length);
  } else {
    for (let i = 0; i < source.length; i++) destination[i]! += factor * (source[i]! + term);
  }
}

/** Rounds to single precision. */
export function narrow(source: Float64Array, destination: Float32Array): void {
  const memory = memoryOf(source, destination);
  if (memory === undefined) destination.set(source);
  else memory.functions.narrow(source.byteOffset, destination.byteOffset, source.length);
}

/** Takes single precision as double. */
export function widen(source: Float32Array, destination: Float64Array): void {
  const memory = memoryOf(source, destination);
  if (memory === undefined) destination.set(source);
  else memory.functions.widen(source.byteOffset, destination.byteOffset, source.length);
}

function square(value: number): number {
  return value * value;
}
