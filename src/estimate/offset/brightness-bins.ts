/** Blocks of noise put together by how bright they are; blocks of groups of planes apart, so that groups can be left out. */
import { medianOf } from "../select-median.ts";
import type { NoiseBlocks } from "./noise-blocks.ts";

/** Planes that follow each other show the same sample: so many groups of them are taken as independent. */
export const groupCount = 10;

/** What blocks of about the same brightness show, on average. */
export interface BrightnessBin {
  readonly blocks: number;
  readonly mean: number;
  readonly variance: number;
  readonly third: number;
  /** What neighbours have in common, in counts². */
  readonly shared: number;
}

/** A bin that can be looked at without some of its planes. */
export type BinWithout = (leftOut?: number) => BrightnessBin;

/** Blocks with more in common between neighbours than this share of the variance hold structure. */
const mostStructure = 0.1;
/** A block with a pixel so many standard deviations off holds a speck or a defect. */
const mostExtreme = 6.5;
/** So many blocks of one largest value tell that the camera, or a programme, clips there. */
const clippingBlocks = 3;

const binSize = { least: 24, usual: 60, mostBins: 32 } as const;
const clippedAt = 3;

/** Which blocks hold noise alone, by their number; ascending in brightness. */
export function plainBlocks(blocks: NoiseBlocks): Int32Array {
  const { count, mean, variance, structure, extreme, least, most } = blocks;
  const ceiling = clippingAt(most, Math.max);
  const floor = clippingAt(least, Math.min);
  const numbers: number[] = [];
  for (let at = 0; at < count; at++) {
    const isPlain = structure[at]! < mostStructure && extreme[at]! < mostExtreme && variance[at]! > 0;
    if (isPlain && most[at]! < ceiling && least[at]! > floor && Number.isFinite(mean[at]!)) numbers.push(at);
  }
  return Int32Array.from(numbers).sort((a, b) => mean[a]! - mean[b]!);
}

/** The extreme value of all blocks where several have it; else one that no block reaches. */
function clippingAt(values: Float64Array, pick: (a: number, b: number) => number): number {
  const beyond = pick(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  const extreme = values.reduce((a, b) => (Number.isNaN(b) ? a : pick(a, b)), -beyond);
  let blocks = 0;
  for (const value of values) if (value === extreme) blocks++;
  return blocks >= clippingBlocks ? extreme : beyond;
}

/** Bins of about as many blocks each; none where there are too few. */
export function brightnessBins(blocks: NoiseBlocks, planeCount: number): BinWithout[] {
  const plain = plainBlocks(blocks);
  const bins = Math.min(
    binSize.mostBins,
    Math.floor(plain.length / binSize.usual) || Math.floor(plain.length / binSize.least),
  );
  const limit = (bin: number) => Math.floor((bin * plain.length) / bins);
  return Array.from({ length: bins }, (_, bin) =>
    binOf(blocks, plain.subarray(limit(bin), limit(bin + 1)), planeCount),
  );
}

function binOf(
  { plane, mean, variance, third, structure }: NoiseBlocks,
  members: Int32Array,
  planeCount: number,
): BinWithout {
  const limits = [limitsOf(variance, members), limitsOf(third, members)] as const;
  const sums = Array.from({ length: groupCount }, () => [0, 0, 0, 0, 0] as [number, number, number, number, number]);
  for (const at of members) {
    const sum = sums[groupOf(plane[at]!, planeCount)]!;
    sum[0]++;
    sum[1] += mean[at]!;
    sum[2] += clipped(variance[at]!, limits[0]);
    sum[3] += clipped(third[at]!, limits[1]);
    sum[4] += structure[at]! * variance[at]!;
  }
  return (leftOut) => {
    const total = [0, 0, 0, 0, 0];
    for (const [group, sum] of sums.entries()) if (group !== leftOut) for (let i = 0; i < 5; i++) total[i]! += sum[i]!;
    const [count, ...others] = total as [number, number, number, number, number];
    const [means, variances, thirds, shared] = others.map((value) => value / count) as [number, number, number, number];
    return { blocks: count, mean: means, variance: variances, third: thirds, shared };
  };
}

/** The group that a plane belongs to. */
export function groupOf(plane: number, planeCount: number): number {
  return Math.floor((plane * groupCount) / planeCount);
}

function limitsOf(values: Float64Array, members: Int32Array): readonly [number, number] {
  const own = Float64Array.from(members, (at) => values[at]!);
  const middle = medianOf(own.slice());
  const spread = 1.4826 * medianOf(own.map((value) => Math.abs(value - middle)));
  return [middle - clippedAt * spread, middle + clippedAt * spread];
}

function clipped(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, value));
}
