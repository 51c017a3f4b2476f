import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { histogramOf, otsuThreshold } from "../../src/estimate/otsu.ts";

/** The definition: the value whose two classes differ most, each class's mean taken from its members. */
function thresholdByDefinition(values: readonly number[]): number {
  const mean = (members: readonly number[]) => members.reduce((sum, value) => sum + value, 0) / members.length;
  let [best, bestVariance] = [Math.min(...values), -1];
  for (let threshold = Math.min(...values); threshold < Math.max(...values); threshold++) {
    const below = values.filter((value) => value <= threshold);
    const above = values.filter((value) => value > threshold);
    const variance = below.length * above.length * (mean(below) - mean(above)) ** 2;
    if (variance > bestVariance * (1 + 1e-12)) [best, bestVariance] = [threshold, variance];
  }
  return best;
}

describe("Otsu's threshold", () => {
  it("is what its definition says for whole numbers", () => {
    const values = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 80 });
    fc.assert(
      fc.property(values, (list) => {
        expect(otsuThreshold(histogramOf(Float32Array.from(list), true))).toBe(thresholdByDefinition(list));
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it("has 256 bins for fractions", () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 0.1 : 0.9) + (i % 10) * 0.001);
    const histogram = histogramOf(values, false);
    expect(histogram.counts.length).toBe(256);
    expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
    const threshold = otsuThreshold(histogram);
    expect(threshold).toBeGreaterThan(0.1);
    expect(threshold).toBeLessThan(0.9);
  });

  it("is the value itself where all are equal", () => {
    expect(otsuThreshold(histogramOf(new Float32Array(9).fill(7), true))).toBe(7);
    expect(otsuThreshold(histogramOf(new Float32Array(9).fill(7), false))).toBe(7);
  });
});
