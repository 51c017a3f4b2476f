/** One row of a blur; the twin is `src/estimate/blur-row.ts`. */

/**
 * Adds rows, each with its weight: the middle one first, then pairs of equal weight, the farthest first. In double
 * precision, rounded to single at the end.
 *
 * @param rows addresses of `2 * radius + 1` rows of floats, 4 bytes each
 * @param weights of the middle row and those that are one, two ... rows away: `radius + 1` doubles
 */
export function addRows(rows: usize, weights: usize, radius: i32, columns: i32, target: usize): void {
  const middle = rows + ((<usize>radius) << 2);
  const centre = <usize>load<u32>(middle);
  const first = load<f64>(weights);
  const firsts = f64x2.splat(first);
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    const at = (<usize>column) << 2;
    const four = v128.load(centre + at);
    let low = f64x2.mul(f64x2.promote_low_f32x4(four), firsts);
    let high = f64x2.mul(f64x2.promote_low_f32x4(upper(four)), firsts);
    for (let away = <usize>radius; away > 0; away--) {
      const above = v128.load(<usize>load<u32>(middle - (away << 2)) + at);
      const below = v128.load(<usize>load<u32>(middle + (away << 2)) + at);
      const weight = v128.load64_splat(weights + (away << 3));
      const lows = f64x2.add(f64x2.promote_low_f32x4(above), f64x2.promote_low_f32x4(below));
      const highs = f64x2.add(f64x2.promote_low_f32x4(upper(above)), f64x2.promote_low_f32x4(upper(below)));
      low = f64x2.add(low, f64x2.mul(lows, weight));
      high = f64x2.add(high, f64x2.mul(highs, weight));
    }
    const rounded = v128.shuffle<u64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
    v128.store(target + at, rounded);
  }
  for (; column < columns; column++) {
    const at = (<usize>column) << 2;
    let sum = <f64>load<f32>(centre + at) * first;
    for (let away = <usize>radius; away > 0; away--) {
      const above = load<f32>(<usize>load<u32>(middle - (away << 2)) + at);
      const below = load<f32>(<usize>load<u32>(middle + (away << 2)) + at);
      sum += (<f64>above + <f64>below) * load<f64>(weights + (away << 3));
    }
    store<f32>(target + at, <f32>sum);
  }
}

/** The upper two floats in the place of the lower ones. */
function upper(four: v128): v128 {
  return v128.shuffle<u64>(four, four, 1, 1);
}
