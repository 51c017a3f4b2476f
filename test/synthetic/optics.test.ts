import { describe, expect, it } from "vitest";
import { syntheticDarkfield, syntheticFlatfield } from "../../src/synthetic/optics.ts";

const mean = (image: Float64Array) => image.reduce((sum, value) => sum + value, 0) / image.length;

describe("syntheticFlatfield", () => {
  it.each([
    [[40, 60], 0.3],
    [[24, 20], 0.3],
    [[1, 9], 0.5],
  ] as const)("of %j has mean 1 and falls by exactly %d", (shapeYx, depth) => {
    const image = syntheticFlatfield(shapeYx, depth, 3, 0);
    expect(mean(image)).toBeCloseTo(1, 12);
    expect(Math.min(...image) / Math.max(...image)).toBeCloseTo(1 - depth, 12);
  });

  it("is smooth, lopsided, and another one for every channel and seed", () => {
    const [rows, columns] = [40, 60];
    const image = syntheticFlatfield([rows, columns], 0.3, 3, 0);
    const steps = image.slice(1).map((value, i) => ((i + 1) % columns === 0 ? 0 : Math.abs(value - image[i]!)));
    expect(Math.max(...steps)).toBeLessThan(0.05);
    const turned = Float64Array.from(image).reverse();
    expect(Math.max(...image.map((value, i) => Math.abs(value - turned[i]!)))).toBeGreaterThan(0.03);
    for (const other of [
      syntheticFlatfield([rows, columns], 0.3, 3, 1),
      syntheticFlatfield([rows, columns], 0.3, 4, 0),
    ]) {
      expect(Math.max(...image.map((value, i) => Math.abs(value - other[i]!)))).toBeGreaterThan(0.01);
    }
  });

  it("is flat without vignetting", () => {
    expect(new Set(syntheticFlatfield([5, 7], 0, 0, 0))).toEqual(new Set([1]));
  });
});

describe("syntheticDarkfield", () => {
  it("runs from the camera's offset to its range above", () => {
    const image = syntheticDarkfield([30, 50], 4, 100, 0, 0);
    expect(Math.min(...image)).toBe(100);
    expect(Math.max(...image)).toBe(104);
  });
});
