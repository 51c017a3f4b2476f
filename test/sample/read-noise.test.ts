import { beforeAll, describe, expect, it } from "vitest";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { planSample } from "../../src/sample/plan-sample.ts";
import { planNoise, readNoise } from "../../src/sample/read-noise.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

async function mosaic() {
  const store = new MemoryStore();
  const { imageKey } = await writeSyntheticAcquisition(store, "a.zarr", {
    seed: 1,
    gridYx: [2, 2],
    tileShapeYx: [320, 288],
    planes: 3,
    levelCount: 2,
  });
  return openMosaic(store, imageKey);
}

describe("readNoise", () => {
  let image: Awaited<ReturnType<typeof mosaic>>;
  beforeAll(async () => {
    image = await mosaic();
  });

  it("reads the camera's own pixels, inside of the planned tiles and planes", async () => {
    const plan = planSample(image, { level: 1, planeCount: 12, seed: 0 });
    const parts = planNoise(image, plan)!;
    expect(parts.fieldYx).toEqual([256, 256]);
    expect(parts.planes.map(({ tileNumber }) => tileNumber)).toEqual(plan.planes.map(({ tileNumber }) => tileNumber));
    const stack = (await readNoise(image, 0, plan, {}))!;
    for (const [n, { tileNumber, box }] of parts.planes.entries()) {
      const tile = image.tiles.find(({ number }) => number === tileNumber)!;
      for (const axis of [0, 1, 2] as const) {
        expect(box.start[axis]).toBeGreaterThanOrEqual(tile.box.start[axis]);
        expect(box.stop[axis]).toBeLessThanOrEqual(tile.box.stop[axis]);
      }
      const pixels = await image.levels[0]!.readBox(0, box);
      expect([...stack.pixels.subarray(n * 65536, n * 65536 + 300)]).toEqual([...pixels.subarray(0, 300)]);
    }
  });

  it("spreads its parts over the field", () => {
    const { planes } = planNoise(image, planSample(image, { level: 1, planeCount: 12, seed: 0 }))!;
    const inTile = planes.map(({ tileNumber, box }) => {
      const { start } = image.tiles.find(({ number }) => number === tileNumber)!.box;
      return `${box.start[1] - start[1]},${box.start[2] - start[2]}`;
    });
    expect([...new Set(inTile)].sort()).toEqual(["0,0", "0,32", "64,0", "64,32"]);
  });

  it("reads nothing where planes have the full resolution already", () => {
    expect(planNoise(image, planSample(image, { level: 0, planeCount: 12, seed: 0 }))).toBeUndefined();
  });
});
