/**
 * Correction of a rectangle of one plane; the twin is `src/correct/kernel-twin.ts`. Strides count elements. The numbers of
 * pixels clipped low and high are left in the results, as two int32. Each loop is there twice: a `Scale` of i32
 * stands for 1, as most tiles have no gain and multiplying would cost them 6 %.
 */
import { results } from "./memory";

/** 2^23: adding it to a single below it leaves the nearest whole number, ties to even, in the lowest bits. */
const roundingShift: f32 = 8388608;

export function correctUint16(
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
  if (scale === 1) rowsUint16<i32>(pixels, rows, columns, stride, dark, divisor, profileStride, 1, background);
  else rowsUint16<f32>(pixels, rows, columns, stride, dark, divisor, profileStride, scale, background);
}

function rowsUint16<Scale>(
  pixels: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  dark: usize,
  divisor: usize,
  profileStride: i32,
  scale: Scale,
  background: f32,
): void {
  const zero = f32x4.splat(0);
  const largest = f32x4.splat(65535);
  const scales = f32x4.splat(<f32>scale);
  const backgrounds = f32x4.splat(background);
  const shift = f32x4.splat(roundingShift);
  const mask = i32x4.splat(0xffff);
  let lows = i32x4.splat(0);
  let highs = i32x4.splat(0);
  let low = 0;
  let high = 0;
  const vectorColumns = columns & ~7;
  for (let row = 0; row < rows; row++) {
    const p = pixels + ((<usize>row * stride) << 1);
    const d = dark + ((<usize>row * profileStride) << 2);
    const f = divisor + ((<usize>row * profileStride) << 2);
    let x = 0;
    for (; x < vectorColumns; x += 8) {
      const at = p + ((<usize>x) << 1);
      const atProfile = (<usize>x) << 2;
      const packed = v128.load(at);
      let left = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(packed));
      let right = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(packed));
      left = f32x4.div(f32x4.sub(left, v128.load(d + atProfile)), v128.load(f + atProfile));
      right = f32x4.div(f32x4.sub(right, v128.load(d + atProfile, 16)), v128.load(f + atProfile, 16));
      if (isFloat<Scale>()) {
        left = f32x4.mul(left, scales);
        right = f32x4.mul(right, scales);
      }
      left = f32x4.sub(left, backgrounds);
      right = f32x4.sub(right, backgrounds);
      // A comparison that holds is -1
      lows = i32x4.sub(i32x4.sub(lows, f32x4.lt(left, zero)), f32x4.lt(right, zero));
      highs = i32x4.sub(i32x4.sub(highs, f32x4.gt(left, largest)), f32x4.gt(right, largest));
      left = f32x4.add(f32x4.pmin(f32x4.pmax(zero, left), largest), shift);
      right = f32x4.add(f32x4.pmin(f32x4.pmax(zero, right), largest), shift);
      v128.store(at, i16x8.narrow_i32x4_u(v128.and(left, mask), v128.and(right, mask)));
    }
    for (; x < columns; x++) {
      const at = p + ((<usize>x) << 1);
      const atProfile = (<usize>x) << 2;
      const flat: f32 = (<f32>load<u16>(at) - load<f32>(d + atProfile)) / load<f32>(f + atProfile);
      const value: f32 = (isFloat<Scale>() ? flat * <f32>scale : flat) - background;
      if (value < 0) {
        low++;
        store<u16>(at, 0);
      } else if (value > 65535) {
        high++;
        store<u16>(at, 65535);
      } else {
        store<u16>(at, <u16>(reinterpret<u32>(value + roundingShift) & 0xffff));
      }
    }
  }
  storeCounts(low + sumLanes(lows), high + sumLanes(highs));
}

export function correctUint8(
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
  if (scale === 1) rowsUint8<i32>(pixels, rows, columns, stride, dark, divisor, profileStride, 1, background);
  else rowsUint8<f32>(pixels, rows, columns, stride, dark, divisor, profileStride, scale, background);
}

