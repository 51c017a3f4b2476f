/** Fits the light to equations from overlaps and a prior, and computes the likelihood of the fit. */
import { backward, factorise, forward } from "../../estimate/refine/solve.ts";
import { dot, upperMedianOf } from "../../statistics.ts";
import type { LightEquations, PairEquation } from "./light-equations.ts";

/** The prior of the unknowns: independent normal distributions. */
interface LightPrior {
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

/** Variances of log ratios: of a block of the typical brightness within its pair, and of the error of a whole pair. */
interface RatioNoise {
  readonly within: number;
  readonly between: number;
}

/** A fit: the unknowns are normal around `sizes`, with the inverse of `factor` times its transpose as covariance. */
export interface LightFit {
  readonly sizes: Float64Array;
  /** Lower triangle, `[i, j]`. */
  readonly factor: Float64Array;
  /** Logarithm of the likelihood of the data, up to a constant. */
  readonly evidence: number;
  /** The residual of the mean log ratio of every pair. */
  readonly residuals: Float64Array;
}

/** Logarithm of the brightness of tiles relative to each other, by number, where gains are assumed to be real. */
export type LogGains = ReadonlyMap<number, number>;

/** Blocks of one pair show the same structures: this many count as one sample. */
const blocksPerSample = 4;

/** Residuals of pairs of more standard deviations have less weight. */
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
  equations: LightEquations,
  prior: LightPrior,
  noise: RatioNoise,
  gains?: LogGains,
  pairWeights = new Float64Array(equations.pairs.length).fill(1),
): LightFit {
  const { unknowns: n, blockCount, pairs } = equations;
  const factor = new Float64Array(n * n);
  const right = new Float64Array(n);
  setNormalEquations(equations, prior, noise, factor, right);
  const residuals = ratiosOf(pairs, gains);
  for (let index = 0; index < pairs.length; index++) {
    const { weight, slopes } = pairs[index]!;
    const precision = pairWeights[index]! / (noise.between + noise.within / weight);
    addPair(slopes, residuals[index]!, precision, factor, right);
  }
  const logDeterminant = factorise(factor, n);
  const sizes = backward(factor, forward(factor, right));
  for (let index = 0; index < pairs.length; index++) residuals[index]! -= dot(pairs[index]!.slopes, sizes);
  const fit = Math.max(0, squaresLeft(equations, sizes)) / noise.within;
  const spread = (blockCount * Math.log(noise.within)) / blocksPerSample;
  const parts = priorPart(prior, sizes) + pairPart(pairs, residuals, pairWeights, noise);
  return { sizes, factor, evidence: -0.5 * (fit + spread + parts + logDeterminant), residuals };
}

// A verdict solves thousands of these, most of them before the engine has optimised the code: plain loops over arrays
// of one type take a third of the time of closures.

/** Only the lower triangle of the matrix is set. */
function setNormalEquations(
  { unknowns: n, squares, products }: LightEquations,
  { means, variances }: LightPrior,
  { within }: RatioNoise,
  matrix: Float64Array,
  right: Float64Array,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = i * n; j <= i * n + i; j++) matrix[j] = squares[j]! / within;
    matrix[i * n + i]! += 1 / variances[i]!;
    right[i] = products[i]! / within + means[i]! / variances[i]!;
  }
}

function ratiosOf(pairs: readonly PairEquation[], gains?: LogGains): Float64Array {
  const ratios = new Float64Array(pairs.length);
  for (let index = 0; index < pairs.length; index++) {
    const { tiles, logRatio } = pairs[index]!;
    ratios[index] = gains === undefined ? logRatio : logRatio - (gains.get(tiles[0]) ?? 0) + (gains.get(tiles[1]) ?? 0);
  }
  return ratios;
}

function addPair(slopes: Float64Array, ratio: number, precision: number, matrix: Float64Array, right: Float64Array) {
  const n = slopes.length;
  for (let i = 0; i < n; i++) {
    const slope = precision * slopes[i]!;
    if (slope === 0) continue;
    right[i]! += slope * ratio;
    for (let j = 0; j <= i; j++) matrix[i * n + j]! += slope * slopes[j]!;
  }
}

function priorPart({ means, variances }: LightPrior, sizes: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < sizes.length; i++) {
    const apart = sizes[i]! - means[i]!;
    sum += (apart * apart) / variances[i]! + Math.log(variances[i]!);
  }
  return sum;
}

/** In units of counts, as those of blocks are: ratios would seem more precise the larger the assumed offset. */
function pairPart(
  pairs: readonly PairEquation[],
  residuals: Float64Array,
  pairWeights: Float64Array,
  { within, between }: RatioNoise,
): number {
  let sum = 0;
  for (let index = 0; index < pairs.length; index++) {
    const { weight } = pairs[index]!;
    const variance = between * weight + within;
    sum += (pairWeights[index]! * residuals[index]! * residuals[index]! * weight) / variance + Math.log(variance);
  }
  return sum;
}

/** The variance of every unknown by a fit. */
export function variancesOf({ sizes, factor }: LightFit): Float64Array {
  const n = sizes.length;
  return Float64Array.from({ length: n }, (_, k) => {
    const unit = new Float64Array(n);
    unit[k] = 1;
    return forward(factor, unit).reduce((sum, value) => sum + value * value, 0);
  });
}

/** Unknowns drawn from a fit. @param normal a stream of standard normal deviates */
export function drawSizes({ sizes, factor }: LightFit, normal: () => number): Float64Array {
  const n = sizes.length;
  const deviation = backward(factor, Float64Array.from({ length: n }, normal));
  return sizes.map((size, i) => size + deviation[i]!);
}

/** The least variance of the ratio of a pair, by errors of registration and different viewing angles. */
const leastBetween = 0.0007 ** 2;

/** The noise as the residual of a fit, found in a few iterations. */
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
  return sum;
}

/** From the median deviation, so that single pairs do not decide; larger where pairs are few. */
function betweenPairs({ pairs }: LightEquations, residuals: Float64Array, within: number): number {
  const count = residuals.length;
  const deviation = 1.4826 * (upperMedianOf(residuals.map(Math.abs)) ?? 0);
  const explained = within / (upperMedianOf(Float64Array.from(pairs, ({ weight }) => weight)) ?? 1);
  return Math.max(leastBetween, (deviation ** 2 - explained) * (1 + 4 / Math.max(1, count - 2)));
}
