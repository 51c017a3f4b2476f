/** Matches are at least this long. */
const shortestMatch = 4;

/** From this length on, the engine's own copy beats a loop. */
const longCopy = 48;

/**
 * Decodes `source[sourceStart, sourceStop)` into `destination[destinationStart, destinationStop)` and returns how many
 * bytes it wrote, or -1 where the block is broken or does not fit. Neither reads nor writes beyond these bounds.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function decodeLz4Block(
  source: Uint8Array,
  sourceStart: number,
  sourceStop: number,
  destination: Uint8Array,
  destinationStart: number,
  destinationStop: number,
): number {
  let from = sourceStart;
  let to = destinationStart;
  while (from < sourceStop) {
    const token = source[from++]!;

    // Literals
    let length = token >>> 4;
    if (length === 15) {
      let more: number;
      do {
        if (from >= sourceStop) return -1;
        more = source[from++]!;
        length += more;
      } while (more === 255);
    }
    if (length > sourceStop - from || length > destinationStop - to) return -1;
    if (length >= longCopy) {
      destination.set(source.subarray(from, from + length), to);
      from += length;
      to += length;
    } else {
      for (const stop = to + length; to < stop; ) destination[to++] = source[from++]!;
    }
    if (from === sourceStop) return to - destinationStart;

    // Match
    if (sourceStop - from < 2) return -1;
    const offset = source[from]! | (source[from + 1]! << 8);
    from += 2;
    if (offset === 0 || offset > to - destinationStart) return -1;
    length = token & 15;
    if (length === 15) {
      let more: number;
      do {
        if (from >= sourceStop) return -1;
        more = source[from++]!;
        length += more;
      } while (more === 255);
    }
    length += shortestMatch;
    if (length > destinationStop - to) return -1;
    if (length >= longCopy && offset >= length) {
      destination.copyWithin(to, to - offset, to - offset + length);
      to += length;
    } else if (length >= longCopy && offset === 1) {
      destination.fill(destination[to - 1]!, to, to + length);
      to += length;
    } else {
      for (const stop = to + length; to < stop; to++) destination[to] = destination[to - offset]!;
    }
  }
  return -1;
}
