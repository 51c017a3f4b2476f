import { copyLiterals, copyMatch, endOfLength } from "./copy-bytes.ts";

/** Matches are at least this long. */
const shortestMatch = 4;

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
      const end = endOfLength(source, from, sourceStop);
      if (end < 0) return -1;
      length += 255 * (end - from) + source[end]!;
      from = end + 1;
    }
    if (length > sourceStop - from || length > destinationStop - to) return -1;
    copyLiterals(source, from, destination, to, length);
    from += length;
    to += length;
    if (from === sourceStop) return to - destinationStart;

    // Match
    if (sourceStop - from < 2) return -1;
    const offset = source[from]! | (source[from + 1]! << 8);
    from += 2;
    if (offset === 0 || offset > to - destinationStart) return -1;
    length = token & 15;
    if (length === 15) {
      const end = endOfLength(source, from, sourceStop);
      if (end < 0) return -1;
      length += 255 * (end - from) + source[end]!;
      from = end + 1;
    }
    length += shortestMatch;
    if (length > destinationStop - to) return -1;
    copyMatch(destination, to, offset, length);
    to += length;
  }
  return -1;
}
