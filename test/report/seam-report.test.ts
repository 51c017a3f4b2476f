import { describe, expect, it } from "vitest";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { correctPatches } from "../../src/estimate/correct-patches.ts";
import { reportSeams } from "../../src/report/seam-report.ts";
import { planOverlaps } from "../../src/sample/plan-overlaps.ts";
import { readOverlaps } from "../../src/sample/read-overlaps.ts";
import type { SyntheticOptions } from "../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/directory-store.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";

async function generated(given: Partial<SyntheticOptions>) {
  const store = new MemoryStore();
  const options = { tileShapeYx: [64, 48], noise: false, chunkShapeZyx: [2, 50, 50], ...given } as const;
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "demo.zarr", options);
  const acquisition = await openMosaic(store, imageKey);
  return { acquisition, truth: [...truth.profiles.values()][0]! };
}

describe("reportSeams", () => {
  it("finds the seams of shaded tiles, and none after the true profile", async () => {
    const { acquisition, truth } = await generated({ pixelType: "float32" });
    const plan = planOverlaps(acquisition, { level: 0, planesPerPair: 2, seed: 0 });
    const before = await readOverlaps(acquisition, 0, plan);
    const report = reportSeams(plan, before, correctPatches(before, truth));
    if (report.kind !== "measured") throw new Error(report.reason);
    expect(report.placed.before).toMatchObject({ pairCount: 12, leftOutCount: 0 });
    expect(report.placed.before.difference).toBeGreaterThan(0.03);
    expect(report.placed.after?.difference).toBeLessThan(1e-5);
    expect(report.placed.after?.contrastDifference).toBeLessThan(1e-4);
    expect(report.pairs).toHaveLength(12);
    const shifts = report.pairs.flatMap(({ shiftYx }) => (shiftYx === undefined ? [] : [shiftYx]));
    expect(report.registered.before.pairCount).toBe(shifts.length);
    expect(report.registered.before.leftOutCount).toBe(12 - shifts.length);
    expect(shifts.length).toBeGreaterThan(2);
    expect(shifts.every(([y, x]) => y === 0 && x === 0)).toBe(true);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("says that there is nothing to compare where tiles lie apart on the stage", async () => {
    const { acquisition } = await generated({ overlap: 0 });
    const plan = planOverlaps(acquisition, { level: 0, planesPerPair: 3, seed: 0 });
    const report = reportSeams(plan, await readOverlaps(acquisition, 0, plan));
    expect(report).toMatchObject({ kind: "none", reason: expect.stringContaining("stitched") });
  });
});

describe("readOverlaps", () => {
  it("reads both tiles of a pair at the same places, saturated pixels as NaN", async () => {
    const { acquisition } = await generated({ vignetting: 0, darkfield: 0, pixelType: "uint8", levelCount: 1 });
    const plan = planOverlaps(acquisition, { level: 0, planesPerPair: 2, seed: 1 });
    const patches = await readOverlaps(acquisition, 0, plan);
    expect(patches).toHaveLength(2 * plan.pairs.length);
    for (const { first, second, shapeYx } of patches) {
      expect(first).toHaveLength(shapeYx[0] * shapeYx[1]);
      expect(first).toEqual(second);
    }
    expect(patches.some(({ first }) => first.some(Number.isNaN))).toBe(false);
  });

  it("reads large fields coarser", async () => {
    const { acquisition } = await generated({ gridYx: [1, 2], tileShapeYx: [20, 1100], planes: 1, levelCount: 1 });
    const plan = planOverlaps(acquisition, { level: 0, planesPerPair: 2, seed: 1 });
    expect(plan).toMatchObject({ binPx: 2, pairs: [{ shapeYx: [20, 110], inFirstYx: [0, 990], inSecondYx: [0, 0] }] });
    const [patch] = await readOverlaps(acquisition, 0, plan);
    const pixels = await acquisition.levels[0]!.readBox(0, { start: [0, 2, 994], stop: [1, 4, 996] });
    expect(patch!.shapeYx).toEqual([10, 55]);
    expect(patch!.first[55 + 2]).toBeCloseTo((pixels[0]! + pixels[1]! + pixels[2]! + pixels[3]!) / 4, 4);
  });
});

describe.skipIf(!hasReferenceData)("reportSeams on real tiles", () => {
  it("gives the known figures of the raw tiles, and says how many pairs can be registered", async () => {
    const acquisition = await openMosaic(new DirectoryStore(`${referenceFolder}data/wsi_brain.zarr`), "raw_image");
    const plan = planOverlaps(acquisition, { level: 0, planesPerPair: 1, seed: 0 });
    const report = reportSeams(plan, await readOverlaps(acquisition, 0, plan));
    if (report.kind !== "measured") throw new Error(report.reason);
    expect(report.placed.before).toMatchObject({ pairCount: 91, leftOutCount: 0 });
    expect(report.placed.before.difference).toBeCloseTo(0.2224, 4);
    expect(report.placed.before.logRatio).toBeCloseTo(0.2083, 4);
    // Some positions of the table are off by up to 15 px; 18 pairs show too little to tell.
    expect(report.registered.before).toMatchObject({ pairCount: 73, leftOutCount: 18 });
    expect(report.registered.before.difference).toBeCloseTo(0.2193, 3);
  });
});
