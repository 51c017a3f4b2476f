/**
 * Means over blocks of pixels, whole ones only: what lies at an edge is left to `src/correct/downsample.ts`.
 * Integers round half up; sums of floats are taken in double precision, pixel after pixel
 * as a plain loop takes them. Strides count pixels. Each loop is compiled for every pixel type `T`.
 */
import { singles } from "./lanes";
import { signs } from "./signs";

/**
 * Means over `factorZ` x 2 x 2 pixels, `factorZ` 1 or 2: of `rows` x `columns` blocks of one plane.
 *
 * @param itemBytes 1, 2 or 4: those of a pixel; four are of a float
 */
export function halvePlane(
  source: usize,
  itemBytes: i32,
  sourceStride: usize,
  sourcePlane: usize,
  factorZ: i32,
  target: usize,
  targetStride: usize,
  rows: i32,
  columns: i32,
): void {
  if (itemBytes === 2) halve<u16>(source, sourceStride, sourcePlane, factorZ, target, targetStride, rows, columns);
  else if (itemBytes === 1) halve<u8>(source, sourceStride, sourcePlane, factorZ, target, targetStride, rows, columns);
  else halve<f32>(source, sourceStride, sourcePlane, factorZ, target, targetStride, rows, columns);
}

function halve<T>(
  source: usize,
  sourceStride: usize,
  sourcePlane: usize,
  factorZ: i32,
  target: usize,
  targetStride: usize,
  rows: i32,
  columns: i32,
): void {
  const vectorColumns = columns & ~(16 / <i32>sizeof<T>() - 1);
  const vectorBytes = <usize>vectorColumns * sizeof<T>();
  const rowBytes = sourceStride * sizeof<T>();
  const planeBytes = sourcePlane * sizeof<T>();
  const start = startOfSums<T>(factorZ);
  for (let row = 0; row < rows; row++) {
    let from = source + 2 * <usize>row * rowBytes;
    let to = target + <usize>row * targetStride * sizeof<T>();
    const stop = to + vectorBytes;
    for (; to < stop; to += 16, from += 32) {
      let left = addPairs<T>(addPairs<T>(start, from), from + rowBytes);
      let right = addPairs<T>(addPairs<T>(start, from + 16), from + rowBytes + 16);
      if (factorZ === 2) {
        const next = from + planeBytes;
        left = addPairs<T>(addPairs<T>(left, next), next + rowBytes);
        right = addPairs<T>(addPairs<T>(right, next + 16), next + rowBytes + 16);
      }
      v128.store(to, means<T>(left, right, factorZ));
    }
    average<T>(from, sourceStride, sourcePlane, factorZ, 2, 2, to, columns - vectorColumns);
  }
}

/** What sums begin with: half of what they are divided by. Those of uint16 also with what {@link addPairs} takes away. */
function startOfSums<T>(factorZ: i32): v128 {
  if (isFloat<T>()) return f64x2.splat(0);
  if (sizeof<T>() === 2) return i32x4.splat(factorZ * (2 + 4 * 0x8000));
  return i16x8.splat(<i16>(2 * factorZ));
}

/** Adds neighbours in 16 bytes to sums of twice their size. */
function addPairs<T>(sums: v128, at: usize): v128 {
  const pixels = v128.load(at);
  if (isFloat<T>()) {
    const even = f64x2.promote_low_f32x4(v128.shuffle<f32>(pixels, pixels, 0, 2, 0, 2));
    const odd = f64x2.promote_low_f32x4(v128.shuffle<f32>(pixels, pixels, 1, 3, 1, 3));
    return f64x2.add(f64x2.add(sums, even), odd);
  }
  // Pairs of signed numbers are added by one instruction, so 0x8000 is taken from each
  if (sizeof<T>() === 2) return i32x4.add(sums, i32x4.dot_i16x8_s(v128.xor(pixels, signs), i16x8.splat(1)));
  return i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(pixels));
}

function means<T>(left: v128, right: v128, factorZ: i32): v128 {
  const shift = factorZ + 1;
  if (isFloat<T>()) {
    const share = f64x2.splat(0.25 / <f64>factorZ);
    return singles(f64x2.mul(left, share), f64x2.mul(right, share));
  }
  if (sizeof<T>() === 2) return i16x8.narrow_i32x4_u(i32x4.shr_u(left, shift), i32x4.shr_u(right, shift));
  return i8x16.narrow_i16x8_u(i16x8.shr_u(left, shift), i16x8.shr_u(right, shift));
}

/**
 * Means over `factorZ` x `factorY` x `factorX` pixels: of `columns` blocks of one row. Of integers, a block has at most
 * 32767 pixels: twice their sum fits 32 bits.
 *
 * @param itemBytes 1, 2 or 4: those of a pixel; four are of a float
 */
export function averageRow(
  source: usize,
  itemBytes: i32,
  sourceStride: usize,
  sourcePlane: usize,
  factorZ: i32,
  factorY: i32,
  factorX: i32,
  target: usize,
  columns: i32,
): void {
  if (itemBytes === 2) average<u16>(source, sourceStride, sourcePlane, factorZ, factorY, factorX, target, columns);
  else if (itemBytes === 1) average<u8>(source, sourceStride, sourcePlane, factorZ, factorY, factorX, target, columns);
  else average<f32>(source, sourceStride, sourcePlane, factorZ, factorY, factorX, target, columns);
}

function average<T>(
  source: usize,
  sourceStride: usize,
  sourcePlane: usize,
  factorZ: i32,
  factorY: i32,
  factorX: i32,
  target: usize,
  columns: i32,
): void {
  const count: u32 = factorZ * factorY * factorX;
  const isPowerOfTwo = (count & (count - 1)) === 0 && count > 1;
  const shift = ctz(count);
  const blockBytes = <usize>factorX * sizeof<T>();
  for (let x = 0; x < columns; x++) {
    let sum: f64 = 0;
    let wholeSum: u32 = 0;
    for (let z = 0; z < factorZ; z++) {
      for (let y = 0; y < factorY; y++) {
        let from = source + (<usize>z * sourcePlane + <usize>y * sourceStride) * sizeof<T>() + <usize>x * blockBytes;
        for (const stop = from + blockBytes; from < stop; from += sizeof<T>()) {
          if (isFloat<T>()) sum += <f64>load<T>(from);
          else wholeSum += <u32>load<T>(from);
        }
      }
    }
    const to = target + <usize>x * sizeof<T>();
    if (isFloat<T>()) store<T>(to, <T>(sum / <f64>count));
    else if (isPowerOfTwo) store<T>(to, <T>((wholeSum + (count >>> 1)) >>> shift));
    else store<T>(to, <T>((2 * wholeSum + count) / (2 * count)));
  }
}
