/** Sums of pixels of planes. */
import { sumOfLanes } from "./lanes";

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
    store<f64>(to, load<f64>(to) + <f64>(itemBytes === 2 ? sumOfRun<u16>(from, length) : sumOfRun<u8>(from, length)));
    from += <usize>planeStride * itemBytes;
    to += (<usize>sumStride) << 3;
  }
}

function sumOfRun<T>(source: usize, length: i32): u32 {
  const stop = source + <usize>length * sizeof<T>();
  let lanes = i32x4.splat(0);
  let at = source;
  for (; at + 16 <= stop; at += 16) {
    const pixels = v128.load(at);
    const words = sizeof<T>() === 2 ? pixels : i16x8.extadd_pairwise_i8x16_u(pixels);
    lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(words));
  }
  let sum = <u32>sumOfLanes(lanes);
  for (; at < stop; at += sizeof<T>()) sum += <u32>load<T>(at);
  return sum;
}
