import { memoryOf } from "../kernels/kernel-memory.ts";

/** Engines run a kernel as fast as they can when it is called again and again, but not within the first call. */
const pixelsAtOnce = 1 << 14;

function* turns(length: number): Generator<{ readonly start: number; readonly count: number }> {
  for (let start = 0; start < length; start += pixelsAtOnce)
    yield { start, count: Math.min(pixelsAtOnce, length - start) };
}

/**
 * The mean of an image in double precision, each pixel divided by their number before it is added: by WebAssembly where
 * the image lies in a kernel memory, else by the twin, with the same bits.
 */
export function meanOfImage(image: Float32Array): number {
  const { length, byteOffset } = image;
  const memory = memoryOf(image);
  let mean = 0;
  if (memory !== undefined) {
    const { addShares } = memory.functions;
    for (const { start, count } of turns(length)) mean = addShares(byteOffset + 4 * start, count, length, mean);
    return mean;
  }
  for (let at = 0; at < length; at++) mean += image[at]! / length;
  return mean;
}

/**
 * Divides an image in place, in double precision; as above by WebAssembly or the twin.
 * @returns how many of its pixels are not positive or not finite then
 */
export function divideImage(image: Float32Array, divisor: number): number {
  const { length, byteOffset } = image;
  const memory = memoryOf(image);
  let bad = 0;
  if (memory !== undefined) {
    const { divideAll } = memory.functions;
    for (const { start, count } of turns(length)) bad += divideAll(byteOffset + 4 * start, count, divisor);
    return bad;
  }
  for (let at = 0; at < length; at++) {
    const divided = Math.fround(image[at]! / divisor);
    image[at] = divided;
    if (!(divided > 0 && divided < Number.POSITIVE_INFINITY)) bad++;
  }
  return bad;
}
