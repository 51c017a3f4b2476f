/**
 * Resizing of planes, as `src/estimate/basic/resize.ts` does it in double precision. Sums are f64, taken tap after
 * tap as that takes them. Rows of the source pass through a ring of as many rows as a target row is made from, widened to f64.
 */

/** The extremes of the plane's pixels so far, two lanes each; NaN where any of them is. */
let lowest: v128 = f64x2.splat(Infinity);
let highest: v128 = f64x2.splat(-Infinity);
/** The same of pixels that are u16: as such, for there comparisons cost least. */
let lowestWhole: v128 = i16x8.splat(-1);
let highestWhole: v128 = i16x8.splat(0);

/**
 * @param kind of the source's pixels: 0 for u8, 1 for u16, 2 for f32, 3 for f64
 * @param target f32
 * @param starts i32: the first source row (column) of each target row (column)
 * @param weights f64: `taps` for each target row (column)
 * @param range becomes the smallest and the largest pixel of the target, f64
 * @param scratch space for `tapsY + 1` rows of the source as f64, rounded up to whole vectors
 */
export function resizePlane(
  source: usize,
  kind: i32,
  height: i32,
  width: i32,
  target: usize,
  targetHeight: i32,
  targetWidth: i32,
  tapsY: i32,
  startsY: usize,
  weightsY: usize,
  tapsX: i32,
  startsX: usize,
  weightsX: usize,
  scratch: usize,
  range: usize,
): void {
  lowest = f64x2.splat(Infinity);
  highest = f64x2.splat(-Infinity);
  lowestWhole = i16x8.splat(-1);
  highestWhole = i16x8.splat(0);
  const rowBytes = (<usize>((width + 1) & ~1)) << 3;
  const ringStop = scratch + <usize>tapsY * rowBytes;
  let widened = 0;
  let to = target;
  for (let y = 0; y < targetHeight; y++) {
    const start = load<i32>(startsY + ((<usize>y) << 2));
    for (; widened < start + tapsY; widened++)
      widenRow(source, kind, widened, width, ringRow(scratch, widened, tapsY, rowBytes));
    sumRows(scratch, ringStop, ringRow(scratch, start, tapsY, rowBytes), rowBytes, tapsY, weightsY, ringStop);
    sumColumns(ringStop, tapsX, startsX, weightsX, to, targetWidth);
    weightsY += (<usize>tapsY) << 3;
    to += (<usize>targetWidth) << 2;
  }
  for (; widened < height; widened++) widenRow(source, kind, widened, width, scratch);
  if (kind === 1 && width >= 8) addWholeExtremes();
  clamp(target, targetHeight * targetWidth, range);
}

function ringRow(scratch: usize, row: i32, taps: i32, rowBytes: usize): usize {
  return scratch + <usize>(row % taps) * rowBytes;
}

function widenRow(source: usize, kind: i32, row: i32, width: i32, to: usize): void {
  const first = <usize>row * width;
  let low = lowest;
  let high = highest;
  let x: usize = 0;
  const count = <usize>width;
  if (kind === 1) {
    const from = source + (first << 1);
    let lowWhole = lowestWhole;
    let highWhole = highestWhole;
    for (; x + 8 <= count; x += 8) {
      const eight = v128.load(from + (x << 1));
      lowWhole = i16x8.min_u(lowWhole, eight);
      highWhole = i16x8.max_u(highWhole, eight);
      const first = i32x4.extend_low_i16x8_u(eight);
      const second = i32x4.extend_high_i16x8_u(eight);
      const at = to + (x << 3);
      v128.store(at, f64x2.convert_low_i32x4_s(first));
      v128.store(at, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(first, first, 2, 3, 2, 3)), 16);
      v128.store(at, f64x2.convert_low_i32x4_s(second), 32);
      v128.store(at, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(second, second, 2, 3, 2, 3)), 48);
    }
    lowestWhole = lowWhole;
    highestWhole = highWhole;
  } else if (kind === 2) {
    const from = source + (first << 2);
    for (; x + 2 <= count; x += 2) {
      const two = f64x2.promote_low_f32x4(v128.load64_zero(from + (x << 2)));
      low = f64x2.min(low, two);
      high = f64x2.max(high, two);
      v128.store(to + (x << 3), two);
    }
  }
  for (; x < count; x++) {
    const value = pixel(source, kind, first + x);
    const two = f64x2.splat(value);
    low = f64x2.min(low, two);
    high = f64x2.max(high, two);
    store<f64>(to + (x << 3), value);
  }
  lowest = low;
  highest = high;
}

