/** What several kernels do with the lanes of vectors. */

/** The sum of four whole numbers. */
export function sumOfLanes(lanes: v128): i32 {
  const two = i32x4.add(lanes, v128.shuffle<u64>(lanes, lanes, 1, 0));
  return i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1);
}

/** Four doubles as singles. */
export function singles(low: v128, high: v128): v128 {
  return v128.shuffle<u64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}
