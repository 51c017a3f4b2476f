/** What a shape would be if it were as smooth as light is: a polynomial in rows and columns. */
import type { Yx } from "../shapes.ts";

/** Light that a light sheet and a lens leave uneven follows a polynomial of this degree within a per cent or so. */
const degree = 4;

/**
 * The least-squares polynomial of degree 4 (15 terms) over an image, C order, `shapeYx`; the image itself where it has
 * too few pixels to tell.
 */
export function smoothShape(image: Float64Array, shapeYx: Yx): Float64Array {
  const basis = polynomialsOf(shapeYx);
  if (basis.length * 2 > image.length) return image.slice();
  const smooth = new Float64Array(image.length);
  for (const term of basis) {
    const weight = dot(image, term);
    for (let at = 0; at < smooth.length; at++) smooth[at]! += weight * term[at]!;
  }
  return smooth;
}

const known = new Map<string, readonly Float64Array[]>();

function polynomialsOf(shapeYx: Yx): readonly Float64Array[] {
  const basis = known.get(String(shapeYx)) ?? polynomials(shapeYx);
  known.set(String(shapeYx), basis);
  return basis;
}

/** Orthonormal over the pixels of the image (Gram-Schmidt, twice for the sake of rounding). */
function polynomials([rows, columns]: Yx): Float64Array[] {
  const basis: Float64Array[] = [];
  for (let total = 0; total <= degree; total++) {
    for (let power = 0; power <= total; power++) {
      const term = new Float64Array(rows * columns);
      for (let at = 0; at < term.length; at++) {
        const y = (2 * Math.floor(at / columns) + 1) / rows - 1;
        const x = (2 * (at % columns) + 1) / columns - 1;
        term[at] = y ** power * x ** (total - power);
      }
      for (const earlier of [...basis, ...basis]) {
        const shared = dot(term, earlier);
        for (let at = 0; at < term.length; at++) term[at]! -= shared * earlier[at]!;
      }
      const length = Math.sqrt(dot(term, term));
      if (length > 1e-6) basis.push(term.map((value) => value / length));
    }
  }
  return basis;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
