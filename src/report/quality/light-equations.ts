/**
 * What overlaps of the source tell of its light: two tiles show the same place through two parts of the field, so
 * ln((A - O) / (B - O)) = s(a) - s(b), with s the log brightness of the light over the field and O the counts that no
 * light made. With s a sum of smooth terms these are linear equations, of which sums are kept.
 */
import type { OverlapBlock } from "./overlap-blocks.ts";
import { termCount, writeTerms } from "./shading-terms.ts";

/** Tiles and planes that are taken to share one light. */
export interface LightPartition {
  readonly name: LightVariation;
  readonly count: number;
  readonly partOf: (tile: number, plane: number) => number;
}

/** With what the light changes in the mosaic: with nothing, with depth, or from one half of the mosaic to the other. */
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
  /** Sums over blocks, less what the means of their pairs explain: `[i, j]`, `[i]` and a number. */
  readonly squares: Float64Array;
  readonly products: Float64Array;
  readonly ratioSquares: number;
  /** The sum over blocks of the logarithm of how much their counts vary, against typical ones. */
  readonly logVariances: number;
  readonly pairs: readonly PairEquation[];
}

/** Log ratios beyond this tell of noise, not of light. */
const mostLogRatio = 1.5;
/** Of what is left of the brightness of a block after the offset, this share of the typical counts at the least. */
const leastLight = 0.02;

/** Sums the equations of all blocks up. */
export function lightEquations(
  blocks: readonly OverlapBlock[],
  offset: number,
  { count, partOf }: LightPartition,
): LightEquations {
  const unknowns = count * termCount;
  const sums = new EquationSums(unknowns);
  const typical = typicalBrightness(blocks);
  const floor = leastLight * Math.max(typical - offset, 0.05 * typical);
  const [termsA, termsB] = [new Float64Array(termCount), new Float64Array(termCount)];
  for (const { pair, tiles, plane, inA, inB, before } of blocks) {
    const [a, b] = [Math.max(floor, before[0] - offset), Math.max(floor, before[1] - offset)];
    const [partA, partB] = [partOf(tiles[0], plane), partOf(tiles[1], plane)];
    writeTerms(inA[0], inA[1], termsA);
    writeTerms(inB[0], inB[1], termsB);
    // The error of a ratio is that of the counts over the light in them. Counts vary by noise, and by structures that do
    // not meet quite, the more the brighter they are.
    const [light, counts] = [(a + b) / 2, (before[0] + before[1]) / 2];
    const variance = (counts / typical) * (1 + light / typical);
    const weight = (light / typical) ** 2 / variance || 0;
    if (variance > 0) sums.logVariances += Math.log(variance);
    const logRatio = Math.min(mostLogRatio, Math.max(-mostLogRatio, Math.log(a / b)));
    sums.add(pair, tiles, [partA, partB], termsA, termsB, weight, logRatio);
  }
  return sums.finish();
}

/** The median brightness of all blocks, in counts. */
export function typicalBrightness(blocks: readonly OverlapBlock[]): number {
  const values = Float64Array.from(blocks, ({ before: [a, b] }) => (a + b) / 2).sort();
  return values[values.length >> 1] ?? 0;
}

interface PairSums {
  readonly tiles: readonly [number, number];
  weight: number;
  logRatio: number;
  readonly slopes: Float64Array;
}

class EquationSums {
  private readonly unknowns: number;
  private readonly pairs = new Map<number, PairSums>();
  private readonly squares: Float64Array;
  private readonly products: Float64Array;
  logVariances = 0;
  private ratioSquares = 0;
  private blockCount = 0;
  /** The slopes of one block that are not 0, and which unknowns they are of. */
  private readonly slopes = new Float64Array(2 * termCount);
  private readonly indices = new Int32Array(2 * termCount);

  constructor(unknowns: number) {
    this.unknowns = unknowns;
    this.squares = new Float64Array(unknowns ** 2);
    this.products = new Float64Array(unknowns);
  }

  add(
    key: number,
    tiles: readonly [number, number],
    [partA, partB]: readonly [number, number],
    termsA: Float64Array,
    termsB: Float64Array,
    weight: number,
    logRatio: number,
  ): void {
    const { slopes, indices, unknowns, squares, products } = this;
    const used = partA === partB ? termCount : 2 * termCount;
    for (let k = 0; k < termCount; k++) {
      indices[k] = partA * termCount + k;
      slopes[k] = partA === partB ? termsA[k]! - termsB[k]! : termsA[k]!;
      indices[termCount + k] = partB * termCount + k;
      slopes[termCount + k] = -termsB[k]!;
    }
    let pair = this.pairs.get(key);
    if (pair === undefined) {
      pair = { tiles, weight: 0, logRatio: 0, slopes: new Float64Array(unknowns) };
      this.pairs.set(key, pair);
    }
    pair.weight += weight;
    pair.logRatio += weight * logRatio;
    this.ratioSquares += weight * logRatio * logRatio;
    this.blockCount++;
    for (let k = 0; k < used; k++) {
      const slope = weight * slopes[k]!;
      const row = indices[k]! * unknowns;
      pair.slopes[indices[k]!]! += slope;
      products[indices[k]!]! += slope * logRatio;
      for (let j = 0; j < used; j++) squares[row + indices[j]!]! += slope * slopes[j]!;
    }
  }

  finish(): LightEquations {
    const { unknowns, squares, products, blockCount, logVariances } = this;
    const pairs = [...this.pairs.values()].filter(({ weight }) => weight > 0).map(meanOfPair);
    let { ratioSquares } = this;
    for (const { weight, logRatio, slopes } of pairs) {
      ratioSquares -= weight * logRatio * logRatio;
      for (let i = 0; i < unknowns; i++) {
        if (slopes[i] === 0) continue;
        products[i]! -= weight * slopes[i]! * logRatio;
        for (let j = 0; j < unknowns; j++) squares[i * unknowns + j]! -= weight * slopes[i]! * slopes[j]!;
      }
    }
    return { unknowns, blockCount, squares, products, ratioSquares: Math.max(0, ratioSquares), logVariances, pairs };
  }
}

function meanOfPair({ tiles, weight, logRatio, slopes }: PairSums): PairEquation {
  return { tiles, weight, logRatio: logRatio / weight, slopes: slopes.map((slope) => slope / weight) };
}
