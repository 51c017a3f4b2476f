/**
 * Gains of tiles and of sides that explain brightness differences of neighbours, by robust least squares on log ratios:
 * ln(A / B) = G(first) - G(second) + the effect of a tilt of the flat-field. G is the log gain of a tile, of its side,
 * or the sum of both.
 *
 * Overlaps cannot distinguish a tilted flat-field from tiles that become brighter from one end of the mosaic to the
 * other: a tilt of half a percent would be a ramp of five over ten tiles. So tilts are unknowns too, and the ramp is
 * assigned to whichever is more likely: gains that deviate by 5 %, or flat-fields that are tilted by half a percent
 * where they were measured, by 2.5 % where BaSiC estimated them from tissue. Tilts are not applied.
 */
import type { IlluminationSide } from "../../tiles/tile.ts";
import type { PairRatio } from "./pair-ratios.ts";
import { conjugateGradients } from "./solve.ts";

/** Which gains are fitted: of each tile, of all tiles of a side of the light sheet, or both. */
export type GainKind = "tile" | "side" | "tile-and-side";

/** A tile whose gain is wanted. */
export interface GainTile {
  readonly number: number;
  /** The side from which it was lit, where that is known. */
  readonly side?: IlluminationSide | undefined;
  /** Index of the flat-field that corrects it: tiles of the same one have a common tilt. */
  readonly profile: number;
  /** Whether that was measured without tissue, and so is hardly tilted. */
  readonly isMeasured: boolean;
  readonly pixels: number;
}

/** The unknowns of the model, and their regularisation. */
export interface GainModel {
  readonly kind: GainKind | "none";
  readonly tiles: readonly GainTile[];
  /** Index of the first unknown of the sides, of the tilts (rows, then columns, of each profile), and their number. */
  readonly sidesAt: number;
  readonly tiltsAt: number;
  /** Penalty of a tilt relative to that of a gain of the same size. */
  readonly tiltPenalty: number;
  readonly count: number;
}

/** A ratio as a sum of unknowns. */
export interface GainEquation {
  readonly indices: readonly number[];
  readonly factors: readonly number[];
  /** Number of terms that are gains, which come first; the others are tilts. */
  readonly gainTerms: number;
  readonly logRatio: number;
  readonly weight: number;
}
/** Sides differ more than tiles do. */
const sidePenalty = 0.1;
/** Larger deviations have less weight: 1 %. */
const robustness = 0.01;
const iterations = 12;

/** The equation of every ratio. */
export function gainEquations(
  { tiles, kind, sidesAt, tiltsAt }: GainModel,
  ratios: readonly PairRatio[],
): GainEquation[] {
  const places = new Map(tiles.map(({ number }, index) => [number, index]));
  return ratios.map(({ first, second, inFirstYx, inSecondYx, logRatio, weight }): GainEquation => {
    const [indices, factors]: [number[], number[]] = [[], []];
    const add = (index: number, factor: number) => {
      indices.push(index);
      factors.push(factor);
    };
    const [a, b] = [places.get(first)!, places.get(second)!];
    if (kind === "tile" || kind === "tile-and-side") {
      add(a, 1);
      add(b, -1);
    }
    if (kind === "side" || kind === "tile-and-side") {
      const sides = [tiles[a]!.side, tiles[b]!.side];
      if (sides[0] !== sides[1] && sides[0] !== undefined && sides[1] !== undefined) {
        for (const [i, side] of sides.entries()) add(sidesAt + (side === "Left" ? 0 : 1), i === 0 ? 1 : -1);
      }
    }
    const gainTerms = indices.length;
    for (const axis of [0, 1] as const) {
      add(tiltsAt + 2 * tiles[a]!.profile + axis, inFirstYx[axis]);
      add(tiltsAt + 2 * tiles[b]!.profile + axis, -inSecondYx[axis]);
    }
    return { indices, factors, gainTerms, logRatio, weight };
  });
}

/**
 * The unknowns that explain the equations best.
 * @param strength of the regularisation towards gains of 1; a precise ratio counts as 1
 * @param start initial unknowns; not changed
 */
export function solveGains(
  { tiltsAt, sidesAt, tiltPenalty, count }: GainModel,
  equations: readonly GainEquation[],
  strength: number,
  start: Float64Array = new Float64Array(count),
): Float64Array {
  const penalties = Float64Array.from({ length: count }, (_, index) => {
    return strength * (index >= tiltsAt ? tiltPenalty : index >= sidesAt ? sidePenalty : 1);
  });
  const system = sparseSystem(equations, penalties);
  const right = new Float64Array(count);
  let solution = start;
  for (let iteration = 0; iteration < iterations; iteration++) {
    for (const [row, equation] of equations.entries()) {
      const apart = equation.logRatio - explained(equation, solution);
      system.weights[row] = (equation.weight * robustness) / Math.hypot(apart, robustness);
    }
    // Sparse, as tiles have few neighbours.
    right.fill(0);
    addWeighted(system, system.right, right);
    const next = conjugateGradients((vector, product) => applyNormal(system, vector, product), right, solution);
    const step = next.reduce((most, value, index) => Math.max(most, Math.abs(value - solution[index]!)), 0);
    solution = next;
    if (step < 1e-5) break;
  }
  return solution;
}

/** The ratio that the unknowns predict. @param gainsOnly leave the tilts out, as a correction by gains does */
export function explained(
  { indices, factors, gainTerms }: GainEquation,
  solution: Float64Array,
  gainsOnly = false,
): number {
  let sum = 0;
  const stop = gainsOnly ? gainTerms : indices.length;
  for (let term = 0; term < stop; term++) sum += factors[term]! * solution[indices[term]!]!;
  return sum;
}

/**
 * Equations as rows with the same number of terms, some of them 0, with the weight of each, and the penalty of each
 * unknown.
 */
interface SparseSystem {
  readonly indices: Int32Array;
  readonly factors: Float64Array;
  readonly right: Float64Array;
  readonly weights: Float64Array;
  readonly penalties: Float64Array;
}

/** Two tiles, two sides, two tilts of either. */
const terms = 8;

function sparseSystem(equations: readonly GainEquation[], penalties: Float64Array): SparseSystem {
  const [indices, factors] = [new Int32Array(terms * equations.length), new Float64Array(terms * equations.length)];
  for (const [row, equation] of equations.entries()) {
    indices.set(equation.indices, terms * row);
    factors.set(equation.factors, terms * row);
  }
  const right = Float64Array.from(equations, ({ logRatio }) => logRatio);
  return { indices, factors, right, weights: new Float64Array(equations.length), penalties };
}

/** The matrix of the normal equations times a vector. */
function applyNormal(system: SparseSystem, vector: Float64Array, product: Float64Array): void {
  const { indices, factors, right, penalties } = system;
  const values = new Float64Array(right.length);
  for (let row = 0, at = 0; row < values.length; row++) {
    for (let term = 0; term < terms; term++, at++) values[row]! += factors[at]! * vector[indices[at]!]!;
  }
  for (let i = 0; i < vector.length; i++) product[i] = penalties[i]! * vector[i]!;
  addWeighted(system, values, product);
}

/** Adds the transposed equations times weighted values to the unknowns. */
function addWeighted({ indices, factors, weights }: SparseSystem, values: Float64Array, target: Float64Array): void {
  for (let row = 0, at = 0; row < values.length; row++) {
    const value = weights[row]! * values[row]!;
    for (let term = 0; term < terms; term++, at++) target[indices[at]!]! += value * factors[at]!;
  }
}
