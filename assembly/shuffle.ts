/**
 * Blosc's byte shuffle. The planes, one for each byte of an item, lie anywhere:
 * those that are stored as they are need not be copied to the others.
 */

/** Shuffles the bytes of `items` items of two bytes. */
export function shuffleTwo(source: usize, first: usize, second: usize, items: usize): void {
  const low = i16x8.splat(0xff);
  let item: usize = 0;
  for (; item + 16 <= items; item += 16) {
    const a = v128.load(source + 2 * item);
    const b = v128.load(source + 2 * item, 16);
    v128.store(first + item, i8x16.narrow_i16x8_u(v128.and(a, low), v128.and(b, low)));
    v128.store(second + item, i8x16.narrow_i16x8_u(i16x8.shr_u(a, 8), i16x8.shr_u(b, 8)));
  }
  for (; item < items; item++) {
    store<u8>(first + item, load<u8>(source + 2 * item));
    store<u8>(second + item, load<u8>(source + 2 * item, 1));
  }
}

/** Undoes {@link shuffleTwo}. */
export function unshuffleTwo(first: usize, second: usize, target: usize, items: usize): void {
  let item: usize = 0;
  for (; item + 16 <= items; item += 16) {
    const a = v128.load(first + item);
    const b = v128.load(second + item);
    v128.store(target + 2 * item, interleaveLow(a, b));
    v128.store(target + 2 * item, interleaveHigh(a, b), 16);
  }
  for (; item < items; item++) {
    store<u8>(target + 2 * item, load<u8>(first + item));
    store<u8>(target + 2 * item, load<u8>(second + item), 1);
  }
}

/** Shuffles the bytes of `items` items of four bytes. */
export function shuffleFour(
  source: usize,
  first: usize,
  second: usize,
  third: usize,
  fourth: usize,
  items: usize,
): void {
  const low = i16x8.splat(0xff);
  let item: usize = 0;
  for (; item + 16 <= items; item += 16) {
    const from = source + 4 * item;
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const c = v128.load(from, 32);
    const d = v128.load(from, 48);
    // Bytes 0 and 2 of all items, then bytes 1 and 3
    const evenA = i8x16.narrow_i16x8_u(v128.and(a, low), v128.and(b, low));
    const evenB = i8x16.narrow_i16x8_u(v128.and(c, low), v128.and(d, low));
    const oddA = i8x16.narrow_i16x8_u(i16x8.shr_u(a, 8), i16x8.shr_u(b, 8));
    const oddB = i8x16.narrow_i16x8_u(i16x8.shr_u(c, 8), i16x8.shr_u(d, 8));
    v128.store(first + item, i8x16.narrow_i16x8_u(v128.and(evenA, low), v128.and(evenB, low)));
    v128.store(second + item, i8x16.narrow_i16x8_u(v128.and(oddA, low), v128.and(oddB, low)));
    v128.store(third + item, i8x16.narrow_i16x8_u(i16x8.shr_u(evenA, 8), i16x8.shr_u(evenB, 8)));
    v128.store(fourth + item, i8x16.narrow_i16x8_u(i16x8.shr_u(oddA, 8), i16x8.shr_u(oddB, 8)));
  }
  for (; item < items; item++) {
    const value = load<u32>(source + 4 * item);
    store<u8>(first + item, <u8>value);
    store<u8>(second + item, <u8>(value >>> 8));
    store<u8>(third + item, <u8>(value >>> 16));
    store<u8>(fourth + item, <u8>(value >>> 24));
  }
}

/** Undoes {@link shuffleFour}. */
export function unshuffleFour(
  first: usize,
  second: usize,
  third: usize,
  fourth: usize,
  target: usize,
  items: usize,
): void {
  let item: usize = 0;
  for (; item + 16 <= items; item += 16) {
    const a = v128.load(first + item);
    const b = v128.load(second + item);
    const c = v128.load(third + item);
    const d = v128.load(fourth + item);
    const lowPairs = interleaveLow(a, b);
    const lowUpper = interleaveLow(c, d);
    const highPairs = interleaveHigh(a, b);
    const highUpper = interleaveHigh(c, d);
    const to = target + 4 * item;
    v128.store(to, interleaveWordsLow(lowPairs, lowUpper));
    v128.store(to, interleaveWordsHigh(lowPairs, lowUpper), 16);
    v128.store(to, interleaveWordsLow(highPairs, highUpper), 32);
    v128.store(to, interleaveWordsHigh(highPairs, highUpper), 48);
  }
  for (; item < items; item++) {
    const low = <u32>load<u8>(first + item) | ((<u32>load<u8>(second + item)) << 8);
    const high = <u32>load<u8>(third + item) | ((<u32>load<u8>(fourth + item)) << 8);
    store<u32>(target + 4 * item, low | (high << 16));
  }
}

export function interleaveLow(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

export function interleaveHigh(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

export function interleaveWordsLow(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

export function interleaveWordsHigh(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
