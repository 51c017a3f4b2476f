/**
 * Decodes BloscLZ, Blosc's own relative of FastLZ.
 *
 * The stream is a row of instructions. A control byte below 32 says how many literals follow, less one. Any other one
 * is a match: its upper three bits are the length less two (7: bytes are added until one is not 255), its lower five
 * the upper bits of the distance less one, whose lower eight follow. If all thirteen bits are set, sixteen more follow
 * and count from 8191 on. The first control byte is always literals.
 */

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

// Decodes Snappy's raw format (without its framing). @see
// https://github.com/google/snappy/blob/main/format_description.txt

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

// Both streams, as those of LZ4, are literals, and matches of what came before.

/** From this length on, the engine's own copy beats a loop. */
const longCopy = 48;

/** Copies `length` bytes of one array to another. */
export function copyLiterals(
  source: Uint8Array,
  from: number,
  destination: Uint8Array,
  to: number,
  length: number,
): void {
  if (length >= longCopy) destination.set(source.subarray(from, from + length), to);
  else for (let at = 0; at < length; at++) destination[to + at] = source[from + at]!;
}

/** Writes `length` bytes that repeat what lies `offset` bytes before, also what is written only now. */
export function copyMatch(destination: Uint8Array, to: number, offset: number, length: number): void {
  if (length >= longCopy && offset >= length) destination.copyWithin(to, to - offset, to - offset + length);
  else if (length >= longCopy && offset === 1) destination.fill(destination[to - 1]!, to, to + length);
  else for (let at = to; at < to + length; at++) destination[at] = destination[at - offset]!;
}

/**
 * Where a length ends that goes on in further bytes, each to be added: at the first that is not 255. -1 where there is none
 * before `stop`.
 */
export function endOfLength(source: Uint8Array, from: number, stop: number): number {
  for (let at = from; at < stop; at++) if (source[at] !== 255) return at;
  return -1;
}
