/**
 * How the light beside the sample fades: with depth, as a sample bleaches, and from tile to tile, in the order of the scan.
 * Overlaps cannot tell gains that rise steadily over the mosaic from a tilt of the light; what one part of the field shows in
 * several tiles can.
 */
import type { Zyx } from "../../shapes.ts";
import { dot, meanOf } from "../../statistics.ts";
import { solvePositive } from "./solve.ts";

/** Light that fades by less, from the brightest plane to the dimmest, is as good as steady. */
const leastFading = 0.02;
/**
 * It fades if the dimmest planes of a block are then alike: the range of the dimmer half of them is at most this share of what
 * it is without. Where sample fills the field, it changes little.
 */
const mostOfRange = 0.5;
/** Differences of logarithms count as if they were at least so large. */
const smallest = 0.005;
const iterations = 25;

/**
 * The brightness of every plane where light fades steadily along the axes of the image: a regression on the dimmest planes of
 * every block (Koenker and Bassett's, of the quantile `share`), with a light of its own for each block.
 * @param blocks planes as means over blocks, in counts
 * @param places where planes begin in the image
 * @returns ones where light does not fade
 */
export function fadingOf(
  blocks: readonly Float64Array[],
  places: readonly Zyx[],
  { counts, share }: { readonly counts: number; readonly share: number },
): Float64Array {
  const steady = new Float64Array(blocks.length).fill(1);
  const axes = [0, 1, 2]
    .map((axis) => spread(places.map((place) => place[axis]!)))
    .filter((axis) => axis !== undefined);
  if (axes.length === 0 || blocks.some((plane) => plane.some((value) => !(value > counts)))) return steady;
  const logs = Array.from(blocks[0]!, (_, block) =>
    Float64Array.from(blocks, (plane) => Math.log(plane[block]! - counts)),
  );
  const fading = regress(logs, axes, share);
  const range = Math.max(...fading) - Math.min(...fading);
  const steadyRange = rangeOfDimmest(logs, new Float64Array(blocks.length), share);
  if (range < leastFading || rangeOfDimmest(logs, fading, share) > mostOfRange * steadyRange) return steady;
  const mean = meanOf(fading);
  return fading.map((value) => Math.exp(value - mean));
}

/** The mean over blocks of how far apart their dimmest planes are: the quantile minus that of half the share. */
function rangeOfDimmest(logs: readonly Float64Array[], fading: Float64Array, share: number): number {
  return meanOf(
    logs.map((values) => {
      const sorted = values.map((value, n) => value - fading[n]!).sort();
      return sorted[Math.floor(share * sorted.length)]! - sorted[Math.floor((share / 2) * sorted.length)]!;
    }),
  );
}

/** Places from -1 to 1; `undefined` where all are one. */
function spread(places: readonly number[]): Float64Array | undefined {
  const [low, high] = [Math.min(...places), Math.max(...places)];
  return high > low ? Float64Array.from(places, (place) => (2 * (place - low)) / (high - low) - 1) : undefined;
}

/**
 * By iteratively reweighted least squares.
 * @param logs of every block, by plane
 * @returns the logarithm of the brightness of planes
 */
function regress(logs: readonly Float64Array[], axes: readonly Float64Array[], share: number): Float64Array {
  const count = axes.length;
  const levels = logs.map((values) => values.slice().sort()[Math.floor(share * values.length)]!);
  const fading = new Float64Array(logs[0]!.length);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const [matrix, slopes] = [new Float64Array(count * count), new Float64Array(count)];
    const middles = logs.map((values, block) => {
      const weights = weightsOf(values, levels[block]!, fading, share);
      const middle = axes.map((axis) => dot(weights, axis));
      levels[block] = dot(weights, values);
      addBlock(matrix, slopes, { weights, values, axes, middle, level: levels[block]! });
      return middle;
    });
    solvePositive(matrix, slopes);
    for (const [block, middle] of middles.entries()) levels[block]! -= dot(slopes, Float64Array.from(middle));
    fading.fill(0);
    for (const [k, axis] of axes.entries()) {
      for (let n = 0; n < fading.length; n++) fading[n]! += slopes[k]! * axis[n]!;
    }
  }
  return fading;
}

/** The weights of the planes of a block, of sum 1. */
function weightsOf(values: Float64Array, level: number, fading: Float64Array, share: number): Float64Array {
  const weights = new Float64Array(values.length);
  let total = 0;
  for (let n = 0; n < values.length; n++) {
    const apart = values[n]! - level - fading[n]!;
    const side = apart > 0 ? share : 1 - share;
    weights[n] = side / Math.max(smallest, Math.abs(apart));
    total += weights[n]!;
  }
  return weights.map((weight) => weight / total);
}

/** Adds a block to the normal equations of the slopes. */
function addBlock(
  matrix: Float64Array,
  right: Float64Array,
  block: {
    readonly weights: Float64Array;
    readonly values: Float64Array;
    readonly axes: readonly Float64Array[];
    readonly middle: readonly number[];
    readonly level: number;
  },
): void {
  const { weights, values, axes, middle, level } = block;
  for (const [k, axis] of axes.entries()) {
    for (let n = 0; n < values.length; n++) {
      const weighted = weights[n]! * (axis[n]! - middle[k]!);
      right[k]! += weighted * (values[n]! - level);
      for (let j = 0; j <= k; j++) matrix[k * axes.length + j]! += weighted * (axes[j]![n]! - middle[j]!);
    }
  }
}
