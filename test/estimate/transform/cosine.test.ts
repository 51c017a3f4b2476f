import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cosineLayout,
  invertCosine,
  planCosineTransform,
  transformCosine,
} from "../../../src/estimate/transform/cosine.ts";
import type { Yx } from "../../../src/shapes.ts";
import { dirtyMemory, placed } from "../../support/kernel-arrays.ts";
import { transformCosine as referenceCosine } from "../../support/reference/cosine.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";

/** The definition: `X[k] = c(k) Σ_n x[n] cos(π(2n+1)k / 2N)`, row by row, then column by column. */
function naiveCosine(image: Float64Array, [height, width]: Yx): Float64Array {
  const basis = (n: number, k: number, length: number) =>
    Math.sqrt((k === 0 ? 1 : 2) / length) * Math.cos((Math.PI * (2 * n + 1) * k) / (2 * length));
  const rows = new Float64Array(height * width);
  const both = new Float64Array(height * width);
  for (let y = 0; y < height; y++)
    for (let k = 0; k < width; k++)
      for (let x = 0; x < width; x++) rows[y * width + k]! += image[y * width + x]! * basis(x, k, width);
  for (let k = 0; k < height; k++)
    for (let x = 0; x < width; x++)
      for (let y = 0; y < height; y++) both[k * width + x]! += rows[y * width + x]! * basis(y, k, height);
  return both;
}

function pseudoRandomImage([height, width]: Yx, seed: number): Float64Array {
  let state = seed >>> 0;
  return Float64Array.from({ length: height * width }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.3;
  });
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

const shapes: Yx[] = [
  [1, 1],
  [1, 7],
  [5, 1],
  [2, 3],
  [8, 8],
  [9, 16],
  [30, 35],
  [31, 22],
  [37, 12],
  [41, 53],
  [74, 3],
  [64, 27],
  [97, 2],
];

describe("the cosine transform", () => {
  it.each(shapes)("is what its definition says for %i x %i", (...shapeYx) => {
    const image = pseudoRandomImage(shapeYx, 5);
    const coefficients = new Float64Array(image.length);
    transformCosine(planCosineTransform(shapeYx), image, coefficients);
    expect(largestDifference(coefficients, naiveCosine(image, shapeYx))).toBeLessThan(1e-12);
  });

  it("is undone by its inverse, in place, and keeps the norm, for any size", () => {
    const size = fc.integer({ min: 1, max: 140 });
    fc.assert(
      fc.property(size, size, fc.nat(), (height, width, seed) => {
        const image = pseudoRandomImage([height, width], seed);
        const plan = planCosineTransform([height, width]);
        const there = image.slice();
        transformCosine(plan, there, there);
        const norm = (values: Float64Array) => Math.hypot(...values);
        expect(norm(there)).toBeCloseTo(norm(image), 9);
        invertCosine(plan, there, there);
        expect(largestDifference(there, image)).toBeLessThan(1e-12);
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});

describe("the kernels of the cosine transform", () => {
  const sides = [1, 2, 3, 4, 5, 7, 16, 37, 40, 41, 50, 60, 97, 127, 128];

  it("give the very bits of the reference, in the memory that was said, for any size", () => {
    fc.assert(
      fc.property(fc.constantFrom(...sides), fc.constantFrom(...sides), fc.nat(), (height, width, seed) => {
        const shapeYx: Yx = [height, width];
        const layout = cosineLayout(shapeYx);
        const memory = dirtyMemory(layout.bytes + 8 * (height * width + 16));
        const image = pseudoRandomImage(shapeYx, seed);
        const inside = placed(memory, image);
        const outside = image.slice();
        const plan = planCosineTransform(shapeYx, layout.take(memory));
        let wanted = image;
        for (const [transform, inverse] of [[transformCosine, false] as const, [invertCosine, true] as const]) {
          wanted = referenceCosine(wanted, shapeYx, inverse);
          for (const numbers of [inside, outside]) {
            transform(plan, numbers, numbers);
            expect(numbers.every((number, i) => Object.is(number, wanted[i]))).toBe(true);
          }
        }
      }),
      { numRuns: 50, seed: 2 },
    );
  });
});

describe.skipIf(!hasReferenceData)("the cosine transform against outside pairs", () => {
  const read = (name: string) => {
    const rows = readFileSync(`${referenceFolder}data/basicpy/dct/dcttool_mirt_dct2_${name}.txt`, "utf8")
      .trim()
      .split(/\s+/)
      .map((line) => line.split(",").map(Number));
    return { shapeYx: [rows.length, rows[0]!.length] as Yx, values: Float64Array.from(rows.flat()) };
  };

  it.each([1, 2, 3])("meets pair %i", (pair) => {
    const { shapeYx, values } = read(`in${pair}`);
    const expected = read(`out${pair}`);
    expect(expected.shapeYx).toEqual(shapeYx);
    transformCosine(planCosineTransform(shapeYx), values, values);
    expect(largestDifference(values, expected.values)).toBeLessThan(1e-13);
  });
});
