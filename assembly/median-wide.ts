/** Medians of a few pixels by all of their bits: for values that lie too far apart for bytes. */
import { signs } from "./signs";

/** Medians of the last pixels. */
const last: usize = memory.data(64, 16);

/**
 * Medians of at most 16 pixels; writes `count` floats.
 * @param stride bytes from plane to plane
 * @param scratch space for 32 bytes of every plane
 */
export function medianOfWide(
  source: usize,
  itemBytes: i32,
  stride: usize,
  planeCount: i32,
  count: i32,
  scratch: usize,
  target: usize,
): void {
  let from = source;
  let to = scratch;
  for (let plane = 0; plane < planeCount; plane++) {
    for (let pixel = 0; pixel < count; pixel++) {
      const value = itemBytes === 2 ? load<u16>(from + ((<usize>pixel) << 1)) : <u16>load<u8>(from + pixel);
      store<u16>(to + ((<usize>pixel) << 1), value ^ 0x8000);
    }
    from += stride;
    to += 32;
  }
  medianOfEight(scratch, planeCount, last);
  if (count > 8) medianOfEight(scratch + 16, planeCount, last + 32);
  memory.copy(target, last, (<usize>count) << 2);
}

/**
 * Of the values in columns of 32 bytes; writes eight floats. Bit by bit from the highest in which they differ: a bit of the
 * median is set if no more values lie below than its rank.
 */
function medianOfEight(values: usize, planeCount: i32, target: usize): void {
  const stop = values + ((<usize>planeCount) << 5);

  // The bits in which values differ; above them all are as in the least
  let least = v128.load(values);
  let most = least;
  for (let at = values + 32; at < stop; at += 32) {
    const value = v128.load(at);
    least = i16x8.min_s(least, value);
    most = i16x8.max_s(most, value);
  }
  const differing = v128.xor(least, most);
  const two = i64x2.extract_lane(differing, 0) | i64x2.extract_lane(differing, 1);
  const four = <u32>two | <u32>(two >>> 32);
  const bits: u32 = (four | (four >>> 16)) & 0xffff;
  const span: i32 = 32 - <i32>clz(bits);

  // The lower of the two middle values
  const rank = i16x8.splat(<i16>((planeCount - 1) >> 1));
  let lower = v128.andnot(v128.xor(least, signs), i16x8.splat(<i16>(((<i32>1) << span) - 1)));
  for (let bit = span - 1; bit >= 0; bit--) {
    const higher = v128.or(lower, i16x8.splat(<i16>((<i32>1) << bit)));
    const bound = v128.xor(higher, signs);
    let below = i16x8.splat(0);
    let more = i16x8.splat(0);
    let at = values;
    for (; at + 96 < stop; at += 128) {
      // A comparison that holds is -1
      below = i16x8.add(below, i16x8.lt_s(v128.load(at), bound));
      more = i16x8.add(more, i16x8.lt_s(v128.load(at, 32), bound));
      below = i16x8.add(below, i16x8.lt_s(v128.load(at, 64), bound));
      more = i16x8.add(more, i16x8.lt_s(v128.load(at, 96), bound));
    }
    for (; at < stop; at += 32) below = i16x8.add(below, i16x8.lt_s(v128.load(at), bound));
    const count = i16x8.neg(i16x8.add(below, more));
    lower = v128.bitselect(higher, lower, i16x8.le_s(count, rank));
  }

  // The upper one: the same value, where there are enough of it, else the next one
  let upper = lower;
  if ((planeCount & 1) === 0) {
    const bound = v128.xor(lower, signs);
    let above = i16x8.splat(0);
    let next = most;
    for (let at = values; at < stop; at += 32) {
      const value = v128.load(at);
      const isAbove = i16x8.gt_s(value, bound);
      above = i16x8.sub(above, isAbove);
      next = v128.bitselect(i16x8.min_s(next, value), next, isAbove);
    }
    const isHalf = i16x8.eq(above, i16x8.splat(<i16>(planeCount >> 1)));
    upper = v128.bitselect(v128.xor(next, signs), lower, isHalf);
  }
  const half = f32x4.splat(0.5);
  const low = i32x4.add(i32x4.extend_low_i16x8_u(lower), i32x4.extend_low_i16x8_u(upper));
  const high = i32x4.add(i32x4.extend_high_i16x8_u(lower), i32x4.extend_high_i16x8_u(upper));
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(low), half));
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(high), half), 16);
}
