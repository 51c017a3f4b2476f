/** Medians of sixteen pixels whose values are signed bytes, counted from a guess. */
import { signs } from "./signs";

/** Counts of bytes are added up before they can be more than a byte holds. */
const countedAtOnce: usize = 252 << 4;

/**
 * Of the values in columns of 16 bytes; writes sixteen floats. Looks first among the `bits` lowest bits about the guess, as
 * far as medians of other pixels lay from theirs, then farther.
 *
 * @param isWhole whether the farthest values are what they are, too; else they may be farther still
 * @param guesses what values are counted from, of 16 pixels
 * @returns how many bits are worth a look for the next pixels, or 0 where some median may be too far for a byte
 */
export function medianOfNarrow(
  values: usize,
  planeCount: i32,
  bits: i32,
  isWhole: bool,
  guesses: usize,
  target: usize,
): i32 {
  const stop = values + ((<usize>planeCount) << 4);
  const rank = i16x8.splat(<i16>((planeCount - 1) >> 1));
  for (let depth = bits; ; depth = min(8, depth + 2)) {
    // The lower of the two middle values, bit by bit: one is set if no more values lie below than its rank
    const least = i8x16.splat(<i8>((<i32>-1) << (depth - 1)));
    let lower = least;
    let isWithin = i8x16.splat(0);
    let leftUpTo = i16x8.splat(0);
    let rightUpTo = leftUpTo;
    for (let bit = depth - 1; bit >= 0; bit--) {
      const higher = i8x16.add(lower, i8x16.splat(<i8>((<i32>1) << bit)));
      let leftCount = i16x8.splat(0);
      let rightCount = leftCount;
      for (let from = values; from < stop; from += countedAtOnce) {
        const below = countBelow(from, min(from + countedAtOnce, stop), higher);
        leftCount = i16x8.add(leftCount, i16x8.extend_low_i8x16_u(below));
        rightCount = i16x8.add(rightCount, i16x8.extend_high_i8x16_u(below));
      }
      const leftIsMore = i16x8.gt_s(leftCount, rank);
      const rightIsMore = i16x8.gt_s(rightCount, rank);
      // In the end those up to the median: the last bound that was too high is the next number
      leftUpTo = v128.bitselect(leftCount, leftUpTo, leftIsMore);
      rightUpTo = v128.bitselect(rightCount, rightUpTo, rightIsMore);
      const isMore = i8x16.narrow_i16x8_s(leftIsMore, rightIsMore);
      isWithin = v128.or(isWithin, isMore);
      lower = v128.bitselect(lower, higher, isMore);
    }
    const isWide = isWhole && depth === 8;
    if (!isWide && (!i8x16.all_true(isWithin) || v128.any_true(i8x16.eq(lower, least)))) {
      if (depth === 8) return 0;
      continue;
    }

    // The upper one: the same value, where there are enough of it, else the next one
    const half = i16x8.splat(<i16>(planeCount >> 1));
    let next = lower;
    const isHalf = i8x16.narrow_i16x8_s(i16x8.eq(leftUpTo, half), i16x8.eq(rightUpTo, half));
    if ((planeCount & 1) === 0 && v128.any_true(isHalf)) {
      const above = leastAbove(values, stop, lower);
      if (!isWhole && v128.any_true(v128.and(isHalf, i8x16.eq(above, i8x16.splat(127))))) return 0;
      next = v128.bitselect(above, lower, isHalf);
    }
    storeMeans(guesses, i16x8.extend_low_i8x16_s(lower), i16x8.extend_low_i8x16_s(next), target);
    storeMeans(guesses + 16, i16x8.extend_high_i8x16_s(lower), i16x8.extend_high_i8x16_s(next), target + 32);

    // With a bit less these would have been found, too
    const quarter = <i8>((<i32>1) << (depth - 2));
    const isNear = v128.and(i8x16.gt_s(lower, i8x16.splat(-quarter)), i8x16.lt_s(lower, i8x16.splat(quarter - 1)));
    return i8x16.all_true(isNear) ? max(3, depth - 1) : depth;
  }
}

/** How many of up to 252 values are less than a bound. */
function countBelow(from: usize, stop: usize, bound: v128): v128 {
  let below = i8x16.splat(0);
  let more = below;
  let at = from;
  for (; at + 112 < stop; at += 128) {
    // A comparison that holds is -1
    below = i8x16.sub(below, i8x16.lt_s(v128.load(at), bound));
    more = i8x16.sub(more, i8x16.lt_s(v128.load(at, 16), bound));
    below = i8x16.sub(below, i8x16.lt_s(v128.load(at, 32), bound));
    more = i8x16.sub(more, i8x16.lt_s(v128.load(at, 48), bound));
    below = i8x16.sub(below, i8x16.lt_s(v128.load(at, 64), bound));
    more = i8x16.sub(more, i8x16.lt_s(v128.load(at, 80), bound));
    below = i8x16.sub(below, i8x16.lt_s(v128.load(at, 96), bound));
    more = i8x16.sub(more, i8x16.lt_s(v128.load(at, 112), bound));
  }
  for (; at < stop; at += 16) below = i8x16.sub(below, i8x16.lt_s(v128.load(at), bound));
  return i8x16.add(below, more);
}

/** The least of the values above others, of which there is one. Those that are not above come last, being wrapped. */
function leastAbove(values: usize, stop: usize, others: v128): v128 {
  const first = i8x16.add(others, i8x16.splat(1));
  let least = i8x16.splat(-1);
  let more = least;
  let at = values;
  for (; at + 48 < stop; at += 64) {
    least = i8x16.min_u(least, i8x16.sub(v128.load(at), first));
    more = i8x16.min_u(more, i8x16.sub(v128.load(at, 16), first));
    least = i8x16.min_u(least, i8x16.sub(v128.load(at, 32), first));
    more = i8x16.min_u(more, i8x16.sub(v128.load(at, 48), first));
  }
  for (; at < stop; at += 16) least = i8x16.min_u(least, i8x16.sub(v128.load(at), first));
  return i8x16.add(i8x16.min_u(least, more), first);
}

/** Writes eight floats: what the values are counted from, and half of the sum of two. */
function storeMeans(guesses: usize, lower: v128, upper: v128, target: usize): void {
  const half = f32x4.splat(0.5);
  const guess = v128.xor(v128.load(guesses), signs);
  const sums = i16x8.add(lower, upper);
  const low = i32x4.add(i32x4.shl(i32x4.extend_low_i16x8_u(guess), 1), i32x4.extend_low_i16x8_s(sums));
  const high = i32x4.add(i32x4.shl(i32x4.extend_high_i16x8_u(guess), 1), i32x4.extend_high_i16x8_s(sums));
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(low), half));
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(high), half), 16);
}
