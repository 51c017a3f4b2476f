/** Sums of pixels of planes; the twin is in `src/estimate/sum-runs.ts`. */

/**
 * Adds pixels that follow each other, of every plane, to a sum of that plane.
 *
 * @param itemBytes 1 or 2: those of a pixel
 * @param planeStride pixels from plane to plane
 * @param length of the run, at most 65536
 * @param sums a double of every plane
 * @param sumStride doubles from plane to plane
 */
export function sumRuns(
  source: usize,
  itemBytes: i32,
  planeCount: i32,
  planeStride: i32,
  length: i32,
  sums: usize,
  sumStride: i32,
): void {
  let from = source;
  let to = sums;
  for (let plane = 0; plane < planeCount; plane++) {
    store<f64>(to, load<f64>(to) + <f64>(itemBytes === 2 ? sumOfTwo(from, length) : sumOfOne(from, length)));
    from += <usize>planeStride * itemBytes;
    to += (<usize>sumStride) << 3;
  }
}

function sumOfTwo(source: usize, length: i32): u32 {
  let lanes = i32x4.splat(0);
  let at = 0;
  for (; at + 8 <= length; at += 8) {
    lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(v128.load(source + ((<usize>at) << 1))));
  }
  let sum = total(lanes);
  for (; at < length; at++) sum += load<u16>(source + ((<usize>at) << 1));
  return sum;
}

function sumOfOne(source: usize, length: i32): u32 {
  let lanes = i32x4.splat(0);
  let at = 0;
  for (; at + 16 <= length; at += 16) {
    const pairs = i16x8.extadd_pairwise_i8x16_u(v128.load(source + at));
    lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(pairs));
  }
  let sum = total(lanes);
  for (; at < length; at++) sum += load<u8>(source + at);
  return sum;
}

function total(lanes: v128): u32 {
  const two = i32x4.add(lanes, v128.shuffle<u64>(lanes, lanes, 1, 0));
  return <u32>(i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1));
}
