/**
 * Linear equations for the light from overlaps of the source: two tiles show the same place through two parts of the
 * field, so ln((A - O) / (B - O)) = s(a) - s(b), with s the log brightness of the light over the field and O the counts
 * without light. s is a sum of smooth terms, and only sums of the equations are stored.
 */
import type { OverlapBlock } from "./overlap-blocks.ts";
import { termCount } from "./shading-terms.ts";

/** Tiles and planes that are assumed to share one light. */
export interface LightPartition {
  readonly name: LightVariation;
  readonly count: number;
  readonly partOf: (tile: number, plane: number) => number;
}

/** What the light changes with in the mosaic: nothing, depth, or the half of the mosaic. */
export type LightVariation = "none" | "depth" | "columns" | "rows";

/** A pair of tiles as a whole: the mean of its equations. */
export interface PairEquation {
  readonly tiles: readonly [a: number, b: number];
  /** The sum of the weights of its blocks. */
  readonly weight: number;
  readonly logRatio: number;
  readonly slopes: Float64Array;
}

/** Equations for one offset; unknowns are the terms of every part, one after the other. */
export interface LightEquations {
  readonly unknowns: number;
  readonly blockCount: number;
  /** Sums over blocks, minus what the means of their pairs explain: `[i, j]`, `[i]` and a number. */
  readonly squares: Float64Array;
  readonly products: Float64Array;
  readonly ratioSquares: number;
  readonly pairs: readonly PairEquation[];
}

/** Half differences beyond this fraction of the light, log ratios of 1.5, are noise. */
const mostHalf = 0.63;
/** The least light of a block after the offset is subtracted, as a fraction of the typical brightness. */
const leastLight = 0.02;

/** The blocks' part of the equations that does not depend on offset and partition, computed once. */
export interface PreparedBlocks {
  readonly blocks: readonly OverlapBlock[];
  /** The median brightness of all, and that of the dark ones, in counts. */
  readonly typical: number;
  readonly dark: number;
  /** The place that a block shows within its pair, and the number of places: planes share them. */
  readonly placeOf: Int32Array;
  readonly placeCount: number;
  /** The terms at the places of both tiles: `[block, term]`. */
  readonly termsA: Float64Array;
  readonly termsB: Float64Array;
}

/** Sums the equations of all blocks. */
export function lightEquations(prepared: PreparedBlocks, offset: number, partition: LightPartition): LightEquations {
  const { blocks, typical, dark } = prepared;
  const sums = new EquationSums(prepared, partition);
  const floor = leastLight * Math.max(typical - offset, 0.05 * typical);
  for (const [index, { before }] of blocks.entries()) {
    // The error of a ratio is that of the counts over the light in them. Counts vary by noise, and by structures that
    // are not perfectly aligned, the more the brighter these are; the offset has no part in that.
    const counts = (before[0] + before[1]) / 2;
    const light = Math.max(floor, counts - offset);
    const variance = (counts / typical) * (1 + Math.max(0, counts - dark) / typical);
    if (!(variance > 0)) continue;
    // This is ln(a / b), computed from the difference, which stays precise however dark both are.
    const half = (before[0] - before[1]) / 2 / light;
    const logRatio = 2 * Math.atanh(Math.min(mostHalf, Math.max(-mostHalf, half)));
    sums.add(index, (light / typical) ** 2 / variance, logRatio);
  }
  return sums.finish();
}

interface PairSums {
  readonly tiles: readonly [number, number];
  weight: number;
  logRatio: number;
  readonly slopes: Float64Array;
}

/** Blocks of one place, lit by the same parts of the light, have the same slopes: they are summed first. */
class EquationSums {
  private readonly prepared: PreparedBlocks;
  private readonly partition: LightPartition;
  /** By place and parts: weights, weighted log ratios, and a block. */
  private readonly weights: Float64Array;
  private readonly ratios: Float64Array;
  private readonly samples: Int32Array;
  private readonly unknowns: number;
  private readonly pairs = new Map<number, PairSums>();
  /** The lower triangle. */
  private readonly squares: Float64Array;
  private readonly products: Float64Array;
  private ratioSquares = 0;
  private blockCount = 0;
  /** The slopes of one block that are not 0, and the indices of their unknowns, ascending. */
  private readonly slopes = new Float64Array(2 * termCount);
  private readonly indices = new Int32Array(2 * termCount);

