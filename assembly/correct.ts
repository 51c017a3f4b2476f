/**
 * Correction of a rectangle of one plane, by the formula in `src/correct/kernel.ts`. Strides count elements. The numbers of
 * pixels clipped low and high are left in the results, as two int32.
 *
 * Each loop is compiled for every pixel type `T`, and twice: a `Scale` of i32 stands for 1, as most tiles have no gain and
 * multiplying would cost them 6 %.
 */
import { sumOfLanes } from "./lanes";
import { results } from "./memory";

/** 2^23: adding it to a single below it leaves the nearest whole number, ties to even, in the lowest bits ... */
const roundingShift: f32 = 8388608;

/** ... above its own: without these, the bits are those of the number, and of greater ones those of a greater one. */
const shiftBits: i32 = 0x4b000000;

/** The clipped pixels so far: of whole vectors, four counts each, and of what is left of rows. */
let lows: v128 = i32x4.splat(0);
let highs: v128 = i32x4.splat(0);
let lowsOfRests: i32 = 0;
let highsOfRests: i32 = 0;

/** @param itemBytes 1, 2 or 4: those of a pixel; four are of a float */
export function correctRectangle(
  pixels: usize,
  itemBytes: i32,
  rows: i32,
  columns: i32,
  stride: i32,
  dark: usize,
  divisor: usize,
  profileStride: i32,
  scale: f32,
  background: f32,
): void {
  if (itemBytes === 2) correct<u16>(pixels, rows, columns, stride, dark, divisor, profileStride, scale, background);
  else if (itemBytes === 1) correct<u8>(pixels, rows, columns, stride, dark, divisor, profileStride, scale, background);
  else correct<f32>(pixels, rows, columns, stride, dark, divisor, profileStride, scale, background);
}

function correct<T>(
  pixels: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  dark: usize,
  divisor: usize,
  profileStride: i32,
  scale: f32,
  background: f32,
): void {
  lows = highs = i32x4.splat(0);
  lowsOfRests = highsOfRests = 0;
  for (let row = 0; row < rows; row++) {
    const p = pixels + <usize>row * stride * sizeof<T>();
    const d = dark + ((<usize>row * profileStride) << 2);
    const f = divisor + ((<usize>row * profileStride) << 2);
    if (scale === 1) correctRow<T, i32>(p, columns, d, f, scale, background);
    else correctRow<T, f32>(p, columns, d, f, scale, background);
  }
  store<i32>(results, sumOfLanes(lows) + lowsOfRests);
  store<i32>(results, sumOfLanes(highs) + highsOfRests, 4);
}

function correctRow<T, Scale>(p: usize, columns: i32, d: usize, f: usize, scale: f32, background: f32): void {
  const whole = columns & (isFloat<T>() ? ~3 : ~7);
  const vectorBytes = <usize>whole * sizeof<T>();
  const profileBytes = (<usize>whole) << 2;
  if (isFloat<T>()) correctFloats<Scale>(p, p + vectorBytes, d, f, scale, background);
  else correctIntegers<T, Scale>(p, p + vectorBytes, d, f, scale, background);
  const stop = p + <usize>columns * sizeof<T>();
  correctRest<T, Scale>(p + vectorBytes, stop, d + profileBytes, f + profileBytes, scale, background);
}

/** Eight pixels at a time. */
function correctIntegers<T, Scale>(p: usize, stop: usize, d: usize, f: usize, scale: f32, background: f32): void {
  const zero = f32x4.splat(0);
  const largest = f32x4.splat(<f32>largestOf<T>());
  const scales = f32x4.splat(scale);
  const backgrounds = f32x4.splat(background);
  let lowCounts = lows;
  let highCounts = highs;
  for (; p < stop; p += 8 * sizeof<T>(), d += 32, f += 32) {
    const words = sizeof<T>() === 2 ? v128.load(p) : v128.load_ext<u8>(p);
    // All are below 2^31, and signed numbers are converted by one instruction, unsigned ones by eight
    let left = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(words));
    let right = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(words));
    left = f32x4.sub(flattened<Scale>(left, d, f, scales), backgrounds);
    right = f32x4.sub(flattened<Scale>(right, d + 16, f + 16, scales), backgrounds);
    // A comparison that holds is -1
    lowCounts = i32x4.sub(i32x4.sub(lowCounts, f32x4.lt(left, zero)), f32x4.lt(right, zero));
    highCounts = i32x4.sub(i32x4.sub(highCounts, f32x4.gt(left, largest)), f32x4.gt(right, largest));
    left = rounded(f32x4.pmax(zero, left));
    right = rounded(f32x4.pmax(zero, right));
    // Packing clips what is too large
    if (sizeof<T>() === 2) {
      v128.store(p, i16x8.narrow_i32x4_u(left, right));
    } else {
      const packed = i16x8.narrow_i32x4_s(left, right);
      v128.store64_lane(p, i8x16.narrow_i16x8_u(packed, packed), 0);
    }
  }
  lows = lowCounts;
  highs = highCounts;
}

/** Four pixels at a time. They keep their values, whatever they are; only a subtracted background has its floor of zero. */
function correctFloats<Scale>(p: usize, stop: usize, d: usize, f: usize, scale: f32, background: f32): void {
  const zero = f32x4.splat(0);
  const scales = f32x4.splat(scale);
  const backgrounds = f32x4.splat(background);
  const hasBackground = background !== 0;
  let lowCounts = lows;
  for (; p < stop; p += 16, d += 16, f += 16) {
    let four = flattened<Scale>(v128.load(p), d, f, scales);
    if (hasBackground) {
      four = f32x4.sub(four, backgrounds);
      lowCounts = i32x4.sub(lowCounts, f32x4.lt(four, zero));
      four = f32x4.pmax(four, zero);
    }
    v128.store(p, four);
  }
  lows = lowCounts;
}

/** What is left of a row, pixel by pixel. */
function correctRest<T, Scale>(p: usize, stop: usize, d: usize, f: usize, scale: f32, background: f32): void {
  for (; p < stop; p += sizeof<T>(), d += 4, f += 4) {
    let value: f32 = (<f32>load<T>(p) - load<f32>(d)) / load<f32>(f);
    if (isFloat<Scale>()) value = value * scale;
    if (!isFloat<T>() || background !== 0) {
      value = value - background;
      if (value < 0) {
        lowsOfRests++;
        value = 0;
      }
    }
    if (isFloat<T>()) {
      store<T>(p, <T>value);
    } else if (value > <f32>largestOf<T>()) {
      highsOfRests++;
      store<T>(p, <T>largestOf<T>());
    } else {
      store<T>(p, <T>(reinterpret<i32>(value + roundingShift) & largestOf<T>()));
    }
  }
}

/** Four pixels without dark-field and flat-field, times the scale. */
function flattened<Scale>(pixels: v128, d: usize, f: usize, scales: v128): v128 {
  const flat = f32x4.div(f32x4.sub(pixels, v128.load(d)), v128.load(f));
  return isFloat<Scale>() ? f32x4.mul(flat, scales) : flat;
}

/** The nearest whole numbers of four singles that are not negative; other large ones for those from 2^23 on. */
function rounded(four: v128): v128 {
  return i32x4.sub(f32x4.add(four, f32x4.splat(roundingShift)), i32x4.splat(shiftBits));
}

function largestOf<T>(): i32 {
  return (1 << (8 * sizeof<T>())) - 1;
}
