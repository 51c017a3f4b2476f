/**
 * Writes the sequences of a zstd block: a number of literals, then a match of what came before.
 *
 * @see RFC 8878, sections 3.1.1.3.2 and 3.1.1.4
 */
import { addBits, beginBits, endBits, storeBits } from "./zstd-bits";
import { literalCounts, literalValues, matchCounts, matchValues, offsetCounts } from "./zstd-length-codes";
import {
  bitsOfState,
  firstState,
  makeStates,
  shareStates,
  stateBefore,
  stateTableBytes,
  takeShares,
  writeShares,
} from "./zstd-write-states";

/** Space for a block of 65536 bytes, whose matches have four at least: the length of the literals, the length of the match and the number that stands for the offset, four bytes each. */
const sequenceBytes: usize = 12;
const sequences = memory.data((12 * 65536) / 4, 16);
let sequenceStop: usize = 0;
/** Of each sequence the codes of these three. */
const codes = memory.data(65536, 16);
const counts = memory.data(3 * 4 * 64, 16);
const literalCodes = memory.data(64, 16);
const matchCodes = memory.data(128, 16);
const tables = memory.data(3 * 1536, 16);
let areCodesMade = false;

/** Of the codes of a sequence: literals from 16 on, or a match from 35 on. */
const longCodes: u32 = 0xe000f0;

/** Fewer sequences are not worth shares of their own. */
const leastForShares = 64;

/** Begins a block. */
export function beginSequences(): void {
  sequenceStop = sequences;
}

/** Adds a sequence; an offset is given by three more than it is, or by 1 where it is that of the sequence before. */
export function addSequence(literals: usize, matched: usize, offset: usize): void {
  store<u32>(sequenceStop, <u32>literals);
  store<u32>(sequenceStop, <u32>matched, 4);
  store<u32>(sequenceStop, <u32>offset, 8);
  sequenceStop += sequenceBytes;
}

/** Codes of short lengths, from the lengths that codes begin with. */
function makeCodes(): void {
  for (let length = 0, code = 0; length < 64; length++) {
    while (code < 35 && (load<u32>(literalValues + ((<usize>code + 1) << 2)) & 0xffffff) <= <u32>length) code++;
    store<u8>(literalCodes + <usize>length, <u8>code);
  }
  for (let length = 0, code = 0; length < 128; length++) {
    while (code < 52 && (load<u32>(matchValues + ((<usize>code + 1) << 2)) & 0xffffff) <= <u32>(length + 3)) code++;
    store<u8>(matchCodes + <usize>length, <u8>code);
  }
  areCodesMade = true;
}

/** Writes the sequences. @returns where they end; 0 where they do not fit before `stop` */
export function writeSequences(target: usize, stop: usize): usize {
  const count = <i32>((sequenceStop - sequences) / sequenceBytes);
  if (stop - target < 256) return 0;
  let to = writeCount(count, target);
  if (count === 0) return to;
  if (!areCodesMade) makeCodes();
  countCodes();
  const modes = to++;
  let mode = 0;
  to = writeTable(0, 36, count, 9, literalCounts, 36, 6, 32, to);
  mode = chosen << 6;
  to = writeTable(1, 32, count, 8, offsetCounts, 29, 5, 24, to);
  mode |= chosen << 4;
  to = writeTable(2, 53, count, 9, matchCounts, 53, 6, 46, to);
  store<u8>(modes, <u8>(mode | (chosen << 2)));
  return writeStates(to, stop);
}

function writeCount(count: i32, target: usize): usize {
  if (count < 128) {
    store<u8>(target, <u8>count);
    return target + 1;
  }
  if (count < 0x7f00) {
    store<u8>(target, <u8>((count >> 8) + 128));
    store<u8>(target, <u8>count, 1);
    return target + 2;
  }
  store<u8>(target, 255);
  store<u16>(target, <u16>(count - 0x7f00), 1);
  return target + 3;
}

/** Finds the codes of all sequences, and counts them. */
function countCodes(): void {
  memory.fill(counts, 0, 3 * 4 * 64);
  let code = codes;
  for (let at = sequences; at < sequenceStop; at += sequenceBytes, code += 4) {
    const literals = load<u32>(at);
    const matched = load<u32>(at, 4) - 3;
    const ofLiterals = literals < 64 ? <u32>load<u8>(literalCodes + <usize>literals) : 50 - clz(literals);
    const ofMatch = matched < 128 ? <u32>load<u8>(matchCodes + <usize>matched) : 67 - clz(matched);
    const ofOffset = 31 - clz(load<u32>(at, 8));
    store<u32>(code, ofLiterals | (ofOffset << 8) | (ofMatch << 16));
    countOne(ofLiterals);
    countOne(64 + ofOffset);
    countOne(128 + ofMatch);
  }
}

