/** Solvers of linear systems with symmetric positive definite matrices. */

import { dot } from "../../statistics.ts";

/**
 * Solves `matrix · x = right` for a symmetric positive definite matrix, `n` x `n`, of which the lower triangle is given
 * and overwritten (Cholesky); the solution replaces `right`.
 */
export function solvePositive(matrix: Float64Array, right: Float64Array): void {
  right.set(new Cholesky(matrix, right.length).solve(right));
}

/** The factor of a symmetric positive definite matrix: a lower triangle, of which the product with its transpose is that. */
export class Cholesky {
  /** Of the matrix, its natural logarithm. */
  readonly logDeterminant: number;
  readonly #factor: Float64Array;
  readonly #n: number;

  /** @param matrix `n` x `n`, of which the lower triangle is given, and overwritten by the factor */
  constructor(matrix: Float64Array, n: number) {
    this.#factor = matrix;
    this.#n = n;
    let logDeterminant = 0;
    for (let j = 0; j < n; j++) {
      for (let i = j; i < n; i++) {
        let sum = matrix[i * n + j]!;
        for (let k = 0; k < j; k++) sum -= matrix[i * n + k]! * matrix[j * n + k]!;
        matrix[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / matrix[j * n + j]!;
      }
      logDeterminant += 2 * Math.log(matrix[j * n + j]!);
    }
    this.logDeterminant = logDeterminant;
  }

  /** Solves `matrix · x = right`. */
  solve(right: Float64Array): Float64Array {
    return this.solveUpper(this.solveLower(right));
  }

  /** Solves `factor · x = right`. */
  solveLower(right: Float64Array): Float64Array {
    const [factor, n] = [this.#factor, this.#n];
    const solution = right.slice();
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) solution[i]! -= factor[i * n + k]! * solution[k]!;
      solution[i]! /= factor[i * n + i]!;
    }
    return solution;
  }

  /** The same for the transposed factor. */
  solveUpper(right: Float64Array): Float64Array {
    const [factor, n] = [this.#factor, this.#n];
    const solution = right.slice();
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) solution[i]! -= factor[k * n + i]! * solution[k]!;
      solution[i]! /= factor[i * n + i]!;
    }
    return solution;
  }
}

/**
 * Solves `matrix · x = right` for a symmetric positive definite matrix that is given as its product with a vector.
 * @param apply writes the matrix times the first vector into the second
 * @param start initial solution; not changed
 * @see M. R. Hestenes, E. Stiefel, Methods of conjugate gradients for solving linear systems, Journal of Research of
 * the National Bureau of Standards 49 (1952), 409-436
 */
export function conjugateGradients(
  apply: (vector: Float64Array, product: Float64Array) => void,
  right: Float64Array,
  start: Float64Array = new Float64Array(right.length),
): Float64Array {
  const x = start.slice();
  const [residual, product] = [right.slice(), new Float64Array(x.length)];
  apply(x, product);
  for (let i = 0; i < x.length; i++) residual[i]! -= product[i]!;
  const direction = residual.slice();
  let length = dot(residual, residual);
  for (let step = 0; step < 2 * x.length && length > 1e-14; step++) {
    apply(direction, product);
    const share = length / dot(direction, product);
    for (let i = 0; i < x.length; i++) {
      x[i]! += share * direction[i]!;
      residual[i]! -= share * product[i]!;
    }
    const shorter = dot(residual, residual);
    for (let i = 0; i < x.length; i++) direction[i] = residual[i]! + (shorter / length) * direction[i]!;
    length = shorter;
  }
  return x;
}
