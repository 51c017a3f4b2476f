/**
 * Medians of f32 over planes, as f64. Floats are taken as whole numbers
 * that sort as they do, and four of them searched bit by bit, as `median.ts` does with integers.
 */

/** Pixels whose values are gathered at a time: four cache lines of every plane. */
const pixelsAtOnce: i32 = 64;
const columnBytes: usize = 256;
const signs: v128 = i32x4.splat(i32.MIN_VALUE);
const magnitudes: v128 = i32x4.splat(i32.MAX_VALUE);

/**
 * The pixels from `first` on, `mostPixels` at most: a multiple of 4.
 * @param scratch space for 64 pixels of every plane
 */
export function medianOfFloats(
  planes: usize,
  planeCount: i32,
  pixelCount: i32,
  first: i32,
  mostPixels: i32,
  medians: usize,
  scratch: usize,
): void {
  const stop = min(first + mostPixels, pixelCount);
  for (let start = first; start < stop; start += pixelsAtOnce) {
    const count = min(pixelsAtOnce, stop - start);
    gather(planes + ((<usize>start) << 2), (<usize>pixelCount) << 2, planeCount, count, scratch);
    for (let pixel = 0; pixel < count; pixel += 4) {
      const from = scratch + ((<usize>pixel) << 2);
      medianOfFour(from, planeCount, medians + ((<usize>(start + pixel)) << 3), count - pixel);
    }
  }
}

/** The order of floats as that of signed numbers: of a negative one all bits but the sign are turned over. */
function keysOf(bits: v128): v128 {
  return v128.xor(bits, v128.and(i32x4.shr_s(bits, 31), magnitudes));
}

function gather(from: usize, stride: usize, planeCount: i32, count: i32, to: usize): void {
  for (let plane = 0; plane < planeCount; plane++) {
    let pixel = 0;
    for (; pixel + 4 <= count; pixel += 4) {
      const at = (<usize>pixel) << 2;
      v128.store(to + at, keysOf(v128.load(from + at)));
    }
    for (; pixel < count; pixel++) {
      const at = (<usize>pixel) << 2;
      v128.store_lane<u32>(to + at, keysOf(v128.load32_zero(from + at)), 0);
    }
    from += stride;
    to += columnBytes;
  }
}

/** Of keys in columns of 256 bytes; writes four f64, or as many as are left. */
function medianOfFour(keys: usize, planeCount: i32, target: usize, left: i32): void {
  const stop = keys + <usize>planeCount * columnBytes;
  let least = v128.load(keys);
  let most = least;
  for (let at = keys + columnBytes; at < stop; at += columnBytes) {
    const key = v128.load(at);
    least = i32x4.min_s(least, key);
    most = i32x4.max_s(most, key);
  }
  const differing = v128.xor(least, most);
  const two = i64x2.extract_lane(differing, 0) | i64x2.extract_lane(differing, 1);
  const span: i32 = 32 - <i32>clz(<u32>two | <u32>(two >>> 32));

  // The lower of the two middle ones, as an unsigned number
  const rank = i32x4.splat((planeCount - 1) >> 1);
  const lowBits: u32 = span === 32 ? u32.MAX_VALUE : ((<u32>1) << span) - 1;
  let lower = v128.andnot(v128.xor(least, signs), i32x4.splat(lowBits));
  for (let bit = span - 1; bit >= 0; bit--) {
    const higher = v128.or(lower, i32x4.splat(1 << bit));
    const bound = v128.xor(higher, signs);
    let below = i32x4.splat(0);
    let more = i32x4.splat(0);
    let at = keys;
    for (; at + columnBytes < stop; at += 2 * columnBytes) {
      // A comparison that holds is -1
      below = i32x4.add(below, i32x4.lt_s(v128.load(at), bound));
      more = i32x4.add(more, i32x4.lt_s(v128.load(at + columnBytes), bound));
    }
    if (at < stop) below = i32x4.add(below, i32x4.lt_s(v128.load(at), bound));
    const count = i32x4.neg(i32x4.add(below, more));
    lower = v128.bitselect(higher, lower, i32x4.le_s(count, rank));
  }
  const first = v128.xor(lower, signs);
  const second = (planeCount & 1) === 0 ? nextOf(keys, stop, first, most, planeCount >> 1) : first;
  storeMeans(target, keysOf(first), keysOf(second), left);
}

/** The upper one of the two: the same where there are enough of it, else the next one. */
function nextOf(keys: usize, stop: usize, lower: v128, most: v128, half: i32): v128 {
  let above = i32x4.splat(0);
  let next = most;
  for (let at = keys; at < stop; at += columnBytes) {
    const key = v128.load(at);
    const isAbove = i32x4.gt_s(key, lower);
    above = i32x4.sub(above, isAbove);
    next = v128.bitselect(i32x4.min_s(next, key), next, isAbove);
  }
  return v128.bitselect(next, lower, i32x4.eq(above, i32x4.splat(half)));
}

function storeMeans(target: usize, a: v128, b: v128, left: i32): void {
  const low = meanOf(a, b);
  const high = meanOf(v128.shuffle<i64>(a, a, 1, 1), v128.shuffle<i64>(b, b, 1, 1));
  v128.store_lane<u64>(target, low, 0);
  if (left > 1) v128.store_lane<u64>(target, low, 1, 8);
  if (left > 2) v128.store_lane<u64>(target, high, 0, 16);
  if (left > 3) v128.store_lane<u64>(target, high, 1, 24);
}

function meanOf(a: v128, b: v128): v128 {
  return f64x2.mul(f64x2.add(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b)), f64x2.splat(0.5));
}
