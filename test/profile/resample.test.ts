import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openNpz } from "../../src/profile/npz.ts";
import type { Profile } from "../../src/profile/profile.ts";
import {
  binnedProfile,
  resampleCentresAligned,
  resampleCornersAligned,
  resampleProfile,
} from "../../src/profile/resample.ts";
import type { Yx } from "../../src/shapes.ts";
import { processorMs } from "../support/processor-time.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";
import { largestDifference, numbersOf, numpyFixture, openNpzFile } from "./numpy-fixtures.ts";

const scipy = openNpz(numpyFixture("scipy.npz"), "scipy.npz");
const methods = [
  ["corners", resampleCornersAligned],
  ["centres", resampleCentresAligned],
] as const;

describe.each(methods)("%s aligned", (name, resample) => {
  it.each([0, 1, 2, 3, 4])("gives SciPy's values, case %i", (index) => {
    const { shape, data } = numbersOf(scipy, `resample${index}_in`);
    const target = numbersOf(scipy, `${name}${index}_out`);
    const result = resample(data, [shape[0]!, shape[1]!], [target.shape[0]!, target.shape[1]!]);
    expect(largestDifference(result, target.data)).toBeLessThan(1e-12);
  });

  const shape = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }));

  it("keeps a constant, from any shape to any shape", () => {
    fc.assert(
      fc.property(shape, shape, fc.double({ min: 0, max: 1e4, noNaN: true }), (from, to, value) => {
        const result = resample(new Float64Array(from[0] * from[1]).fill(value), from, to);
        expect(result.length).toBe(to[0] * to[1]);
        expect(largestDifference(result, new Float64Array(result.length).fill(value))).toBeLessThan(1e-9);
      }),
    );
  });

  it("is never negative", () => {
    const value = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(shape, shape, fc.array(value, { minLength: 144, maxLength: 144 }), (from, to, values) => {
        const result = resample(Float64Array.from(values.slice(0, from[0] * from[1])), from, to);
        expect(result.every((v) => v >= 0)).toBe(true);
      }),
    );
  });

  it("gives the very same image for the same shape", () => {
    const image = Float32Array.from({ length: 35 }, (_, at) => 0.1 + ((at * 37) % 11));
    expect(resample(image, [5, 7], [5, 7])).toEqual(image);
  });
});

describe("ramps", () => {
  const ramp = Float64Array.from({ length: 40 }, (_, x) => 10 + x);

  it("corners aligned: the first and last pixel keep their values", () => {
    const result = resampleCornersAligned(ramp, [1, 40], [1, 117]);
    expect(result[0]).toBeCloseTo(10, 10);
    expect(result[116]).toBeCloseTo(49, 10);
  });

  it.each([
    [160, 4],
    [20, 0.5],
    [100, 2.5],
  ])("centres aligned, %i pixels: the ramp goes on, away from the edges", (length, factor) => {
    const result = resampleCentresAligned(ramp, [1, 40], [1, length]);
    for (let x = Math.ceil(8 * factor); x < length - 8 * factor; x++) {
      expect(result[x]).toBeCloseTo(10 + (x + 0.5) / factor - 0.5, 4);
    }
  });

  it("centres aligned, with a level's factor where the shapes' ratio is not exact", () => {
    // 40 pixels at a factor of 4 cover 160 of 162: one is left over at either side.
    const result = resampleCentresAligned(ramp, [1, 40], [1, 162], [4, 4]);
    for (let x = 40; x < 120; x++) expect(result[x]).toBeCloseTo(10 + (x - 0.5) / 4 - 0.5, 4);
  });
});

describe("a binned profile", () => {
  it("goes on beyond its edges, and what is left over lies at the end", () => {
    const light = (y: number, x: number) => 0.6 + 0.001 * y + 0.003 * x;
    const image = (shapeYx: Yx, factor: number) =>
      Float32Array.from({ length: shapeYx[0] * shapeYx[1] }, (_, at) => {
        const [y, x] = [Math.floor(at / shapeYx[1]), at % shapeYx[1]];
        return light((y + 0.5) * factor, (x + 0.5) * factor);
      });
    const [shapeYx, tileYx]: [Yx, Yx] = [
      [12, 16],
      [48, 66],
    ];
    const flatfield = image(shapeYx, 4);
    const given = { shapeYx, flatfield, darkfield: flatfield.map(() => 0), baseline: 0 };
    const { profile, alignment } = binnedProfile(given, { kind: "corners" }, [4, 4], tileYx);
    const resampled = resampleProfile(profile, tileYx, alignment);
    expect(largestDifference(resampled.flatfield, image(tileYx, 1))).toBeLessThan(1e-4);
  });
});

describe("profiles", () => {
  const profile: Profile = {
    shapeYx: [2, 2],
    flatfield: Float32Array.of(0.5, 1, 1, 1.5),
    darkfield: Float32Array.of(-4, -4, -4, -4),
    baseline: 7,
  };

  it("keep their baseline, and a negative dark-field", () => {
    const larger = resampleProfile(profile, [4, 6], { kind: "corners" });
    expect([larger.baseline, larger.shapeYx, larger.flatfield.length]).toEqual([7, [4, 6], 24]);
    expect(largestDifference(larger.darkfield, new Float32Array(24).fill(-4))).toBeLessThan(1e-6);
  });

  it("of the tile's shape are left as they are", () => {
    expect(resampleProfile(profile, [2, 2], { kind: "centres", factorYx: [1, 1] })).toBe(profile);
  });

  it("lie over the tile as their alignment says", () => {
    const corners = resampleProfile(profile, [5, 5], { kind: "corners" });
    const centres = resampleProfile(profile, [5, 5], { kind: "centres", factorYx: [2.5, 2.5] });
    expect(corners.flatfield[0]).toBeCloseTo(0.5, 6);
    expect(centres.flatfield[0]).not.toBeCloseTo(0.5, 6);
  });

  it("from elsewhere lie as a pyramid level does where their pixels fit into the tile a whole number of times", () => {
    const given = resampleProfile(profile, [4, 6], { kind: "corners" });
    const binned = resampleProfile(profile, [4, 6], { kind: "centres", factorYx: [2, 3] });
    expect(given.flatfield).toEqual(binned.flatfield);
  });
});

it("takes well under two seconds for a whole camera", () => {
  const camera = new Float32Array(158 * 92).fill(1);
  expect(processorMs(() => void resampleCentresAligned(camera, [158, 92], [5056, 2960]))).toBeLessThan(2000);
});

describe.skipIf(!hasReferenceData)("the reference's resampling", () => {
  it.each([0, 1, 2, 3, 4, 5])("case %i", (index) => {
    const golden = openNpzFile(`${referenceFolder}golden/resample.npz`);
    const { shape, data } = numbersOf(golden, `in64_${index}`);
    const target = numbersOf(golden, `out64_${index}`);
    const from = [shape[0]!, shape[1]!] as const;
    const to = [target.shape[0]!, target.shape[1]!] as const;
    expect(largestDifference(resampleCornersAligned(data, from, to), target.data)).toBeLessThan(1e-12);
    const single = resampleCornersAligned(Float32Array.from(data), from, to);
    expect(largestDifference(single, numbersOf(golden, `out32_${index}`).data)).toBeLessThan(1e-7);
  });
});
