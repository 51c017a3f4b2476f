/** Blosc's byte shuffle, byte by byte. */

/** Shuffles `byteCount` bytes of items of `itemBytes` bytes each; bytes beyond the last whole item are copied. */
export function shuffle(
  source: Uint8Array,
  sourceStart: number,
  destination: Uint8Array,
  destinationStart: number,
  byteCount: number,
  itemBytes: number,
): void {
  for (const [at, place] of places(byteCount, itemBytes))
    destination[destinationStart + place] = source[sourceStart + at]!;
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
  for (const [at, place] of places(byteCount, itemBytes))
    destination[destinationStart + at] = source[sourceStart + place]!;
}

/** Of every byte its place once it is shuffled. */
function* places(byteCount: number, itemBytes: number): Generator<readonly [at: number, place: number]> {
  const items = Math.floor(byteCount / itemBytes);
  for (let at = 0; at < byteCount; at++) {
    const [item, byte] = [Math.floor(at / itemBytes), at % itemBytes];
    yield [at, item < items ? byte * items + item : at];
  }
}
