/**
 * Decodes BloscLZ, Blosc's own relative of FastLZ.
 *
 * The stream is a row of instructions. A control byte below 32 says how many literals follow, less one. Any other one
 * is a match: its upper three bits are the length less two (7: bytes are added until one is not 255), its lower five
 * the upper bits of the distance less one, whose lower eight follow. If all thirteen bits are set, sixteen more follow
 * and count from 8191 on. The first control byte is always literals.
 */
import { copyLiterals, copyMatch, endOfLength } from "./copy-bytes.ts";

const farDistance = 8191;

/**
 * Decodes `source[sourceStart, sourceStop)` into `destination[destinationStart, destinationStop)` and returns how many
 * bytes it wrote, or -1 where the stream is broken or does not fit. Neither reads nor writes beyond these bounds.
 */
export function decodeBloscLz(
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
    const control = from === sourceStart ? source[from]! & 31 : source[from]!;
    from++;

    // Literals
    if (control < 32) {
      const length = control + 1;
      if (length > sourceStop - from || length > destinationStop - to) return -1;
      copyLiterals(source, from, destination, to, length);
      from += length;
      to += length;
      continue;
    }

    // Match
    let length = (control >>> 5) + 2;
    if (length === 9) {
      const end = endOfLength(source, from, sourceStop);
      if (end < 0) return -1;
      length += 255 * (end - from) + source[end]!;
      from = end + 1;
    }
    if (from >= sourceStop) return -1;
    let distance = ((control & 31) << 8) | source[from++]!;
    if (distance === farDistance) {
      if (sourceStop - from < 2) return -1;
      distance += (source[from]! << 8) | source[from + 1]!;
      from += 2;
    }
    distance++;
    if (distance > to - destinationStart || length > destinationStop - to) return -1;
    copyMatch(destination, to, distance, length);
    to += length;
  }
  return to - destinationStart;
}
