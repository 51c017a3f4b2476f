import { describe, expect, it } from "vitest";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { correctPatches } from "../../src/estimate/refine/overlap-data.ts";
import { readModel } from "../../src/profile/formats/find-profile.ts";
import { reportSeams } from "../../src/report/seams.ts";
import { planOverlaps } from "../../src/sample/plan-overlaps.ts";
import { readOverlaps } from "../../src/sample/read-overlaps.ts";
import type { SyntheticOptions } from "../../src/synthetic/options.ts";
import { saveTruth } from "../../src/synthetic/truth.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { pixelsOfArray } from "../support/pixels.ts";

async function write(given: Partial<SyntheticOptions> = {}) {
  const store = new MemoryStore();
  const written = await writeSyntheticAcquisition(store, "demo.zarr", { seed: 11, ...given });
  return { store, ...written };
}

/** All pixels of a level. */
describe("writeSyntheticAcquisition", () => {
  it("writes a mosaic that reads as it was laid out", async () => {
    const { store, imageKey, layout, options } = await write({ gridYx: [2, 3], tileShapeYx: [24, 20] });
    const acquisition = await openMosaic(store, imageKey);
    expect(imageKey).toBe("demo.zarr/raw_image");
    expect(acquisition.levels.map((level) => level.shapeCzyx)).toEqual([
      [2, 6, 48, 60],
      [2, 6, 24, 30],
    ]);
    expect(acquisition.metadata.levels[1]?.scaleZyx).toEqual([5, 2.2, 2.2]);
    expect(acquisition.channels.map((channel) => channel.label)).toEqual(["MBP", "Lectin"]);
    expect(acquisition.tiles.map((tile) => [tile.name, ...tile.box.start.slice(1)])).toEqual(
      layout.tiles.map((tile) => [tile.name, ...tile.mosaicYx]),
    );
    for (const [index, tile] of acquisition.tiles.entries()) {
      const [y, x] = layout.tiles[index]!.stageYx;
      expect(tile.stagePositionUmYx![0]).toBeCloseTo(y * options.pixelSizeZyx[1], 4);
      expect(tile.stagePositionUmYx![1]).toBeCloseTo(x * options.pixelSizeZyx[2], 4);
    }
  });

  it("writes the same bytes for the same seed, and others for another", async () => {
    const keys = ["0/0/0/0/0", "0/1/1/1/1", "1/0/0/0/0", ".zattrs", "tables/FOV_ROI_table/X/0.0"];
    const bytes = async (seed: number) => {
      const { store, imageKey } = await write({ seed, codec: { kind: "none" } });
      return Promise.all(keys.map((key) => store.get(`${imageKey}/${key}`)));
    };
    expect(await bytes(3)).toEqual(await bytes(3));
    expect((await bytes(3))[0]).not.toEqual((await bytes(4))[0]);
  });

  it("gives the same pixels whatever the chunks", async () => {
    const whole = await write({ chunkShapeZyx: [6, 72, 60] });
    const pieces = await write({ chunkShapeZyx: [5, 13, 7] });
    for (const level of [0, 1]) {
      const expected = await pixelsOfArray((await openMosaic(whole.store, whole.imageKey)).levels[level]!.array);
      expect(await pixelsOfArray((await openMosaic(pieces.store, pieces.imageKey)).levels[level]!.array)).toEqual(
        expected,
      );
    }
  });

  it("builds the pyramid from block means over the pixels that exist", async () => {
    const { store, imageKey } = await write({
      tileShapeYx: [25, 21],
      levelCount: 3,
      pixelSizeZyx: [1, 2, 2],
      pixelType: "float32",
    });
    const acquisition = await openMosaic(store, imageKey);
    // Planes lie closer together than pixels once, then as far apart.
    expect(acquisition.levels.map((level) => level.shapeZyx)).toEqual([
      [6, 75, 63],
      [3, 38, 32],
      [2, 19, 16],
    ]);
    const [fine, coarse] = [
      await pixelsOfArray(acquisition.levels[0]!.array),
      await pixelsOfArray(acquisition.levels[1]!.array),
    ];
    const at = (z: number, y: number, x: number) => fine[(z * 75 + y) * 63 + x]!;
    const inside = [0, 1].flatMap((z) => [2, 3].flatMap((y) => [8, 9].map((x) => at(z, y, x))));
    expect(coarse[(0 * 38 + 1) * 32 + 4]).toBeCloseTo(inside.reduce((sum, value) => sum + value, 0) / 8, 3);
    const lastColumn = [4, 5].flatMap((z) => [10, 11].map((y) => at(z, y, 62)));
    expect(coarse[(2 * 38 + 5) * 32 + 31]).toBeCloseTo(lastColumn.reduce((sum, value) => sum + value, 0) / 4, 3);
  });

  it("leaves out chunks without a tile and gives them as zeros", async () => {
    const { store, imageKey } = await write({
      gridYx: [2, 2],
      tileShapeYx: [16, 16],
      chunkShapeZyx: [6, 16, 16],
      absentYx: [[1, 1]],
    });
    expect(await store.get(`${imageKey}/0/0/0/0/1`)).toBeDefined();
    expect(await store.get(`${imageKey}/0/0/0/1/1`)).toBeUndefined();
    const pixels = await pixelsOfArray((await openMosaic(store, imageKey)).levels[0]!.array);
    expect(pixels[31 * 32 + 31]).toBe(0);
    expect(pixels[31 * 32 + 15]).toBeGreaterThan(0);
  });

  it("writes a single tile without tables", async () => {
    const { store, imageKey } = await write({ gridYx: [1, 1], tables: false, pixelType: "uint8" });
    const acquisition = await openMosaic(store, imageKey);
    expect(acquisition.hasTileTable).toBe(false);
    expect(acquisition.type).toBe("uint8");
  });

  it("gives viewers a window around what there is to see", async () => {
    const { store, imageKey } = await write();
    const { omero } = (await openMosaic(store, imageKey)).metadata.attributes as {
      omero: { channels: { window: { min: number; max: number; start: number; end: number } }[] };
    };
    for (const { window } of omero.channels) {
      expect(window.min).toBe(0);
      expect(window.start).toBeGreaterThan(50);
      expect(window.end).toBeGreaterThan(window.start);
      expect(window.max).toBe(Math.min(10 * window.end, 65535));
    }
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    const onChunk = (done: number) => done === 3 && controller.abort();
    const writing = writeSyntheticAcquisition(new MemoryStore(), "a.zarr", {}, { onChunk, signal: controller.signal });
    await expect(writing).rejects.toMatchObject({ kind: "interrupted" });
  });
});

