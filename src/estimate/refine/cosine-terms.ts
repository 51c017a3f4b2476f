/** Low cosine terms over a field: the smooth changes that a refinement may make to a profile. */
import type { Yx } from "../../shapes.ts";

/** The term cos(π·ky·(y + ½)/H) · cos(π·kx·(x + ½)/W). */
export interface CosineTerm {
  readonly ky: number;
  readonly kx: number;
}

/** All terms with `from <= ky + kx <= order`, the lowest first. */
export function cosineTerms(from: number, order: number): CosineTerm[] {
  const terms: CosineTerm[] = [];
  for (let sum = from; sum <= order; sum++) for (let ky = 0; ky <= sum; ky++) terms.push({ ky, kx: sum - ky });
  return terms;
}

/** How much rougher a term is than a constant: what keeps it small, times the strength of the regularisation. */
export function roughnessOf({ ky, kx }: CosineTerm): number {
  return (1 + (ky + kx) ** 4) / 2;
}

/** Values of a term at the pixels of a field, C order. */
export function termOverField(term: CosineTerm, [rows, columns]: Yx): Float64Array {
  const alongY = cosines(term.ky, rows);
  const alongX = cosines(term.kx, columns);
  const values = new Float64Array(rows * columns);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) values[i] = alongY[y]! * alongX[x]!;
  }
  return values;
}

function cosines(k: number, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Math.cos((Math.PI * k * (i + 0.5)) / length));
}
