/**
 * Encodes a zstd frame. Pixels of a camera are noise in their low bytes, and in their high bytes mostly what their
 * neighbours have: matches are short and begin with a high byte, so one is sought once for each pixel, not for each byte.
 * Where one was found is noted together with a part of its hash, so that other places need not be looked at, which are
 * seldom in a cache.
 *
 * @see RFC 8878
 */
import { copyApart } from "./copy-bytes";
import { writeLiterals } from "./zstd-write-literals";
import { addSequence, beginSequences, writeSequences } from "./zstd-write-sequences";

/** Half of what a block may have: codes fit better to what is near. */
const blockBytes: usize = 65536;
const shortest: usize = 5;
const hashBits: i32 = 16;
const hashFactor: u64 = ((<u64>0x9e3779b1) << 32) | 0x85ebca87;
/** Items that are noted at once. */
const batch: usize = 2048;
/** For each item how its place and its hash differ from those that were noted in its slot; then a bit for each item. */
const marks: usize = memory.data(4 * 2048 + 64, 16);
const seen: usize = memory.data(2048 / 8 + 16, 16);
/** How far back matches lie: what is further away is seldom in a cache, and hardly saves anything. */
const windowLog: i32 = 18;
const placeMask: u32 = (1 << windowLog) - 1;
/** For each hash of five bytes the last place of them, its lower 18 bits, and above these further bits of the hash. */
const table: usize = memory.data(4 << 16, 16);
const literalBytes: usize = memory.data(65536 + 64, 16);

/** The literals of a block so far. */
let literalStop: usize = 0;
/** Where what may be read ends. */
let readable: usize = 0;
/** The offset of the last match. */
let lastOffset: usize = 1;

/**
 * Encodes `source` to `sourceStop` into `target` to `targetStop` as one frame that tells its length.
 *
 * @param itemBytes of pixels: where that is no power of two, bytes are taken one by one
 * @returns the bytes written; 0 where they do not fit
 */
export function encodeZstd(source: usize, sourceStop: usize, target: usize, targetStop: usize, itemBytes: i32): i32 {
  if (targetStop - target < 16) return 0;
  memory.fill(table, 0, 4 << hashBits);
  let to = writeHeader(sourceStop - source, target);
  let from = source;
  lastOffset = 1;
  readable = sourceStop;
  do {
    const stop = min(sourceStop, from + blockBytes);
    const isLast: u32 = stop === sourceStop ? 1 : 0;
    if (targetStop - to < 3) return 0;
    const offsetBefore = lastOffset;
    findMatches(source, from, stop, popcnt(itemBytes) === 1 ? <usize>itemBytes : 1);
    const end = writeBlock(to + 3, min(targetStop, to + 3 + (stop - from)));
    if (end !== 0) {
      writeBlockHeader(to, isLast | 4 | ((<u32>(end - to - 3)) << 3));
      to = end;
    } else {
      if (targetStop - to - 3 < stop - from) return 0;
      lastOffset = offsetBefore;
      writeBlockHeader(to, isLast | ((<u32>(stop - from)) << 3));
      memory.copy(to + 3, from, stop - from);
      to += 3 + (stop - from);
    }
    from = stop;
  } while (from < sourceStop);
  return <i32>(to - target);
}

/** Up to the window's size a frame is one segment, else its window is told. */
function writeHeader(length: usize, target: usize): usize {
  store<u32>(target, 0xfd2fb528);
  const isSingle = length <= 1 << windowLog;
  store<u8>(target, isSingle ? 0xa0 : 0x80, 4);
  let to = target + 5;
  if (!isSingle) store<u8>(to++, <u8>((windowLog - 10) << 3));
  store<u32>(to, <u32>length);
  return to + 4;
}

function writeBlockHeader(to: usize, header: u32): void {
  store<u16>(to, <u16>header);
  store<u8>(to, <u8>(header >>> 16), 2);
}

/** Writes the literals and the sequences of a block. @returns where they end; 0 where they are no shorter than `stop` allows */
function writeBlock(target: usize, stop: usize): usize {
  const end = writeLiterals(literalBytes, literalStop - literalBytes, target, stop);
  if (end === 0) return 0;
  const all = writeSequences(end, stop);
  return all >= stop ? 0 : all;
}

/**
 * Divides a block into literals and matches. First it is noted for many items at once where each was seen last, without a
 * branch: whether it was cannot be predicted, and a processor that guesses wrong waits longer than all of that takes.
 */
