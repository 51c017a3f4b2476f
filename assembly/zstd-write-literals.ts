/**
 * Writes the literals of a zstd block: by a Huffman code of their own where that is shorter, as one byte where they are all
 * the same, else as they are.
 *
 * @see RFC 8878, sections 3.1.1.3.1 and 4.2
 */
import { addBits, beginBits, endBits, storeBits } from "./zstd-bits";
import { chooseLengths, lengths } from "./zstd-code-lengths";
import { firstState, makeStates, nextState, shareStates, writeShares } from "./zstd-write-states";

/** Four histograms, as the same byte often comes again at once; then the first is the sum of all. */
const counts = memory.data(4 * 4 * 256, 16);
/** For each symbol its code and, above 16 bits, the length of it. */
const codes = memory.data(4 * 256, 16);
const weightCounts = memory.data(4 * 16, 16);
const weightTable = memory.data(2048, 16);

/** Writes the section of literals. @returns where it ends; 0 where it does not fit before `stop` */
export function writeLiterals(source: usize, length: usize, target: usize, stop: usize): usize {
  if (length >= 64) {
    const largest = count(source, length);
    if (<usize>largest === length) return writeStored(source, length, target, stop, true);
    // Where the most frequent byte is hardly more frequent than others, no code is shorter
    const end = <usize>largest > (length >> 7) + 4 ? writeCoded(source, length, target, stop) : 0;
    if (end !== 0) return end;
  }
  return writeStored(source, length, target, stop, false);
}

function writeStored(source: usize, length: usize, target: usize, stop: usize, isAlike: bool): usize {
  if ((isAlike ? 1 : length) + 4 > stop - target) return 0;
  const kind: u32 = isAlike ? 1 : 0;
  let to = target;
  if (length < 32) {
    store<u8>(to++, <u8>(kind | ((<u32>length) << 3)));
  } else if (length < 4096) {
    store<u16>(to, <u16>(kind | 4 | ((<u32>length) << 4)));
    to += 2;
  } else {
    store<u32>(to, kind | 12 | ((<u32>length) << 4));
    to += 3;
  }
  memory.copy(to, source, isAlike ? 1 : length);
  return to + (isAlike ? 1 : length);
}

/** Counts bytes. @returns how often the most frequent one is there */
function count(source: usize, length: usize): i32 {
  memory.fill(counts, 0, 4 * 4 * 256);
  const stop = source + length;
  let at = source;
  for (; at + 4 <= stop; at += 4) {
    const four = load<u32>(at);
    add(four & 255);
    add(256 + ((four >>> 8) & 255));
    add(512 + ((four >>> 16) & 255));
    add(768 + (four >>> 24));
  }
  for (; at < stop; at++) add(<u32>load<u8>(at));
  let largest = 0;
  for (let symbol: usize = 0; symbol < 1024; symbol += 4) {
    const at = counts + symbol;
    const sum = load<i32>(at) + load<i32>(at, 1024) + load<i32>(at, 2048) + load<i32>(at, 3072);
    store<i32>(at, sum);
    largest = max(largest, sum);
  }
  return largest;
}

