import * as fc from "fast-check";
import { expect, it } from "vitest";
import { percentile } from "../../../src/estimate/empty/percentile.ts";

function inPieces(values: Float32Array, size: number) {
  return async function* () {
    for (let start = 0; start < values.length; start += size) yield values.subarray(start, start + size);
  };
}

function bySorting(values: Float32Array, percent: number): number {
  const sorted = values.slice().sort();
  const position = (percent / 100) * (values.length - 1);
  const [low, high] = [sorted[Math.floor(position)]!, sorted[Math.ceil(position)]!];
  return low + (high - low) * (position % 1);
}

it("is what sorting gives", async () => {
  const values = fc.float32Array({ minLength: 1, maxLength: 300, noNaN: true, noDefaultInfinity: true });
  const percents = fc.oneof(fc.constantFrom(0, 1, 50, 99, 100), fc.double({ min: 0, max: 100, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(values, percents, fc.integer({ min: 1, max: 64 }), async (numbers, percent, size) => {
      const found = await percentile(inPieces(numbers, size), percent);
      expect(found + 0).toBe(bySorting(numbers, percent) + 0);
    }),
  );
});

it("gives NumPy's value", async () => {
  // numpy.percentile([3, 1, 2, -4, 10], 30)
  expect(await percentile(inPieces(Float32Array.of(3, 1, 2, -4, 10), 2), 30)).toBeCloseTo(1.2, 12);
});

it("is NaN for nothing, and where a value is NaN", async () => {
  expect(await percentile(inPieces(new Float32Array(0), 1), 50)).toBeNaN();
  expect(await percentile(inPieces(Float32Array.of(1, Number.NaN, 2), 2), 1)).toBeNaN();
});
