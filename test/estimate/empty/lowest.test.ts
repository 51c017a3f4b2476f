import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setLimits } from "../../../src/estimate/empty/flat-fielded-surveys.ts";
import { gatherLowest } from "../../../src/estimate/empty/percentile.ts";
import type { PixelArray } from "../../../src/shapes.ts";
import { dirtyMemory, placed } from "../../support/kernel-arrays.ts";

const divisor = fc.float({ min: Math.fround(0.1), max: 4, noNaN: true });
const offset = fc.constantFrom(0, 100, 99.7, -3);

/** Whether with limits the same is gathered as without, in a kernel memory and elsewhere. */
function checkBoth(values: PixelArray, divisors: Float32Array, offset: number, bound: number, buffer: number): void {
  const planeCount = values.length / divisors.length;
  const expected = new Float32Array(buffer);
  const count = gatherLowest(values, planeCount, { divisors }, offset, bound, expected);
  const memory = dirtyMemory(values.byteLength + 6 * divisors.length + 4 * buffer + 1024);
  const inside = placed(memory, values as Uint16Array, 1);
  const limits = placed(memory, new Uint16Array(divisors.length), 1);
  const pixels = { divisors: placed(memory, divisors, 1), limits };
  const found = placed(memory, new Float32Array(buffer + 1).fill(-77));
  const areSet = setLimits(limits, divisors, offset, bound);
  const hasNone = divisors.some((one) => Math.fround(Math.fround(-offset) / one) > bound);
  expect(areSet).toBe(!hasNone);
  const given = areSet ? pixels : { divisors: pixels.divisors };
  expect(gatherLowest(inside, planeCount, given, offset, bound, found.subarray(0, buffer))).toBe(count);
  if (count >= 0) expect(found.subarray(0, count)).toEqual(expected.subarray(0, count));
  const elsewhere = new Float32Array(buffer);
  const ofArrays = areSet ? { divisors, limits: limits.slice() } : { divisors };
  expect(gatherLowest(values, planeCount, ofArrays, offset, bound, elsewhere)).toBe(count);
  if (count >= 0) expect(elsewhere.subarray(0, count)).toEqual(expected.subarray(0, count));
  expect(found.at(-1)).toBe(-77);
}

describe.each([
  ["uint8", Uint8Array, fc.integer({ min: 0, max: 255 })],
  ["uint16", Uint16Array, fc.integer({ min: 0, max: 65535 })],
  ["uint16, narrow", Uint16Array, fc.integer({ min: 95, max: 110 })],
] as const)("%s", (_, TypedArray, value) => {
  it("the same is gathered with limits as without, or there is no room", () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 43 }));
    const cases = sizes.chain(([n, p]) => {
      const values = fc.array(value, { minLength: n * p, maxLength: n * p });
      return fc.tuple(values, fc.array(divisor, { minLength: p, maxLength: p }));
    });
    const bound = fc.oneof(fc.constantFrom(0, 1e9), fc.float({ min: -20, max: 300, noNaN: true }));
    fc.assert(
      fc.property(cases, offset, bound, fc.integer({ min: 0, max: 180 }), ([values, divisors], off, most, buffer) => {
        checkBoth(TypedArray.from(values), Float32Array.from(divisors), off, most, buffer);
      }),
      { numRuns: 200 },
    );
  });
});

it("gathers values that are just the bound, and the extremes", () => {
  const values = Uint16Array.of(0, 65535, 100, 101, 99, 7, 65534, 65535, 100);
  for (const bound of [0, 7, 100, 65534, 65535]) checkBoth(values, new Float32Array(9).fill(1), 0, bound, 9);
});

it("says where a float is NaN, and takes infinities for what they are", () => {
  const buffer = new Float32Array(4);
  const floats = Float32Array.of(3, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1);
  expect(gatherLowest(floats, 1, { divisors: new Float32Array(4).fill(1) }, 0, 2, buffer)).toBe(2);
  expect([...buffer.subarray(0, 2)]).toEqual([Number.NEGATIVE_INFINITY, 1]);
  floats[2] = Number.NaN;
  expect(gatherLowest(floats, 1, { divisors: new Float32Array(4).fill(1) }, 0, 2, buffer)).toBe(-1);
});