function countOne(slot: u32): void {
  const at = counts + ((<usize>slot) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** How a table was told. */
let chosen: i32 = 0;
/** The bits of the states of each table. */
let literalLog: i32 = 0;
let offsetLog: i32 = 0;
let matchLog: i32 = 0;

function setLog(which: i32, log: i32): void {
  if (which === 0) literalLog = log;
  else if (which === 1) offsetLog = log;
  else matchLog = log;
}

/** Makes a table and tells readers of it. @returns where that ends */
function writeTable(
  which: i32,
  codeCount: i32,
  count: i32,
  mostLog: i32,
  usual: usize,
  usualCount: i32,
  usualLog: i32,
  rareFrom: i32,
  target: usize,
): usize {
  const ofCodes = counts + <usize>(256 * which);
  const table = tables + stateTableBytes * <usize>which;
  let last = 0;
  let most = 0;
  for (let code = 0; code < codeCount; code++) {
    const here = load<i32>(ofCodes + ((<usize>code) << 2));
    if (here > 0) last = code;
    most = max(most, here);
  }
  if (most === count) {
    chosen = 1;
    setLog(which, -1);
    store<u8>(target, <u8>last);
    return target + 1;
  }
  if (count < leastForShares && last < usualCount) {
    chosen = 0;
    setLog(which, usualLog);
    takeShares(usual, usualCount);
    makeStates(table, usualCount, usualLog, rareFrom);
    return target;
  }
  chosen = 2;
  const log = shareStates(ofCodes, last + 1, count, mostLog);
  setLog(which, log);
  const end = writeShares(last + 1, log, target);
  makeStates(table, last + 1, log, last + 1);
  return end;
}

/**
 * Writes the sequences from the last to the first, as readers take them the other way round. The bits that are held are
 * variables of this function, which stay in registers: of each sequence 26 of states at most, and of its values mostly no
 * more than 30.
 *
 * @returns where they end; 0 where that is beyond `stop`
 */
function writeStates(target: usize, stop: usize): usize {
  const ofLiterals = tables;
  const ofOffsets = tables + stateTableBytes;
  const ofMatches = tables + 2 * stateTableBytes;
  const hasLiterals = literalLog >= 0;
  const hasOffsets = offsetLog >= 0;
  const hasMatches = matchLog >= 0;
  let to = target;
  let at = sequenceStop - sequenceBytes;
  let code = codes + (((at - sequences) / sequenceBytes) << 2);
  let three = load<u32>(code);
  let matchState = hasMatches ? firstState(ofMatches, <i32>(three >>> 16)) : 0;
  let offsetState = hasOffsets ? firstState(ofOffsets, <i32>((three >>> 8) & 255)) : 0;
  let literalState = hasLiterals ? firstState(ofLiterals, <i32>(three & 255)) : 0;
  let held: u64 = 0;
  let count: u64 = 0;
  while (true) {
    // What codes do not tell of the two lengths and of the offset: of short lengths they tell all
    const offsetBits = <u64>((three >>> 8) & 255);
    if ((three & longCodes) !== 0) {
      const literalValue = load<u32>(literalValues + ((<usize>(three & 255)) << 2));
      const matchValue = load<u32>(matchValues + ((<usize>(three >>> 16)) << 2));
      const literalBits = <u64>(literalValue >>> 24);
      const matchBits = <u64>(matchValue >>> 24);
      held |= (<u64>(load<u32>(at) - (literalValue & 0xffffff))) << count;
      count += literalBits;
      if (literalBits + matchBits + offsetBits > 30) {
        store<u64>(to, held);
        to += <usize>(count >>> 3);
        held >>>= count & 56;
        count &= 7;
      }
      held |= (<u64>(load<u32>(at, 4) - (matchValue & 0xffffff))) << count;
      count += matchBits;
    }
    held |= (<u64>load<u32>(at, 8) - ((<u64>1) << offsetBits)) << count;
    count += offsetBits;
    store<u64>(to, held);
    to += <usize>(count >>> 3);
    held >>>= count & 56;
    count &= 7;
    if (at === sequences) break;
    if (to + 32 > stop) return 0;
    at -= sequenceBytes;
    code -= 4;
    three = load<u32>(code);
    if (hasOffsets) {
      const symbol = <i32>((three >>> 8) & 255);
      const bits = bitsOfState(ofOffsets, offsetState, symbol);
      held |= (<u64>(offsetState & ((1 << bits) - 1))) << count;
      count += <u64>bits;
      offsetState = stateBefore(ofOffsets, offsetState, bits, symbol);
    }
    if (hasMatches) {
      const symbol = <i32>(three >>> 16);
      const bits = bitsOfState(ofMatches, matchState, symbol);
      held |= (<u64>(matchState & ((1 << bits) - 1))) << count;
      count += <u64>bits;
      matchState = stateBefore(ofMatches, matchState, bits, symbol);
    }
    if (hasLiterals) {
      const symbol = <i32>(three & 255);
      const bits = bitsOfState(ofLiterals, literalState, symbol);
      held |= (<u64>(literalState & ((1 << bits) - 1))) << count;
      count += <u64>bits;
      literalState = stateBefore(ofLiterals, literalState, bits, symbol);
    }
  }
  beginBits();
  addBits(<u32>held, <i32>count);
  if (hasMatches) addBits(matchState & ((1 << matchLog) - 1), matchLog);
  if (hasOffsets) addBits(offsetState & ((1 << offsetLog) - 1), offsetLog);
  if (hasLiterals) addBits(literalState & ((1 << literalLog) - 1), literalLog);
  return endBits(storeBits(to));
}
