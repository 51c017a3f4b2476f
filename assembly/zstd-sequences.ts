/**
 * The sequences of a zstd block: a number of literals, then a match of what came before.
 *
 * @see RFC 8878, sections 3.1.1.3.2 and 3.1.1.4
 */
import { copyApart } from "./copy-bytes";
import { copyMatch } from "./lz4-decode";
import { bitsBefore, bitsIn, highest } from "./zstd-bits";
import {
  literalCounts,
  literalValues,
  matchCounts,
  matchValues,
  offsetCounts,
  offsetValues,
} from "./zstd-length-codes";
import { makeSingle, makeTable, readTable, tableLog, takeCounts } from "./zstd-tables";

const literalTable = memory.data(8 << 9, 16);
const matchTable = memory.data(8 << 9, 16);
const offsetTable = memory.data(8 << 8, 16);

/** The bits of a state of each table; -1 where the frame has no table yet that a block might use again. */
let literalLog: i32 = -1;
let matchLog: i32 = -1;
let offsetLog: i32 = -1;

/** Of an entry of a table the number of bits that are added to its value: none in short lengths. */
const furtherBits: u64 = 0xff000000;

/** The offsets of the last three matches. */
let first: usize = 1;
let second: usize = 4;
let third: usize = 8;

/** At the start of a frame. */
export function forgetSequences(): void {
  literalLog = -1;
  matchLog = -1;
  offsetLog = -1;
  first = 1;
  second = 4;
  third = 8;
}

/** Where a table ends that was read; 0 where it is broken. */
let end: usize = 0;

/** Takes or makes a table as a block says. @returns the bits of its states; -1 where it is broken */
function chooseTable(
  mode: i32,
  stop: usize,
  logBefore: i32,
  mostLog: i32,
  values: usize,
  valueCount: i32,
  usual: usize,
  usualCount: i32,
  usualLog: i32,
  table: usize,
): i32 {
  if (mode === 3) return logBefore;
  if (mode === 0) {
    takeCounts(usual, usualCount, usualLog);
    makeTable(values, table);
    return usualLog;
  }
  if (mode === 1) {
    if (end >= stop) return -1;
    const symbol = <i32>load<u8>(end++);
    if (symbol >= valueCount) return -1;
    makeSingle(symbol, values, table);
    return 0;
  }
  end = readTable(end, stop, mostLog, valueCount - 1, values, table);
  return end === 0 ? -1 : tableLog;
}

/**
 * Decodes the sequences of a block, which begin with their number, and copies what they say.
 *
 * @param literals they may be read up to `literalStop`, and 32 bytes beyond it
 * @param frame where the frame begins that matches may go back to
 * @param targetStop nothing is written from here on
 * @returns the end of the block; 0 where it is broken
 */
export function decodeSequences(
  source: usize,
  stop: usize,
  literals: usize,
  literalStop: usize,
  frame: usize,
  target: usize,
  targetStop: usize,
): usize {
  if (source >= stop) return 0;
  let count = <i32>load<u8>(source++);
  if (count >= 128) {
    const bytes: usize = count === 255 ? 2 : 1;
    if (stop - source < bytes) return 0;
    count = count === 255 ? <i32>load<u16>(source) + 0x7f00 : ((count - 128) << 8) + <i32>load<u8>(source);
    source += bytes;
  }
  if (count === 0) return source === stop ? copyLast(literals, literalStop, target, targetStop) : 0;
  if (!chooseTables(source, stop)) return 0;
  return copySequences(count, end, stop, literals, literalStop, frame, target, targetStop);
}

function chooseTables(source: usize, stop: usize): bool {
  if (source >= stop) return false;
  const modes = <i32>load<u8>(source);
  if ((modes & 3) !== 0) return false;
  end = source + 1;
  literalLog = chooseTable(modes >> 6, stop, literalLog, 9, literalValues, 36, literalCounts, 36, 6, literalTable);
  if (literalLog < 0) return false;
  offsetLog = chooseTable((modes >> 4) & 3, stop, offsetLog, 8, offsetValues, 32, offsetCounts, 29, 5, offsetTable);
  if (offsetLog < 0) return false;
  matchLog = chooseTable((modes >> 2) & 3, stop, matchLog, 9, matchValues, 53, matchCounts, 53, 6, matchTable);
  return matchLog >= 0;
}

/** What is left of the literals when there are no more sequences. */
function copyLast(literals: usize, literalStop: usize, target: usize, targetStop: usize): usize {
  const length = literalStop - literals;
  if (length > targetStop - target) return 0;
  memory.copy(target, literals, length);
  return target + length;
}

