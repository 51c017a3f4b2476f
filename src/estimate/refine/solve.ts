/**
 * Solves `matrix · x = right` for a symmetric positive definite matrix, `n` x `n`, of which the lower triangle is given
 * and overwritten (Cholesky); the solution replaces `right`.
 */
export function solvePositive(matrix: Float64Array, right: Float64Array): void {
  const n = right.length;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k]! * matrix[j * n + k]!;
      matrix[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / matrix[j * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) right[i]! -= matrix[i * n + k]! * right[k]!;
    right[i]! /= matrix[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) right[i]! -= matrix[k * n + i]! * right[k]!;
    right[i]! /= matrix[i * n + i]!;
  }
}