function rowsUint8<Scale>(
  pixels: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  dark: usize,
  divisor: usize,
  profileStride: i32,
  scale: Scale,
  background: f32,
): void {
  const zero = f32x4.splat(0);
  const largest = f32x4.splat(255);
  const scales = f32x4.splat(<f32>scale);
  const backgrounds = f32x4.splat(background);
  const shift = f32x4.splat(roundingShift);
  const mask = i32x4.splat(0xff);
  let lows = i32x4.splat(0);
  let highs = i32x4.splat(0);
  let low = 0;
  let high = 0;
  const vectorColumns = columns & ~7;
  for (let row = 0; row < rows; row++) {
    const p = pixels + <usize>row * stride;
    const d = dark + ((<usize>row * profileStride) << 2);
    const f = divisor + ((<usize>row * profileStride) << 2);
    let x = 0;
    for (; x < vectorColumns; x += 8) {
      const at = p + x;
      const atProfile = (<usize>x) << 2;
      const packed = v128.load_ext<u8>(at);
      let left = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(packed));
      let right = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(packed));
      left = f32x4.div(f32x4.sub(left, v128.load(d + atProfile)), v128.load(f + atProfile));
      right = f32x4.div(f32x4.sub(right, v128.load(d + atProfile, 16)), v128.load(f + atProfile, 16));
      if (isFloat<Scale>()) {
        left = f32x4.mul(left, scales);
        right = f32x4.mul(right, scales);
      }
      left = f32x4.sub(left, backgrounds);
      right = f32x4.sub(right, backgrounds);
      lows = i32x4.sub(i32x4.sub(lows, f32x4.lt(left, zero)), f32x4.lt(right, zero));
      highs = i32x4.sub(i32x4.sub(highs, f32x4.gt(left, largest)), f32x4.gt(right, largest));
      left = f32x4.add(f32x4.pmin(f32x4.pmax(zero, left), largest), shift);
      right = f32x4.add(f32x4.pmin(f32x4.pmax(zero, right), largest), shift);
      const words = i16x8.narrow_i32x4_u(v128.and(left, mask), v128.and(right, mask));
      store<i64>(at, i64x2.extract_lane(i8x16.narrow_i16x8_u(words, words), 0));
    }
    for (; x < columns; x++) {
      const at = p + x;
      const atProfile = (<usize>x) << 2;
      const flat: f32 = (<f32>load<u8>(at) - load<f32>(d + atProfile)) / load<f32>(f + atProfile);
      const value: f32 = (isFloat<Scale>() ? flat * <f32>scale : flat) - background;
      if (value < 0) {
        low++;
        store<u8>(at, 0);
      } else if (value > 255) {
        high++;
        store<u8>(at, 255);
      } else {
        store<u8>(at, <u8>(reinterpret<u32>(value + roundingShift) & 0xff));
      }
    }
  }
  storeCounts(low + sumLanes(lows), high + sumLanes(highs));
}

/** Floats keep their values, whatever they are; only a subtracted background has its floor of zero. */
export function correctFloat32(
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
  if (scale === 1) rowsFloat32<i32>(pixels, rows, columns, stride, dark, divisor, profileStride, 1, background);
  else rowsFloat32<f32>(pixels, rows, columns, stride, dark, divisor, profileStride, scale, background);
}

function rowsFloat32<Scale>(
  pixels: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  dark: usize,
  divisor: usize,
  profileStride: i32,
  scale: Scale,
  background: f32,
): void {
  const zero = f32x4.splat(0);
  const scales = f32x4.splat(<f32>scale);
  const backgrounds = f32x4.splat(background);
  const hasBackground = background !== 0;
  let lows = i32x4.splat(0);
  let low = 0;
  const vectorColumns = columns & ~3;
  for (let row = 0; row < rows; row++) {
    const p = pixels + ((<usize>row * stride) << 2);
    const d = dark + ((<usize>row * profileStride) << 2);
    const f = divisor + ((<usize>row * profileStride) << 2);
    let x = 0;
    for (; x < vectorColumns; x += 4) {
      const at = (<usize>x) << 2;
      let value = f32x4.div(f32x4.sub(v128.load(p + at), v128.load(d + at)), v128.load(f + at));
      if (isFloat<Scale>()) value = f32x4.mul(value, scales);
      if (hasBackground) {
        value = f32x4.sub(value, backgrounds);
        lows = i32x4.sub(lows, f32x4.lt(value, zero));
        value = f32x4.max(value, zero);
      }
      v128.store(p + at, value);
    }
    for (; x < columns; x++) {
      const at = (<usize>x) << 2;
      let value: f32 = (load<f32>(p + at) - load<f32>(d + at)) / load<f32>(f + at);
      if (isFloat<Scale>()) value = value * <f32>scale;
      if (hasBackground) {
        value = value - background;
        if (value < 0) low++;
        value = max<f32>(value, 0);
      }
      store<f32>(p + at, value);
    }
  }
  storeCounts(low + sumLanes(lows), 0);
}

function sumLanes(counts: v128): i32 {
  return (
    i32x4.extract_lane(counts, 0) +
    i32x4.extract_lane(counts, 1) +
    i32x4.extract_lane(counts, 2) +
    i32x4.extract_lane(counts, 3)
  );
}

function storeCounts(low: i32, high: i32): void {
  store<i32>(results, low);
  store<i32>(results, high, 4);
}
