/** Sums over planes of f32 in f64. */

/** The sum of the squares of f32, in two lanes, and what is left over in a third. */
export function sumSquares(values: usize, count: i32, total: usize): void {
  const stop = values + ((<usize>count) << 2);
  let sums = f64x2.splat(0);
  for (; values + 8 <= stop; values += 8) {
    const two = f64x2.promote_low_f32x4(v128.load64_zero(values));
    sums = f64x2.add(sums, f64x2.mul(two, two));
  }
  let rest: f64 = 0;
  if (values < stop) rest = <f64>load<f32>(values) * <f64>load<f32>(values);
  store<f64>(total, f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1) + rest);
}

/**
 * The share of the pixels from `from` on, `mostPixels` at most, in `A·(Aᵀ·vector)`; `combined` holds as many f64.
 */
export function multiplyByGram(
  planes: usize,
  planeCount: i32,
  pixelCount: i32,
  from: i32,
  mostPixels: i32,
  vector: usize,
  combined: usize,
  image: usize,
): void {
  const bytes = (<usize>min(mostPixels, pixelCount - from)) << 2;
  const stride = (<usize>pixelCount) << 2;
  planes += (<usize>from) << 2;
  memory.fill(combined, 0, 2 * bytes);
  let plane = planes;
  let n = 0;
  for (; n + 4 <= planeCount; n += 4, plane += 4 * stride)
    addFour(plane, stride, bytes, vector + ((<usize>n) << 3), combined);
  for (; n < planeCount; n++, plane += stride) addOne(plane, bytes, load<f64>(vector + ((<usize>n) << 3)), combined);
  plane = planes;
  for (n = 0; n + 4 <= planeCount; n += 4, plane += 4 * stride)
    dotFour(plane, stride, bytes, combined, image + ((<usize>n) << 3));
  for (; n < planeCount; n++, plane += stride) dotOne(plane, bytes, combined, image + ((<usize>n) << 3));
}

function two(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

function addFour(plane: usize, stride: usize, bytes: usize, factors: usize, combined: usize): void {
  const a = v128.load64_splat(factors);
  const b = v128.load64_splat(factors, 8);
  const c = v128.load64_splat(factors, 16);
  const d = v128.load64_splat(factors, 24);
  const third = 2 * stride;
  const fourth = 3 * stride;
  let i: usize = 0;
  for (; i + 8 <= bytes; i += 8) {
    const at = plane + i;
    const ab = f64x2.add(f64x2.add(v128.load(combined + 2 * i), f64x2.mul(a, two(at))), f64x2.mul(b, two(at + stride)));
    const cd = f64x2.add(f64x2.add(ab, f64x2.mul(c, two(at + third))), f64x2.mul(d, two(at + fourth)));
    v128.store(combined + 2 * i, cd);
  }
  if (i === bytes) return;
  let last = load<f64>(combined + 2 * i);
  for (let k: usize = 0; k < 4; k++) last += load<f64>(factors + (k << 3)) * <f64>load<f32>(plane + k * stride + i);
  store<f64>(combined + 2 * i, last);
}

function addOne(plane: usize, bytes: usize, factor: f64, combined: usize): void {
  const factors = f64x2.splat(factor);
  let i: usize = 0;
  for (; i + 8 <= bytes; i += 8) {
    v128.store(combined + 2 * i, f64x2.add(v128.load(combined + 2 * i), f64x2.mul(factors, two(plane + i))));
  }
  if (i < bytes) store<f64>(combined + 2 * i, load<f64>(combined + 2 * i) + factor * <f64>load<f32>(plane + i));
}

function dotFour(plane: usize, stride: usize, bytes: usize, combined: usize, image: usize): void {
  const third = 2 * stride;
  const fourth = 3 * stride;
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let i: usize = 0; i + 8 <= bytes; i += 8) {
    const factors = v128.load(combined + 2 * i);
    const at = plane + i;
    a = f64x2.add(a, f64x2.mul(factors, two(at)));
    b = f64x2.add(b, f64x2.mul(factors, two(at + stride)));
    c = f64x2.add(c, f64x2.mul(factors, two(at + third)));
    d = f64x2.add(d, f64x2.mul(factors, two(at + fourth)));
  }
  store<f64>(image, withRest(a, plane, bytes, combined));
  store<f64>(image, withRest(b, plane + stride, bytes, combined), 8);
  store<f64>(image, withRest(c, plane + third, bytes, combined), 16);
  store<f64>(image, withRest(d, plane + fourth, bytes, combined), 24);
}

function dotOne(plane: usize, bytes: usize, combined: usize, image: usize): void {
  let sums = f64x2.splat(0);
  for (let i: usize = 0; i + 8 <= bytes; i += 8) {
    sums = f64x2.add(sums, f64x2.mul(v128.load(combined + 2 * i), two(plane + i)));
  }
  store<f64>(image, withRest(sums, plane, bytes, combined));
}

/** The sum of both lanes, and of the last pixel where it has no neighbour. */
function withRest(sums: v128, plane: usize, bytes: usize, combined: usize): f64 {
  const both = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  const last = bytes - 4;
  return (bytes & 4) === 0 ? both : both + load<f64>(combined + 2 * last) * <f64>load<f32>(plane + last);
}

/** The pixels of a plane at given places. */
export function gatherPixels(plane: usize, places: usize, count: i32, target: usize): void {
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4) {
    store<f32>(target + i, load<f32>(plane + ((<usize>load<i32>(places + i)) << 2)));
  }
}
