import { describe, expect, it } from "vitest";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { fitBasic, profileOfFit } from "../../../src/estimate/basic/fit.ts";
import { basicDefaults } from "../../../src/estimate/basic/parameters.ts";
import { blockPlanes } from "../../../src/estimate/refine/dim-light.ts";
import { foldsOf, improvement, isBetter, mostCareful } from "../../../src/estimate/refine/held-out.ts";
import { refineProfile } from "../../../src/estimate/refine/refine.ts";
import { solvePositive } from "../../../src/estimate/refine/solve.ts";
import type { Profile } from "../../../src/profile/profile.ts";
import { flatfieldError } from "../../../src/report/plane-measures.ts";
import { planOverlaps } from "../../../src/sample/plan-overlaps.ts";
import { planSample } from "../../../src/sample/plan-sample.ts";
import { MemoryStack } from "../../../src/sample/plane-stack.ts";
import { readOverlaps } from "../../../src/sample/read-overlaps.ts";
import { readPlanes } from "../../../src/sample/read-planes.ts";
import type { SyntheticOptions } from "../../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { offsetScene } from "../../support/offset-scene.ts";

/** An acquisition of known shading with a camera offset of 100 counts, and what a refinement needs of it. */
async function acquire(given: Partial<SyntheticOptions> = {}) {
  const store = new MemoryStore();
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "demo.zarr", {
    ...offsetScene,
    ...given,
  });
  const acquisition = await openMosaic(store, imageKey);
  const patches = await readOverlaps(
    acquisition,
    0,
    planOverlaps(acquisition, { level: 0, planesPerPair: 8, seed: 0 }),
  );
  const plan = planSample(acquisition, { level: 0, planeCount: 48, seed: 0 });
  const stack = new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx);
  await readPlanes(acquisition, 0, plan, stack);
  const estimate = async (offset: number): Promise<Profile> => {
    const pixels = Float32Array.from(stack.pixels, (value) => value - offset);
    const workingSizeYx = [32, 32] as const;
    const fit = await fitBasic({ pixels, planeCount: 48, shapeYx: plan.fieldYx }, { ...basicDefaults, workingSizeYx });
    const profile = profileOfFit(fit);
    return { ...profile, darkfield: profile.darkfield.map((value) => value + offset) };
  };
  return { patches, estimate, stack, plan, truth: [...truth.profiles.values()][0]! };
}

