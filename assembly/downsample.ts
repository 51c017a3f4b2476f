/**
 * Means over blocks of pixels, whole ones only: what lies at an edge is its caller's. The twin is
 * `src/correct/downsample-twin.ts`. Integers round half up.
 */

/**
 * Means over `factorZ` x 2 x 2 pixels, `factorZ` 1 or 2: of `rows` x `columns` blocks of one plane. Strides count pixels.
 */
export function halveUint16(
  source: usize,
  sourceStride: usize,
  sourcePlane: usize,
  factorZ: i32,
  target: usize,
  targetStride: usize,
  rows: i32,
  columns: i32,
): void {
  const low = i32x4.splat(0xffff);
  const shift = factorZ === 2 ? 3 : 2;
  const half: i32 = factorZ === 2 ? 4 : 2;
  const halves = i32x4.splat(half);
  const vectorColumns = columns & ~7;
  for (let row = 0; row < rows; row++) {
    const first = source + 4 * <usize>row * sourceStride;
    const second = first + 2 * sourceStride;
    const to = target + 2 * <usize>row * targetStride;
    let x = 0;
    for (; x < vectorColumns; x += 8) {
      const at = 4 * <usize>x;
      let left = pairSums(first + at, second + at, low);
      let right = pairSums(first + at + 16, second + at + 16, low);
      if (factorZ === 2) {
        left = i32x4.add(left, pairSums(first + at + 2 * sourcePlane, second + at + 2 * sourcePlane, low));
        right = i32x4.add(right, pairSums(first + at + 16 + 2 * sourcePlane, second + at + 16 + 2 * sourcePlane, low));
      }
      left = i32x4.shr_u(i32x4.add(left, halves), shift);
      right = i32x4.shr_u(i32x4.add(right, halves), shift);
      v128.store(to + 2 * <usize>x, i16x8.narrow_i32x4_u(left, right));
    }
    for (; x < columns; x++) {
      const at = 4 * <usize>x;
      let sum: u32 = fourSum(first + at, second + at);
      if (factorZ === 2) sum += fourSum(first + at + 2 * sourcePlane, second + at + 2 * sourcePlane);
      store<u16>(to + 2 * <usize>x, <u16>((sum + half) >>> shift));
    }
  }
}

/** The sums of four blocks of 2 x 2 pixels. */
function pairSums(first: usize, second: usize, low: v128): v128 {
  const a = v128.load(first);
  const b = v128.load(second);
  const sumA = i32x4.add(v128.and(a, low), i32x4.shr_u(a, 16));
  const sumB = i32x4.add(v128.and(b, low), i32x4.shr_u(b, 16));
  return i32x4.add(sumA, sumB);
}

function fourSum(first: usize, second: usize): u32 {
  return <u32>load<u16>(first) + <u32>load<u16>(first, 2) + <u32>load<u16>(second) + <u32>load<u16>(second, 2);
}

/**
 * Means over `factorZ` x `factorY` x `factorX` pixels of a type: of `columns` blocks of one row. Strides count pixels.
 * Of integers, a block has at most 32767 pixels: twice their sum fits 32 bits.
 */
export function averageUint16(
  source: usize,
  sourceStride: usize,
  sourcePlane: usize,
  factorZ: i32,
  factorY: i32,
  factorX: i32,
  target: usize,
  columns: i32,
): void {
  average<u16>(source, sourceStride, sourcePlane, factorZ, factorY, factorX, target, columns);
}

export function averageUint8(
  source: usize,
  sourceStride: usize,
  sourcePlane: usize,
  factorZ: i32,
  factorY: i32,
  factorX: i32,
  target: usize,
  columns: i32,
): void {
  average<u8>(source, sourceStride, sourcePlane, factorZ, factorY, factorX, target, columns);
}

export function averageFloat32(
  source: usize,
  sourceStride: usize,
  sourcePlane: usize,
  factorZ: i32,
  factorY: i32,
  factorX: i32,
  target: usize,
  columns: i32,
): void {
  average<f32>(source, sourceStride, sourcePlane, factorZ, factorY, factorX, target, columns);
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
    if (isFloat<T>()) {
      // In the order of the twin: sums of floats depend on it
      let sum: f64 = 0;
      for (let z = 0; z < factorZ; z++) {
        for (let y = 0; y < factorY; y++) {
          let from = source + (<usize>z * sourcePlane + <usize>y * sourceStride) * sizeof<T>() + <usize>x * blockBytes;
          const stop = from + blockBytes;
          for (; from < stop; from += sizeof<T>()) sum += <f64>load<f32>(from);
        }
      }
      store<f32>(target + ((<usize>x) << 2), <f32>(sum / <f64>count));
    } else {
      let sum: u32 = 0;
      for (let z = 0; z < factorZ; z++) {
        for (let y = 0; y < factorY; y++) {
          let from = source + (<usize>z * sourcePlane + <usize>y * sourceStride) * sizeof<T>() + <usize>x * blockBytes;
          const stop = from + blockBytes;
          for (; from < stop; from += sizeof<T>()) sum += <u32>load<T>(from);
        }
      }
      store<T>(
        target + <usize>x * sizeof<T>(),
        <T>(isPowerOfTwo ? (sum + (count >>> 1)) >>> shift : (2 * sum + count) / (2 * count)),
      );
    }
  }
}
