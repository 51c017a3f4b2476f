/** Blocks of noise put together by how bright they are; groups of planes apart, so that each can be left out. */
import { medianOf } from "../select-median.ts";
import type { NoiseBlocks } from "./noise-blocks.ts";

/** Planes that follow each other show the same sample: so many groups of them are taken as independent. */
export const groupCount = 10;

/** What blocks of about the same brightness show, on average; in counts and their powers. */
export interface BrightnessBin {
  readonly blocks: number;
  readonly mean: number;
  readonly variance: number;
  /** Third central moment of a pixel. */
  readonly third: number;
  /** What pixels side by side have in common: their covariance. */
  readonly shared: number;
}

/** A bin, without one of the groups of planes where that is told. */
export type BinWithout = (leftOut?: number) => BrightnessBin;

/** Blocks with more in common between neighbours than this share of the variance hold structure. */
const mostStructure = 0.1;
/** A block with a pixel so many standard deviations off holds a speck or a defect. */
const mostExtreme = 6.5;
/** So many blocks of one largest value tell that the camera, or a program, clips there. */
const clippingBlocks = 3;

/** Blocks of a bin, and how many bins there are at most. */
const binSize = { least: 24, usual: 60, mostBins: 32 } as const;
/** Values so many robust standard deviations off count as if they were no farther off. */
const farOff = 3;

/** Which blocks hold noise alone, by their number; ascending in brightness. */
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
 * Bins of about as many blocks each, ascending in brightness; none where there are too few blocks.
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
  // Of each group: blocks, and sums of the mean, the variance, the third moment and what is shared.
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

/** Values of the members, those far from the median brought nearer. */
function nearMedian(values: Float64Array, members: Int32Array): Float64Array {
  const own = Float64Array.from(members, (at) => values[at]!);
  const middle = medianOf(own.slice());
  const limit = farOff * 1.4826 * medianOf(own.map((value) => Math.abs(value - middle)));
  return own.map((value) => Math.min(middle + limit, Math.max(middle - limit, value)));
}
