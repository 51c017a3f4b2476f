/**
 * Solves `matrix · x = right` for a symmetric positive definite matrix that is given as what it does to a vector.
 * @param apply writes the matrix times the first vector into the second
 * @param start where to begin; not changed
 * @see M. R. Hestenes, E. Stiefel, Methods of conjugate gradients for solving linear systems, Journal of Research of the
 * National Bureau of Standards 49 (1952), 409-436
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

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