describe("refineProfile", () => {
  it("finds the camera offset that BaSiC takes for light, and comes nearer to the truth", async () => {
    const { patches, estimate, truth } = await acquire();
    const start = await estimate(0);
    const { profile, report } = await refineProfile(start, patches, { seed: 0, refit: estimate });
    const [before, after] = [start, profile].map(({ flatfield }) => flatfieldError(flatfield, truth.flatfield));
    expect(before).toBeGreaterThan(0.01);
    // Of a fit with a dark-field of its own, which no refinement looks into.
    expect(after).toBeLessThan(before!);
    expect(report).toMatchObject({ changed: true, pairCount: 12, folds: 5 });
    expect(report.heldOut).toBeLessThan(report.before);
    expect(report.cameraOffset).toBeGreaterThan(50);
    expect(report.cameraOffset).toBeLessThan(160);
  });

  it("tells what an unknown offset costs the profile that results, not the even light that it starts from", async () => {
    const { patches, estimate } = await acquire();
    const { shapeYx, baseline } = await estimate(0);
    const length = shapeYx[0] * shapeYx[1];
    const even = {
      shapeYx,
      baseline,
      flatfield: new Float32Array(length).fill(1),
      darkfield: new Float32Array(length),
    };
    const { profile, report } = await refineProfile(even, patches, { seed: 0, offset: { kind: "unknown" } });
    const depth = profile.flatfield.reduce((sum, value) => sum + Math.abs(value - 1), 0) / length;
    expect(report).toMatchObject({ changed: true, isOffsetUnknown: true });
    expect(depth).toBeGreaterThan(0.02);
    expect(report.costOf100Counts).toBeGreaterThan((depth * 100) / baseline);
    expect(report.costOf100Counts).toBeLessThan(depth);
  });

  it("takes tiles that differ in brightness neither for a tilt nor for a camera offset", async () => {
    const everywhere = { emptyTiles: [], emptyPlanesPerEnd: 0, cameraOffset: 0, planes: 12 };
    const { patches, estimate, truth } = await acquire({ ...everywhere, tileGains: 0.05, seed: 4 });
    const start = await estimate(0);
    const { profile, report } = await refineProfile(start, patches, { seed: 0 });
    const [before, after] = [start, profile].map(({ flatfield }) => flatfieldError(flatfield, truth.flatfield));
    expect(after).toBeLessThan(0.9 * before!);
    expect(report.heldOut).toBeLessThan(0.9 * report.before);
    // Shrunk towards equal tiles.
    expect(report.gainSpread).toBeGreaterThan(0.02);
    expect(report.cameraOffset ?? 0).toBeLessThan(40);
  });

  it("takes tiles that fade in the order of the scan for no tilt where planes show light beside the sample", async () => {
    const tileGains = Array.from({ length: 9 }, (_, tile) => 1 - 0.04 * tile);
    const { patches, stack, plan, truth } = await acquire({ tileGains, seed: 4 });
    const length = plan.fieldYx[0] * plan.fieldYx[1];
    const even = {
      shapeYx: plan.fieldYx,
      baseline: 300,
      flatfield: new Float32Array(length).fill(1),
      darkfield: new Float32Array(length).fill(100),
    };
    const planes = await blockPlanes(stack, plan.planes);
    const [alone, beside] = [
      await refineProfile(even, patches, { seed: 0, offset: { kind: "given" } }),
      await refineProfile(even, patches, { seed: 0, offset: { kind: "given" }, planes }),
    ].map(({ profile }) => flatfieldError(profile.flatfield, truth.flatfield));
    expect(alone).toBeGreaterThan(0.02);
    expect(beside).toBeLessThan(0.01);
  });

  it("leaves the truth as it is, and gives the same for the same seed", async () => {
    const { patches, truth } = await acquire({ seed: 2 });
    const { profile, report } = await refineProfile(truth, patches, { seed: 0 });
    expect(flatfieldError(profile.flatfield, truth.flatfield)).toBeLessThan(0.003);
    expect((await refineProfile(truth, patches, { seed: 0 })).report).toEqual(report);
  });

  it("changes nothing where there are too few pairs to hold any out", async () => {
    const { patches, truth } = await acquire({ gridYx: [1, 3], emptyTiles: [] });
    const { profile, report } = await refineProfile(truth, patches, { seed: 0 });
    expect(profile).toBe(truth);
    expect(report).toMatchObject({ changed: false, pairCount: 2, folds: 0 });
  });
});

describe("held-out figures", () => {
  it("come from folds that hold every pair once, the same for the same seed", () => {
    const folds = foldsOf([3, 4, 5, 6, 7, 8, 9], 3, 1);
    expect(folds.map((fold) => fold.length).sort()).toEqual([2, 2, 3]);
    expect(folds.flat().sort()).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(foldsOf([3, 4, 5, 6, 7, 8, 9], 3, 1)).toEqual(folds);
  });

  it("prefer the careful choice unless another is clearly better", () => {
    const careful = Float64Array.of(1, 1, 1, 1, Number.NaN);
    const alike = Float64Array.of(0.8, 1.1, 0.9, 1.15, 1);
    const better = Float64Array.of(0.5, 0.6, 0.5, 0.6, 1);
    const all = [0, 1, 2, 3, 4];
    expect(mostCareful([careful, alike], all)).toBe(0);
    expect(mostCareful([careful, alike, better], all)).toBe(2);
    expect(isBetter(improvement(careful, alike, all))).toBe(false);
    expect(improvement(careful, better, all).mean).toBeCloseTo(0.45, 10);
  });

  it("prefer the careful choice to one that is surely, but hardly, better", () => {
    const careful = Float64Array.of(1, 1.1, 0.9, 1);
    const hardly = careful.map((value) => 0.97 * value);
    const all = [0, 1, 2, 3];
    expect(mostCareful([careful, hardly], all)).toBe(1);
    expect(mostCareful([careful, hardly], all, 0.05)).toBe(0);
    expect(mostCareful([careful, hardly], all, 0.02)).toBe(1);
  });
});

it("solves normal equations", () => {
  const [matrix, right] = [
    Float64Array.of(4, 0, 0, 2, 5, 0, 1, 3, 6),
    Float64Array.of(4 + 4 + 3, 2 + 10 + 9, 1 + 6 + 18),
  ];
  solvePositive(matrix, right);
  expect([...right].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 2, 3]);
});
