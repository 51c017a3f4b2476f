/**
 * Medians over planes; the twin is `src/estimate/median-twin.ts`. Sixteen pixels at a time where their values span no more
 * than a byte, else eight, bit by bit from the highest in which they differ: a bit of the median is set if no more values
 * lie below than its rank.
 */
import { medianOfNarrow } from "./median-narrow";
import { signs } from "./signs";

/** Pixels whose values are gathered at a time: two cache lines of every plane. Planes lie where caches would clash. */
const pixelsAtOnce: i32 = 64;

/** Medians of the last pixels. */
const last: usize = memory.data(32, 16);

/**
 * @param itemBytes 1 or 2: those of a pixel
 * @param scratch room for 64 pixels of 2 bytes of every plane, and behind it for 16 of 1 byte
 */
export function medianOverPlanes(
  planes: usize,
  itemBytes: i32,
  planeCount: i32,
  pixelCount: i32,
  target: usize,
  scratch: usize,
): void {
  for (let start = 0; start < pixelCount; start += pixelsAtOnce) {
    const count = min(pixelsAtOnce, pixelCount - start);
    const from = planes + <usize>start * itemBytes;
    const stride = <usize>pixelCount * itemBytes;
    if (itemBytes === 2) gatherTwo(from, stride, planeCount, count, scratch);
    else gatherOne(from, stride, planeCount, count, scratch);
    const narrow = scratch + ((<usize>planeCount) << 7);
    medianOfGathered(scratch, planeCount, count, narrow, target + ((<usize>start) << 2));
  }
}

/** @param narrow room for 16 pixels of 1 byte of every plane */
function medianOfGathered(values: usize, planeCount: i32, count: i32, narrow: usize, target: usize): void {
  let from = values;
  let to = target;
  let left = count;
  for (; left >= 16; left -= 16, from += 32, to += 64) {
    if (medianOfNarrow(from, planeCount, narrow, to)) continue;
    medianOfEight(from, planeCount, to);
    medianOfEight(from + 16, planeCount, to + 32);
  }
  for (; left >= 8; left -= 8, from += 16, to += 32) medianOfEight(from, planeCount, to);
  if (left === 0) return;
  medianOfEight(from, planeCount, last);
  memory.copy(to, last, (<usize>left) << 2);
}

function gatherTwo(source: usize, stride: usize, planeCount: i32, count: i32, scratch: usize): void {
  let from = source;
  let to = scratch;
  for (let plane = 0; plane < planeCount; plane++) {
    let pixel = 0;
    for (; pixel + 8 <= count; pixel += 8) {
      const eight = v128.load(from + ((<usize>pixel) << 1));
      v128.store(to + ((<usize>pixel) << 1), v128.xor(eight, signs));
    }
    for (; pixel < count; pixel++) {
      store<u16>(to + ((<usize>pixel) << 1), load<u16>(from + ((<usize>pixel) << 1)) ^ 0x8000);
    }
    from += stride;
    to += pixelsAtOnce << 1;
  }
}

function gatherOne(source: usize, stride: usize, planeCount: i32, count: i32, scratch: usize): void {
  let from = source;
  let to = scratch;
  for (let plane = 0; plane < planeCount; plane++) {
    let pixel = 0;
    for (; pixel + 8 <= count; pixel += 8) {
      v128.store(to + ((<usize>pixel) << 1), v128.xor(v128.load_ext<u8>(from + pixel), signs));
    }
    for (; pixel < count; pixel++) {
      store<u16>(to + ((<usize>pixel) << 1), <u16>load<u8>(from + pixel) ^ 0x8000);
    }
    from += stride;
    to += pixelsAtOnce << 1;
  }
}

/** Of the values in columns of 128 bytes; writes eight floats. */
function medianOfEight(values: usize, planeCount: i32, target: usize): void {
  const stop = values + ((<usize>planeCount) << 7);

  // The bits in which values differ; above them all are as in the least
  let least = v128.load(values);
  let most = least;
  for (let at = values + 128; at < stop; at += 128) {
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
    for (; at + 384 < stop; at += 512) {
      // A comparison that holds is -1
      below = i16x8.add(below, i16x8.lt_s(v128.load(at), bound));
      more = i16x8.add(more, i16x8.lt_s(v128.load(at, 128), bound));
      below = i16x8.add(below, i16x8.lt_s(v128.load(at, 256), bound));
      more = i16x8.add(more, i16x8.lt_s(v128.load(at, 384), bound));
    }
    for (; at < stop; at += 128) below = i16x8.add(below, i16x8.lt_s(v128.load(at), bound));
    const count = i16x8.neg(i16x8.add(below, more));
    lower = v128.bitselect(higher, lower, i16x8.le_s(count, rank));
  }

  // The upper one: the same value, where there are enough of it, else the next one
  let upper = lower;
  if ((planeCount & 1) === 0) {
    const bound = v128.xor(lower, signs);
    let above = i16x8.splat(0);
    let next = most;
    for (let at = values; at < stop; at += 128) {
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
