/**
 * The fit of a smooth correction, with the gains of tiles as unknowns beside it: Gauss-Newton steps on a robust loss,
 * regularised towards no change and gains of 1. Gains are there because a tile that is brighter than its neighbours would
 * be explained by a tilt of the field otherwise; they are not applied.
 */
import { conjugateGradients } from "./conjugate-gradients.ts";
import type { CorrectionModel } from "./correction-model.ts";
import { type LinearPair, pairEquations } from "./linear-pairs.ts";
import { solvePositive } from "./solve.ts";

/** What a fit may change. */
export interface CorrectionFreedom {
  /** Strength of the regularisation; a pair counts as 1. */
  readonly strength: number;
  /** By how much tiles differ in brightness: the standard deviation of their log gains; 0 where they do not. */
  readonly gainSpread: number;
}

/** Coefficients of all terms, and the log gain of every tile, by its number. */
export interface CorrectionFit {
  readonly coefficients: Float64Array;
  readonly logGains: Float64Array;
}

const mostIterations = 10;
/**
 * How far an estimate may be tilted, edge to edge, where tiles differ too: less than BaSiC's are, as overlaps of few
 * tiles cannot tell a tilt from gains that rise from one end of the mosaic to the other.
 */
const tiltSpread = 0.01;

/**
 * Fits the coefficients, and gains where there are such.
 * @param from a fit to begin with; not changed
 */
export function fitCorrection(
  model: CorrectionModel,
  pairs: readonly LinearPair[],
  freedom: CorrectionFreedom,
  from?: CorrectionFit,
): CorrectionFit {
  const { strength, gainSpread } = freedom;
  // A tilt from edge to edge is twice the coefficient of its term.
  const gainPenalty = gainSpread > 0 ? (strength / 4) * (tiltSpread / gainSpread) ** 2 : 0;
  const penalties = model.roughness.map((value) => strength * value);
  const tileCount = pairs.reduce((most, { tiles }) => Math.max(most, tiles[0] + 1, tiles[1] + 1), 0);
  const coefficients = from?.coefficients.slice() ?? new Float64Array(penalties.length);
  const logGains = new Float64Array(Math.max(tileCount, from?.logGains.length ?? 0));
  logGains.set(from?.logGains ?? []);
  const system = emptySystem(pairs, penalties.length, logGains.length);
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    regularise(system, penalties, gainPenalty, { coefficients, logGains });
    for (const [index, pair] of pairs.entries()) addPair(system, index, pair, { coefficients, logGains });
    const gainSteps = gainSpread > 0 ? solveJointly(system) : undefined;
    if (gainSteps === undefined) solvePositive(system.matrix, system.step);
    for (let k = 0; k < coefficients.length; k++) coefficients[k]! -= system.step[k]!;
    for (let tile = 0; tile < logGains.length; tile++) logGains[tile]! -= gainSteps?.[tile] ?? 0;
    const isSmall = (value: number) => Math.abs(value) < 1e-3;
    if (system.step.every(isSmall) && (gainSteps?.every(isSmall) ?? true)) break;
  }
  return { coefficients, logGains };
}

/** Normal equations of coefficients and log gains. */
interface NormalSystem {
  /** Of the coefficients, C order, the lower triangle; their gradient, then the step. */
  readonly matrix: Float64Array;
  readonly step: Float64Array;
  /** Of the gains: diagonal, gradient, what neighbours share (by pair), and what each shares with every coefficient. */
  readonly diagonal: Float64Array;
  readonly gainGradient: Float64Array;
  readonly neighbours: Float64Array;
  readonly coupling: readonly Float64Array[];
  readonly pairs: readonly LinearPair[];
  /** Room for the equations of a pair. */
  readonly pairMatrix: Float64Array;
  readonly pairGradient: Float64Array;
}

function emptySystem(pairs: readonly LinearPair[], count: number, tileCount: number): NormalSystem {
  return {
    matrix: new Float64Array(count * count),
    step: new Float64Array(count),
    diagonal: new Float64Array(tileCount),
    gainGradient: new Float64Array(tileCount),
    neighbours: new Float64Array(pairs.length),
    coupling: Array.from({ length: count }, () => new Float64Array(tileCount)),
    pairs,
    pairMatrix: new Float64Array((count + 2) ** 2),
    pairGradient: new Float64Array(count + 2),
  };
}

function regularise(
  { matrix, step, diagonal, gainGradient, neighbours, coupling }: NormalSystem,
  penalties: Float64Array,
  gainPenalty: number,
  { coefficients, logGains }: CorrectionFit,
): void {
  const count = step.length;
  matrix.fill(0);
  for (let k = 0; k < count; k++) {
    matrix[k * count + k] = penalties[k]!;
    step[k] = penalties[k]! * coefficients[k]!;
  }
  diagonal.fill(gainPenalty);
  for (let tile = 0; tile < logGains.length; tile++) gainGradient[tile] = gainPenalty * logGains[tile]!;
  neighbours.fill(0);
  for (const ofTerm of coupling) ofTerm.fill(0);
}

function addPair(system: NormalSystem, index: number, pair: LinearPair, fit: CorrectionFit): void {
  const { matrix, step, diagonal, gainGradient, neighbours, coupling, pairMatrix, pairGradient } = system;
  const [count, wide] = [step.length, step.length + 2];
  pairEquations(pair, fit.coefficients, fit.logGains, pairMatrix, pairGradient);
  for (let k = 0; k < count; k++) {
    for (let j = 0; j <= k; j++) matrix[k * count + j]! += pairMatrix[k * wide + j]!;
    step[k]! += pairGradient[k]!;
  }
  for (const [side, tile] of pair.tiles.entries()) {
    const row = (count + side) * wide;
    for (let k = 0; k < count; k++) coupling[k]![tile]! += pairMatrix[row + k]!;
    diagonal[tile]! += pairMatrix[row + count + side]!;
    gainGradient[tile]! += pairGradient[count + side]!;
  }
  neighbours[index] = pairMatrix[(count + 1) * wide + count]!;
}

/**
 * Leaves the step of the coefficients in the system and returns that of the gains: these are eliminated first, as each
 * shares something with its neighbours only (Schur complement).
 */
function solveJointly({ matrix, step, gainGradient, coupling, ...gains }: NormalSystem): Float64Array {
  const count = step.length;
  const solve = (right: Float64Array) =>
    conjugateGradients((vector, product) => applyGains(gains, vector, product), right);
  const alone = solve(gainGradient);
  const answers = coupling.map(solve);
  for (let k = 0; k < count; k++) {
    for (let j = 0; j <= k; j++) matrix[k * count + j]! -= dot(coupling[k]!, answers[j]!);
    step[k]! -= dot(coupling[k]!, alone);
  }
  solvePositive(matrix, step);
  for (const [k, answer] of answers.entries()) {
    for (let tile = 0; tile < alone.length; tile++) alone[tile]! -= step[k]! * answer[tile]!;
  }
  return alone;
}

function applyGains(
  { diagonal, neighbours, pairs }: Pick<NormalSystem, "diagonal" | "neighbours" | "pairs">,
  vector: Float64Array,
  product: Float64Array,
): void {
  for (let tile = 0; tile < vector.length; tile++) product[tile] = diagonal[tile]! * vector[tile]!;
  for (const [index, { tiles }] of pairs.entries()) {
    product[tiles[0]]! += neighbours[index]! * vector[tiles[1]]!;
    product[tiles[1]]! += neighbours[index]! * vector[tiles[0]]!;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
