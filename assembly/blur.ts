/** One row of a blur. */
import { singles } from "./lanes";

/**
 * Adds rows, each with its weight: the middle one first, then pairs of equal weight, the farthest first. In double
 * precision, rounded to single at the end.
 *
 * @param rows addresses of `2 * radius + 1` rows of doubles, 4 bytes each
 * @param weights of the middle row and those that are one, two ... rows away: `radius + 1` doubles
 * @param targetBytes 4 or 8: whether what was rounded is written as floats or as doubles again
 */
export function addRows(rows: usize, weights: usize, radius: i32, columns: i32, target: usize, targetBytes: i32): void {
  const middle = rows + ((<usize>radius) << 2);
  const centre = <usize>load<u32>(middle);
  const first = load<f64>(weights);
  const firsts = f64x2.splat(first);
  let column = 0;
  for (; column + 8 <= columns; column += 8) {
    const at = (<usize>column) << 3;
    let a = f64x2.mul(v128.load(centre + at), firsts);
    let b = f64x2.mul(v128.load(centre + at, 16), firsts);
    let c = f64x2.mul(v128.load(centre + at, 32), firsts);
    let d = f64x2.mul(v128.load(centre + at, 48), firsts);
    for (let away = <usize>radius; away > 0; away--) {
      const above = <usize>load<u32>(middle - (away << 2)) + at;
      const below = <usize>load<u32>(middle + (away << 2)) + at;
      const weight = v128.load64_splat(weights + (away << 3));
      a = f64x2.add(a, f64x2.mul(f64x2.add(v128.load(above), v128.load(below)), weight));
      b = f64x2.add(b, f64x2.mul(f64x2.add(v128.load(above, 16), v128.load(below, 16)), weight));
      c = f64x2.add(c, f64x2.mul(f64x2.add(v128.load(above, 32), v128.load(below, 32)), weight));
      d = f64x2.add(d, f64x2.mul(f64x2.add(v128.load(above, 48), v128.load(below, 48)), weight));
    }
    const to = target + <usize>column * targetBytes;
    storeRounded(a, b, to, targetBytes);
    storeRounded(c, d, to + 4 * <usize>targetBytes, targetBytes);
  }
  for (; column < columns; column++) {
    const at = (<usize>column) << 3;
    let sum = load<f64>(centre + at) * first;
    for (let away = <usize>radius; away > 0; away--) {
      const above = load<f64>(<usize>load<u32>(middle - (away << 2)) + at);
      const below = load<f64>(<usize>load<u32>(middle + (away << 2)) + at);
      sum += (above + below) * load<f64>(weights + (away << 3));
    }
    const to = target + <usize>column * targetBytes;
    if (targetBytes === 8) store<f64>(to, <f64>(<f32>sum));
    else store<f32>(to, <f32>sum);
  }
}

/** Four doubles, rounded to single precision. */
function storeRounded(low: v128, high: v128, target: usize, targetBytes: i32): void {
  if (targetBytes === 8) {
    v128.store(target, f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(low)));
    v128.store(target, f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(high)), 16);
  } else {
    v128.store(target, singles(low, high));
  }
}
