/**
 * Decodes LZ4 blocks. Copies are made 16 bytes at a time where that stays
 * within both ends, so they may write beyond what they are asked for.
 */
import { copyApart } from "./copy-bytes";

const shortestMatch: usize = 4;

/** No length goes on in more bytes: their sum would not fit 32 bits. */
const mostFurtherBytes: usize = 1 << 24;

/** For each offset up to 16: the lanes that repeat as many bytes of a vector. */
// biome-ignore format: a table
const repeats: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
  0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0,
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0,
  0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);

/** For each offset up to 16: what it lacks to its first multiple of 16 or more, so far back the same bytes lie. */
const surpluses: usize = memory.data<u8>([0, 15, 14, 15, 12, 15, 12, 14, 8, 9, 10, 11, 12, 13, 14, 15, 0]);

/** Decodes `source` to `sourceStop` into `target` to `targetStop`; the bytes written, or -1 where it is broken. */
export function decodeLz4(source: usize, sourceStop: usize, target: usize, targetStop: usize): i32 {
  let from = source;
  let to = target;
  while (from < sourceStop) {
    const token = <usize>load<u8>(from++);

    // Literals
    let length = token >>> 4;
    if (length === 15) {
      const end = endOfLength(from, sourceStop);
      if (end === 0) return -1;
      length += 255 * (end - from) + <usize>load<u8>(end);
      from = end + 1;
    }
    if (length > sourceStop - from || length > targetStop - to) return -1;
    if (length <= 16 && sourceStop - from >= 16 && targetStop - to >= 16) {
      v128.store(to, v128.load(from));
    } else {
      copyApart(from, to, length, sourceStop, targetStop);
    }
    from += length;
    to += length;
    if (from === sourceStop) return <i32>(to - target);

    // Match. Something follows it: one byte more can be read, and is added instead of branched upon, as lengths are random
    if (sourceStop - from < 3) return -1;
    const offset = <usize>load<u16>(from);
    from += 2;
    if (offset === 0 || offset > to - target) return -1;
    length = token & 15;
    const extension = <usize>load<u8>(from);
    const isExtended = <usize>(length === 15);
    if (isExtended & <usize>(extension === 255)) {
      const end = endOfLength(from, sourceStop);
      if (end === 0) return -1;
      length += 255 * (end - from) + <usize>load<u8>(end);
      from = end + 1;
    } else {
      length += extension & (0 - isExtended);
      from += isExtended;
    }
    length += shortestMatch;
    if (length > targetStop - to) return -1;
    copyMatch(to, offset, length, targetStop);
    to += length;
  }
  return -1;
}

/** Where a length ends that goes on in further bytes: at the first that is not 255; 0 where there is none. */
function endOfLength(from: usize, sourceStop: usize): usize {
  const stop = from + min(sourceStop - from, mostFurtherBytes);
  for (let at = from; at < stop; at++) if (load<u8>(at) !== 255) return at;
  return 0;
}

/** Repeats what lies `offset` bytes before. */
export function copyMatch(to: usize, offset: usize, length: usize, targetStop: usize): void {
  const stop = to + length;
  const near = <usize>(offset < 16);
  const row = (offset & (0 - near)) | ((1 - near) << 4);
  const back = offset + <usize>load<u8>(surpluses + row);
  if (length + 32 > targetStop - to) {
    copyNearEnd(to, offset, back, stop);
    return;
  }
  v128.store(to, v128.swizzle(v128.load(to - offset), v128.load(repeats + (row << 4))));
  v128.store(to, v128.load(to + 16 - back), 16);
  for (let at = to + 32; at < stop; at += 32) {
    v128.store(at, v128.load(at - back));
    v128.store(at, v128.load(at - back, 16), 16);
  }
}

/** The same without a byte more than it should write. */
function copyNearEnd(start: usize, offset: usize, back: usize, stop: usize): void {
  let to = start;
  // From here on there are `back` bytes to copy from: 16 at least
  const repeated = min<usize>(to + back - offset, stop);
  for (; to < repeated; to++) store<u8>(to, load<u8>(to - offset));
  for (; to + 16 <= stop; to += 16) v128.store(to, v128.load(to - back));
  for (; to < stop; to++) store<u8>(to, load<u8>(to - offset));
}
