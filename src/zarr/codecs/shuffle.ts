/**
 * Blosc's byte shuffle: all first bytes of the items, then all second bytes and so on, so that the bytes which hardly
 * change lie side by side. Bytes beyond the last whole item are copied.
 *
 * @see https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst
 */

/** Shuffles `byteCount` bytes of items of `itemBytes` bytes each; source and destination must not overlap. */
export function shuffle(
  source: Uint8Array,
  sourceStart: number,
  destination: Uint8Array,
  destinationStart: number,
  byteCount: number,
  itemBytes: number,
): void {
  const items = Math.floor(byteCount / itemBytes);
  if (itemBytes === 2) {
    shufflePairs(source, sourceStart, destination, destinationStart, items);
  } else if (itemBytes === 4) {
    shuffleFours(source, sourceStart, destination, destinationStart, items);
  } else {
    for (let plane = 0; plane < itemBytes; plane++) {
      let from = sourceStart + plane;
      const start = destinationStart + plane * items;
      for (let to = start; to < start + items; to++, from += itemBytes) destination[to] = source[from]!;
    }
  }
  for (let at = items * itemBytes; at < byteCount; at++) destination[destinationStart + at] = source[sourceStart + at]!;
}

/** Undoes {@link shuffle}. */
export function unshuffle(
  source: Uint8Array,
  sourceStart: number,
  destination: Uint8Array,
  destinationStart: number,
  byteCount: number,
  itemBytes: number,
): void {
  const items = Math.floor(byteCount / itemBytes);
  if (itemBytes === 2) {
    unshufflePairs(source, sourceStart, destination, destinationStart, items);
  } else if (itemBytes === 4) {
    unshuffleFours(source, sourceStart, destination, destinationStart, items);
  } else {
    for (let plane = 0; plane < itemBytes; plane++) {
      const start = sourceStart + plane * items;
      let to = destinationStart + plane;
      for (let from = start; from < start + items; from++, to += itemBytes) destination[to] = source[from]!;
    }
  }
  for (let at = items * itemBytes; at < byteCount; at++) destination[destinationStart + at] = source[sourceStart + at]!;
}

function shufflePairs(source: Uint8Array, start: number, destination: Uint8Array, to: number, items: number): void {
  const read = new DataView(source.buffer, source.byteOffset + start, 2 * items);
  const write = new DataView(destination.buffer, destination.byteOffset + to, 2 * items);
  let item = 0;
  for (; item + 4 <= items; item += 4) {
    const a = read.getInt32(2 * item, true);
    const b = read.getInt32(2 * item + 4, true);
    write.setInt32(item, (a & 255) | ((a >>> 8) & 0xff00) | ((b & 255) << 16) | ((b & 0xff0000) << 8), true);
    write.setInt32(
      items + item,
      ((a >>> 8) & 255) | ((a >>> 16) & 0xff00) | ((b & 0xff00) << 8) | (b & -16777216),
      true,
    );
  }
  for (; item < items; item++) {
    destination[to + item] = source[start + 2 * item]!;
    destination[to + items + item] = source[start + 2 * item + 1]!;
  }
}

function unshufflePairs(source: Uint8Array, start: number, destination: Uint8Array, to: number, items: number): void {
  const read = new DataView(source.buffer, source.byteOffset + start, 2 * items);
  const write = new DataView(destination.buffer, destination.byteOffset + to, 2 * items);
  let item = 0;
  for (; item + 4 <= items; item += 4) {
    const low = read.getInt32(item, true);
    const high = read.getInt32(items + item, true);
    write.setInt32(2 * item, (low & 255) | ((high & 255) << 8) | ((low & 0xff00) << 8) | ((high & 0xff00) << 16), true);
    write.setInt32(
      2 * item + 4,
      ((low >>> 16) & 255) | ((high >>> 8) & 0xff00) | ((low >>> 8) & 0xff0000) | (high & -16777216),
      true,
    );
  }
  for (; item < items; item++) {
    destination[to + 2 * item] = source[start + item]!;
    destination[to + 2 * item + 1] = source[start + items + item]!;
  }
}

function shuffleFours(source: Uint8Array, start: number, destination: Uint8Array, to: number, items: number): void {
  const read = new DataView(source.buffer, source.byteOffset + start, 4 * items);
  const second = to + items;
  const third = second + items;
  const fourth = third + items;
  for (let item = 0; item < items; item++) {
    const value = read.getInt32(4 * item, true);
    destination[to + item] = value;
    destination[second + item] = value >>> 8;
    destination[third + item] = value >>> 16;
    destination[fourth + item] = value >>> 24;
  }
}

function unshuffleFours(source: Uint8Array, start: number, destination: Uint8Array, to: number, items: number): void {
  const write = new DataView(destination.buffer, destination.byteOffset + to, 4 * items);
  const second = start + items;
  const third = second + items;
  const fourth = third + items;
  for (let item = 0; item < items; item++) {
    const value =
      source[start + item]! |
      (source[second + item]! << 8) |
      (source[third + item]! << 16) |
      (source[fourth + item]! << 24);
    write.setInt32(4 * item, value, true);
  }
}
