/** The contribution of pairs of tiles to the normal equations of a fit of the light. */
import { dot } from "../../statistics.ts";
import type { LitPlace } from "./held-out.ts";
import type { FieldPlace, ModelledPair, NoiseScale, OverlapFit, PairGeometry } from "./overlap-model.ts";
import { conjugateGradients, solvePositive } from "./solve.ts";

/** A pair of views that differ by so much, relative to their brightness, counts as 1. */
export const unitDeviation = 0.01;
/** Residuals of more standard deviations have less weight (Cauchy's loss). */
const robustness = 2;

/** Both places of a pair with a fit applied. */
type SidesOf = (pair: ModelledPair) => readonly [LitPlace, LitPlace];

/** Applies a fit to the places of all pairs. */
export function placesOf(geometries: readonly PairGeometry[], fit: OverlapFit): SidesOf {
  const lit = new Map(
    geometries.map((geometry) => [geometry, [litPlace(geometry.first, fit), litPlace(geometry.second, fit)] as const]),
  );
  return ({ geometry, tiles }) => {
    const [first, second] = lit.get(geometry)!;
    return [withGain(first, fit.logGains[tiles[0]]!), withGain(second, fit.logGains[tiles[1]]!)];
  };
}

/** A place with a fit applied, except for the gain of its tile. */
function litPlace({ light, dark, terms }: FieldPlace, { light: coefficients }: OverlapFit): LitPlace {
  const change = new Float64Array(light.length);
  for (const [k, term] of terms.entries()) {
    for (let i = 0; i < term.length; i++) change[i]! += coefficients[k]! * term[i]!;
  }
  return { light: light.map((value, i) => value * Math.exp(change[i]!)), dark };
}

/** A place as seen in a tile whose light is brighter by a factor. */
function withGain({ light, dark }: LitPlace, logGain: number): LitPlace {
  return logGain === 0 ? { light, dark } : { light: light.map((value) => value * Math.exp(logGain)), dark };
}

/** Sums over the planes of pairs at every coarse pixel of their geometry: of T², and of T times the residual. */
interface PixelSums {
  readonly squares: Float64Array;
  readonly residuals: Float64Array;
}

/** The coupling of a pair with the gains of its tiles. */
interface GainSums {
  /** With every term of the light. */
  readonly coupling: Float64Array;
  readonly squares: number;
  readonly residual: number;
}

/**
 * Adds a pair to the sums of its geometry.
 *
 * With T the mean of both views, A' - B' changes by T times the difference between the changes of log S at the second
 * and at the first place: so planes of a pixel, and pairs of the same geometry, are summed once for all products of
 * unknowns.
 * @param withGains whether the coupling with the gains of its tiles is computed
 */
export function addPair(
  pair: ModelledPair,
  places: readonly [LitPlace, LitPlace],
  noise: NoiseScale,
  sums: PixelSums,
  withGains: boolean,
): GainSums | undefined {
  const { geometry } = pair;
  const own = new Float64Array(geometry.length);
  let [squares, residual] = [0, 0];
  for (let i = 0; i < geometry.length; i++) {
    const ofPixel = sumPlanes(pair, places, i, noise);
    if (ofPixel.squares === 0) continue;
    own[i] = ofPixel.squares;
    sums.squares[i]! += ofPixel.squares;
    sums.residuals[i]! += ofPixel.residual;
    squares += ofPixel.squares;
    residual += ofPixel.residual;
  }
  return withGains ? { coupling: productWithSlopes(geometry, own), squares, residual } : undefined;
}

/**
 * The least number of places along an axis where slopes of the light are evaluated: pixels between share those of their
 * middle.
 */
const placesAlong = 24;

/**
 * Adds the contribution of pairs of a geometry to the normal equations of the light: the lower triangle, and the
 * gradient. The gradient, and so the result of a fit, is exact; the matrix, and so the steps, is approximate.
 */
export function addLight(
  geometry: PairGeometry,
  { squares, residuals }: PixelSums,
  matrix: Float64Array,
  gradient: Float64Array,
): void {
  const { shapeYx, first, second } = geometry;
  const [rows, columns] = shapeYx;
  const count = gradient.length;
  const [stepY, stepX] = [Math.max(1, Math.floor(rows / placesAlong)), Math.max(1, Math.floor(columns / placesAlong))];
  const product = productWithSlopes(geometry, residuals);
  for (let k = 0; k < count; k++) gradient[k]! += product[k]!;
  const slopes = new Float64Array(count);
  for (let y = 0; y < rows; y += stepY) {
    for (let x = 0; x < columns; x += stepX) {
      const [height, width] = [Math.min(stepY, rows - y), Math.min(stepX, columns - x)];
      let weight = 0;
      for (let row = y; row < y + height; row++) {
        for (let i = row * columns + x; i < row * columns + x + width; i++) weight += squares[i]!;
      }
      if (weight === 0) continue;
      const middle = (y + (height >> 1)) * columns + x + (width >> 1);
      for (let k = 0; k < count; k++) {
        const slope = second.terms[k]![middle]! - first.terms[k]![middle]!;
        const [weighted, row] = [weight * slope, k * count];
        slopes[k] = slope;
        for (let j = 0; j <= k; j++) matrix[row + j]! += weighted * slopes[j]!;
      }
    }
  }
}