function findMatches(frame: usize, block: usize, stop: usize, itemBytes: usize): void {
  beginSequences();
  literalStop = literalBytes;
  const shift = ctz(itemBytes);
  let literalStart = block;
  // The highest byte of an item; eight bytes are loaded at once
  for (
    let begin = block + itemBytes - 1 - ((block - frame) & (itemBytes - 1));
    begin + 8 < stop;
    begin += batch << shift
  ) {
    const count = min(batch, (stop - 8 - begin + itemBytes - 1) >>> shift);
    noteItems(frame, begin, count, itemBytes);
    markSeen(count);
    let n = literalStart > begin ? (literalStart - begin + itemBytes - 1) >>> shift : 0;
    while (n < count) {
      // Seven bits of the first byte may be those of items before
      const word = load<u64>(seen + (n >>> 3)) >>> (<u64>n & 7);
      if (word === 0) {
        n += 57;
        continue;
      }
      n += <usize>ctz(word);
      if (n >= count) break;
      let from = begin + (n << shift);
      const place = <u32>(from - frame);
      const offset = <usize>((place - (place ^ load<u32>(marks + (n << 2)))) & placeMask);
      const difference = load<u64>(from) ^ load<u64>(from - offset);
      if (difference << 24 !== 0) {
        n++;
        continue;
      }
      // Mostly a match ends here: a branch that is predicted, so that nothing waits for bytes that are far away
      let end = from + shortest;
      if (((difference >>> 40) & 255) === 0) end = matchEnd(end, offset, stop);
      while (from > literalStart && from - offset > frame && load<u8>(from - 1) === load<u8>(from - 1 - offset)) from--;
      addMatch(literalStart, from, end - from, offset);
      literalStart = end;
      n = (end - begin + itemBytes - 1) >>> shift;
    }
  }
  takeLiterals(literalStart, stop);
}

/**
 * Notes the places of items and, in {@link marks}, how these differ from what was noted for the same five bytes, or seldom
 * for others.
 */
function noteItems(frame: usize, begin: usize, count: usize, itemBytes: usize): void {
  let from = begin;
  const stop = marks + (count << 2);
  for (let to = marks; to < stop; to += 4, from += itemBytes) {
    const hash = (load<u64>(from) << 24) * hashFactor;
    const slot = (<usize>(hash >>> (64 - hashBits))) << 2;
    const noted = (<u32>(hash >>> (32 - hashBits)) & ~placeMask) | (<u32>(from - frame) & placeMask);
    store<u32>(to, load<u32>(slot, table) ^ noted);
    store<u32>(slot, noted, table);
  }
}

/** Sets a bit of {@link seen} for each item whose bytes were seen before: the same bits of the hash at another place. */
function markSeen(count: usize): void {
  const last = i32x4.splat(placeMask);
  const one = i32x4.splat(1);
  let to = seen;
  for (let at = marks; at < marks + (count << 2); at += 64, to += 2) {
    const a = i32x4.lt_u(i32x4.sub(v128.load(at), one), last);
    const b = i32x4.lt_u(i32x4.sub(v128.load(at, 16), one), last);
    const c = i32x4.lt_u(i32x4.sub(v128.load(at, 32), one), last);
    const d = i32x4.lt_u(i32x4.sub(v128.load(at, 48), one), last);
    const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
    store<u16>(to, <u16>i8x16.bitmask(bytes));
  }
}

function addMatch(literalStart: usize, begin: usize, matched: usize, offset: usize): void {
  takeLiterals(literalStart, begin);
  const isSame = offset === lastOffset && begin > literalStart;
  addSequence(begin - literalStart, matched, isSame ? 1 : offset + 3);
  lastOffset = offset;
}

function takeLiterals(start: usize, stop: usize): void {
  const length = stop - start;
  if (length <= 32 && start + 32 <= readable) {
    v128.store(literalStop, v128.load(start));
    v128.store(literalStop, v128.load(start, 16), 16);
  } else copyApart(start, literalStop, length, readable, literalBytes + blockBytes + 64);
  literalStop += length;
}

/**
 * The end of a match that goes on from `at`, no further than `stop`. Mostly it does not: a branch that is predicted, so that
 * nothing waits for bytes that are far away.
 */
function matchEnd(at: usize, offset: usize, stop: usize): usize {
  let to = at;
  while (to + 8 <= stop) {
    const difference = load<u64>(to) ^ load<u64>(to - offset);
    if (difference !== 0) return to + <usize>(ctz(difference) >>> 3);
    to += 8;
  }
  while (to < stop && load<u8>(to) === load<u8>(to - offset)) to++;
  return to;
}
