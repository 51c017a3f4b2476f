import { describe, expect, it } from "vitest";
import type { LadmapPlanes } from "../../../src/estimate/basic/ladmap-kernels.ts";
import { medianOverPlanes, sortOverPlanes } from "../../../src/estimate/basic/plane-order.ts";
import { reweightDarkfield, reweightResiduals } from "../../../src/estimate/basic/reweight.ts";

/** Planes of two pixels. */
function planesOf(
  image: readonly number[],
  weights: readonly number[],
  residual: readonly number[] = [],
): LadmapPlanes {
  const length = image.length;
  return {
    planeCount: length / 2,
    pixelCount: 2,
    image: Float64Array.from(image),
    weights: Float64Array.from(weights),
    residual: Float64Array.from({ length }, (_, i) => residual[i] ?? 0),
    multiplier: new Float64Array(length),
  };
}

describe("order over the planes", () => {
  it("sorts every pixel for itself, and the weights go with their values", () => {
    const planes = planesOf([5, 1, 3, 2, 3, -10, 20, 0], [1, 1, 0, 1, 1, 1, 0, 1]);
    sortOverPlanes(planes, 0, 1);
    expect([...planes.image]).toEqual([3, 1, 3, 2, 5, -10, 20, 0]);
    expect([...planes.weights]).toEqual([0, 1, 1, 1, 1, 1, 0, 1]);
    sortOverPlanes(planes, 1, 2);
    expect([...planes.image]).toEqual([3, -10, 3, 0, 5, 1, 20, 2]);
  });

  it("finds the median, of an even number of planes the middle of two", () => {
    const median = new Float64Array(2);
    medianOverPlanes(planesOf([5, 1, 3, 2, 3, -10], [1, 1, 1, 1, 1, 1]), 0, 2, median);
    expect([...median]).toEqual([3, 1]);
    medianOverPlanes(planesOf([5, 1, 4, 2], [1, 1, 1, 1]), 0, 2, median);
    expect([...median]).toEqual([4.5, 1.5]);
  });
});

describe("new weights", () => {
  const illumination = {
    flatfield: Float64Array.of(1, 0.5),
    darkfield: Float64Array.of(0, 1),
    baselines: Float64Array.of(10, 20),
    planeSums: new Float64Array(2),
  };

  it("fall with the residual, have mean 1, and leave ignored pixels ignored", async () => {
    const planes = planesOf([0, 0, 0, 0], [1, 0, 1, 1], [0, 3.05, -10.05, 1.11]);
    await reweightResiduals(planes, illumination, 0.1);
    const raw = [10, 1 / (0.5 + 0.1), 1 / (0.5 + 0.1), 1 / (0.1 + 0.1)];
    const mean = raw.reduce((a, b) => a + b) / 4;
    const expected = raw.map((weight, i) => (i === 1 ? 0 : weight / mean));
    planes.weights.forEach((weight, i) => void expect(weight).toBeCloseTo(expected[i]!, 12));
  });

  it("are numbers also where nothing is explained", async () => {
    const nothing = { ...illumination, darkfield: Float64Array.of(-0.1, -0.1), baselines: new Float64Array(2) };
    const planes = planesOf([0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 0]);
    await reweightResiduals(planes, nothing, 0.1);
    expect(planes.weights.every(Number.isFinite)).toBe(true);
  });

  it("of a dark-field fall with it and have mean 1", () => {
    const weights = new Float64Array(2);
    reweightDarkfield(Float64Array.of(0, -0.4), 0.1, weights);
    expect(weights[0]! / weights[1]!).toBeCloseTo(5, 12);
    expect(weights[0]! + weights[1]!).toBeCloseTo(2, 12);
  });
});