/** For every term of the light the sum of values times the derivative of the residual, divided by T. */
function productWithSlopes({ first, second }: PairGeometry, values: Float64Array): Float64Array {
  return Float64Array.from(first.terms, (term, k) => {
    const other = second.terms[k]!;
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i]! * (other[i]! - term[i]!);
    return sum;
  });
}

/** Weighted sums over the planes of a pair, at one coarse pixel: of T², and of T times the residual. */
function sumPlanes(
  { planes, geometry }: ModelledPair,
  [first, second]: readonly [LitPlace, LitPlace],
  i: number,
  noise: NoiseScale,
): { readonly squares: number; readonly residual: number } {
  const [lightA, lightB, darkA, darkB] = [1 / first.light[i]!, 1 / second.light[i]!, first.dark[i]!, second.dark[i]!];
  const share = unitDeviation ** 2 / geometry.length / planes.length;
  let [squares, residual] = [0, 0];
  for (const plane of planes) {
    const a = (plane.first[i]! - darkA) * lightA;
    const b = (plane.second[i]! - darkB) * lightB;
    const apart = a - b;
    if (!Number.isFinite(apart)) continue;
    const bright = (a + b) / 2;
    const scale = noise(bright);
    const weight = share / (scale * scale + (apart / robustness) ** 2);
    squares += weight * bright * bright;
    residual += weight * bright * apart;
  }
  return { squares, residual };
}

// Eliminates the gains of tiles from the normal equations of a fit first, as each is coupled with few others.

/** Accumulates the equations of gains pair by pair, then solves for all unknowns. */
export class GainElimination {
  private readonly count: number;
  private readonly pairs: readonly Pick<ModelledPair, "tiles">[];
  private readonly diagonal: Float64Array;
  private readonly gradient: Float64Array;
  /** Coupling of the gains of the two tiles of every pair. */
  private readonly neighbours: Float64Array;
  /** Coupling of every other unknown with every gain. */
  private readonly coupling: readonly Float64Array[];

  /** @param count number of unknowns that are not gains @param penalty regularisation of log gains towards 0 */
  constructor(pairs: readonly Pick<ModelledPair, "tiles">[], logGains: Float64Array, count: number, penalty: number) {
    this.count = count;
    this.pairs = pairs;
    this.diagonal = new Float64Array(logGains.length).fill(penalty);
    this.gradient = logGains.map((gain) => penalty * gain);
    this.neighbours = new Float64Array(pairs.length);
    this.coupling = Array.from({ length: count }, () => new Float64Array(logGains.length));
  }

  /**
   * Adds the coupling of a pair with the gains of its tiles: the residual falls with that of the first, and rises with
   * the other.
   */
  add(index: number, tiles: readonly [number, number], { coupling, squares, residual }: GainSums): void {
    for (const [side, tile] of tiles.entries()) {
      const sign = side === 0 ? -1 : 1;
      for (let k = 0; k < this.count; k++) this.coupling[k]![tile]! += sign * coupling[k]!;
      this.diagonal[tile]! += squares;
      this.gradient[tile]! += sign * residual;
    }
    this.neighbours[index] = -squares;
  }

  /**
   * Writes the step of the other unknowns to `step` and returns that of the gains (Schur complement).
   * @param matrix the equations of the others, the lower triangle; overwritten
   */
  solve(matrix: Float64Array, step: Float64Array): Float64Array {
    const { count, coupling } = this;
    const alone = this.solveGains(this.gradient);
    const answers = coupling.map((ofUnknown) => this.solveGains(ofUnknown));
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

  private solveGains(right: Float64Array): Float64Array {
    return conjugateGradients((vector, product) => this.apply(vector, product), right);
  }

  private apply(vector: Float64Array, product: Float64Array): void {
    const { diagonal, neighbours, pairs } = this;
    for (let tile = 0; tile < vector.length; tile++) product[tile] = diagonal[tile]! * vector[tile]!;
    for (const [index, { tiles }] of pairs.entries()) {
      product[tiles[0]]! += neighbours[index]! * vector[tiles[1]]!;
      product[tiles[1]]! += neighbours[index]! * vector[tiles[0]]!;
    }
  }
}