function add(slot: u32): void {
  const at = counts + ((<usize>slot) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** @returns where the coded literals end; 0 where they are no shorter */
function writeCoded(source: usize, length: usize, target: usize, stop: usize): usize {
  const bits = chooseLengths(counts);
  const last = <i32>makeCodes(bits);
  let sum: u64 = 0;
  for (let symbol: usize = 0; symbol < 256; symbol++) {
    sum += <u64>load<u32>(counts + (symbol << 2)) * <u64>load<u8>(lengths + symbol);
  }
  // The code itself takes up to 144 bytes; what it saves must be worth the time to undo it
  const most = (sum >>> 3) + 160;
  if (most + (<u64>length >>> 6) > <u64>length || most > <u64>(stop - target)) return 0;
  const isOne = length < 256;
  const headerBytes: usize = length < 1024 ? 3 : length < 16384 ? 4 : 5;
  let to = writeWeights(last, bits, target + headerBytes);
  if (to === 0) return 0;
  to = isOne ? writeStream(source, source + length, to) : writeStreams(source, length, to);
  if (to === 0) return 0;
  const coded = <u64>(to - target - headerBytes);
  const format: u64 = isOne ? 0 : headerBytes === 3 ? 1 : headerBytes === 4 ? 2 : 3;
  const width: u64 = headerBytes === 3 ? 10 : headerBytes === 4 ? 14 : 18;
  if (coded >= (<u64>1) << width) return 0;
  const header = 2 | (format << 2) | ((<u64>length) << 4) | (coded << (4 + width));
  store<u16>(target, <u16>header);
  store<u8>(target, <u8>(header >>> 16), 2);
  if (headerBytes > 3) store<u8>(target, <u8>(header >>> 24), 3);
  if (headerBytes > 4) store<u8>(target, <u8>(header >>> 32), 4);
  return to;
}

/** Gives codes to symbols, the longest first. @returns the last symbol that is there */
function makeCodes(bits: i32): usize {
  let next = 0;
  let last: usize = 0;
  for (let length = bits; length > 0; length--) {
    for (let symbol: usize = 0; symbol < 256; symbol++) {
      if (<i32>load<u8>(lengths + symbol) !== length) continue;
      store<u32>(codes + (symbol << 2), <u32>((next >> (bits - length)) | (length << 16)));
      next += 1 << (bits - length);
      last = max(last, symbol);
    }
  }
  return last;
}

/** Writes the weights of all symbols but the last, which readers know. @returns where they end; 0 where they cannot be told */
function writeWeights(last: i32, bits: i32, target: usize): usize {
  memory.fill(weightCounts, 0, 64);
  let most = 0;
  for (let symbol = 0; symbol < last; symbol++) {
    const at = weightCounts + ((<usize>weightOf(symbol, bits)) << 2);
    store<u32>(at, load<u32>(at) + 1);
    most = max(most, load<i32>(at));
  }
  if (most < last && last > 2) {
    const end = writeWeightStates(last, bits, target + 1);
    const bytes = end - target - 1;
    if (bytes < 128 && (last > 128 || bytes < <usize>((last + 1) >> 1))) {
      store<u8>(target, <u8>bytes);
      return end;
    }
  }
  if (last > 128) return 0;
  store<u8>(target, <u8>(127 + last));
  for (let symbol = 0; symbol < last; symbol += 2) {
    const second = symbol + 1 < last ? weightOf(symbol + 1, bits) : 0;
    store<u8>(target + 1 + <usize>(symbol >> 1), <u8>((weightOf(symbol, bits) << 4) | second));
  }
  return target + 1 + <usize>((last + 1) >> 1);
}

function weightOf(symbol: i32, bits: i32): i32 {
  const length = <i32>load<u8>(lengths + <usize>symbol);
  return length === 0 ? 0 : bits + 1 - length;
}

/** Two states take the weights in turns. */
function writeWeightStates(last: i32, bits: i32, target: usize): usize {
  const log = shareStates(weightCounts, 13, last, 6);
  let to = writeShares(13, log, target);
  makeStates(weightTable, 13, log, 13);
  const isOdd = (last & 1) !== 0;
  let one = firstState(weightTable, weightOf(isOdd ? last - 1 : last - 2, bits));
  let other = firstState(weightTable, weightOf(isOdd ? last - 2 : last - 1, bits));
  beginBits();
  for (let symbol = last - 3; symbol >= 0; symbol--) {
    if ((symbol & 1) === 0) one = nextState(weightTable, one, weightOf(symbol, bits));
    else other = nextState(weightTable, other, weightOf(symbol, bits));
    to = storeBits(to);
  }
  const mask = (1 << log) - 1;
  addBits(other & mask, log);
  addBits(one & mask, log);
  return endBits(storeBits(to));
}

/** Four streams of a quarter of the literals each, their lengths before them; 0 where one is too long to be told. */
function writeStreams(source: usize, length: usize, target: usize): usize {
  const part = (length + 3) >> 2;
  let to = target + 6;
  for (let n: usize = 0; n < 4; n++) {
    const from = source + n * part;
    const end = writeStream(from, min(from + part, source + length), to);
    if (end - to > 65535) return 0;
    if (n < 3) store<u16>(target + (n << 1), <u16>(end - to));
    to = end;
  }
  return to;
}

/** One stream, which readers take from its end on. */
function writeStream(source: usize, stop: usize, target: usize): usize {
  let to = target;
  let at = stop;
  let held: u64 = 0;
  let count: u64 = 0;
  // Seven bits that are held and five codes are no more than 64
  while (at >= source + 5) {
    for (let n = 0; n < 5; n++) {
      const code = load<u32>(codes + ((<usize>load<u8>(--at)) << 2));
      held |= (<u64>(code & 0xffff)) << count;
      count += <u64>(code >>> 16);
    }
    store<u64>(to, held);
    to += <usize>(count >>> 3);
    held >>>= count & 56;
    count &= 7;
  }
  while (at > source) {
    const code = load<u32>(codes + ((<usize>load<u8>(--at)) << 2));
    held |= (<u64>(code & 0xffff)) << count;
    count += <u64>(code >>> 16);
  }
  held |= (<u64>1) << count;
  store<u64>(to, held);
  return to + <usize>((count + 8) >>> 3);
}
