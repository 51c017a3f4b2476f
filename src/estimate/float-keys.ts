/** Floats as whole numbers that sort as they do: of a negative number all bits but the sign are turned over. */

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The key of negative infinity: below it are only NaNs. */
export const lowestKey = ~0x7f800000;

/** The key of positive infinity: above it are only NaNs. */
export const highestKey = 0x7f800000;

/** The key, an int32, of the float32 with these bits. */
export function keyOfBits(floatBits: number): number {
  return floatBits ^ ((floatBits >> 31) & 0x7fffffff);
}

/** The float32 of a key. */
export function floatOfKey(key: number): number {
  bits[0] = keyOfBits(key);
  return float[0]!;
}
