/** Blosc's bit shuffle of a multiple of 16 items, as `src/zarr/codecs/bit-shuffle.ts` does it for others. */
import { interleaveHigh, interleaveLow, interleaveWordsHigh, interleaveWordsLow } from "./shuffle";

/** @param itemBytes 1, 2 or 4 */
export function shuffleBits(source: usize, itemBytes: i32, items: usize, target: usize): void {
  if (itemBytes === 2) shuffle<u16>(source, items, target);
  else if (itemBytes === 1) shuffle<u8>(source, items, target);
  else shuffle<u32>(source, items, target);
}

function shuffle<T>(source: usize, items: usize, target: usize): void {
  const rowBytes = items >> 3;
  for (let plane: usize = 0; plane < sizeof<T>(); plane++) {
    const first = target + plane * items;
    for (let item: usize = 0; item < items; item += 16) {
      let bytes = bytesOfPlane<T>(source + item * sizeof<T>(), <i32>plane);
      let row = first + 7 * rowBytes + (item >> 3);
      for (let bit = 0; bit < 8; bit++) {
        // The highest bit of each is taken, and the next one moves there
        store<u16>(row, <u16>i8x16.bitmask(bytes));
        bytes = i8x16.add(bytes, bytes);
        row -= rowBytes;
      }
    }
  }
}

/** One byte of each of 16 items. */
function bytesOfPlane<T>(at: usize, plane: i32): v128 {
  if (sizeof<T>() === 1) return v128.load(at);
  const bits = plane << 3;
  if (sizeof<T>() === 2) {
    const low = i16x8.splat(0xff);
    const a = v128.and(i16x8.shr_u(v128.load(at), bits), low);
    return i8x16.narrow_i16x8_u(a, v128.and(i16x8.shr_u(v128.load(at, 16), bits), low));
  }
  const low = i32x4.splat(0xff);
  const a = v128.and(i32x4.shr_u(v128.load(at), bits), low);
  const b = v128.and(i32x4.shr_u(v128.load(at, 16), bits), low);
  const c = v128.and(i32x4.shr_u(v128.load(at, 32), bits), low);
  const d = v128.and(i32x4.shr_u(v128.load(at, 48), bits), low);
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(a, b), i16x8.narrow_i32x4_u(c, d));
}

/** Undoes {@link shuffleBits}. */
export function unshuffleBits(source: usize, itemBytes: i32, items: usize, target: usize): void {
  const rowBytes = items >> 3;
  let from = source;
  let to = target;
  const stop = source + rowBytes;
  if (itemBytes === 2) {
    for (; from + 16 <= stop; from += 16, to += 256) unshuffleMany(from, rowBytes, items, to);
  }
  for (; from < stop; from += 2, to += (<usize>itemBytes) << 4) {
    const a = planeOfBits(from, rowBytes);
    if (itemBytes === 1) {
      v128.store(to, a);
      continue;
    }
    const b = planeOfBits(from + items, rowBytes);
    const low = interleaveLow(a, b);
    const high = interleaveHigh(a, b);
    if (itemBytes === 2) {
      v128.store(to, low);
      v128.store(to, high, 16);
      continue;
    }
    const c = planeOfBits(from + 2 * items, rowBytes);
    const d = planeOfBits(from + 3 * items, rowBytes);
    const upperLow = interleaveLow(c, d);
    const upperHigh = interleaveHigh(c, d);
    v128.store(to, interleaveWordsLow(low, upperLow));
    v128.store(to, interleaveWordsHigh(low, upperLow), 16);
    v128.store(to, interleaveWordsLow(high, upperHigh), 32);
    v128.store(to, interleaveWordsHigh(high, upperHigh), 48);
  }
}

/** Every eighth byte of 128 items, from the first item, the second and so on: one byte of each, then the next. */
const columns = memory.data(256, 16);

/** Unshuffles 128 items of two bytes: 16 bytes of each of 16 rows of bits. */
function unshuffleMany(from: usize, rowBytes: usize, items: usize, to: usize): void {
  transposeRows(from, rowBytes, columns);
  transposeRows(from + items, rowBytes, columns + 128);
  for (let half: usize = 0; half < 2; half++) {
    const a = itemsOfColumn(0, half);
    const b = itemsOfColumn(1, half);
    const c = itemsOfColumn(2, half);
    const d = itemsOfColumn(3, half);
    const e = itemsOfColumn(4, half);
    const f = itemsOfColumn(5, half);
    const g = itemsOfColumn(6, half);
    const h = itemsOfColumn(7, half);
    storeSquare(
      interleaveWordsLow(a, e),
      interleaveWordsLow(b, f),
      interleaveWordsLow(c, g),
      interleaveWordsLow(d, h),
      to + 128 * half,
    );
    storeSquare(
      interleaveWordsHigh(a, e),
      interleaveWordsHigh(b, f),
      interleaveWordsHigh(c, g),
      interleaveWordsHigh(d, h),
      to + 128 * half + 64,
    );
  }
}

