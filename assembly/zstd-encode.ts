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
const tagBits: i32 = 32 - 18;
const hashFactor: u64 = ((<u64>0x9e3779b1) << 32) | 0x85ebca87;
/** Searches without a match after which the next steps are longer. */
const skipBits: i32 = 8;
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
 * @param itemBytes of pixels
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
    findMatches(source, from, stop, <usize>itemBytes);
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

/** Divides a block into literals and matches. */
function findMatches(frame: usize, block: usize, stop: usize, itemBytes: usize): void {
  beginSequences();
  literalStop = literalBytes;
  let literalStart = block;
  let from = nextHighByte(frame, block, itemBytes);
  let misses: u32 = 1 << skipBits;
  // Eight bytes are loaded at once
  while (from + 8 < stop) {
    let match = lastPlace(frame, from);
    if (match === 0) {
      from += itemBytes * <usize>(misses++ >>> skipBits);
      continue;
    }
    const end = matchEnd(from + shortest, from - match, stop);
    while (from > literalStart && match > frame && load<u8>(from - 1) === load<u8>(match - 1)) {
      from--;
      match--;
    }
    addMatch(literalStart, from, end - from, from - match);
    literalStart = end;
    from = nextHighByte(frame, end, itemBytes);
    misses = 1 << skipBits;
  }
  takeLiterals(literalStart, stop);
}

/** The highest byte of the pixel that `at` is in. */
function nextHighByte(frame: usize, at: usize, itemBytes: usize): usize {
  return at + itemBytes - 1 - ((at - frame) % itemBytes);
}

/** Where the five bytes at `from` were seen last; 0 where they were not, or too far back. They are noted for later. */
function lastPlace(frame: usize, from: usize): usize {
  const five = load<u64>(from) << 24;
  const hash = five * hashFactor;
  const slot = table + ((<usize>(hash >>> (64 - hashBits))) << 2);
  const place = <u32>(from - frame);
  const noted = ((<u32>(hash >>> (64 - hashBits - tagBits))) << windowLog) | (place & placeMask);
  const before = load<u32>(slot);
  store<u32>(slot, noted);
  if ((before ^ noted) >>> windowLog !== 0) return 0;
  const offset = <usize>((noted - before) & placeMask);
  if (offset === 0 || offset > <usize>place) return 0;
  return load<u64>(from - offset) << 24 === five ? from - offset : 0;
}

function addMatch(literalStart: usize, begin: usize, matched: usize, offset: usize): void {
  takeLiterals(literalStart, begin);
  const isSame = offset === lastOffset && begin > literalStart;
  addSequence(begin - literalStart, matched, isSame ? 1 : offset + 3);
  lastOffset = offset;
}

function takeLiterals(start: usize, stop: usize): void {
  copyApart(start, literalStop, stop - start, readable, literalBytes + blockBytes + 64);
  literalStop += stop - start;
}

/**
 * The end of a match that goes on from `at`, no further than `stop`. Mostly it does not: a branch that is predicted, so that
 * nothing waits for bytes that are far away.
 */
function matchEnd(at: usize, offset: usize, stop: usize): usize {
  if (load<u8>(at) !== load<u8>(at - offset)) return at;
  let to = at;
  while (to + 8 <= stop) {
    const difference = load<u64>(to) ^ load<u64>(to - offset);
    if (difference !== 0) return to + <usize>(ctz(difference) >>> 3);
    to += 8;
  }
  while (to < stop && load<u8>(to) === load<u8>(to - offset)) to++;
  return to;
}
