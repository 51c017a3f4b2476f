/** Groups blocks of noise into bins by brightness; groups of planes are kept apart, so that each can be left out. */
import { medianOf } from "../../statistics.ts";
import type { NoiseBlocks } from "./noise-blocks.ts";

/** The number of groups that consecutive planes are divided into, as such planes show the same sample. */
export const groupCount = 10;

/** Means over blocks of about the same brightness; in counts and their powers. */
export interface BrightnessBin {
  readonly blocks: number;
  readonly mean: number;
  readonly variance: number;
  /** Third central moment of a pixel. */
  readonly third: number;
  /** The covariance of adjacent pixels. */
  readonly shared: number;
}

/** A bin, without one of the groups of planes if its index is given. */
export type BinWithout = (leftOut?: number) => BrightnessBin;

/** Blocks whose neighbouring pixels share more than this fraction of the variance contain structure. */
const mostStructure = 0.1;
/** A block with a pixel this many standard deviations off contains a speck or a defect. */
const mostExtreme = 6.5;
/** This many blocks with the same largest value show that the camera, or a program, clips there. */
const clippingBlocks = 3;

/** Number of blocks of a bin, and the most bins. */
const binSize = { least: 24, usual: 60, mostBins: 32 } as const;
/** Values more robust standard deviations off are moved to this distance. */
const farOff = 3;

/** Indices of blocks that contain noise alone, in order of brightness. */
export function plainBlocks(blocks: NoiseBlocks): Int32Array {
  const { count, mean, variance, structure, extreme, least, most } = blocks;
  const [ceiling, floor] = [clippingAt(most, Math.max), clippingAt(least, Math.min)];
  const numbers: number[] = [];
  for (let at = 0; at < count; at++) {
    const isPlain = structure[at]! < mostStructure && extreme[at]! < mostExtreme && variance[at]! > 0;
    if (isPlain && most[at]! < ceiling && least[at]! > floor) numbers.push(at);
  }
  return Int32Array.from(numbers).sort((a, b) => mean[a]! - mean[b]!);
}

/** The extreme value of all blocks where several have it; else one that no block reaches. */
function clippingAt(values: Float64Array, pick: (a: number, b: number) => number): number {
  const beyond = pick(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  let [extreme, blocks] = [-beyond, 0];
  for (const value of values) {
    if (pick(value, extreme) !== extreme && !Number.isNaN(value)) [extreme, blocks] = [value, 0];
    if (value === extreme) blocks++;
  }
  return blocks >= clippingBlocks ? extreme : beyond;
}

/**
 * Bins of about the same number of blocks, in order of brightness; none where there are too few blocks.
 * @param plain as {@link plainBlocks} gives them
 */
export function brightnessBins(blocks: NoiseBlocks, plain: Int32Array, planeCount: number): BinWithout[] {
  const { least, usual, mostBins } = binSize;
  const wanted = Math.floor(plain.length / usual) || Math.floor(plain.length / least);
  const bins = Math.min(mostBins, wanted);
  const limit = (bin: number) => Math.floor((bin * plain.length) / bins);
  return Array.from({ length: bins }, (_, bin) =>
    binOf(blocks, plain.subarray(limit(bin), limit(bin + 1)), planeCount),
  );
}

function binOf(blocks: NoiseBlocks, members: Int32Array, planeCount: number): BinWithout {
  const { plane, mean, structure } = blocks;
  const [variance, third] = [nearMedian(blocks.variance, members), nearMedian(blocks.third, members)];
  // For each group: the number of blocks, and sums of the mean, the variance, the third moment and the covariance.
  const sums = Array.from({ length: groupCount }, () => new Float64Array(5));
  for (const [index, at] of members.entries()) {
    const sum = sums[Math.floor((plane[at]! * groupCount) / planeCount)]!;
    const values = [1, mean[at]!, variance[index]!, third[index]!, structure[at]! * variance[index]!];
    for (let i = 0; i < values.length; i++) sum[i]! += values[i]!;
  }
  return (leftOut) => {
    const total = new Float64Array(5);
    for (const [group, sum] of sums.entries())
      if (group !== leftOut) for (let i = 0; i < total.length; i++) total[i]! += sum[i]!;
    const count = total[0]!;
    const of = (index: number) => total[index]! / count;
    return { blocks: count, mean: of(1), variance: of(2), third: of(3), shared: of(4) };
  };
}

/** Values of the members, with outliers moved towards the median. */
function nearMedian(values: Float64Array, members: Int32Array): Float64Array {
  const own = Float64Array.from(members, (at) => values[at]!);
  const middle = medianOf(own.slice());
  const limit = farOff * 1.4826 * medianOf(own.map((value) => Math.abs(value - middle)));
  return own.map((value) => Math.min(middle + limit, Math.max(middle - limit, value)));
}
