/**
 * Decodes zstd streams: frame after frame, block after block. It takes what encoders usually write; what it does not take,
 * frames with a checksum or a dictionary among it, is left to libzstd, which also has the last word on what is broken.
 *
 * @see RFC 8878
 */
import { decodeStream, decodeStreams, readCodes } from "./zstd-huffman";
import { decodeSequences, forgetSequences } from "./zstd-sequences";

const frameMagic: u32 = 0xfd2fb528;
const skippableMagic: u32 = 0x184d2a50;
const largestBlock: usize = 131072;
/** Literals may be read in steps of this many bytes. */
const beyond: usize = 32;
const literalBytes = memory.data(131072 + 32, 16);

/** Where what was read ends. */
let end: usize = 0;
/** Whether the frame has codes that a block may use again. */
let hasCodes = false;
/** The literals of a block, and the end of them. */
let literals: usize = 0;
let literalStop: usize = 0;
/** What the header of a frame says of the length of its content; -1 where it says nothing. */
let announced: i64 = -1;

/** Decodes `source` to `stop` into `target` to `targetStop`; the bytes written, or -1 where it cannot. */
export function decodeZstd(source: usize, stop: usize, target: usize, targetStop: usize): i32 {
  let from = source;
  let to = target;
  while (from < stop) {
    if (stop - from < 9) return -1;
    const magic = load<u32>(from);
    if ((magic & 0xfffffff0) === skippableMagic) {
      const bytes = <usize>load<u32>(from, 4);
      if (bytes > stop - from - 8) return -1;
      from += 8 + bytes;
      continue;
    }
    if (magic !== frameMagic) return -1;
    to = decodeFrame(from + 4, stop, to, targetStop);
    if (to === 0) return -1;
    from = end;
  }
  return <i32>(to - target);
}

/** @returns the end of its content; 0 where it cannot */
function decodeFrame(source: usize, stop: usize, target: usize, targetStop: usize): usize {
  let from = readHeader(source, stop);
  if (from === 0) return 0;
  hasCodes = false;
  forgetSequences();
  let to = target;
  let isLast = false;
  while (!isLast) {
    if (stop - from < 3) return 0;
    const header = <u32>load<u16>(from) | ((<u32>load<u8>(from, 2)) << 16);
    from += 3;
    isLast = (header & 1) !== 0;
    const kind = (header >>> 1) & 3;
    const size = <usize>(header >>> 3);
    const stored: usize = kind === 1 ? 1 : size;
    if (size > largestBlock || stored > stop - from || kind === 3) return 0;
    const room = min(targetStop, to + largestBlock);
    if (kind === 2) {
      to = decodeBlock(from, from + size, target, to, room);
      if (to === 0) return 0;
    } else {
      if (size > room - to) return 0;
      if (kind === 0) memory.copy(to, from, size);
      else memory.fill(to, load<u8>(from), size);
      to += size;
    }
    from += stored;
  }
  end = from;
  return announced < 0 || announced === <i64>(to - target) ? to : 0;
}

/** @returns where a frame's header ends, whose magic number ends at `source`; 0 where it is another kind of frame */
function readHeader(source: usize, stop: usize): usize {
  const descriptor = <u32>load<u8>(source);
  // A checksum, a flag that is reserved, or a dictionary
  if ((descriptor & 15) !== 0) return 0;
  const isSingle = (descriptor & 32) !== 0;
  const flag = descriptor >>> 6;
  const sizeBytes: usize = flag === 0 ? (isSingle ? 1 : 0) : (<usize>1) << flag;
  const from = source + (isSingle ? 1 : 2);
  if (stop < from + sizeBytes) return 0;
  announced = -1;
  if (sizeBytes === 1) announced = <i64>load<u8>(from);
  else if (sizeBytes === 2) announced = <i64>load<u16>(from) + 256;
  else if (sizeBytes === 4) announced = <i64>load<u32>(from);
  else if (sizeBytes === 8) announced = load<i64>(from);
  if (sizeBytes === 8 && announced < 0) return 0;
  return from + sizeBytes;
}

/** @returns the end of its content; 0 where it is broken */
function decodeBlock(source: usize, stop: usize, frame: usize, target: usize, targetStop: usize): usize {
  const from = readLiterals(source, stop);
  return from === 0 ? 0 : decodeSequences(from, stop, literals, literalStop, frame, target, targetStop);
}

/** @returns where the section of literals ends; 0 where it is broken */
function readLiterals(source: usize, stop: usize): usize {
  if (stop - source < 3) return 0;
  const bits = <u32>load<u16>(source) | ((<u32>load<u8>(source, 2)) << 16);
  const kind = bits & 3;
  const format = (bits >>> 2) & 3;
  if (kind >= 2) return readCoded(source, stop, kind === 3, format);
  const headerBytes: usize = (format & 1) === 0 ? 1 : format === 1 ? 2 : 3;
  const length = <usize>(
    (headerBytes === 1 ? (bits & 0xff) >>> 3 : headerBytes === 2 ? (bits & 0xffff) >>> 4 : (bits & 0xffffff) >>> 4)
  );
  const from = source + headerBytes;
  const stored: usize = kind === 1 ? 1 : length;
  if (length > largestBlock || stored > stop - from) return 0;
  literals = literalBytes;
  literalStop = literals + length;
  if (kind === 1) memory.fill(literals, load<u8>(from), length);
  else if (stop - from - stored >= beyond) literals = from;
  else memory.copy(literals, from, length);
  literalStop = literals + length;
  return from + stored;
}

/** Literals in Huffman codes: new ones, or those of the block before. */
function readCoded(source: usize, stop: usize, isRepeated: bool, format: u32): usize {
  if (stop - source < 5) return 0;
  const headerBytes: usize = format < 2 ? 3 : format === 2 ? 4 : 5;
  const width: u32 = format < 2 ? 10 : format === 2 ? 14 : 18;
  const sizes = (<u64>load<u32>(source) | ((<u64>load<u8>(source, 4)) << 32)) >>> 4;
  const mask = ((<u64>1) << (<u64>width)) - 1;
  const length = <usize>(sizes & mask);
  const coded = <usize>((sizes >>> <u64>width) & mask);
  let from = source + headerBytes;
  if (length > largestBlock || coded > stop - from) return 0;
  const codedStop = from + coded;
  if (!isRepeated) {
    from = readCodes(from, codedStop);
    hasCodes = from !== 0;
  }
  if (!hasCodes) return 0;
  const isOne = format === 0;
  const isRight = isOne
    ? decodeStream(from, codedStop, literalBytes, length)
    : decodeStreams(from, codedStop, literalBytes, length);
  literals = literalBytes;
  literalStop = literals + length;
  return isRight ? codedStop : 0;
}
