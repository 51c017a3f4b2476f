/**
 * Blosc's byte shuffle: all first bytes of the items, then all second bytes and so on, so that the bytes which hardly
 * change lie side by side. Bytes beyond the last whole item are copied. Its bit shuffle: the lowest bits of all items,
 * then their second bits and so on; within Blosc's format 2 a block whose item count is no multiple of eight is copied.
 *
 * @see https://github.com/kiyo-masui/bitshuffle
 * @see https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst
 */
import { reading, writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";

/** What is done to the bytes of items so that they compress better. */
type ShuffleKind = "byte" | "bit";

/** Bytes to be moved, of items of `itemBytes` bytes each; source and destination must not overlap. */
type Move = [
  source: Uint8Array,
  sourceStart: number,
  destination: Uint8Array,
  destinationStart: number,
  byteCount: number,
  itemBytes: number,
];

/** Shuffles the bytes or bits of items. */
export function shuffleItems(kind: ShuffleKind, ...move: Move): void {
  const [source, sourceStart, destination, destinationStart, byteCount, itemBytes] = move;
  const items = Math.floor(byteCount / itemBytes);
  if (kind === "bit") {
    const to = writing(destination, destinationStart, byteCount);
    if (!areBitsForKernel(byteCount, itemBytes)) bitShuffle(...move);
    else runKernel("shuffleBits", reading(source, sourceStart, byteCount), itemBytes, items, to);
    return;
  }
  if (isForKernel(itemBytes)) {
    shufflePlanes(source, sourceStart, planesOf(destination, destinationStart, items, itemBytes));
  } else {
    for (let plane = 0; plane < itemBytes; plane++) {
      let from = sourceStart + plane;
      const start = destinationStart + plane * items;
      for (let to = start; to < start + items; to++, from += itemBytes) destination[to] = source[from]!;
    }
  }
  copyRest(...move);
}

/** Undoes {@link shuffleItems}. */
export function unshuffleItems(kind: ShuffleKind, ...move: Move): void {
  const [source, sourceStart, destination, destinationStart, byteCount, itemBytes] = move;
  const items = Math.floor(byteCount / itemBytes);
  if (kind === "bit") {
    const to = writing(destination, destinationStart, byteCount);
    if (!areBitsForKernel(byteCount, itemBytes)) bitUnshuffle(...move);
    else runKernel("unshuffleBits", reading(source, sourceStart, byteCount), itemBytes, items, to);
    return;
  }
  if (isForKernel(itemBytes)) {
    unshufflePlanes(planesOf(source, sourceStart, items, itemBytes), destination, destinationStart);
  } else {
    for (let plane = 0; plane < itemBytes; plane++) {
      const start = sourceStart + plane * items;
      let to = destinationStart + plane;
      for (let from = start; from < start + items; from++, to += itemBytes) destination[to] = source[from]!;
    }
  }
  copyRest(...move);
}

/** Whether a kernel shuffles the bytes of items of this size. */
function isForKernel(itemBytes: number): boolean {
  return itemBytes === 2 || itemBytes === 4;
}

/** Whether a kernel shuffles their bits. */
function areBitsForKernel(byteCount: number, itemBytes: number): boolean {
  return (byteCount / itemBytes) % 16 === 0 && (itemBytes === 1 || isForKernel(itemBytes));
}

/** What is left beyond the last whole item. */
function copyRest(...[source, sourceStart, destination, destinationStart, byteCount, itemBytes]: Move): void {
  for (let at = byteCount - (byteCount % itemBytes); at < byteCount; at++) {
    destination[destinationStart + at] = source[sourceStart + at]!;
  }
}

/**
 * Shuffles the bytes of items into planes that lie anywhere, one for each byte of an item.
 *
 * @returns whether it did: only where a kernel is for as many planes
 */
export function shufflePlanes(source: Uint8Array, start: number, planes: readonly Uint8Array[]): boolean {
  if (!isForKernel(planes.length)) return false;
  const items = planes[0]!.length;
  const from = reading(source, start, planes.length * items);
  const [first, second, ...more] = planes.map((plane) => writing(plane, 0, items));
  const [third, fourth] = more;
  if (third === undefined) runKernel("shuffleTwo", from, first!, second!, items);
  else runKernel("shuffleFour", from, first!, second!, third, fourth!, items);
  return true;
}

/** Undoes {@link shufflePlanes}. */
export function unshufflePlanes(planes: readonly Uint8Array[], destination: Uint8Array, start: number): boolean {
  if (!isForKernel(planes.length)) return false;
  const items = planes[0]!.length;
  const to = writing(destination, start, planes.length * items);
  const [first, second, ...more] = planes.map((plane) => reading(plane, 0, items));
  const [third, fourth] = more;
  if (third === undefined) runKernel("unshuffleTwo", first!, second!, to, items);
  else runKernel("unshuffleFour", first!, second!, third, fourth!, to, items);
  return true;
}

/** The planes of byte-shuffled items that lie one after the other. */
function planesOf(bytes: Uint8Array, start: number, items: number, itemBytes: number): Uint8Array[] {
  return Array.from({ length: itemBytes }, (_, plane) =>
    bytes.subarray(start + plane * items, start + (plane + 1) * items),
  );
}

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