/** Adds the extremes of the pixels that were compared as u16. */
function addWholeExtremes(): void {
  const low = i16x8.min_u(lowestWhole, v128.shuffle<i64>(lowestWhole, lowestWhole, 1, 0));
  const high = i16x8.max_u(highestWhole, v128.shuffle<i64>(highestWhole, highestWhole, 1, 0));
  for (let half = 0; half < 2; half++) {
    const lows = i32x4.extend_low_i16x8_u(half === 0 ? low : v128.shuffle<i32>(low, low, 1, 0, 3, 2));
    const highs = i32x4.extend_low_i16x8_u(half === 0 ? high : v128.shuffle<i32>(high, high, 1, 0, 3, 2));
    lowest = f64x2.min(lowest, f64x2.convert_low_i32x4_s(lows));
    highest = f64x2.max(highest, f64x2.convert_low_i32x4_s(highs));
  }
}

function pixel(source: usize, kind: i32, index: usize): f64 {
  if (kind === 0) return <f64>load<u8>(source + index);
  if (kind === 1) return <f64>load<u16>(source + (index << 1));
  if (kind === 2) return <f64>load<f32>(source + (index << 2));
  return load<f64>(source + (index << 3));
}

/** The weighted rows of a target row, from `first` in the ring on, summed into `sums`: whole vectors. */
function sumRows(
  ring: usize,
  ringStop: usize,
  first: usize,
  rowBytes: usize,
  taps: i32,
  weights: usize,
  sums: usize,
): void {
  const zero = f64x2.splat(0);
  let x: usize = 0;
  for (; x + 64 <= rowBytes; x += 64) {
    let a = zero;
    let b = zero;
    let c = zero;
    let d = zero;
    let row = first;
    for (let tap = 0; tap < taps; tap++) {
      const weight = v128.load64_splat(weights + ((<usize>tap) << 3));
      a = f64x2.add(a, f64x2.mul(weight, v128.load(row + x)));
      b = f64x2.add(b, f64x2.mul(weight, v128.load(row + x, 16)));
      c = f64x2.add(c, f64x2.mul(weight, v128.load(row + x, 32)));
      d = f64x2.add(d, f64x2.mul(weight, v128.load(row + x, 48)));
      row += rowBytes;
      if (row === ringStop) row = ring;
    }
    v128.store(sums + x, a);
    v128.store(sums + x, b, 16);
    v128.store(sums + x, c, 32);
    v128.store(sums + x, d, 48);
  }
  for (; x < rowBytes; x += 16) {
    let a = zero;
    let row = first;
    for (let tap = 0; tap < taps; tap++) {
      const weight = v128.load64_splat(weights + ((<usize>tap) << 3));
      a = f64x2.add(a, f64x2.mul(weight, v128.load(row + x)));
      row += rowBytes;
      if (row === ringStop) row = ring;
    }
    v128.store(sums + x, a);
  }
}

/** The weighted pixels of a row, summed into those of a target row. */
function sumColumns(source: usize, taps: i32, starts: usize, weights: usize, target: usize, count: i32): void {
  const tapBytes = (<usize>taps) << 3;
  for (let x = 0; x < count; x++) {
    const from = source + ((<usize>load<i32>(starts + ((<usize>x) << 2))) << 3);
    let sum: f64 = 0;
    for (let at: usize = 0; at < tapBytes; at += 8) sum += load<f64>(weights + at) * load<f64>(from + at);
    store<f32>(target + ((<usize>x) << 2), <f32>sum);
    weights += tapBytes;
  }
}

/** Keeps the target within the plane's range, as rounding may have left it; leaves its own range as two f64. */
function clamp(target: usize, count: i32, range: usize): void {
  const low = <f32>min(f64x2.extract_lane(lowest, 0), f64x2.extract_lane(lowest, 1));
  const high = <f32>max(f64x2.extract_lane(highest, 0), f64x2.extract_lane(highest, 1));
  const stop = target + ((<usize>count) << 2);
  const vectorStop = target + ((<usize>(count & ~3)) << 2);
  let least = f32x4.splat(Infinity);
  let most = f32x4.splat(-Infinity);
  let at = target;
  for (; at < vectorStop; at += 16) {
    const four = f32x4.min(f32x4.max(v128.load(at), f32x4.splat(low)), f32x4.splat(high));
    least = f32x4.min(least, four);
    most = f32x4.max(most, four);
    v128.store(at, four);
  }
  for (; at < stop; at += 4) {
    const one = f32x4.min(f32x4.max(v128.load32_splat(at), f32x4.splat(low)), f32x4.splat(high));
    least = f32x4.min(least, one);
    most = f32x4.max(most, one);
    v128.store_lane<u32>(at, one, 0);
  }
  least = f32x4.min(least, v128.shuffle<i32>(least, least, 2, 3, 0, 1));
  most = f32x4.max(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  store<f64>(range, <f64>min(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1)));
  store<f64>(range, <f64>max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), 8);
}
