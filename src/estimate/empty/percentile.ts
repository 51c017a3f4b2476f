/** Exact percentiles of any number of float32 values, in little memory. */
import { reading, writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import { areCameraIntegers } from "../../kernels/kernel-functions.ts";
import type { PixelArray } from "../../shapes.ts";
import { floatOfKey, keyOfBits } from "./median.ts";

/** Values that can be read more than once, in pieces. */
type ValueSource = () => AsyncIterable<Float32Array>;

/** Bytes of working memory of {@link percentile}: three histograms of 65,536 counts. */
export const percentileBytes = 3 * 65536 * 8;

/** The bin of zero: keys are signed, bins are counted from the most negative. */
const signBin = 0x8000;

/**
 * The exact percentile of any number of float32 values, `percent` from 0 to 100, interpolated linearly between the two
 * neighbouring values as NumPy does by default; NaN where there are no values or one is NaN. Reads the values twice,
 * with a histogram over the upper and then over the lower half of their bits, so needs the same small memory for any
 * number of them.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.percentile.html
 */
export async function percentile(source: ValueSource, percent: number): Promise<number> {
  const upperHalves = new Float64Array(65536);
  const count = await countUpperHalves(source, upperHalves);
  if (!(count > 0)) return Number.NaN;
  const position = (percent / 100) * (count - 1);
  const below = locate(upperHalves, Math.floor(position));
  const above = locate(upperHalves, Math.ceil(position));
  const lowerHalves = [new Float64Array(65536), new Float64Array(65536)] as const;
  await countLowerHalves(source, below.bin, above.bin, lowerHalves);
  const low = valueAt(below, lowerHalves[0]);
  const high = valueAt(above, below.bin === above.bin ? lowerHalves[0] : lowerHalves[1]);
  return interpolate(low, high, position - Math.floor(position));
}

/** The value between two neighbours in the order of the values; infinities too have one where they are the same. */
export function interpolate(low: number, high: number, fraction: number): number {
  return low === high ? low : low + (high - low) * fraction;
}

/** Gives the number of values, or NaN where one of them is NaN. */
async function countUpperHalves(source: ValueSource, histogram: Float64Array): Promise<number> {
  let count = 0;
  for await (const values of source()) {
    const floatBits = new Int32Array(values.buffer, values.byteOffset, values.length);
    for (let at = 0; at < values.length; at++) {
      if (Number.isNaN(values[at]!)) return Number.NaN;
      histogram[(keyOfBits(floatBits[at]!) >> 16) + signBin]!++;
    }
    count += values.length;
  }
  return count;
}

async function countLowerHalves(
  source: ValueSource,
  bin: number,
  otherBin: number,
  [histogram, otherHistogram]: readonly [Float64Array, Float64Array],
): Promise<void> {
  for await (const values of source()) {
    const floatBits = new Int32Array(values.buffer, values.byteOffset, values.length);
    for (let at = 0; at < values.length; at++) {
      const key = keyOfBits(floatBits[at]!);
      const upperHalf = (key >> 16) + signBin;
      if (upperHalf === bin) histogram[key & 0xffff]!++;
      else if (upperHalf === otherBin) otherHistogram[key & 0xffff]!++;
    }
  }
}

/** The bin that holds the value of a rank, and its rank within the bin. */
function locate(histogram: Float64Array, rank: number): { bin: number; rank: number } {
  let bin = 0;
  let left = rank;
  while (left >= histogram[bin]!) left -= histogram[bin++]!;
  return { bin, rank: left };
}

function valueAt(upper: { bin: number; rank: number }, lowerHalves: Float64Array): number {
  return floatOfKey(((upper.bin - signBin) << 16) | locate(lowerHalves, upper.rank).bin);
}

/** Pixels of a background: their divisors and, where each has one, the limit up to which its values are gathered. */
export interface LowestPixels {
  readonly divisors: Float32Array;
  readonly limits?: Uint16Array;
}

/**
 * Gathers the flat-fielded values of planes, `[planeCount, divisors.length]`, up to `bound`: minus the offset, divided
 * by the divisor of their pixel, in single precision. They are written to the beginning of `destination`. Where there
 * are limits, which {@link setLimits} makes for the same bound, whole numbers are compared as they are.
 *
 * @returns how many there are, or -1 where one is NaN or they do not fit into `destination`
 */
export function gatherLowest(
  values: PixelArray,
  planeCount: number,
  { divisors, limits }: LowestPixels,
  offset: number,
  bound: number,
  destination: Float32Array,
): number {
  if (!areCameraIntegers(values) || limits === undefined) {
    return gatherByDividing(values, planeCount, divisors, offset, bound, destination);
  }
  const { length } = divisors;
  // There cannot be more than these
  const capacity = Math.min(destination.length, planeCount * length);
  const [from, upTo] = [reading(values, 0, planeCount * length), reading(limits, 0, length)];
  const sizes = [values.BYTES_PER_ELEMENT, planeCount, length] as const;
  return runKernel(
    "gatherLowest",
    from,
    ...sizes,
    upTo,
    reading(divisors),
    offset,
    writing(destination, 0, capacity),
    capacity,
  );
}

/** The same for values of any type, and for pixels without limits. */
function gatherByDividing(
  values: PixelArray,
  planeCount: number,
  divisors: Float32Array,
  offset: number,
  bound: number,
  destination: Float32Array,
): number {
  let found = 0;
  for (let plane = 0, from = 0; plane < planeCount; plane++) {
    for (let pixel = 0; pixel < divisors.length; pixel++) {
      const flatFielded = Math.fround(Math.fround(values[from++]! - offset) / divisors[pixel]!);
      if (flatFielded > bound) continue;
      if (found === destination.length || Number.isNaN(flatFielded)) return -1;
      destination[found++] = flatFielded;
    }
  }
  return found;
}
