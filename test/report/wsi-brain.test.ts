import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { resizedPlane } from "../../src/estimate/basic/resize.ts";
import { correctPatches, type Shading } from "../../src/estimate/refine/overlap-data.ts";
import { openNpz } from "../../src/profile/npz.ts";
import { reportSeams } from "../../src/report/seams.ts";
import { type OverlapPlan, planOverlaps } from "../../src/sample/plan-overlaps.ts";
import { type OverlapPatch, readOverlaps } from "../../src/sample/read-overlaps.ts";
import type { Yx } from "../../src/shapes.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";

const shapeYx: Yx = [512, 512];

/** 54 real tiles of a brain section, and profiles that others fitted to them. */
describe.skipIf(!hasReferenceData)("seams of real tiles", () => {
  let plan: OverlapPlan;
  let patches: OverlapPatch[];

  beforeAll(async () => {
    const mosaic = await openMosaic(new DirectoryStore(`${referenceFolder}data/wsi_brain.zarr`), "raw_image");
    plan = planOverlaps(mosaic, { level: 0, planesPerPair: 1, seed: 0 });
    patches = await readOverlaps(mosaic, 0, plan);
  });

  async function goldenProfile(name: string): Promise<Shading> {
    const path = `${referenceFolder}data/basicpy/golden/${name}.npz`;
    const archive = openNpz(await readFile(path), path);
    const [flatfield, darkfield] = ["flatfield", "darkfield"].map((key) => {
      const { shape, data } = archive.read(key);
      return resizedPlane(Float64Array.from(data as Float32Array), shape as unknown as Yx, shapeYx);
    });
    return { shapeYx, flatfield: flatfield!, darkfield: darkfield! };
  }

  it.each([
    ["reference.wsi_brain.dark1", 0.0371, 0.0258],
    ["ladmap.wsi_brain.dark1.sort1", 0.0384, 0.0294],
    ["ladmap.wsi_brain.dark1.sort0", 0.0502, 0.0342],
  ])("are known for the tiles corrected with %s", async (name, expectedDifference, expectedLogRatio) => {
    const report = reportSeams(plan, patches, correctPatches(patches, await goldenProfile(name)));
    if (report.kind !== "measured") throw new Error(report.reason);
    const { difference, logRatio, pairCount } = report.placed.after!;
    expect(pairCount).toBe(91);
    expect(Math.abs(difference - expectedDifference)).toBeLessThan(1e-4);
    expect(Math.abs(logRatio - expectedLogRatio)).toBeLessThan(1e-4);
  });
});
