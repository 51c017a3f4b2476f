import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dot, meanOf, medianOf, medianOfSorted, roundTiesToEven, select, upperMedianOf } from "../src/statistics.ts";

const finite = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1 });

describe("sums", () => {
  it("run from the first number to the last, so that results are the same to the bit", () => {
    // 1e16 + 1 is 1e16: another order gives another sum.
    expect(meanOf([1e16, 1, 1, 1])).toBe(1e16 / 4);
    expect(meanOf([1, 1, 1, 1e16])).toBe((1e16 + 4) / 4);
    expect(dot([1e8, 1, 1], [1e8, 1, 1])).toBe(1e16);
    expect(dot([1, 1, 1e8], [1, 1, 1e8])).toBe(1e16 + 2);
  });

  it("of none are no numbers", () => {
    expect(meanOf([])).toBeNaN();
    expect(dot([], [])).toBe(0);
  });

  it("take typed arrays", () => {
    expect(meanOf(Uint16Array.of(1, 2, 6))).toBe(3);
    expect(dot(Float32Array.of(0.5, 2), Float64Array.of(4, 3))).toBe(8);
  });
});

describe("medians", () => {
  // numpy.median
  it.each([
    [[3], 3],
    [[5, 1], 3],
    [[7, -1, 2], 2],
    [[4, 4, 1, 9], 4],
    [[0.5, 8, 3, 2.25, 10, -6], 2.625],
  ])("of %j is %d", (values, expected) => {
    expect(medianOf(Float64Array.from(values))).toBe(expected);
    expect(medianOfSorted(values.toSorted((a, b) => a - b))).toBe(expected);
  });

  it("are the upper of two where no value may be made up", () => {
    expect(upperMedianOf([10, 9, 2, 1])).toBe(9);
    expect(upperMedianOf(Float64Array.of(10, 9, 1))).toBe(9);
    expect(upperMedianOf([])).toBeUndefined();
  });

  it("of none are no numbers", () => {
    expect(medianOf(new Float64Array(0))).toBeNaN();
    expect(medianOfSorted([])).toBeNaN();
  });

  it("are selected as they would be sorted", () => {
    fc.assert(
      fc.property(finite, fc.nat(), (values, at) => {
        const sorted = Float64Array.from(values).sort();
        const rank = at % values.length;
        expect(select(Float64Array.from(values), rank)).toBe(sorted[rank]);
        expect(medianOf(Float64Array.from(values)) + 0).toBe(medianOfSorted(sorted) + 0);
      }),
    );
  });
});

// numpy.rint
it.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [-0.5, -0],
  [-1.5, -2],
  [-2.5, -2],
  [-0.3, -0],
  [0.49999999999999994, 0],
  [0.5000000000000001, 1],
  [4503599627370495.5, 4503599627370496],
  [4503599627370494.5, 4503599627370494],
  [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  [Number.NaN, Number.NaN],
])("%d is rounded to %d", (value, expected) => {
  expect(roundTiesToEven(value)).toBe(expected);
});
