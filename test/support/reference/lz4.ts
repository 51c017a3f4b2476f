/** LZ4 blocks, as plain loops: what the kernels of `assembly/lz4-*.ts` are held against. */
import { copyLiterals, copyMatch, endOfLength } from "../../../src/zarr/codecs/old-streams.ts";

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

/** Each of the two hash tables has 2^13 slots of 16 bits: both fit into a core's first cache. */
const hashBits = 13;
const slotCount = 1 << hashBits;

/** After so many misses (2^5) steps become one longer. */
const skipBits = 5;

/** The format ends a block with at least five literals, and starts no match in its last twelve bytes. */
const lastLiterals = 5;
const lastMatchStart = 12;

/** The hash tables for {@link encodeLz4Block}, to be used again and again by one thread. */
export function createLz4Table(): Uint16Array {
  return new Uint16Array(2 * slotCount);
}

/**
 * Encodes `source[sourceStart, sourceStop)` into `destination[destinationStart, destinationStop)` and returns how many
 * bytes it wrote, or 0 where the block would not fit. Greedy search over two hash tables, which keep the lower 16 bits
 * of the last position of eight bytes and of five; no match can lie further back, and what they say is looked up, so a
 * slot never written may say position 0. Eight equal bytes mostly begin a long match: in the nearly empty upper bytes
 * of pixels, where all short ones are everywhere, that makes the block smaller by a fifth, and faster to write and
 * read. `acceleration` from 1 on trades size for speed by making longer steps where nothing matches. `table` is from
 * {@link createLz4Table}.
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
  table: Uint16Array,
): number {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const matchStartStop = sourceStop - lastMatchStart;
  const matchStop = sourceStop - lastLiterals;
  let to = destinationStart;
  let from = sourceStart;
  let literalStart = sourceStart;
  table.fill(0);

  while (from <= matchStartStop) {
    // Find a match, in steps that grow while there is none
    let misses = acceleration << skipBits;
    let step = 1;
    let offset = 0;
    while (from <= matchStartStop) {
      const position = from - sourceStart;
      const four = view.getInt32(from, true);
      const next = view.getInt32(from + 4, true);
      const eightSlot = hashEight(four, next);
      const fiveSlot = slotCount + hashFive(four, next & 255);
      const farOffset = (position - table[eightSlot]!) & 0xffff;
      const nearOffset = (position - table[fiveSlot]!) & 0xffff;
      table[eightSlot] = position;
      table[fiveSlot] = position;
      const far = from - farOffset;
      if (farOffset !== 0 && view.getInt32(far, true) === four && view.getInt32(far + 4, true) === next) {
        offset = farOffset;
        break;
      }
      if (nearOffset !== 0 && view.getInt32(from - nearOffset, true) === four) {
        offset = nearOffset;
        break;
      }
      from += step;
      step = misses++ >>> skipBits;
    }
    if (offset === 0) break;

    // Extend it to both sides
    let stop = from + shortestMatch;
    while (stop + 4 <= matchStop && view.getInt32(stop, true) === view.getInt32(stop - offset, true)) stop += 4;
    while (stop < matchStop && source[stop] === source[stop - offset]) stop++;
    while (from > literalStart && from - offset > sourceStart && source[from - 1] === source[from - 1 - offset]) from--;

    // Write literals and match
    const literals = from - literalStart;
    const matched = stop - from - shortestMatch;
    const bound = 3 + literals + ((literals / 255) | 0) + 1 + ((matched / 255) | 0) + 1;
    if (bound > destinationStop - to) return 0;
    destination[to] = (Math.min(literals, 15) << 4) | Math.min(matched, 15);
    to = writeLength(destination, to + 1, literals);
    copyLiterals(source, literalStart, destination, to, literals);
    to += literals;
    destination[to++] = offset & 255;
    destination[to++] = offset >>> 8;
    to = writeLength(destination, to, matched);

    from = stop;
    literalStart = stop;
    if (from <= matchStartStop) {
      const four = view.getInt32(from - 2, true);
      table[hashEight(four, view.getInt32(from + 2, true))] = from - 2 - sourceStart;
      table[slotCount + hashFive(four, source[from + 2]!)] = from - 2 - sourceStart;
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

function hashEight(four: number, next: number): number {
  return (Math.imul(four, 0x9e3779b1) + Math.imul(next, 0x85ebca77)) >>> (32 - hashBits);
}

function hashFive(four: number, fifth: number): number {
  return (Math.imul(four, 0x9e3779b1) + Math.imul(fifth, 0x2c9277b5)) >>> (32 - hashBits);
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
