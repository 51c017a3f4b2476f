import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gramLayout, largestSingularValue } from "../../../src/estimate/basic/largest-singular-value.ts";
import { dirtyMemory, placed } from "../../support/kernel-arrays.ts";

describe("the largest singular value", () => {
  it("of a product of two vectors is the product of their lengths", async () => {
    const values = fc.double({ min: 0.1, max: 100, noNaN: true });
    const vectors = fc.tuple(
      fc.array(values, { minLength: 1, maxLength: 12 }),
      fc.array(values, { minLength: 1, maxLength: 90 }),
    );
    await fc.assert(
      fc.asyncProperty(vectors, async ([column, row]) => {
        const matrix = Float64Array.from(column.flatMap((a) => row.map((b) => a * b)));
        const expected = Math.hypot(...column) * Math.hypot(...row);
        const found = await largestSingularValue(matrixOf(matrix, column.length, row.length));
        expect(found / expected).toBeCloseTo(1, 12);
      }),
      { numRuns: 50, seed: 6 },
    );
  });

  it("of a matrix with known singular values 3 and 1", async () => {
    // Columns turned by 30 degrees, so that neither singular vector is an axis.
    const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    const matrix = matrixOf(Float64Array.of(3 * c, -s, 3 * s, c), 2, 2);
    expect(await largestSingularValue(matrix)).toBeCloseTo(3, 10);
  });

  it("is found where two are equal, over more pixels than a block, and for nothing but 0", async () => {
    const found = (matrix: Float32Array | Float64Array, planes: number, pixels: number) =>
      largestSingularValue(matrixOf(matrix, planes, pixels));
    expect(await found(Float64Array.of(2, 0, 0, 2), 2, 2)).toBeCloseTo(2, 12);
    expect(await found(new Float32Array(3 * 5000).fill(2), 3, 5000)).toBeCloseTo(2 * Math.sqrt(15000), 6);
    expect(await found(new Float32Array(6), 2, 3)).toBe(0);
  });

  it("has the same bits in single precision as in double, where all numbers are singles", async () => {
    for (const [planes, pixels] of [
      [1, 1],
      [3, 5],
      [4, 2049],
      [9, 4100],
      [14, 63],
    ] as const) {
      const image = Float32Array.from({ length: planes * pixels }, (_, i) => 400 + 90 * Math.sin(i * i));
      const inDouble = matrixOf(Float64Array.from(image), planes, pixels);
      expect(await largestSingularValue(matrixOf(image, planes, pixels))).toBe(await largestSingularValue(inDouble));
    }
  });
});

const matrixOf = (image: Float32Array | Float64Array, planeCount: number, pixelCount: number) => {
  const memory = dirtyMemory(image.byteLength + 64 + gramLayout(planeCount, pixelCount).bytes);
  return { image: image instanceof Float32Array ? placed(memory, image) : image, planeCount, pixelCount, memory };
};
