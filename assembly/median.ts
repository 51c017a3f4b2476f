/**
 * Medians over planes. Some hundred pixels at a time, so that each plane is read
 * in a run, are brought side by side as bytes about a guess of their median: a value too far from it is as good as the
 * farthest that a byte can tell, unless the median is that far away. Then all 16 bits are compared.
 */
import { medianOfNarrow } from "./median-narrow";
import { medianOfWide } from "./median-wide";
import { signs } from "./signs";

/** Planes that are examined for a guess, if there are more. */
const guessedFrom: i32 = 16;

/** What is known of bytes that are the values themselves. */
const wholeBytes: v128 = i16x8.splat(-32768 + 128);

/**
 * @param itemBytes 1 or 2: those of a pixel
 * @param planeStride pixels from plane to plane
 * @param pixelsAtOnce how many are brought side by side, a multiple of 16
 * @param scratch space for 2 bytes for each of these, and behind it for a byte of every plane of each, and for 32 more bytes
 *   of every plane
 */
export function medianOverPlanes(
  planes: usize,
  itemBytes: i32,
  planeCount: i32,
  planeStride: i32,
  pixelCount: i32,
  target: usize,
  pixelsAtOnce: i32,
  scratch: usize,
): void {
  const stride = <usize>planeStride * itemBytes;
  const bytes = scratch + ((<usize>pixelsAtOnce) << 1);
  const perGroup = (<usize>planeCount) << 4;
  const wide = bytes + (<usize>pixelsAtOnce >> 4) * perGroup;
  let bits = 8;
  for (let start = 0; start < pixelCount; start += pixelsAtOnce) {
    const count = min(pixelsAtOnce, pixelCount - start);
    const groups = count >> 4;
    let from = planes + <usize>start * itemBytes;
    let to = target + ((<usize>start) << 2);
    if (itemBytes === 2) {
      guess(from, stride, planeCount, groups, scratch);
      gatherTwo(from, stride, planeCount, groups, scratch, bytes);
    } else {
      for (let at = scratch; at < scratch + ((<usize>groups) << 5); at += 16) v128.store(at, wholeBytes);
      gatherOne(from, stride, planeCount, groups, bytes);
    }
    let values = bytes;
    let guesses = scratch;
    for (let group = 0; group < groups; group++) {
      const used = medianOfNarrow(values, planeCount, bits, itemBytes === 1, guesses, to);
      if (used === 0) medianOfWide(from, itemBytes, stride, planeCount, 16, wide, to);
      bits = used || 8;
      values += perGroup;
      guesses += 32;
      from += 16 * itemBytes;
      to += 64;
    }
    if (count & 15) medianOfWide(from, itemBytes, stride, planeCount, count & 15, wide, to);
  }
}

/** About the mean of some planes, of 16 pixels a group, as signed numbers that sort as they do. */
function guess(source: usize, stride: usize, planeCount: i32, groups: i32, guesses: usize): void {
  const far = stride * <usize>(planeCount / guessedFrom);
  for (let pixel: usize = 0; pixel < (<usize>groups) << 5; pixel += 16) {
    const at = source + pixel;
    let mean: v128;
    if (planeCount < guessedFrom) {
      mean = i16x8.avgr_u(v128.load(at), v128.load(at + stride * <usize>(planeCount >> 1)));
    } else {
      const quarters = i16x8.avgr_u(four(at, far), four(at + 4 * far, far));
      mean = i16x8.avgr_u(quarters, i16x8.avgr_u(four(at + 8 * far, far), four(at + 12 * far, far)));
    }
    v128.store(guesses + pixel, v128.xor(mean, signs));
  }
}

/** The mean of eight pixels of four planes. */
function four(at: usize, far: usize): v128 {
  const first = i16x8.avgr_u(v128.load(at), v128.load(at + far));
  return i16x8.avgr_u(first, i16x8.avgr_u(v128.load(at + 2 * far), v128.load(at + 3 * far)));
}

/** How far from the guess, of 16 pixels a group: as signed bytes, those of all planes one after the other. */
function gatherTwo(source: usize, stride: usize, planeCount: i32, groups: i32, guesses: usize, target: usize): void {
  const perGroup = (<usize>planeCount) << 4;
  for (let plane = 0; plane < planeCount; plane++) {
    let from = source;
    let known = guesses;
    let to = target + ((<usize>plane) << 4);
    for (let group = 0; group < groups; group++) {
      const low = i16x8.sub_sat_s(v128.xor(v128.load(from), signs), v128.load(known));
      const high = i16x8.sub_sat_s(v128.xor(v128.load(from, 16), signs), v128.load(known, 16));
      v128.store(to, i8x16.narrow_i16x8_s(low, high));
      from += 32;
      known += 32;
      to += perGroup;
    }
    source += stride;
  }
}

function gatherOne(source: usize, stride: usize, planeCount: i32, groups: i32, target: usize): void {
  const perGroup = (<usize>planeCount) << 4;
  const middle = i8x16.splat(-128);
  for (let plane = 0; plane < planeCount; plane++) {
    let from = source;
    let to = target + ((<usize>plane) << 4);
    for (let group = 0; group < groups; group++) {
      v128.store(to, v128.xor(v128.load(from), middle));
      from += 16;
      to += perGroup;
    }
    source += stride;
  }
}
