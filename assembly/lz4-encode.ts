/**
 * Encodes LZ4 blocks. Greedy search over two hash tables, which keep the lower 16 bits of the last position of eight bytes
 * and of five; no match can lie further back, and what they say is looked up, so a slot never written may say position 0.
 * Eight equal bytes mostly begin a long match: in the nearly empty upper bytes of pixels, where all short ones are
 * everywhere, that makes the block smaller by a fifth, and faster to write and read. Both tables fit into a core's first
 * cache.
 */
import { copyApart } from "./copy-bytes";

const shortestMatch: usize = 4;
const lastLiterals: usize = 5;
const lastMatchStart: usize = 12;
const hashBits: i32 = 13;
const skipBits: i32 = 5;

/** The last position, its lower 16 bits, for each hash of eight bytes, then for each hash of five. */
const table: usize = memory.data(4 << hashBits, 16);
const tableOfFive: usize = table + (2 << hashBits);

/** Encodes `source` to `sourceStop` into `target` to `targetStop`; the bytes written, or 0 where they do not fit. */
export function encodeLz4(source: usize, sourceStop: usize, target: usize, targetStop: usize, acceleration: i32): i32 {
  // Addresses that wrapped below zero would be no bounds: all comparisons leave space on the left
  const matchStop = sourceStop - lastLiterals;
  let to = target;
  let from = source;
  let literalStart = source;
  memory.fill(table, 0, 4 << hashBits);

  while (from + lastMatchStart <= sourceStop) {
    // Find a match, in steps that grow while there is none
    let misses: u32 = (<u32>acceleration) << skipBits;
    let step: usize = 1;
    let offset: usize = 0;
    while (from + lastMatchStart <= sourceStop) {
      const position = from - source;
      const eight = load<u64>(from);
      const four = <u32>eight;
      const next = <u32>(eight >>> 32);
      const eightSlot = slotOfEight(four, next);
      const fiveSlot = slotOfFive(four, next);
      const farOffset = (position - <usize>load<u16>(eightSlot)) & 0xffff;
      const nearOffset = (position - <usize>load<u16>(fiveSlot)) & 0xffff;
      store<u16>(eightSlot, <u16>position);
      store<u16>(fiveSlot, <u16>position);
      if (load<u64>(from - farOffset) === eight && farOffset !== 0) {
        offset = farOffset;
        break;
      }
      if (load<u32>(from - nearOffset) === four && nearOffset !== 0) {
        offset = nearOffset;
        break;
      }
      from += step;
      step = misses++ >>> skipBits;
    }
    if (offset === 0) break;

    // Extend it to both sides
    const stop = matchEnd(from + shortestMatch, offset, matchStop);
    while (from > literalStart && from - offset > source && load<u8>(from - 1) === load<u8>(from - 1 - offset)) from--;

    // Write literals and match
    const literals = from - literalStart;
    const matched = stop - from - shortestMatch;
    const bound: usize = <usize>5 + literals + literals / 255 + matched / 255;
    if (bound > targetStop - to) return 0;
    store<u8>(to, <u8>((nibble(literals) << 4) | nibble(matched)));
    to = writeLength(to + 1, literals);
    if (literals <= 16 && literalStart + 16 <= sourceStop && bound + 16 <= targetStop - to) {
      v128.store(to, v128.load(literalStart));
    } else {
      copyApart(literalStart, to, literals, sourceStop, targetStop);
    }
    to += literals;
    store<u16>(to, <u16>offset);
    to = writeLength(to + 2, matched);

    from = stop;
    literalStart = stop;
    if (from + lastMatchStart <= sourceStop) {
      const four = load<u32>(from - 2);
      const next = load<u32>(from + 2);
      store<u16>(slotOfEight(four, next), <u16>(from - 2 - source));
      store<u16>(slotOfFive(four, next), <u16>(from - 2 - source));
    }
  }

  // What is left are literals
  const literals = sourceStop - literalStart;
  const more: usize = literals < 15 ? 0 : (literals - 15) / 255 + 1;
  if (<usize>1 + literals + more > targetStop - to) return 0;
  store<u8>(to++, <u8>(nibble(literals) << 4));
  if (literals >= 15) to = writeLength(to, literals);
  memory.copy(to, literalStart, literals);
  return <i32>(to + literals - target);
}

/** The end of a match that goes on from `at`, no further than `matchStop`. */
function matchEnd(at: usize, offset: usize, matchStop: usize): usize {
  let stop = at;
  while (stop + 32 <= matchStop) {
    const first = i8x16.bitmask(i8x16.eq(v128.load(stop), v128.load(stop - offset)));
    const second = i8x16.bitmask(i8x16.eq(v128.load(stop, 16), v128.load(stop - offset, 16)));
    const same = first | (second << 16);
    if (same !== -1) return stop + <usize>ctz(~same);
    stop += 32;
  }
  while (stop < matchStop && load<u8>(stop) === load<u8>(stop - offset)) stop++;
  return stop;
}

/** Where the last position of eight bytes is kept. */
function slotOfEight(four: u32, next: u32): usize {
  const hash = (four * 0x9e3779b1 + next * 0x85ebca77) >>> (32 - hashBits);
  return table + ((<usize>hash) << 1);
}

/** Where the last position of four bytes and the first of the next ones is kept. */
function slotOfFive(four: u32, next: u32): usize {
  const hash = (four * 0x9e3779b1 + (next & 255) * 0x2c9277b5) >>> (32 - hashBits);
  return tableOfFive + ((<usize>hash) << 1);
}

/** What a token holds of a length: 15 where it is longer. Without a branch, as no processor predicts lengths. */
function nibble(length: usize): usize {
  return (length | (0 - <usize>(length >= 15))) & 15;
}

/** Writes what a length has beyond the 15 that its token holds. */
function writeLength(start: usize, length: usize): usize {
  if (length >= 270) return writeLongLength(start, length - 15);
  // Overwritten by what follows where the token says all
  store<u8>(start, <u8>(length - 15));
  return start + <usize>(length >= 15);
}

function writeLongLength(start: usize, beyond: usize): usize {
  let to = start;
  let rest = beyond;
  for (; rest >= 255; rest -= 255) store<u8>(to++, 255);
  store<u8>(to++, <u8>rest);
  return to;
}