function copySequences(
  count: i32,
  start: usize,
  stop: usize,
  literals: usize,
  literalStop: usize,
  frame: usize,
  target: usize,
  targetStop: usize,
): usize {
  let to = target;
  let from = literals;
  let one = first;
  let two = second;
  let three = third;
  let place = bitsIn(start, stop) - literalLog - offsetLog - matchLog;
  if (place < 0) return 0;
  let bits = bitsBefore(start, place + literalLog + offsetLog + matchLog);
  let literalState = <usize>highest(bits, literalLog);
  bits <<= <u64>literalLog;
  let offsetState = <usize>highest(bits, offsetLog);
  bits <<= <u64>offsetLog;
  let matchState = <usize>highest(bits, matchLog);
  const roomy = targetStop - target >= 32 ? targetStop - 32 : 0;
  for (let left = count; left > 0; left--) {
    const literalEntry = load<u64>(literalTable + (literalState << 3));
    const matchEntry = load<u64>(matchTable + (matchState << 3));
    const offsetEntry = load<u64>(offsetTable + (offsetState << 3));
    let literalLength = <usize>(literalEntry >>> 32);
    let matchLength = <usize>(matchEntry >>> 32);
    const code = <i32>(offsetEntry >>> 32);

    bits = bitsBefore(start, place);
    const more = highest(bits, code);
    if (((literalEntry | matchEntry) & furtherBits) === 0) {
      place -= code;
      bits <<= <u64>code;
    } else {
      // Offsets have up to 31 bits, the lengths up to 16 each, and the next states 26 in sum: usually one load has them all
      const matchBits = <i32>((matchEntry >>> 24) & 0xff);
      const literalBits = <i32>((literalEntry >>> 24) & 0xff);
      const valueBits = code + matchBits + literalBits;
      place -= valueBits;
      if (valueBits <= 30) {
        matchLength += <usize>highest(bits << (<u64>code), matchBits);
        literalLength += <usize>highest(bits << (<u64>(code + matchBits)), literalBits);
        bits <<= <u64>valueBits;
      } else {
        bits = bitsBefore(start, place + matchBits + literalBits);
        matchLength += <usize>highest(bits, matchBits);
        literalLength += <usize>highest(bits << (<u64>matchBits), literalBits);
        bits = bitsBefore(start, place);
      }
    }

    let offset = ((<usize>1) << (<usize>code)) + <usize>more;
    if (offset > 3) {
      offset -= 3;
      three = two;
      two = one;
      one = offset;
    } else {
      const which = offset - 1 + <usize>(literalLength === 0);
      if (which === 0) {
        offset = one;
      } else {
        offset = which === 1 ? two : which === 2 ? three : one - 1;
        if (offset === 0) return 0;
        if (which !== 1) three = two;
        two = one;
        one = offset;
      }
    }

    if (left > 1) {
      const literalCount = <i32>((literalEntry >>> 16) & 0xff);
      const matchCount = <i32>((matchEntry >>> 16) & 0xff);
      const offsetCount = <i32>((offsetEntry >>> 16) & 0xff);
      literalState = <usize>(literalEntry & 0xffff) + <usize>highest(bits, literalCount);
      matchState = <usize>(matchEntry & 0xffff) + <usize>highest(bits << (<u64>literalCount), matchCount);
      bits <<= <u64>(literalCount + matchCount);
      offsetState = <usize>(offsetEntry & 0xffff) + <usize>highest(bits, offsetCount);
      place -= literalCount + matchCount + offsetCount;
    }
    if (place < 0) return 0;

    if (literalLength > literalStop - from) return 0;
    // Mostly both are short, and there is space to write more than they have
    if ((literalLength | matchLength) < 16 && offset >= 16 && to <= roomy) {
      v128.store(to, v128.load(from));
      from += literalLength;
      to += literalLength;
      if (offset > to - frame) return 0;
      v128.store(to, v128.load(to - offset));
      to += matchLength;
      continue;
    }
    if (literalLength > targetStop - to) return 0;
    copyApart(from, to, literalLength, literalStop + 32, targetStop);
    from += literalLength;
    to += literalLength;
    if (matchLength > targetStop - to || offset > to - frame) return 0;
    copyMatch(to, offset, matchLength, targetStop);
    to += matchLength;
  }
  if (place !== 0) return 0;
  first = one;
  second = two;
  third = three;
  return copyLast(from, literalStop, to, targetStop);
}
