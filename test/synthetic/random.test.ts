import { describe, expect, it } from "vitest";
import { detect, hashOf, mix, normal, scramble, toUnit } from "../../src/synthetic/random.ts";

function moments(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

const count = 100_000;
const draws = (draw: (hash: number) => number) => Array.from({ length: count }, (_, i) => draw(hashOf(7, i)));

describe("hashes", () => {
  it("spread evenly over the unit interval, and neighbours have nothing to do with each other", () => {
    const units = draws(toUnit);
    expect(moments(units).mean).toBeCloseTo(0.5, 2);
    expect(moments(units).variance).toBeCloseTo(1 / 12, 2);
    const products = units.slice(1).map((unit, i) => (unit - 0.5) * (units[i]! - 0.5));
    expect(Math.abs(moments(products).mean)).toBeLessThan(0.001);
  });

  it("differ by every integer and by their order", () => {
    expect(new Set([hashOf(1, 2), hashOf(2, 1), hashOf(1, 2, 0), hashOf(1), hashOf()]).size).toBe(5);
    expect(mix(scramble(1), 2)).not.toBe(mix(scramble(2), 1));
  });
});

describe("normal", () => {
  it("has mean 0, variance 1 and the tails of the normal distribution", () => {
    const values = draws(normal);
    expect(moments(values).mean).toBeCloseTo(0, 1);
    expect(moments(values).variance).toBeCloseTo(1, 1);
    const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / count;
    expect(beyondTwo).toBeGreaterThan(0.0425);
    expect(beyondTwo).toBeLessThan(0.0485);
  });
});

describe("detect", () => {
  it.each([0.3, 4, 29, 31, 400])("has the mean and variance of Poisson noise at %s photo-electrons", (expected) => {
    const { mean, variance } = moments(draws((hash) => detect(expected, 0, hash)));
    expect(Math.abs(mean - expected)).toBeLessThan(5 * Math.sqrt(expected / count));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.03);
  });

  it("gives whole numbers at small means", () => {
    expect(draws((hash) => detect(3, 0, hash)).every(Number.isInteger)).toBe(true);
  });

  it.each([2, 100])("adds the read noise's variance at %s photo-electrons", (expected) => {
    const { mean, variance } = moments(draws((hash) => detect(expected, 9, hash)));
    expect(mean).toBeCloseTo(expected, 0);
    expect(Math.abs(variance / (expected + 9) - 1)).toBeLessThan(0.03);
  });
});
