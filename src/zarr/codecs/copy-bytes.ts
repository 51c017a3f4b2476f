/**
 * What the decoders of LZ4, BloscLZ and Snappy have in common: their streams are literals, and matches of what came
 * before.
 */

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
