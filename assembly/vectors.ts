/**
 * Arithmetic on vectors and images of f64. Sums are taken in four lanes,
 * and what is left over after the last four in a fifth.
 */
import { singles } from "./lanes";

/** The four lanes' sum, and that of the rest. */
function total(first: v128, second: v128, rest: f64): f64 {
  const low = f64x2.extract_lane(first, 0) + f64x2.extract_lane(first, 1);
  return low + (f64x2.extract_lane(second, 0) + f64x2.extract_lane(second, 1)) + rest;
}

/** The sum of all values. */
export function sumOf(values: usize, count: i32): f64 {
  const stop = values + ((<usize>count) << 3);
  const fours = values + ((<usize>(count & ~3)) << 3);
  let first = f64x2.splat(0);
  let second = f64x2.splat(0);
  let rest: f64 = 0;
  for (; values < fours; values += 32) {
    first = f64x2.add(first, v128.load(values));
    second = f64x2.add(second, v128.load(values, 16));
  }
  for (; values < stop; values += 8) rest += load<f64>(values);
  return total(first, second, rest);
}

/** The sum of all products. */
export function dotOf(a: usize, b: usize, count: i32): f64 {
  const stop = a + ((<usize>count) << 3);
  const fours = a + ((<usize>(count & ~3)) << 3);
  let first = f64x2.splat(0);
  let second = f64x2.splat(0);
  let rest: f64 = 0;
  for (; a < fours; a += 32, b += 32) {
    first = f64x2.add(first, f64x2.mul(v128.load(a), v128.load(b)));
    second = f64x2.add(second, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
  }
  for (; a < stop; a += 8, b += 8) rest += load<f64>(a) * load<f64>(b);
  return total(first, second, rest);
}

/** The sum of all squared differences. */
export function squaredDistanceOf(a: usize, b: usize, count: i32): f64 {
  const stop = a + ((<usize>count) << 3);
  const fours = a + ((<usize>(count & ~3)) << 3);
  let first = f64x2.splat(0);
  let second = f64x2.splat(0);
  let rest: f64 = 0;
  for (; a < fours; a += 32, b += 32) {
    const one = f64x2.sub(v128.load(a), v128.load(b));
    const other = f64x2.sub(v128.load(a, 16), v128.load(b, 16));
    first = f64x2.add(first, f64x2.mul(one, one));
    second = f64x2.add(second, f64x2.mul(other, other));
  }
  for (; a < stop; a += 8, b += 8) {
    const difference = load<f64>(a) - load<f64>(b);
    rest += difference * difference;
  }
  return total(first, second, rest);
}

/** The smallest value; NaN where any is. */
export function smallestOf(values: usize, count: i32): f64 {
  const stop = values + ((<usize>count) << 3);
  const pairs = values + ((<usize>(count & ~1)) << 3);
  let lowest = f64x2.splat(Infinity);
  for (; values < pairs; values += 16) lowest = f64x2.min(lowest, v128.load(values));
  for (; values < stop; values += 8) lowest = f64x2.min(lowest, v128.load64_splat(values));
  return min(f64x2.extract_lane(lowest, 0), f64x2.extract_lane(lowest, 1));
}

/** `to = from · factor + term`. */
export function scaleAndAdd(from: usize, factor: f64, term: f64, to: usize, count: i32): void {
  const stop = from + ((<usize>count) << 3);
  const pairs = from + ((<usize>(count & ~1)) << 3);
  const factors = f64x2.splat(factor);
  const terms = f64x2.splat(term);
  for (; from < pairs; from += 16, to += 16) {
    v128.store(to, f64x2.add(f64x2.mul(v128.load(from), factors), terms));
  }
  if (from < stop) store<f64>(to, load<f64>(from) * factor + term);
}

/** `to += factor · (from + term)`. */
export function addScaled(from: usize, factor: f64, term: f64, to: usize, count: i32): void {
  const stop = from + ((<usize>count) << 3);
  const pairs = from + ((<usize>(count & ~1)) << 3);
  const factors = f64x2.splat(factor);
  const terms = f64x2.splat(term);
  for (; from < pairs; from += 16, to += 16) {
    v128.store(to, f64x2.add(v128.load(to), f64x2.mul(factors, f64x2.add(v128.load(from), terms))));
  }
  if (from < stop) store<f64>(to, load<f64>(to) + factor * (load<f64>(from) + term));
}

/** f64 to f32. */
export function narrow(from: usize, to: usize, count: i32): void {
  const stop = from + ((<usize>count) << 3);
  const fours = from + ((<usize>(count & ~3)) << 3);
  for (; from < fours; from += 32, to += 16) {
    v128.store(to, singles(v128.load(from), v128.load(from, 16)));
  }
  for (; from < stop; from += 8, to += 4) store<f32>(to, <f32>load<f64>(from));
}
