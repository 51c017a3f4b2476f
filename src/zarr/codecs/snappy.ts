/**
 * Decodes Snappy's raw format (without its framing).
 *
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
import { copyLiterals, copyMatch } from "./copy-bytes.ts";

/**
 * Decodes `source[sourceStart, sourceStop)` into `destination[destinationStart, destinationStop)` and returns how many
 * bytes it wrote, or -1 where the stream is broken or does not fit. Neither reads nor writes beyond these bounds.
 */
export function decodeSnappy(
  source: Uint8Array,
  sourceStart: number,
  sourceStop: number,
  destination: Uint8Array,
  destinationStart: number,
  destinationStop: number,
): number {
  let from = sourceStart;
  let to = destinationStart;

  // The length of what follows, seven bits a byte
  let announced = 0;
  for (let scale = 1; ; scale *= 128) {
    if (from >= sourceStop || scale > 2 ** 28) return -1;
    const byte = source[from++]!;
    announced += (byte & 127) * scale;
    if (byte < 128) break;
  }

  while (from < sourceStop) {
    const tag = source[from++]!;
    const kind = tag & 3;

    // Literals
    if (kind === 0) {
      let length = tag >>> 2;
      const lengthBytes = Math.max(0, length - 59);
      if (lengthBytes > sourceStop - from) return -1;
      if (lengthBytes > 0) length = littleEndian(source, from, lengthBytes);
      from += lengthBytes;
      length++;
      if (length > sourceStop - from || length > destinationStop - to) return -1;
      copyLiterals(source, from, destination, to, length);
      from += length;
      to += length;
      continue;
    }

    // Match
    const offsetBytes = kind === 3 ? 4 : kind;
    if (offsetBytes > sourceStop - from) return -1;
    const length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const offset = littleEndian(source, from, offsetBytes) + (kind === 1 ? (tag >>> 5) << 8 : 0);
    from += offsetBytes;
    if (offset === 0 || offset > to - destinationStart || length > destinationStop - to) return -1;
    copyMatch(destination, to, offset, length);
    to += length;
  }
  return to - destinationStart === announced ? announced : -1;
}

function littleEndian(source: Uint8Array, start: number, byteCount: number): number {
  let value = 0;
  for (let at = byteCount - 1; at >= 0; at--) value = value * 256 + source[start + at]!;
  return value;
}
