/** Smooth shading as a sum of few terms: products of Legendre polynomials over the field. */

/**
 * The highest order of the polynomials, both axes together; the constant is left out, as overlaps cannot determine it.
 */
const highestOrder = 4;

const exponents: readonly (readonly [y: number, x: number])[] = Array.from(
  { length: highestOrder },
  (_, i) => i + 1,
).flatMap((order) => Array.from({ length: order + 1 }, (_, y) => [y, order - y] as const));

/** The number of terms. */
export const termCount = exponents.length;

/** The order of every term: 1 for tilts, 2 for bowls, ... */
const termOrders: readonly number[] = exponents.map(([y, x]) => y + x);

/**
 * Usual sizes of terms of light in log brightness, by their order from 1: a vignetting by 30 % has bowls of 0.05 to
 * 0.08, and light has little beyond.
 */
export const usualSizes: readonly number[] = termOrders.map((order) => [0.08, 0.06, 0.02, 0.012][order - 1]!);

/** Writes the values of all terms at a place of the field, from -1 to 1 along both axes, each of mean square 1. */
export function writeTerms(y: number, x: number, into: Float64Array): void {
  const [alongY, alongX] = [legendre(y), legendre(x)];
  for (let k = 0; k < termCount; k++) into[k] = alongY[exponents[k]![0]]! * alongX[exponents[k]![1]]!;
}

/** Polynomials 0 to 4 at `t`, of mean square 1 over -1 to 1. */
function legendre(t: number): readonly number[] {
  const s = t * t;
  return [
    1,
    Math.sqrt(3) * t,
    (Math.sqrt(5) * (3 * s - 1)) / 2,
    (Math.sqrt(7) * t * (5 * s - 3)) / 2,
    (3 * (35 * s * s - 30 * s + 3)) / 8,
  ];
}

/** Terms over the blocks of a field, `[block, term]`. */
export function termsOverField([down, across]: readonly [number, number]): Float64Array {
  const terms = new Float64Array(down * across * termCount);
  for (let y = 0, block = 0; y < down; y++) {
    for (let x = 0; x < across; x++, block++) {
      const values = terms.subarray(block * termCount, (block + 1) * termCount);
      writeTerms((2 * y + 1) / down - 1, (2 * x + 1) / across - 1, values);
    }
  }
  return terms;
}

/** The sum of terms of given sizes at a block. */
export function sumOfTerms(sizes: ArrayLike<number>, terms: Float64Array, block: number, from = 0): number {
  let sum = 0;
  for (let k = 0; k < termCount; k++) sum += sizes[from + k]! * terms[block * termCount + k]!;
  return sum;
}
