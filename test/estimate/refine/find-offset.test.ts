import { describe, expect, it } from "vitest";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { signsOfOffset } from "../../../src/estimate/refine/find-offset.ts";
import { prepareOverlaps } from "../../../src/estimate/refine/overlap-data.ts";
import { planOverlaps } from "../../../src/sample/plan-overlaps.ts";
import { readOverlaps } from "../../../src/sample/read-overlaps.ts";
import type { SyntheticOptions } from "../../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { offsetScene } from "../../support/offset-scene.ts";

const bright = {
  gridYx: [3, 4],
  tileShapeYx: [128, 128],
  chunkShapeZyx: [16, 128, 128],
  emptyTiles: [],
  seed: 3,
} as const;

const limits = { bound: 260, brightness: 500 };

/** What overlaps tell of the offset, 100 counts, where tiles differ in brightness as given, less a background. */
async function offsetByOverlaps(tileGains: SyntheticOptions["tileGains"], background = 0) {
  const store = new MemoryStore();
  const { imageKey } = await writeSyntheticAcquisition(store, "demo.zarr", {
    ...offsetScene,
    ...bright,
    tileGains,
  });
  const acquisition = await openMosaic(store, imageKey);
  const plan = planOverlaps(acquisition, { level: 0, planesPerPair: 12, seed: 0 });
  const patches = (await readOverlaps(acquisition, 0, plan)).map((patch) => {
    const [first, second] = [patch.first, patch.second].map((pixels) => pixels.map((value) => value - background));
    return { ...patch, first: first!, second: second! };
  });
  const overlaps = prepareOverlaps(plan.fieldYx, patches, -background);
  const { evidence } = signsOfOffset(overlaps, { ...limits, evidence: [] });
  return evidence.find(({ source }) => source === "overlaps");
}

describe("signsOfOffset", () => {
  const gains = [1.13, 0.9, 0.91, 1.12, 0.95, 0.98, 0.96, 1.02, 1.02, 0.97, 1.07, 0.96];

  it("takes tiles that differ in brightness for no offset", async () => {
    const [equal, unequal] = [await offsetByOverlaps(0), await offsetByOverlaps(gains)];
    for (const { offset, standardError } of [equal!, unequal!]) {
      expect(Math.abs(offset - 100)).toBeLessThan(2 * standardError);
      expect(standardError).toBeLessThan(70);
    }
  });

  it("tells nothing where more was subtracted than there is light", async () => {
    expect(await offsetByOverlaps(0, 5000)).toBeUndefined();
  });
});
