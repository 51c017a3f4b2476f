/**
 * The smooth changes of light that are fitted to overlaps: products of Legendre polynomials over the field. Light falls
 * off towards the edges of a field as low powers of the distance do, and a polynomial that fits the edges, where tiles
 * overlap, extrapolates well to the middle, where they do not; cosines, which are flat at the edges, do not.
 */
import type { Yx } from "../../shapes.ts";

/** The term P_ky(y) · P_kx(x), each of mean square 1 over the field. */
export interface LightTerm {
  readonly ky: number;
  readonly kx: number;
}

const highestOrder = 5;

/** All terms but the constant, the lowest first. */
export const lightTerms: readonly LightTerm[] = termsUpTo(highestOrder);

function termsUpTo(order: number): LightTerm[] {
  const terms: LightTerm[] = [];
  for (let sum = 1; sum <= order; sum++) for (let ky = 0; ky <= sum; ky++) terms.push({ ky, kx: sum - ky });
  return terms;
}

/** Values of a term at the pixels of a field, C order. */
export function termOverField(term: LightTerm, [rows, columns]: Yx): Float64Array {
  const alongY = legendre(term.ky, rows);
  const alongX = legendre(term.kx, columns);
  const values = new Float64Array(rows * columns);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) values[i] = alongY[y]! * alongX[x]!;
  }
  return values;
}

/**
 * The polynomial of a degree at the middles of pixels, by Bonnet's recursion, times the square root of 2 degree + 1.
 */
function legendre(degree: number, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => {
    const x = (2 * i + 1) / length - 1;
    let [before, value] = [0, 1];
    for (let k = 1; k <= degree; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
    return value * Math.sqrt(2 * degree + 1);
  });
}