/** Both bytes of eight items that lie eight apart. */
function itemsOfColumn(column: usize, half: usize): v128 {
  const low = v128.load(columns + 16 * column);
  const high = v128.load(columns + 128 + 16 * column);
  return half === 0 ? interleaveLow(low, high) : interleaveHigh(low, high);
}

/** Stores 32 items of which each argument holds every fourth pair, so that they follow each other. */
function storeSquare(ae: v128, bf: v128, cg: v128, dh: v128, to: usize): void {
  const evenLow = interleaveWordsLow(ae, cg);
  const evenHigh = interleaveWordsHigh(ae, cg);
  const oddLow = interleaveWordsLow(bf, dh);
  const oddHigh = interleaveWordsHigh(bf, dh);
  v128.store(to, interleaveWordsLow(evenLow, oddLow));
  v128.store(to, interleaveWordsHigh(evenLow, oddLow), 16);
  v128.store(to, interleaveWordsLow(evenHigh, oddHigh), 32);
  v128.store(to, interleaveWordsHigh(evenHigh, oddHigh), 48);
}

/**
 * Transposes the matrices of 8 x 8 bits that stand side by side in eight rows of 16 bytes: bits change places between rows
 * four, two and one apart.
 */
function transposeRows(from: usize, rowBytes: usize, target: usize): void {
  for (let row: usize = 0; row < 4; row++) {
    const first = v128.load(from + row * rowBytes);
    const second = v128.load(from + (row + 4) * rowBytes);
    const swap = v128.and(v128.xor(i16x8.shr_u(first, 4), second), i8x16.splat(0x0f));
    v128.store(target + 16 * row, v128.xor(first, i16x8.shl(swap, 4)));
    v128.store(target + 16 * (row + 4), v128.xor(second, swap));
  }
  for (let row: usize = 0; row < 4; row++) exchange(target + 16 * (row + (row & 2)), 32, 2, i8x16.splat(0x33));
  for (let row: usize = 0; row < 4; row++) exchange(target + 32 * row, 16, 1, i8x16.splat(0x55));
}

/** Exchanges the upper bits of a row with the lower ones of that `step` bytes on. */
function exchange(at: usize, step: usize, distance: i32, mask: v128): void {
  const first = v128.load(at);
  const second = v128.load(at + step);
  const swap = v128.and(v128.xor(i16x8.shr_u(first, distance), second), mask);
  v128.store(at, v128.xor(first, i16x8.shl(swap, distance)));
  v128.store(at + step, v128.xor(second, swap));
}

/** Sixteen bytes of the 16 bits at `from` and in the seven rows beyond it: two matrices of 8 x 8 bits, transposed. */
function planeOfBits(from: usize, rowBytes: usize): v128 {
  let rows = v128.load16_splat(from);
  rows = v128.load16_lane(from + rowBytes, rows, 1);
  rows = v128.load16_lane(from + 2 * rowBytes, rows, 2);
  rows = v128.load16_lane(from + 3 * rowBytes, rows, 3);
  rows = v128.load16_lane(from + 4 * rowBytes, rows, 4);
  rows = v128.load16_lane(from + 5 * rowBytes, rows, 5);
  rows = v128.load16_lane(from + 6 * rowBytes, rows, 6);
  rows = v128.load16_lane(from + 7 * rowBytes, rows, 7);
  const matrices = v128.shuffle<u8>(rows, rows, 0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
  const pairs = swapped(matrices, 7, i32x4.splat(0x00aa00aa));
  const fours = swapped(pairs, 14, i32x4.splat(0x0000cccc));
  return swapped(fours, 28, i64x2.splat(0xf0f0f0f0));
}

/** Swaps the bits of a mask with those `distance` above them. */
function swapped(matrices: v128, distance: i32, mask: v128): v128 {
  const swap = v128.and(v128.xor(matrices, i64x2.shr_u(matrices, distance)), mask);
  return v128.xor(matrices, v128.xor(swap, i64x2.shl(swap, distance)));
}
