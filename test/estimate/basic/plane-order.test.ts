import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sortOverPlanes } from "../../../src/estimate/basic/fit.ts";
import type { LadmapPlanes } from "../../../src/estimate/basic/ladmap-passes.ts";
import { medianLayout, medianOverPlanes } from "../../../src/estimate/basic/plane-steps.ts";
import { reweightDarkfield, reweightResiduals } from "../../../src/estimate/basic/reweighted-fit.ts";
import { createPause } from "../../../src/estimate/pause.ts";
import { dirtyMemory, placed } from "../../support/kernel-arrays.ts";

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
    memory: dirtyMemory(0),
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

  it("finds the median, of an even number of planes the middle of two", async () => {
    const pause = createPause(undefined);
    const median = (image: number[]) => medianOverPlanes(planesOf(image, new Array(image.length).fill(1)), pause);
    expect([...(await median([5, 1, 3, 2, 3, -10]))]).toEqual([3, 1]);
    expect([...(await median([5, 1, 4, 2]))]).toEqual([4.5, 1.5]);
  });

  it("finds the same medians by the kernel, of any floats", async () => {
    const values = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 1, 1, 400.5));
    const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 3, 4, 63, 64, 65, 70, 1100));
    const pause = createPause(undefined);
    const memory = dirtyMemory(4 * 9 * 1100 + medianLayout(9, 1100).bytes + 64);
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.array(values, { minLength: 97, maxLength: 97 }),
        async ([planeCount, pixelCount], all) => {
          const mark = memory.mark();
          const image = Float32Array.from({ length: planeCount * pixelCount }, (_, i) => all[(i * 31) % 97]!);
          const of = (array: Float32Array | Float64Array): LadmapPlanes => {
            return { planeCount, pixelCount, image: array, residual: array, multiplier: array, weights: array, memory };
          };
          const wanted = await medianOverPlanes(of(Float64Array.from(image)), pause);
          const found = await medianOverPlanes(of(placed(memory, image)), pause);
          expect(found.findIndex((value, p) => !Object.is(value, wanted[p]))).toBe(-1);
          memory.release(mark);
        },
      ),
      { numRuns: 60, seed: 9 },
    );
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
