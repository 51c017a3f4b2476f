/** Fits the light to equations from overlaps and a prior, and computes the likelihood of the fit. */
import { Cholesky } from "../../estimate/refine/solve.ts";
import { dot, upperMedianOf } from "../../statistics.ts";
import type { LightEquations, PairEquation } from "./light-equations.ts";
import { termCount, usualSizes } from "./shading-terms.ts";

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

/** A fit: the unknowns are normal around `sizes`, with the inverse of the matrix of `factor` as covariance. */
export interface LightFit {
  readonly sizes: Float64Array;
  readonly factor: Cholesky;
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

/** Possible relative errors of a profile where there are overlaps: the data decide between them. */
const distrusts = [0.15, 0.4, 1, 3, 10];

/** Sizes of terms relative to the usual ones of light, where the profile is not trusted. */
const ignorances = [0.2, 1, 3];

/** Fits by regularised least squares. */
function fitLight(equations: LightEquations, prior: LightPrior, noise: RatioNoise, gains?: LogGains): LightFit {
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
  const matrix = new Float64Array(n * n);
  const right = new Float64Array(n);
  setNormalEquations(equations, prior, noise, matrix, right);
  const residuals = ratiosOf(pairs, gains);
  for (let index = 0; index < pairs.length; index++) {
    const { weight, slopes } = pairs[index]!;
    const precision = pairWeights[index]! / (noise.between + noise.within / weight);
    addPair(slopes, residuals[index]!, precision, matrix, right);
  }
  const factor = new Cholesky(matrix, n);
  const sizes = factor.solve(right);
  for (let index = 0; index < pairs.length; index++) residuals[index]! -= dot(pairs[index]!.slopes, sizes);
  const fit = Math.max(0, squaresLeft(equations, sizes)) / noise.within;
  const spread = (blockCount * Math.log(noise.within)) / blocksPerSample;
  const parts = priorPart(prior, sizes) + pairPart(pairs, residuals, pairWeights, noise);
  return { sizes, factor, evidence: -0.5 * (fit + spread + parts + factor.logDeterminant), residuals };
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
function variancesOf({ sizes, factor }: LightFit): Float64Array {
  const n = sizes.length;
  return Float64Array.from({ length: n }, (_, k) => {
    const unit = new Float64Array(n);
    unit[k] = 1;
    return factor.solveLower(unit).reduce((sum, value) => sum + value * value, 0);
  });
}

/** Unknowns drawn from a fit. @param normal a stream of standard normal deviates */
export function drawSizes({ sizes, factor }: LightFit, normal: () => number): Float64Array {
  const n = sizes.length;
  const deviation = factor.solveUpper(Float64Array.from({ length: n }, normal));
  return sizes.map((size, i) => size + deviation[i]!);
}

/** The least variance of the ratio of a pair, by errors of registration and different viewing angles. */
const leastBetween = 0.0007 ** 2;

/** The noise as the residual of a fit, found in a few iterations. */
function estimateNoise(equations: LightEquations, prior: LightPrior, gains?: LogGains): RatioNoise {
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

/**
 * Fits for every possible error of the profile, and without the profile. Terms that overlaps do not determine are not
 * trusted because of the others: the light may lack them.
 */
export function fitsOf(equations: LightEquations, applied: Float64Array, gains?: LogGains): LightFit[] {
  const fitWith = (means: Float64Array, variances: Float64Array) => {
    const prior = { means, variances };
    return fitLight(equations, prior, estimateNoise(equations, prior, gains), gains);
  };
  const open = applied.map((size, i) => size ** 2 + (0.25 * usualSize(i)) ** 2);
  const left = variancesOf(fitWith(applied, open));
  const around = distrusts.map((distrust) => {
    const shares = left.map((variance, i) => Math.min(1, variance / open[i]!));
    return fitWith(
      applied,
      open.map((variance, i) => variance * (shares[i]! + (1 - shares[i]!) * distrust ** 2)),
    );
  });
  const nothing = new Float64Array(applied.length);
  const apart = ignorances.map((times) =>
    fitWith(
      nothing,
      nothing.map((_, i) => (times * usualSize(i)) ** 2),
    ),
  );
  return [...around, ...apart];
}

function usualSize(unknown: number): number {
  return usualSizes[unknown % termCount]!;
}
