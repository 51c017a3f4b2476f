/**
 * zstd's literals in Huffman codes. Codes have 11 bits at most; the table has an entry for each 11 bits: the byte that they
 * begin with, and above it the length of its code.
 *
 * @see RFC 8878, section 4.2
 */
import { bitsBefore, bitsIn, highest } from "./zstd-bits";
import { readTable, tableLog } from "./zstd-tables";

const mostBits = 11;
/** Of 57 bits, this many codes are certain. */
const codesAtOnce = 5;
const table = memory.data(2 << 11, 16);
const weights = memory.data(256, 16);
const weightTable = memory.data(8 << 6, 16);
const starts = memory.data(4 * 16, 16);

/** Reads the lengths of codes and makes the table. @returns where they end; 0 where they are broken */
export function readCodes(source: usize, stop: usize): usize {
  if (source >= stop) return 0;
  const header = <i32>load<u8>(source++);
  if (header >= 128) {
    const count = header - 127;
    const end = source + <usize>((count + 1) >> 1);
    if (end > stop) return 0;
    for (let n = 0; n < count; n++) {
      const pair = load<u8>(source + <usize>(n >> 1));
      store<u8>(weights + <usize>n, (n & 1) === 0 ? pair >>> 4 : pair & 15);
    }
    return makeCodes(count) ? end : 0;
  }
  const end = source + <usize>header;
  if (end > stop) return 0;
  const count = readWeights(source, end);
  return count > 0 && makeCodes(count) ? end : 0;
}

/** Reads weights that two states take in turns. @returns their number; 0 where they are broken */
function readWeights(source: usize, stop: usize): i32 {
  const start = readTable(source, stop, 6, 12, 0, weightTable);
  if (start === 0) return 0;
  const log = tableLog;
  let place = bitsIn(start, stop) - log;
  let one = takeState(start, place, log);
  place -= log;
  let other = takeState(start, place, log);
  if (place < 0) return 0;
  for (let count = 0; count < 254; count++) {
    const entry = weightTable + ((<usize>one) << 3);
    store<u8>(weights + <usize>count, load<u8>(entry, 4));
    const bits = <i32>load<u8>(entry, 2);
    place -= bits;
    if (place < 0) {
      store<u8>(weights + <usize>count + 1, load<u8>(weightTable + ((<usize>other) << 3), 4));
      return count + 2;
    }
    one = other;
    other = <i32>load<u16>(entry) + takeState(start, place, bits);
  }
  return 0;
}

function takeState(start: usize, place: i32, bits: i32): i32 {
  return <i32>highest(bitsBefore(start, place + bits), bits);
}

/** Makes the table of weights, of which the last is what the others leave. @returns whether they are those of a code */
function makeCodes(count: i32): bool {
  memory.fill(starts, 0, 64);
  let sum = 0;
  for (let n = 0; n < count; n++) {
    const weight = <i32>load<u8>(weights + <usize>n);
    if (weight > mostBits) return false;
    sum += (1 << weight) >> 1;
    countWeight(<u8>weight);
  }
  if (sum === 0) return false;
  const bits = 32 - clz(sum);
  const rest = (1 << bits) - sum;
  if (bits > mostBits || popcnt(rest) !== 1) return false;
  const last = <u8>(32 - clz(rest));
  store<u8>(weights + <usize>count, last);
  countWeight(last);
  // Two of the longest codes at least, or the code is none
  const longest = load<u32>(starts, 4);
  if (longest < 2 || (longest & 1) !== 0) return false;
  place(count + 1, bits);
  return true;
}

