/** Medians of pixels whose values span no more than a byte: what `median.ts` does, of twice as many pixels at a time. */
import { signs } from "./signs";

/** Counts of bytes are added up before they can be more than a byte holds. */
const countedAtOnce: usize = 252 << 4;

/** Turns the order of unsigned into that of signed bytes. */
const byteSigns: v128 = i8x16.splat(-128);

/**
 * Of the values in two columns of 128 bytes, as bytes above the least of their pixel; writes sixteen floats. Does nothing,
 * and gives false, where some pixel's values do not span a byte only.
 */
export function medianOfNarrow(values: usize, planeCount: i32, narrow: usize, target: usize): bool {
  const stop = values + ((<usize>planeCount) << 7);

  // The least and the span
  let left = v128.load(values);
  let right = v128.load(values, 16);
  let leftMost = left;
  let rightMost = right;
  for (let at = values + 128; at < stop; at += 128) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    left = i16x8.min_s(left, a);
    right = i16x8.min_s(right, b);
    leftMost = i16x8.max_s(leftMost, a);
    rightMost = i16x8.max_s(rightMost, b);
  }
  const spans = i16x8.max_u(i16x8.sub(leftMost, left), i16x8.sub(rightMost, right));
  if (v128.any_true(i16x8.gt_u(spans, i16x8.splat(255)))) return false;
  const two = i64x2.extract_lane(spans, 0) | i64x2.extract_lane(spans, 1);
  const four = <u32>two | <u32>(two >>> 32);
  const bits: i32 = 32 - <i32>clz((four | (four >>> 16)) & 0xffff);

  // Bytes, side by side
  const narrowStop = narrow + ((<usize>planeCount) << 4);
  for (let at = values, to = narrow; at < stop; at += 128, to += 16) {
    const bytes = i8x16.narrow_i16x8_u(i16x8.sub(v128.load(at), left), i16x8.sub(v128.load(at, 16), right));
    v128.store(to, v128.xor(bytes, byteSigns));
  }

  // The lower of the two middle values
  const rank = i16x8.splat(<i16>((planeCount - 1) >> 1));
  let lower = i8x16.splat(0);
  for (let bit = bits - 1; bit >= 0; bit--) {
    const higher = v128.or(lower, i8x16.splat(<i8>((<i32>1) << bit)));
    const bound = v128.xor(higher, byteSigns);
    let leftCount = i16x8.splat(0);
    let rightCount = i16x8.splat(0);
    for (let from = narrow; from < narrowStop; from += countedAtOnce) {
      const end = min(from + countedAtOnce, narrowStop);
      let below = i8x16.splat(0);
      let more = i8x16.splat(0);
      let at = from;
      for (; at + 48 < end; at += 64) {
        // A comparison that holds is -1
        below = i8x16.sub(below, i8x16.lt_s(v128.load(at), bound));
        more = i8x16.sub(more, i8x16.lt_s(v128.load(at, 16), bound));
        below = i8x16.sub(below, i8x16.lt_s(v128.load(at, 32), bound));
        more = i8x16.sub(more, i8x16.lt_s(v128.load(at, 48), bound));
      }
      for (; at < end; at += 16) below = i8x16.sub(below, i8x16.lt_s(v128.load(at), bound));
      below = i8x16.add(below, more);
      leftCount = i16x8.add(leftCount, i16x8.extend_low_i8x16_u(below));
      rightCount = i16x8.add(rightCount, i16x8.extend_high_i8x16_u(below));
    }
    const isNoLess = i8x16.narrow_i16x8_s(i16x8.le_s(leftCount, rank), i16x8.le_s(rightCount, rank));
    lower = v128.bitselect(higher, lower, isNoLess);
  }

  // The upper one: the same value, where there are enough of it, else the next one
  let next = lower;
  if ((planeCount & 1) === 0) {
    const bound = v128.xor(lower, byteSigns);
    const most = i8x16.splat(127);
    let least = most;
    let leftCount = i16x8.splat(0);
    let rightCount = i16x8.splat(0);
    for (let from = narrow; from < narrowStop; from += countedAtOnce) {
      const end = min(from + countedAtOnce, narrowStop);
      let above = i8x16.splat(0);
      for (let at = from; at < end; at += 16) {
        const value = v128.load(at);
        const isAbove = i8x16.gt_s(value, bound);
        above = i8x16.sub(above, isAbove);
        least = i8x16.min_s(least, v128.bitselect(value, most, isAbove));
      }
      leftCount = i16x8.add(leftCount, i16x8.extend_low_i8x16_u(above));
      rightCount = i16x8.add(rightCount, i16x8.extend_high_i8x16_u(above));
    }
    const half = i16x8.splat(<i16>(planeCount >> 1));
    const isHalf = i8x16.narrow_i16x8_s(i16x8.eq(leftCount, half), i16x8.eq(rightCount, half));
    next = v128.bitselect(v128.xor(least, byteSigns), lower, isHalf);
  }
  const leftSum = i16x8.add(i16x8.extend_low_i8x16_u(lower), i16x8.extend_low_i8x16_u(next));
  const rightSum = i16x8.add(i16x8.extend_high_i8x16_u(lower), i16x8.extend_high_i8x16_u(next));
  storeMeans(v128.xor(left, signs), leftSum, target);
  storeMeans(v128.xor(right, signs), rightSum, target + 32);
  return true;
}

/** Writes eight floats: what the values are counted from, and half of the sum of two. */
function storeMeans(least: v128, sums: v128, target: usize): void {
  const half = f32x4.splat(0.5);
  const low = i32x4.add(i32x4.shl(i32x4.extend_low_i16x8_u(least), 1), i32x4.extend_low_i16x8_u(sums));
  const high = i32x4.add(i32x4.shl(i32x4.extend_high_i16x8_u(least), 1), i32x4.extend_high_i16x8_u(sums));
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(low), half));
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(high), half), 16);
}
