/** Eliminates the gains of tiles from the normal equations of a fit first, as each is coupled with few others. */
import { dot } from "../../statistics.ts";
import type { ModelledPair } from "./overlap-model.ts";
import type { GainSums } from "./pair-equations.ts";
import { conjugateGradients, solvePositive } from "./solve.ts";

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
