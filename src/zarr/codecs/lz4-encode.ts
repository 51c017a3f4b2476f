/** Slots of the hash table: 64 KiB of positions, which stay in a core's second cache. */
const hashBits = 14;

/** Matches are at least this long. */
const shortestMatch = 4;

/** The format ends a block with at least five literals, and starts no match in its last twelve bytes. */
const lastLiterals = 5;
const lastMatchStart = 12;

/** How far back a match may lie. */
const farthestOffset = 65535;

/** From this length on, the engine's own copy beats a loop. */
const longCopy = 48;

/** A hash table for {@link encodeLz4Block}, to be used again and again by one thread. */
export function createLz4Table(): Int32Array {
  return new Int32Array(1 << hashBits);
}

/** The most bytes a block of `byteCount` bytes can take. */
export function lz4BlockBound(byteCount: number): number {
  return byteCount + Math.ceil(byteCount / 255) + 16;
}

/**
 * Encodes `source[sourceStart, sourceStop)` into `destination[destinationStart, destinationStop)` and returns how many
 * bytes it wrote, or 0 where the block would not fit. Greedy search over one hash table; `acceleration` from 1 on trades
 * size for speed by making longer steps where nothing matches. `table` is from {@link createLz4Table}.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function encodeLz4Block(
  source: Uint8Array,
  sourceStart: number,
  sourceStop: number,
  destination: Uint8Array,
  destinationStart: number,
  destinationStop: number,
  acceleration: number,
  table: Int32Array,
): number {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const matchStartStop = sourceStop - lastMatchStart;
  const matchStop = sourceStop - lastLiterals;
  let to = destinationStart;
  let from = sourceStart;
  let literalStart = sourceStart;
  table.fill(-1);

  while (from <= matchStartStop) {
    // Find a match, in steps that grow while there is none
    let misses = acceleration << 6;
    let step = 1;
    let candidate = -1;
    while (from <= matchStartStop) {
      const four = view.getInt32(from, true);
      const slot = hashFive(four, source[from + 4]!);
      candidate = table[slot]!;
      table[slot] = from;
      if (candidate >= 0 && from - candidate <= farthestOffset && view.getInt32(candidate, true) === four) break;
      candidate = -1;
      from += step;
      step = misses++ >>> 6;
    }
    if (candidate < 0) break;

    // Extend it to both sides
    while (from > literalStart && candidate > sourceStart && source[from - 1] === source[candidate - 1]) {
      from--;
      candidate--;
    }
    const offset = from - candidate;
    let stop = from + shortestMatch;
    while (stop + 4 <= matchStop && view.getInt32(stop, true) === view.getInt32(stop - offset, true)) stop += 4;
    while (stop < matchStop && source[stop] === source[stop - offset]) stop++;

    // Write literals and match
    const literals = from - literalStart;
    const matched = stop - from - shortestMatch;
    const bound = 3 + literals + ((literals / 255) | 0) + 1 + ((matched / 255) | 0) + 1;
    if (bound > destinationStop - to) return 0;
    destination[to] = (Math.min(literals, 15) << 4) | Math.min(matched, 15);
    to = writeLength(destination, to + 1, literals);
    if (literals >= longCopy) {
      destination.set(source.subarray(literalStart, from), to);
      to += literals;
    } else {
      for (let at = literalStart; at < from; ) destination[to++] = source[at++]!;
    }
    destination[to++] = offset & 255;
    destination[to++] = offset >>> 8;
    to = writeLength(destination, to, matched);

    from = stop;
    literalStart = stop;
    if (from <= matchStartStop) {
      table[hashFive(view.getInt32(from - 2, true), source[from + 2]!)] = from - 2;
    }
  }

  // What is left are literals
  const literals = sourceStop - literalStart;
  if (1 + literals + (literals < 15 ? 0 : (((literals - 15) / 255) | 0) + 1) > destinationStop - to) return 0;
  destination[to] = Math.min(literals, 15) << 4;
  to = writeLength(destination, to + 1, literals);
  destination.set(source.subarray(literalStart, sourceStop), to);
  return to + literals - destinationStart;
}

/** Five bytes find longer matches than four do. */
function hashFive(four: number, fifth: number): number {
  return (Math.imul(four, -1640531535) ^ Math.imul(fifth, 0x2c9277b5)) >>> (32 - hashBits);
}

/** Writes what a length has beyond the 15 that its token holds. */
function writeLength(destination: Uint8Array, start: number, length: number): number {
  let to = start;
  if (length < 15) return to;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) destination[to++] = 255;
  destination[to++] = rest;
  return to;
}