  constructor(prepared: PreparedBlocks, partition: LightPartition) {
    this.prepared = prepared;
    this.partition = partition;
    this.unknowns = partition.count * termCount;
    this.squares = new Float64Array(this.unknowns ** 2);
    this.products = new Float64Array(this.unknowns);
    const groups = prepared.placeCount * partition.count ** 2;
    this.weights = new Float64Array(groups);
    this.ratios = new Float64Array(groups);
    this.samples = new Int32Array(groups);
  }

  add(block: number, weight: number, logRatio: number): void {
    const { prepared, partition, weights, ratios, samples } = this;
    const { tiles, plane } = prepared.blocks[block]!;
    const [partA, partB] = [partition.partOf(tiles[0], plane), partition.partOf(tiles[1], plane)];
    const group = (prepared.placeOf[block]! * partition.count + partA) * partition.count + partB;
    weights[group]! += weight;
    ratios[group]! += weight * logRatio;
    samples[group] = block;
    this.ratioSquares += weight * logRatio * logRatio;
    this.blockCount++;
  }

  /** Adds the sums of blocks of one place and the same parts, with the slopes of `block`. */
  private addGroup(block: number, weight: number, weightedRatio: number): void {
    const { slopes, indices, unknowns, squares, products } = this;
    const used = this.setSlopes(block);
    const pair = this.pairOf(block);
    pair.weight += weight;
    pair.logRatio += weightedRatio;
    for (let k = 0; k < used; k++) {
      const slope = weight * slopes[k]!;
      const row = indices[k]! * unknowns;
      pair.slopes[indices[k]!]! += slope;
      products[indices[k]!]! += weightedRatio * slopes[k]!;
      for (let j = 0; j <= k; j++) squares[row + indices[j]!]! += slope * slopes[j]!;
    }
  }

  private pairOf(block: number): PairSums {
    const { pair, tiles } = this.prepared.blocks[block]!;
    const known = this.pairs.get(pair);
    if (known !== undefined) return known;
    const made = { tiles, weight: 0, logRatio: 0, slopes: new Float64Array(this.unknowns) };
    this.pairs.set(pair, made);
    return made;
  }

  /** @returns the number of slopes */
  private setSlopes(block: number): number {
    const { slopes, indices, partition, prepared } = this;
    const { tiles, plane } = prepared.blocks[block]!;
    const [partA, partB] = [partition.partOf(tiles[0], plane), partition.partOf(tiles[1], plane)];
    const first = block * termCount;
    const [atA, atB] = partA <= partB ? [0, termCount] : [termCount, 0];
    for (let k = 0; k < termCount; k++) {
      const [a, b] = [prepared.termsA[first + k]!, prepared.termsB[first + k]!];
      indices[atA + k] = partA * termCount + k;
      slopes[atA + k] = partA === partB ? a - b : a;
      if (partA === partB) continue;
      indices[atB + k] = partB * termCount + k;
      slopes[atB + k] = -b;
    }
    return partA === partB ? termCount : 2 * termCount;
  }

  finish(): LightEquations {
    const { unknowns, squares, products, blockCount, weights, ratios, samples } = this;
    for (let group = 0; group < weights.length; group++) {
      if (weights[group]! > 0) this.addGroup(samples[group]!, weights[group]!, ratios[group]!);
    }
    const pairs = [...this.pairs.values()].filter(({ weight }) => weight > 0).map(meanOfPair);
    let { ratioSquares } = this;
    for (const { weight, logRatio, slopes } of pairs) {
      ratioSquares -= weight * logRatio * logRatio;
      for (let i = 0; i < unknowns; i++) {
        if (slopes[i] === 0) continue;
        products[i]! -= weight * slopes[i]! * logRatio;
        for (let j = 0; j <= i; j++) squares[i * unknowns + j]! -= weight * slopes[i]! * slopes[j]!;
      }
    }
    for (let i = 0; i < unknowns; i++) {
      for (let j = 0; j < i; j++) squares[j * unknowns + i] = squares[i * unknowns + j]!;
    }
    return { unknowns, blockCount, squares, products, ratioSquares: Math.max(0, ratioSquares), pairs };
  }
}

function meanOfPair({ tiles, weight, logRatio, slopes }: PairSums): PairEquation {
  return { tiles, weight, logRatio: logRatio / weight, slopes: slopes.map((slope) => slope / weight) };
}
