import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { descend, shrinkAll, shrinkWeighted } from "../../../src/estimate/basic/image-steps.ts";
import {
  addScaled,
  distance,
  dot,
  narrow,
  scaleAndAdd,
  smallestOf,
  sum,
  widen,
} from "../../../src/estimate/basic/vectors.ts";
import type { NumberArray } from "../../../src/kernels/kernel-memory.ts";
import { dirtyMemory, placed } from "../../support/kernel-arrays.ts";

/** What one of the functions is given: images, and what it wrote into afterwards; it may return a number. */
type Work = (a: Float64Array, b: Float64Array, c: Float64Array, single: Float32Array) => number | undefined;

const works: Record<string, Work> = {
  sum: (a) => sum(a),
  dot: (a, b) => dot(a, b),
  distance: (a, b) => distance(a, b),
  smallestOf: (a) => smallestOf(a),
  scaleAndAdd: (a, b) => void scaleAndAdd(a, 1.3, -2.7, b),
  "scaleAndAdd in place": (a) => void scaleAndAdd(a, 0.3, 0, a),
  addScaled: (a, b) => void addScaled(a, 1e-5, 3.1, b),
  narrow: (a, _b, _c, single) => void narrow(a, single),
  widen: (a, _b, _c, single) => void widen(single, a),
  shrinkAll: (a) => void shrinkAll(a, 17.3),
  shrinkWeighted: (a, b) => {
    for (let i = 0; i < b.length; i++) b[i] = Math.abs(b[i]!);
    shrinkWeighted(a, b, 0.01, 0.003);
  },
  descend: (a, b, c) => {
    const explained = { flatfield: a, byFlatfield: 3.3, darkResidual: b, darkOffset: 7.1, byDarkfield: 20 };
    descend(b, explained, a, 41.7, c);
  },
};

const lengths = [1, 2, 3, 4, 5, 7, 8, 63, 130, 1600];
const value = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: -100, max: 100, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1e-300, 1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

describe.each(Object.entries(works))("%s", (_, work) => {
  const memory = dirtyMemory(4 * (8 * 1600 + 128));

  it("gives the very bits in the kernels' memory that it gives elsewhere, for any length", () => {
    fc.assert(
      fc.property(fc.constantFrom(...lengths), fc.array(value, { minLength: 50, maxLength: 50 }), (length, values) => {
        const image = (from: number) => Float64Array.from({ length }, (_, i) => values[(i * 7 + from) % 50]!);
        const outside = [image(0), image(11), image(23), Float32Array.from(image(31))] as const;
        const mark = memory.mark();
        const inside = outside.map((array: NumberArray) => placed(memory, array)) as unknown as typeof outside;
        const [wanted, found] = [work(...outside), work(...inside)];
        expect(Object.is(found, wanted) || (Number.isNaN(found) && Number.isNaN(wanted))).toBe(true);
        outside.forEach((array, place) => {
          const isSame = (number: number, i: number) => Object.is(number, array[i]);
          expect(inside[place]!.length).toBe(array.length);
          expect((inside[place]! as Float64Array).every(isSame)).toBe(true);
        });
        memory.release(mark);
      }),
      { numRuns: 40, seed: 5 },
    );
  });
});

describe("sums", () => {
  it("are those of the definition, but for rounding", () => {
    const [a, b] = [0, 1].map((seed) => Float64Array.from({ length: 1003 }, (_, i) => Math.sin(i * 12.9 + seed)));
    const total = (of: (i: number) => number) => a!.reduce((all, _, i) => all + of(i), 0);
    expect(sum(a!)).toBeCloseTo(
      total((i) => a![i]!),
      10,
    );
    expect(dot(a!, b!)).toBeCloseTo(
      total((i) => a![i]! * b![i]!),
      10,
    );
    expect(distance(a!, b!) ** 2).toBeCloseTo(
      total((i) => (a![i]! - b![i]!) ** 2),
      9,
    );
  });
});
