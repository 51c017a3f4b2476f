/** Fits light to what overlaps tell of it, beside what is expected of it, and says how likely that is. */
import type { LightEquations } from "./light-equations.ts";

/** What is expected of the unknowns: normal, each on its own. */
export interface LightPrior {
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

/** Variances of log ratios: of a block of the typical brightness within its pair, and of what a whole pair is off by. */
export interface RatioNoise {
  readonly within: number;
  readonly between: number;
}

/** A fit: unknowns are normal around `sizes`, with the inverse of `factor` times its transpose as covariance. */
export interface LightFit {
  readonly sizes: Float64Array;
  /** Lower triangle, `[i, j]`. */
  readonly factor: Float64Array;
  /** Logarithm of how likely the data are, to within a constant. */
  readonly evidence: number;
  /** What the fit leaves of the mean log ratio of every pair. */
  readonly residuals: Float64Array;
}

/** How bright tiles are against each other in logarithms, by number, where that is taken for real. */
export type LogGains = ReadonlyMap<number, number>;

/** Blocks of one pair show the same structures: so many of them count as one. */
const blocksPerSample = 4;

/** Residuals of pairs beyond so many standard deviations count less and less. */
const robustness = 2.5;

/** Fits by regularised least squares. */
export function fitLight(equations: LightEquations, prior: LightPrior, noise: RatioNoise, gains?: LogGains): LightFit {
  const plain = solve(equations, prior, noise, gains);
  const weights = plain.residuals.map((residual, pair) => {
    const deviation = Math.sqrt(noise.between + noise.within / equations.pairs[pair]!.weight);
    return Math.min(1, (robustness * deviation) / Math.abs(residual));
  });
  return weights.every((weight) => weight === 1) ? plain : solve(equations, prior, noise, gains, weights);
}

function solve(
  { unknowns: n, blockCount, squares, products, ratioSquares, pairs }: LightEquations,
  { means, variances }: LightPrior,
  { within, between }: RatioNoise,
  gains?: LogGains,
  pairWeights?: Float64Array,
): LightFit {
  const factor = squares.map((value) => value / within);
  const right = products.map((value, i) => value / within + means[i]! / variances[i]!);
  for (let i = 0; i < n; i++) factor[i * n + i]! += 1 / variances[i]!;
  const ratios = pairs.map(({ tiles: [a, b], logRatio }) => logRatio - (gains?.get(a) ?? 0) + (gains?.get(b) ?? 0));
  for (const [index, { weight, slopes }] of pairs.entries()) {
    const precision = (pairWeights?.[index] ?? 1) / (between + within / weight);
    for (let i = 0; i < n; i++) {
      if (slopes[i] === 0) continue;
      right[i]! += precision * slopes[i]! * ratios[index]!;
      for (let j = 0; j <= i; j++) factor[i * n + j]! += precision * slopes[i]! * slopes[j]!;
    }
  }
  const logDeterminant = factorise(factor, n);
  const sizes = backward(factor, forward(factor, right, n), n);
  let fit = ratioSquares;
  let prior = 0;
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (let j = 0; j < n; j++) row += squares[i * n + j]! * sizes[j]!;
    fit += sizes[i]! * (row - 2 * products[i]!);
    prior += (sizes[i]! - means[i]!) ** 2 / variances[i]! + Math.log(variances[i]!);
  }
  const residuals = Float64Array.from(pairs, ({ slopes }, index) => ratios[index]! - dot(slopes, sizes));
  let pairPart = 0;
  for (const [index, residual] of residuals.entries()) {
    // In units of counts, as those of blocks are: ratios would look more certain the more is taken for an offset.
    const { weight } = pairs[index]!;
    const variance = between * weight + within;
    pairPart += ((pairWeights?.[index] ?? 1) * residual ** 2 * weight) / variance + Math.log(variance);
  }
  const spread = (blockCount * Math.log(within)) / blocksPerSample;
  const evidence = -0.5 * (Math.max(0, fit) / within + spread + prior + pairPart + logDeterminant);
  return { sizes, factor, evidence, residuals };
}

/** Cholesky's factor of a symmetric positive definite matrix, in place of its lower triangle. @returns ln |matrix| */
function factorise(matrix: Float64Array, n: number): number {
  let logDeterminant = 0;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k]! * matrix[j * n + k]!;
      matrix[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / matrix[j * n + j]!;
    }
    logDeterminant += 2 * Math.log(matrix[j * n + j]!);
  }
  return logDeterminant;
}

function forward(factor: Float64Array, right: Float64Array, n: number): Float64Array {
  const solution = right.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) solution[i]! -= factor[i * n + k]! * solution[k]!;
    solution[i]! /= factor[i * n + i]!;
  }
  return solution;
}

function backward(factor: Float64Array, right: Float64Array, n: number): Float64Array {
  const solution = right.slice();
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) solution[i]! -= factor[k * n + i]! * solution[k]!;
    solution[i]! /= factor[i * n + i]!;
  }
  return solution;
}

/** The variance that a fit leaves to every unknown. */
export function variancesOf({ sizes, factor }: LightFit): Float64Array {
  const n = sizes.length;
  return Float64Array.from({ length: n }, (_, k) => {
    const unit = new Float64Array(n);
    unit[k] = 1;
    return forward(factor, unit, n).reduce((sum, value) => sum + value * value, 0);
  });
}

/** Unknowns drawn from a fit. @param normal a stream of standard normal deviates */
export function drawSizes({ sizes, factor }: LightFit, normal: () => number): Float64Array {
  const n = sizes.length;
  const deviation = backward(factor, Float64Array.from({ length: n }, normal), n);
  return sizes.map((size, i) => size + deviation[i]!);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** What registration and another angle of view leave in the ratio of a pair at the least. */
const leastBetween = 0.0007 ** 2;

/** The noise that a fit leaves, found by fitting a few times. */
export function estimateNoise(equations: LightEquations, prior: LightPrior, gains?: LogGains): RatioNoise {
  let noise: RatioNoise = { within: 0.05 ** 2, between: 0.02 ** 2 };
  for (let turn = 0; turn < 4; turn++) {
    const { sizes, residuals } = fitLight(equations, prior, noise, gains);
    const freedom = Math.max(1, equations.blockCount / blocksPerSample - equations.unknowns);
    const within = Math.max(1e-8, squaresLeft(equations, sizes) / freedom);
    noise = { within, between: betweenPairs(equations, residuals, within) };
  }
  return noise;
}

function squaresLeft({ unknowns: n, squares, products, ratioSquares }: LightEquations, sizes: Float64Array): number {
  let sum = ratioSquares;
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (let j = 0; j < n; j++) row += squares[i * n + j]! * sizes[j]!;
    sum += sizes[i]! * (row - 2 * products[i]!);
  }
  return Math.max(0, sum);
}

/** From the median deviation, so that single pairs do not decide; larger where pairs are few. */
function betweenPairs({ pairs }: LightEquations, residuals: Float64Array, within: number): number {
  const count = residuals.length;
  const sorted = residuals.map(Math.abs).sort();
  const deviation = 1.4826 * (sorted[count >> 1] ?? 0);
  const weights = Float64Array.from(pairs, ({ weight }) => weight).sort();
  const explained = within / (weights[count >> 1] ?? 1);
  return Math.max(leastBetween, (deviation ** 2 - explained) * (1 + 4 / Math.max(1, count - 2)));
}
