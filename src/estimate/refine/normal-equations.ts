/**
 * Adds a weighted least-squares problem to normal equations: `matrix` (its lower triangle) and `gradient`. Four sums at a
 * time, as the processor waits for one addition before the next of the same sum; each is that of a plain loop.
 * @param slopes how every residual changes with every coefficient, C order `[coefficient, residual]`
 */
export function addNormalEquations(
  slopes: Float64Array,
  residuals: Float64Array,
  weights: Float64Array,
  matrix: Float64Array,
  gradient: Float64Array,
): void {
  const [count, length] = [gradient.length, residuals.length];
  const weighted = new Float64Array(length);
  for (let k = 0; k < count; k++) {
    let slope = 0;
    for (let i = 0; i < length; i++) {
      weighted[i] = weights[i]! === 0 ? 0 : weights[i]! * slopes[k * length + i]!;
      slope += weighted[i]! * residuals[i]!;
    }
    gradient[k]! += slope;
    const row = k * count;
    let j = 0;
    for (; j + 3 <= k; j += 4) {
      const [first, second, third, fourth] = [j * length, (j + 1) * length, (j + 2) * length, (j + 3) * length];
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let i = 0; i < length; i++) {
        const weight = weighted[i]!;
        a += weight * slopes[first + i]!;
        b += weight * slopes[second + i]!;
        c += weight * slopes[third + i]!;
        d += weight * slopes[fourth + i]!;
      }
      matrix[row + j]! += a;
      matrix[row + j + 1]! += b;
      matrix[row + j + 2]! += c;
      matrix[row + j + 3]! += d;
    }
    for (; j <= k; j++) {
      let product = 0;
      for (let i = 0, at = j * length; i < length; i++, at++) product += weighted[i]! * slopes[at]!;
      matrix[row + j]! += product;
    }
  }
}
