/** The mean of an image, and the image divided by it. */
import { singles, sumOfLanes } from "./lanes";

/** Adds to a mean each of `length` floats divided by `count`, one after the other. */
export function addShares(source: usize, length: i32, count: f64, before: f64): f64 {
  let mean = before;
  const stop = source + ((<usize>length) << 2);
  for (let at = source; at < stop; at += 4) mean += <f64>load<f32>(at) / count;
  return mean;
}

/** Divides `length` floats in place, in double precision. @returns how many are not positive or not finite then */
export function divideAll(target: usize, length: i32, divisor: f64): i32 {
  const divisors = f64x2.splat(divisor);
  const infinity = f32x4.splat(Infinity);
  const zero = f32x4.splat(0);
  let good = i32x4.splat(0);
  let at = target;
  const stop = target + ((<usize>length) << 2);
  for (; at + 12 < stop; at += 16) {
    const four = v128.load(at);
    const low = f64x2.div(f64x2.promote_low_f32x4(four), divisors);
    const high = f64x2.div(f64x2.promote_low_f32x4(v128.shuffle<u64>(four, four, 1, 1)), divisors);
    const divided = singles(low, high);
    v128.store(at, divided);
    // A comparison that holds is -1
    good = i32x4.sub(good, v128.and(f32x4.gt(divided, zero), f32x4.lt(divided, infinity)));
  }
  let count = sumOfLanes(good);
  for (; at < stop; at += 4) {
    const divided = <f32>(<f64>load<f32>(at) / divisor);
    store<f32>(at, divided);
    if (divided > 0 && divided < <f32>Infinity) count++;
  }
  return length - count;
}
