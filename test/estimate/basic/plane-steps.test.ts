import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Illumination, LadmapPlanes } from "../../../src/estimate/basic/ladmap-kernels.ts";
import {
  dividePlanes,
  fillPlanes,
  gatherPlanes,
  leaveResiduals,
  normOfPlanes,
  takeUpPlanes,
} from "../../../src/estimate/basic/plane-steps.ts";
import { reweightResiduals } from "../../../src/estimate/basic/reweight.ts";
import type { NumberArray } from "../../../src/kernels/kernel-memory.ts";
import { dirtyMemory, placed } from "../../support/kernel-arrays.ts";

/** All arrays of a fit, anywhere or placed somewhere. */
function makeCase(planeCount: number, pixelCount: number, seed: number, place: <A extends NumberArray>(array: A) => A) {
  let state = seed | 1;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const share = (state >>> 0) / 2 ** 32;
    return share < 0.1 ? 0 : share < 0.12 ? 1e30 : share;
  };
  const floats = (make: () => number) => place(Float32Array.from({ length: planeCount * pixelCount }, make));
  const doubles = (length: number, make: () => number) => place(Float64Array.from({ length }, make));
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
  };
  const places = place(Int32Array.from({ length: 5 }, (_, i) => (i * 7) % pixelCount));
  const sample = place(new Float32Array(5 * planeCount));
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
  "new weights": ({ planes, light, planeSums }) => reweightResiduals(planes, { ...light, planeSums }, 0.1),
  "multipliers of another fit": ({ planes, light, mean }) => takeUpPlanes(planes, light, mean, 1e-3, 40.5),
};

describe.each(Object.entries(steps))("%s", (_, step) => {
  const memory = dirtyMemory(9 * (4 * 5 * 130 + 64) + 8 * 9 * 200);

  it("have the same bits by the kernel as by its twin", async () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(1, 2, 3, 4, 5, 63, 64, 130), fc.integer());
    await fc.assert(
      fc.asyncProperty(sizes, async ([planeCount, pixelCount, seed]) => {
        const mark = memory.mark();
        const outside = makeCase(planeCount, pixelCount, seed, (array) => array);
        const inside = makeCase(planeCount, pixelCount, seed, (array) => placed(memory, array));
        const [wanted, found] = [await step(outside), await step(inside)];
        expect(found).toBe(wanted);
        const { image, residual, multiplier, weights } = outside.planes;
        const wantedArrays = [image, residual, multiplier, weights, outside.planeSums, outside.sample];
        const { planes } = inside;
        const arrays = [
          planes.image,
          planes.residual,
          planes.multiplier,
          planes.weights,
          inside.planeSums,
          inside.sample,
        ];
        arrays.forEach((array, i) => {
          expect(array.findIndex((value, at) => !Object.is(value, wantedArrays[i]![at]))).toBe(-1);
        });
        memory.release(mark);
      }),
      { numRuns: 40, seed: 8 },
    );
  });
});
