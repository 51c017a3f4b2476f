/** Groups blocks of noise into bins by brightness; groups of planes are kept apart, so that each can be left out. */
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
