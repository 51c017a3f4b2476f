import * as fc from "fast-check";
import { expect, it } from "vitest";
import { addRows } from "../../../src/estimate/empty/gaussian.ts";
import { bytesOf, dirtyMemory, placed } from "../../support/kernel-arrays.ts";
import { addRows as referenceRows } from "../../support/reference/images.ts";

it("rows are added to the bits of the reference, wherever they lie", () => {
  const value = fc.float({ noNaN: true });
  const sizes = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 21 }));
  const cases = sizes.chain(([radius, columns]) => {
    const row = fc.array(value, { minLength: columns, maxLength: columns });
    const rows = fc.array(row, { minLength: 2 * radius + 1, maxLength: 2 * radius + 1 });
    const weight = fc.double({ min: 0, max: 1, noNaN: true });
    return fc.tuple(rows, fc.array(weight, { minLength: radius + 1, maxLength: radius + 1 }));
  });
  fc.assert(
    fc.property(cases, fc.constantFrom(Float32Array, Float64Array), ([lists, weightList], Kind) => {
      const rows = lists.map((list) => Float64Array.from(list));
      const weights = Float64Array.from(weightList);
      const expected = new Kind(rows[0]!.length);
      referenceRows(rows, weights, expected);
      expect(expected.map(Math.fround)).toEqual(expected);

      const memory = dirtyMemory(
        rows.length * (8 * expected.length + 72) + 20 * rows.length + 8 * expected.length + 512,
      );
      const inside = rows.map((row, at) => placed(memory, row, at % 2));
      const found = placed(memory, new Kind(expected.length + 1).fill(-7), 1);
      addRows(inside, placed(memory, weights), found.subarray(0, -1));
      const elsewhere = new Kind(expected.length);
      addRows(rows, weights, elsewhere);
      expect(elsewhere).toEqual(expected);
      // Neither language defines the payload of a NaN, which infinities give
      const bits = (numbers: Float32Array | Float64Array) => bytesOf(numbers.map((number) => number));
      if (!expected.some(Number.isNaN)) expect(bits(found.subarray(0, -1))).toEqual(bits(expected));
      else expect(found.subarray(0, -1)).toEqual(expected);
      expect(found.at(-1)).toBe(-7);
    }),
  );
});
