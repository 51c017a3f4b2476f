import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatherPlanes } from "../../../src/estimate/basic/fast-fit.ts";
import type { Illumination, LadmapPlanes } from "../../../src/estimate/basic/ladmap-passes.ts";
import { fillPlanes, leaveResiduals, normOfPlanes, takeUpPlanes } from "../../../src/estimate/basic/plane-steps.ts";
import { dividePlanes, reweightResiduals } from "../../../src/estimate/basic/reweighted-fit.ts";
import { dirtyMemory, placed } from "../../support/kernel-arrays.ts";
import { reweight } from "../../support/reference/plane-steps.ts";

/** All arrays of a fit: in single precision, or the same numbers in double precision. */
function makeCase(planeCount: number, pixelCount: number, seed: number, precision: "single" | "double") {
  const memory = dirtyMemory(9 * (4 * 5 * 130 + 64) + 8 * 10 * 200);
  let state = seed | 1;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const share = (state >>> 0) / 2 ** 32;
    return share < 0.1 ? 0 : share < 0.12 ? 1e30 : share;
  };
  const precise = (numbers: Float32Array) =>
    precision === "single" ? placed(memory, numbers) : Float64Array.from(numbers);
  const floats = (make: () => number) => precise(Float32Array.from({ length: planeCount * pixelCount }, make));
  const doubles = (length: number, make: () => number) => placed(memory, Float64Array.from({ length }, make));
  const light = (): Illumination => ({
    flatfield: doubles(pixelCount, next),
    darkfield: doubles(pixelCount, () => 30 * next()),
    baselines: doubles(planeCount, () => 400 * next()),
  });
  const planes: LadmapPlanes = {
    planeCount,
    pixelCount,
    image: floats(() => 700 * next()),
    residual: floats(() => 90 * (next() - 0.5)),
    multiplier: floats(() => next() - 0.5),
    weights: floats(next),
    memory,
  };
  const places = placed(
    memory,
    Int32Array.from({ length: 5 }, (_, i) => (i * 7) % pixelCount),
  );
  const sample = precise(new Float32Array(5 * planeCount));
  return { planes, light: light(), mean: light(), planeSums: doubles(planeCount, next), places, sample };
}

type Case = ReturnType<typeof makeCase>;

const steps: Record<string, (of: Case) => Promise<unknown>> = {
  "a norm": ({ planes }) => normOfPlanes(planes),
  "filled planes": async ({ planes }) => {
    await fillPlanes(planes.residual, 0, planes);
    await fillPlanes(planes.weights, 1, planes);
  },
  "divided planes": ({ planes }) => dividePlanes(planes.weights, 3.7, planes),
  "a sample": ({ planes, places, sample }) => gatherPlanes(planes.image, planes.pixelCount, places, sample, planes),
  residuals: ({ planes, light }) => leaveResiduals(planes, light),
  "multipliers of another fit": ({ planes, light, mean }) => takeUpPlanes(planes, light, mean, 1e-3, 40.5),
};

const sizes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(1, 2, 3, 4, 5, 63, 64, 130), fc.integer());

function expectSame(found: Float32Array | Float64Array, wanted: Float32Array | Float64Array): void {
  expect(found.findIndex((value, at) => !Object.is(value, wanted[at]))).toBe(-1);
}

describe.each(Object.entries(steps))("%s", (_, step) => {
  it("are in single precision those of double precision, rounded once", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ([planeCount, pixelCount, seed]) => {
        const [specified, given] = [
          makeCase(planeCount, pixelCount, seed, "double"),
          makeCase(planeCount, pixelCount, seed, "single"),
        ];
        const [wanted, found] = [await step(specified), await step(given)];
        expect(found).toBe(wanted);
        const arraysOf = ({ planes: { image, residual, multiplier, weights }, sample }: Case) => {
          return [image, residual, multiplier, weights, sample];
        };
        arraysOf(given).forEach((array, i) => {
          expectSame(array, Float32Array.from(arraysOf(specified)[i]!));
        });
      }),
      { numRuns: 40, seed: 8 },
    );
  });
});

describe("new weights", () => {
  it("are those of the reference to the bit", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ([planeCount, pixelCount, seed]) => {
        const { planes, light, planeSums } = makeCase(planeCount, pixelCount, seed, "single");
        const wanted = reweight(planes, light, 0.1);
        await reweightResiduals(planes, { ...light, planeSums }, 0.1);
        expectSame(planes.weights, wanted.weights);
        expectSame(planeSums, wanted.planeSums);
      }),
      { numRuns: 40, seed: 8 },
    );
  });

  it("of planes in single precision that do not lie in their memory are refused", async () => {
    const { planes, light, planeSums } = makeCase(2, 5, 1, "single");
    const elsewhere = { ...planes, residual: Float32Array.from(planes.residual) };
    await expect(reweightResiduals(elsewhere, { ...light, planeSums }, 0.1)).rejects.toThrow("in one kernel memory");
  });
});
