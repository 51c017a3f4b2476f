/**
 * LZ4 blocks, both directions; the twins are `src/zarr/codecs/lz4-decode.ts` and `lz4-encode.ts`. Copies are made 16
 * bytes at a time where that stays within both ends, so they may write up to 16 bytes beyond what they are asked for.
 */

const shortestMatch: usize = 4;
const lastLiterals: usize = 5;
const lastMatchStart: usize = 12;
const farthestOffset: usize = 65535;
const hashBits: i32 = 14;

/** No block holds more; sums of lengths beyond it would wrap around. */
const longest: usize = 0x7fffffff;

/** From this length on, the engine's own copy beats a loop. */
const longCopy: usize = 512;

/** A position for each hash, less than the start of the source where there is none. */
const table: usize = memory.data(1 << 16, 16);

/** Lanes that repeat the first 1, 2 ... 15 bytes of a vector, 16 bytes for each. */
const repeats: usize = memory.data(256, 16);

/** Decodes `source` to `sourceStop` into `target` to `targetStop`; the bytes written, or -1 where it is broken. */
export function decodeLz4(source: usize, sourceStop: usize, target: usize, targetStop: usize): i32 {
  let from = source;
  let to = target;
  while (from < sourceStop) {
    const token = <usize>load<u8>(from++);

    // Literals
    let length = token >>> 4;
    if (length === 15) {
      let more: usize;
      do {
        if (from >= sourceStop) return -1;
        more = <usize>load<u8>(from++);
        length += more;
        if (length > longest) return -1;
      } while (more === 255);
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

    // Match
    if (sourceStop - from < 2) return -1;
    const offset = <usize>load<u16>(from);
    from += 2;
    if (offset === 0 || offset > to - target) return -1;
    length = token & 15;
    if (length === 15) {
      let more: usize;
      do {
        if (from >= sourceStop) return -1;
        more = <usize>load<u8>(from++);
        length += more;
        if (length > longest) return -1;
      } while (more === 255);
    }
    length += shortestMatch;
    if (length > targetStop - to) return -1;
    const stop = to + length;
    if (stop + 16 > targetStop) {
      for (; to < stop; to++) store<u8>(to, load<u8>(to - offset));
    } else if (offset >= 16) {
      for (; to < stop; to += 16) v128.store(to, v128.load(to - offset));
      to = stop;
    } else {
      const pattern = v128.swizzle(v128.load(to - offset), repeatLanes(offset));
      const step: usize = <usize>16 - (<usize>16 % offset);
      for (; to < stop; to += step) v128.store(to, pattern);
      to = stop;
    }
  }
  return -1;
}

/** Copies between places that do not overlap. */
function copyApart(from: usize, to: usize, length: usize, sourceStop: usize, targetStop: usize): void {
  if (length >= longCopy) {
    memory.copy(to, from, length);
  } else if (length + 16 <= sourceStop - from && length + 16 <= targetStop - to) {
    for (let at: usize = 0; at < length; at += 16) v128.store(to + at, v128.load(from + at));
  } else {
    for (let at: usize = 0; at < length; at++) store<u8>(to + at, load<u8>(from + at));
  }
}

function repeatLanes(offset: usize): v128 {
  const lanes = repeats + (offset << 4);
  // Made when first needed: their last lane is 0 only for an offset of 1 and before that
  if (load<u8>(lanes, 1) === 0 && offset > 1) {
    for (let at: usize = 0; at < 16; at++) store<u8>(lanes + at, <u8>(at % offset));
  }
  return v128.load(lanes);
}

/** Encodes `source` to `sourceStop` into `target` to `targetStop`; the bytes written, or 0 where they do not fit. */
export function encodeLz4(source: usize, sourceStop: usize, target: usize, targetStop: usize, acceleration: i32): i32 {
  // Addresses that wrapped below zero would be no bounds: all comparisons leave room on the left
  const matchStop = sourceStop - lastLiterals;
  let to = target;
  let from = source;
  let literalStart = source;
  memory.fill(table, 0, 1 << 16);

  while (from + lastMatchStart <= sourceStop) {
    // Find a match, in steps that grow while there is none
    let misses: u32 = (<u32>acceleration) << 6;
    let step: u32 = 1;
    let candidate: usize = 0;
    while (from + lastMatchStart <= sourceStop) {
      const four = load<u32>(from);
      const slot = hashSlot(four, load<u8>(from, 4));
      candidate = <usize>load<u32>(slot);
      store<u32>(slot, <u32>from);
      if (candidate !== 0 && from - candidate <= farthestOffset && load<u32>(candidate) === four) break;
      candidate = 0;
      from += step;
      step = misses++ >>> 6;
    }
    if (candidate === 0) break;

    // Extend it to both sides
    while (from > literalStart && candidate > source && load<u8>(from - 1) === load<u8>(candidate - 1)) {
      from--;
      candidate--;
    }
    const offset = from - candidate;
    const stop = matchEnd(from + shortestMatch, offset, matchStop);

    // Write literals and match
    const literals = from - literalStart;
    const matched = stop - from - shortestMatch;
    const bound: usize = <usize>5 + literals + literals / 255 + matched / 255;
    if (bound > targetStop - to) return 0;
    store<u8>(to, <u8>((min<usize>(literals, 15) << 4) | min<usize>(matched, 15)));
    to = writeLength(to + 1, literals);
    copyApart(literalStart, to, literals, sourceStop, targetStop);
    to += literals;
    store<u16>(to, <u16>offset);
    to = writeLength(to + 2, matched);

    from = stop;
    literalStart = stop;
    if (from + lastMatchStart <= sourceStop) {
      store<u32>(hashSlot(load<u32>(from - 2), load<u8>(from, 2)), <u32>(from - 2));
    }
  }

  // What is left are literals
  const literals = sourceStop - literalStart;
  const more: usize = literals < 15 ? 0 : (literals - 15) / 255 + 1;
  if (<usize>1 + literals + more > targetStop - to) return 0;
  store<u8>(to, <u8>(min<usize>(literals, 15) << 4));
  to = writeLength(to + 1, literals);
  memory.copy(to, literalStart, literals);
  return <i32>(to + literals - target);
}

/** The end of a match that goes on from `at`, no further than `matchStop`. */
function matchEnd(at: usize, offset: usize, matchStop: usize): usize {
  let stop = at;
  while (stop + 8 <= matchStop) {
    const difference = load<u64>(stop) ^ load<u64>(stop - offset);
    if (difference !== 0) return stop + <usize>(ctz(difference) >>> 3);
    stop += 8;
  }
  while (stop < matchStop && load<u8>(stop) === load<u8>(stop - offset)) stop++;
  return stop;
}

/** Five bytes find longer matches than four do. */
function hashSlot(four: u32, fifth: u32): usize {
  const hash = ((four * 2654435761) ^ (fifth * 0x2c9277b5)) >>> (32 - hashBits);
  return table + ((<usize>hash) << 2);
}

/** Writes what a length has beyond the 15 that its token holds. */
function writeLength(start: usize, length: usize): usize {
  let to = start;
  if (length < 15) return to;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) store<u8>(to++, 255);
  store<u8>(to++, <u8>rest);
  return to;
}
