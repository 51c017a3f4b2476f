import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addScaled,
  descend,
  distance,
  dot,
  shrinkAll,
  shrinkWeighted,
  smallestOf,
} from "../../src/estimate/basic/ladmap.ts";
import { narrow } from "../../src/estimate/basic/single-passes.ts";
import { scaleAndAdd, sum } from "../../src/estimate/vectors.ts";
import type { NumberArray } from "../../src/kernels/kernel-memory.ts";
import { dirtyMemory, placed } from "../support/kernel-arrays.ts";
import * as reference from "../support/reference/vectors.ts";

/** What one of the functions is given: images, and what it wrote into afterwards; it may return a number. */
type Work = (a: Float64Array, b: Float64Array, c: Float64Array, single: Float32Array) => number | undefined;
type Functions = Pick<typeof reference, keyof typeof kernels>;

const kernels = {
  addScaled,
  descend,
  distance,
  dot,
  narrow,
  scaleAndAdd,
  shrinkAll,
  shrinkWeighted,
  smallestOf,
  sum,
};

const worksOf = (given: Functions): Record<string, Work> => ({
  sum: (a) => given.sum(a),
  dot: (a, b) => given.dot(a, b),
  distance: (a, b) => given.distance(a, b),
  smallestOf: (a) => given.smallestOf(a),
  scaleAndAdd: (a, b) => void given.scaleAndAdd(a, 1.3, -2.7, b),
  "scaleAndAdd in place": (a) => void given.scaleAndAdd(a, 0.3, 0, a),
  addScaled: (a, b) => void given.addScaled(a, 1e-5, 3.1, b),
  narrow: (a, _b, _c, single) => void given.narrow(a, single),
  shrinkAll: (a) => void given.shrinkAll(a, 17.3),
  shrinkWeighted: (a, b) => {
    for (let i = 0; i < b.length; i++) b[i] = Math.abs(b[i]!);
    given.shrinkWeighted(a, b, 0.01, 0.003);
  },
  descend: (a, b, c) => {
    const explained = { flatfield: a, byFlatfield: 3.3, darkResidual: b, darkOffset: 7.1, byDarkfield: 20 };
    given.descend(b, explained, a, 41.7, c);
  },
});

const lengths = [1, 2, 3, 4, 5, 7, 8, 63, 130, 1600];
const value = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: -100, max: 100, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1e-300, 1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

const expected = worksOf(reference);

describe.each(Object.entries(worksOf(kernels as Functions)))("%s", (name, work) => {
  const memory = dirtyMemory(4 * (8 * 1600 + 128));

  it("gives the very bits of the reference, for any length, wherever vectors lie", () => {
    fc.assert(
      fc.property(fc.constantFrom(...lengths), fc.array(value, { minLength: 50, maxLength: 50 }), (length, values) => {
        const image = (from: number) => Float64Array.from({ length }, (_, i) => values[(i * 7 + from) % 50]!);
        const outside = [image(0), image(11), image(23), Float32Array.from(image(31))] as const;
        const mark = memory.mark();
        const inside = outside.map((array: NumberArray) => placed(memory, array)) as unknown as typeof outside;
        const plain = outside.map((array: NumberArray) => array.slice()) as unknown as typeof outside;
        const wanted = expected[name]!(...plain);
        for (const given of [inside, outside]) {
          const found = work(...given);
          expect(Object.is(found, wanted) || (Number.isNaN(found) && Number.isNaN(wanted))).toBe(true);
          plain.forEach((array, place) => {
            const isSame = (number: number, i: number) => Object.is(number, array[i]);
            expect(given[place]!.length).toBe(array.length);
            expect((given[place]! as Float64Array).every(isSame)).toBe(true);
          });
        }
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