function countWeight(weight: u8): void {
  const at = starts + ((<usize>weight) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** Puts the symbols into the table, those with the longest codes first. */
function place(count: i32, bits: i32): void {
  const shift = mostBits - bits;
  let next: u32 = 0;
  for (let weight = 1; weight <= bits; weight++) {
    const at = starts + ((<usize>weight) << 2);
    const here = load<u32>(at);
    store<u32>(at, next);
    next += here << (weight - 1 + shift);
  }
  for (let symbol = 0; symbol < count; symbol++) {
    const weight = <i32>load<u8>(weights + <usize>symbol);
    if (weight === 0) continue;
    const at = starts + ((<usize>weight) << 2);
    const first = load<u32>(at);
    const stop = first + (1 << (weight - 1 + shift));
    const entry = <u16>(symbol | ((bits + 1 - weight) << 8));
    for (let code = first; code < stop; code++) store<u16>(table + ((<usize>code) << 1), entry);
    store<u32>(at, stop);
  }
}

/** Decodes one stream into `length` bytes. @returns whether it has just as many */
export function decodeStream(start: usize, stop: usize, target: usize, length: usize): bool {
  const left = bitsIn(start, stop);
  return left >= 0 && decodeRest(start, left, target, target + length);
}

/** Decodes codes up to the end of a stream, which must be that of the target, too. */
function decodeRest(start: usize, bitsLeft: i32, target: usize, stop: usize): bool {
  let left = bitsLeft;
  let to = target;
  while (to < stop) {
    if (left <= 0) return false;
    const bits = bitsBefore(start, left);
    const entry = load<u16>(table + ((<usize>(bits >>> 53)) << 1));
    store<u8>(to++, <u8>entry);
    left -= <i32>(entry >>> 8);
  }
  return left === 0;
}

/** Decodes four streams, whose lengths stand before them, one after the other into `length` bytes. */
export function decodeStreams(source: usize, stop: usize, target: usize, length: usize): bool {
  if (stop - source < 10 || length < 6) return false;
  const s1 = source + 6;
  const s2 = s1 + <usize>load<u16>(source);
  const s3 = s2 + <usize>load<u16>(source, 2);
  const s4 = s3 + <usize>load<u16>(source, 4);
  if (s4 >= stop) return false;
  const part = (length + 3) >> 2;
  if (part * 3 > length) return false;
  let left1 = bitsIn(s1, s2);
  let left2 = bitsIn(s2, s3);
  let left3 = bitsIn(s3, s4);
  let left4 = bitsIn(s4, stop);
  if ((left1 | left2 | left3 | left4) < 0) return false;
  let to = target;
  const rounds = (length - part * 3) / codesAtOnce;
  for (let round: usize = 0; round < rounds; round++) {
    let bits1 = bitsBefore(s1, left1);
    let bits2 = bitsBefore(s2, left2);
    let bits3 = bitsBefore(s3, left3);
    let bits4 = bitsBefore(s4, left4);
    for (let n: usize = 0; n < <usize>codesAtOnce; n++) {
      const entry1 = load<u16>(table + ((<usize>(bits1 >>> 53)) << 1));
      const entry2 = load<u16>(table + ((<usize>(bits2 >>> 53)) << 1));
      const entry3 = load<u16>(table + ((<usize>(bits3 >>> 53)) << 1));
      const entry4 = load<u16>(table + ((<usize>(bits4 >>> 53)) << 1));
      store<u8>(to, <u8>entry1);
      store<u8>(to + part, <u8>entry2);
      store<u8>(to + part * 2, <u8>entry3);
      store<u8>(to + part * 3, <u8>entry4);
      to++;
      bits1 <<= <u64>(entry1 >>> 8);
      bits2 <<= <u64>(entry2 >>> 8);
      bits3 <<= <u64>(entry3 >>> 8);
      bits4 <<= <u64>(entry4 >>> 8);
      left1 -= <i32>(entry1 >>> 8);
      left2 -= <i32>(entry2 >>> 8);
      left3 -= <i32>(entry3 >>> 8);
      left4 -= <i32>(entry4 >>> 8);
    }
    if ((left1 | left2 | left3 | left4) < 0) return false;
  }
  const end = target + part;
  return (
    decodeRest(s1, left1, to, end) &&
    decodeRest(s2, left2, to + part, end + part) &&
    decodeRest(s3, left3, to + part * 2, end + part * 2) &&
    decodeRest(s4, left4, to + part * 3, target + length)
  );
}
