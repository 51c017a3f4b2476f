import { memoryOf } from "../kernels/kernel-memory.ts";

/**
 * The mean of an image in double precision, each pixel divided by their number before it is added: by WebAssembly where
 * the image lies in a kernel memory, else by the twin, with the same bits.
 */
export function meanOfImage(image: Float32Array): number {
  const { length, byteOffset } = image;
  const memory = memoryOf(image);
  if (memory !== undefined) return memory.functions.addShares(byteOffset, length, length, 0);
  let mean = 0;
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
  if (memory !== undefined) return memory.functions.divideAll(byteOffset, length, divisor);
  let bad = 0;
  for (let at = 0; at < length; at++) {
    const divided = Math.fround(image[at]! / divisor);
    image[at] = divided;
    if (!(divided > 0 && divided < Number.POSITIVE_INFINITY)) bad++;
  }
  return bad;
}
