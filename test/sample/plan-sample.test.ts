import { describe, expect, it } from "vitest";
import { type Acquisition, fullResolution } from "../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { coarsestLevelForBasic } from "../../src/sample/choose-planes.ts";
import { planSample, type SampleRequest } from "../../src/sample/plan-sample.ts";
import type { SyntheticOptions } from "../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

async function mosaic(given: Partial<SyntheticOptions> = {}): Promise<Acquisition> {
  const store = new MemoryStore();
  const options = { tileShapeYx: [13, 10] as const, planes: 12, levelCount: 3, noise: false, ...given };
  const { imageKey } = await writeSyntheticAcquisition(store, "demo.zarr", options);
  return openMosaic(store, imageKey);
}

const request: SampleRequest = { level: 0, planeCount: 20, seed: 0 };
const tileNumbers = (acquisition: Acquisition, wishes: Partial<SampleRequest>) => [
  ...new Set(planSample(acquisition, { ...request, ...wishes }).planes.map(({ tileNumber }) => tileNumber)),
];

describe("planSample", () => {
  it("takes all tiles, the corners with z-levels alone, or the tiles of the list", async () => {
    const acquisition = await mosaic();
    expect(tileNumbers(acquisition, {})).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(tileNumbers(acquisition, { zLevels: [4, 8] })).toEqual([1, 3, 7, 9]);
    expect(tileNumbers(acquisition, { tileNumbers: [5, 2] })).toEqual([5, 2]);
    expect(tileNumbers(acquisition, { tileNumbers: [5, 2], zLevels: [4, 8] })).toEqual([5, 2]);
  });

  it("takes the total over the tiles, each plane's box its tile's at the level", async () => {
    const acquisition = await mosaic();
    const plan = planSample(acquisition, { ...request, level: 1, planeCount: 30 });
    expect(plan.planes).toHaveLength(30);
    expect(plan.warnings).toEqual([]);
    expect(plan.fieldYx).toEqual([6, 5]);
    const [, rows, columns] = acquisition.levels[1]!.shapeZyx;
    for (const { plane, box } of plan.planes) {
      expect([box.start[0], box.stop[0]]).toEqual([plane, plane + 1]);
      expect([box.stop[1] - box.start[1], box.stop[2] - box.start[2]]).toEqual([6, 5]);
      expect(box.stop[1]).toBeLessThanOrEqual(rows);
      expect(box.stop[2]).toBeLessThanOrEqual(columns);
    }
  });

  it("is the same for the same request, other for another seed", async () => {
    const acquisition = await mosaic();
    expect(planSample(acquisition, request)).toEqual(planSample(acquisition, request));
    expect(planSample(acquisition, { ...request, seed: 1 }).planes).not.toEqual(
      planSample(acquisition, request).planes,
    );
  });

  it("gives a tile that is named twice once: no plane is sampled twice", async () => {
    const { planes } = planSample(await mosaic(), { ...request, tileNumbers: [2, 2], planeCount: 8 });
    expect(new Set(planes.map(({ plane }) => plane)).size).toBe(planes.length);
  });

  it("warns with both numbers where there are fewer planes than asked", async () => {
    const acquisition = await mosaic();
    const plan = planSample(acquisition, { ...request, tileNumbers: [1, 2], zLevels: [2, 9], planeCount: 200 });
    expect(plan.planes).toHaveLength(8);
    expect(plan.warnings).toEqual([expect.stringMatching(/^Only 8 planes .*200/)]);
  });

  it("counts z-levels in full-resolution planes at a level with fewer", async () => {
    const acquisition = await mosaic({ pixelSizeZyx: [1, 2, 2], planes: 12 });
    expect(acquisition.levels[1]!.factorsZyx).toEqual([2, 2, 2]);
    const plan = planSample(acquisition, { ...request, level: 1, tileNumbers: [1], zLevels: [9, 5] });
    // Below 5: planes 0-1, 2-3. Above 9: 10-11.
    expect(plan.planes.map(({ plane }) => plane)).toEqual([0, 1, 5]);
  });

  it.each([
    [{ level: 3 }, /level asked for .*: found 3, expected 0 to 2/],
    [{ level: -1 }, /found -1/],
    [{ tileNumbers: [1, 10] }, /FOV list .*: found 10, expected 1 to 9/],
    [{ tileNumbers: [0] }, /found 0/],
    [{ zLevels: [3, 13] as const }, /z-levels lie outside .*: found 3, 13, expected two planes from 0 to 12/],
    [{ zLevels: [-1, 5] as const }, /outside/],
    [{ zLevels: [1.5, 5] as const }, /outside/],
    [{ zLevels: [0, 12] as const }, /leave no plane at level 0 .*: found 0, 12 of 12 planes/],
  ])("refuses %j", async (wishes, message) => {
    const acquisition = await mosaic();
    expect(() => planSample(acquisition, { ...request, ...wishes })).toThrow(
      expect.objectContaining({ kind: "invalid", message: expect.stringMatching(message) }),
    );
  });
});

describe("coarsestLevelForBasic", () => {
  /** Levels of a single large tile, each half the one before; nothing is read. */
  async function levelFor(rows: number, columns: number, levelCount: number): Promise<number> {
    const acquisition = await mosaic({ gridYx: [1, 1], levelCount, tileShapeYx: [16, 16] });
    const box = { start: [0, 0, 0], stop: [12, rows, columns] } as const;
    return coarsestLevelForBasic({ ...acquisition, tiles: [{ ...acquisition.tiles[0]!, box }] });
  }

  it("is the coarsest whose tiles have at least 128 px on their shorter side", async () => {
    expect(await levelFor(2048, 2048, 4)).toBe(3);
    expect(await levelFor(2048, 1023, 4)).toBe(2);
    expect(await levelFor(5056, 1024, 4)).toBe(3);
    expect(await levelFor(128, 128, 4)).toBe(0);
    expect(await levelFor(20, 20, 4)).toBe(0);
    expect(await levelFor(4000, 4000, 2)).toBe(1);
  });

  it("is a level of the acquisition", async () => {
    const acquisition = await mosaic();
    expect(acquisition.levels[coarsestLevelForBasic(acquisition)]).toBe(fullResolution(acquisition));
  });
});