describe("the truth of a synthetic acquisition", () => {
  it("names the empty tiles and planes as the parameters take them", async () => {
    const { truth } = await write({ planes: 12, emptyPlanesPerEnd: 3 });
    expect(truth.emptyTiles).toEqual([1, 3, 7, 9]);
    expect(truth.zLevels).toEqual([3, 8]);
  });

  it("is saved as a folder of profiles that can be given to a correction", async () => {
    const { store, truth } = await write();
    await saveTruth(store, "truth", truth);
    const { profile } = await readModel(store, "truth", "Lectin");
    const { shapeYx, flatfield, darkfield, baseline } = truth.profiles.get("Lectin")!;
    expect(profile).toMatchObject({ shapeYx, darkfield, baseline });
    expect(Math.max(...profile.flatfield.map((value, i) => Math.abs(value - flatfield[i]!)))).toBeLessThan(1e-6);
  });

  it("removes the seams: what is left is noise", async () => {
    const written = await write({ tileShapeYx: [64, 48], planes: 6, levelCount: 1 });
    const acquisition = await openMosaic(written.store, written.imageKey);
    const plan = planOverlaps(acquisition, { level: 0, planesPerPair: 4, seed: 0 });
    expect(plan.pairs).toHaveLength(12);
    const patches = await readOverlaps(acquisition, 0, plan);
    const report = reportSeams(plan, patches, correctPatches(patches, written.truth.profiles.get("MBP")!));
    if (report.kind !== "measured") throw new Error(report.reason);
    const { before, after } = report.placed;
    expect(before.logRatio).toBeGreaterThan(0.05);
    expect(after!.logRatio).toBeLessThan(before.logRatio / 10);
    expect(after!.difference).toBeLessThan(before.difference);
  });
});
