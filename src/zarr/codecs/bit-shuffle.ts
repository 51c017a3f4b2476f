/**
 * Blosc's bit shuffle: the lowest bits of all items, then their second bits and so on. Within Blosc's format 2 a block
 * whose item count is no multiple of eight is copied as it is.
 *
 * @see https://github.com/kiyo-masui/bitshuffle
 */

/** Shuffles the bits of `byteCount` bytes of items of `itemBytes` bytes; source and destination must not overlap. */
export function bitShuffle(
  source: Uint8Array,
  sourceStart: number,
  destination: Uint8Array,
  destinationStart: number,
  byteCount: number,
  itemBytes: number,
): void {
  const items = shuffledItems(byteCount, itemBytes);
  const rowBytes = items / 8;
  for (let plane = 0; plane < itemBytes; plane++) {
    for (let octet = 0; octet < rowBytes; octet++) {
      const from = sourceStart + 8 * octet * itemBytes + plane;
      const to = destinationStart + 8 * plane * rowBytes + octet;
      transposeBits(source, from, itemBytes, destination, to, rowBytes);
    }
  }
  for (let at = items * itemBytes; at < byteCount; at++) destination[destinationStart + at] = source[sourceStart + at]!;
}

/** Undoes {@link bitShuffle}. */
export function bitUnshuffle(
  source: Uint8Array,
  sourceStart: number,
  destination: Uint8Array,
  destinationStart: number,
  byteCount: number,
  itemBytes: number,
): void {
  const items = shuffledItems(byteCount, itemBytes);
  const rowBytes = items / 8;
  for (let plane = 0; plane < itemBytes; plane++) {
    for (let octet = 0; octet < rowBytes; octet++) {
      const from = sourceStart + 8 * plane * rowBytes + octet;
      const to = destinationStart + 8 * octet * itemBytes + plane;
      transposeBits(source, from, rowBytes, destination, to, itemBytes);
    }
  }
  for (let at = items * itemBytes; at < byteCount; at++) destination[destinationStart + at] = source[sourceStart + at]!;
}

function shuffledItems(byteCount: number, itemBytes: number): number {
  const items = Math.floor(byteCount / itemBytes);
  return items % 8 === 0 ? items : 0;
}

/**
 * Transposes an 8 x 8 matrix of bits whose rows are bytes, `step` apart.
 *
 * @see Warren, Hacker's Delight, 2nd edition, section 7-3
 */
function transposeBits(
  source: Uint8Array,
  from: number,
  fromStep: number,
  destination: Uint8Array,
  to: number,
  toStep: number,
): void {
  let low =
    source[from]! |
    (source[from + fromStep]! << 8) |
    (source[from + 2 * fromStep]! << 16) |
    (source[from + 3 * fromStep]! << 24);
  let high =
    source[from + 4 * fromStep]! |
    (source[from + 5 * fromStep]! << 8) |
    (source[from + 6 * fromStep]! << 16) |
    (source[from + 7 * fromStep]! << 24);
  let swap = (low ^ (low >>> 7)) & 0x00aa00aa;
  low ^= swap ^ (swap << 7);
  swap = (high ^ (high >>> 7)) & 0x00aa00aa;
  high ^= swap ^ (swap << 7);
  swap = (low ^ (low >>> 14)) & 0x0000cccc;
  low ^= swap ^ (swap << 14);
  swap = (high ^ (high >>> 14)) & 0x0000cccc;
  high ^= swap ^ (swap << 14);
  swap = (low ^ (high << 4)) & 0xf0f0f0f0;
  low ^= swap;
  high ^= swap >>> 4;
  destination[to] = low;
  destination[to + toStep] = low >>> 8;
  destination[to + 2 * toStep] = low >>> 16;
  destination[to + 3 * toStep] = low >>> 24;
  destination[to + 4 * toStep] = high;
  destination[to + 5 * toStep] = high >>> 8;
  destination[to + 6 * toStep] = high >>> 16;
  destination[to + 7 * toStep] = high >>> 24;
}
