/**
 * The two passes of a LADMAP iteration over the planes of a fit, for a slab of pixels of all of them; the twins are in
 * `src/estimate/basic/single-kernels.ts`. Arrays hold f32 unless said otherwise. Sums over a slab are taken in four
 * lanes of f32 for each plane, and beyond that in f64. Two planes pass by at once, which spares loads and stores of what
 * they share; their sums stay apart, and by pixel one is added after the other.
 */

/** The lanes' sum in double precision, and that of the pixels after the last whole vector. */
export function total(lanes: v128, tail: f32): f64 {
  const low = <f64>f32x4.extract_lane(lanes, 0) + <f64>f32x4.extract_lane(lanes, 1);
  const high = <f64>f32x4.extract_lane(lanes, 2) + <f64>f32x4.extract_lane(lanes, 3);
  return low + high + <f64>tail;
}
