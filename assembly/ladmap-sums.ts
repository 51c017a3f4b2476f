/**
 * The two passes of a LADMAP iteration, for some of the planes of a fit; what they compute says
 * `src/estimate/basic/ladmap-passes.ts`. Arrays hold f32 unless said otherwise. Sums over a block of a plane's pixels are
 * taken in four lanes of f32, and beyond that in f64. Two planes pass by at once, which spares loads and stores of what
 * they share; their sums stay apart, and by pixel one is added after the other.
 */

/** The pixels of a block, in bytes. */
export const blockBytes: usize = 4096;

/** The lanes' sum in double precision, and that of the pixels after the last whole vector. */
export function total(lanes: v128, tail: f32): f64 {
  const low = <f64>f32x4.extract_lane(lanes, 0) + <f64>f32x4.extract_lane(lanes, 1);
  const high = <f64>f32x4.extract_lane(lanes, 2) + <f64>f32x4.extract_lane(lanes, 3);
  return low + high + <f64>tail;
}

/** Adds up what was summed by pixel for each of several parts of the planes: f32 to f64, one part after the other. */
export function addParts(partSums: usize, parts: i32, pixelCount: i32, pixelSums: usize): void {
  const partBytes = (<usize>pixelCount) << 2;
  const stop = partSums + <usize>parts * partBytes;
  let from = partSums;
  const pairs = from + (partBytes & ~7);
  for (; from < pairs; from += 8, pixelSums += 16) {
    let sums = f64x2.splat(0);
    for (let at = from; at < stop; at += partBytes) {
      sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(at)));
    }
    v128.store(pixelSums, sums);
  }
  if ((partBytes & 4) === 0) return;
  let sum: f64 = 0;
  for (let at = from; at < stop; at += partBytes) sum += <f64>load<f32>(at);
  store<f64>(pixelSums, sum);
}
