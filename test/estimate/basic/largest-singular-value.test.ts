import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largestSingularValue } from "../../../src/estimate/basic/largest-singular-value.ts";

describe("the largest singular value", () => {
  it("of a product of two vectors is the product of their lengths", () => {
    const values = fc.double({ min: 0.1, max: 100, noNaN: true });
    const vectors = fc.tuple(
      fc.array(values, { minLength: 1, maxLength: 12 }),
      fc.array(values, { minLength: 1, maxLength: 90 }),
    );
    fc.assert(
      fc.property(vectors, ([column, row]) => {
        const matrix = Float64Array.from(column.flatMap((a) => row.map((b) => a * b)));
        const expected = Math.hypot(...column) * Math.hypot(...row);
        expect(largestSingularValue(matrix, column.length, row.length) / expected).toBeCloseTo(1, 12);
      }),
      { numRuns: 50, seed: 6 },
    );
  });

  it("of a matrix with known singular values 3 and 1", () => {
    // Columns turned by 30 degrees, so that neither singular vector is an axis.
    const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    expect(largestSingularValue(Float64Array.of(3 * c, -s, 3 * s, c), 2, 2)).toBeCloseTo(3, 10);
  });

  it("is found where two are equal, over more pixels than a block, and for nothing but 0", () => {
    expect(largestSingularValue(Float64Array.of(2, 0, 0, 2), 2, 2)).toBeCloseTo(2, 12);
    expect(largestSingularValue(new Float32Array(3 * 5000).fill(2), 3, 5000)).toBeCloseTo(2 * Math.sqrt(15000), 6);
    expect(largestSingularValue(new Float32Array(6), 2, 3)).toBe(0);
  });
});
