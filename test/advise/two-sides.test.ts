/** Light of two sides in few tiles, as the microscope writes them, with an unknown camera offset. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stackName, writeMeta, writeRaw } from "../../scripts/microscope-files.mjs";
import { DirectoryStore, estimateProfiles, openMosaic, readModel } from "../../src/node.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { flatfieldError } from "../../src/report/plane-measures.ts";
import type { Yx } from "../../src/shapes.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { readBox } from "../../src/zarr/box.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isolux-sides-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const sides = ["Left", "Right"] as const;
const shapeYx: Yx = [40, 36];
/** The first and the last without sample: few are enough where there is no noise. */
const planes = 3;

/** Writes each half of the grid as the light of its side shows it, sample in every tile; gives the true profiles. */
async function writeSides(): Promise<Profile[]> {
  const light = { wavelengthId: "488", color: "4FC3F7", background: 240, autofluorescence: 300, labelled: 1500 };
  const store = new MemoryStore();
  const { imageKey, layout, truth } = await writeSyntheticAcquisition(store, "two.zarr", {
    gridYx: [3, 4],
    emptyTiles: [],
    tileShapeYx: shapeYx,
    planes,
    emptyPlanesPerEnd: 1,
    noise: false,
    cameraOffset: 100,
    chunkShapeZyx: [planes, ...shapeYx],
    levelCount: 1,
    codec: { kind: "none" },
    seed: 1,
    channels: sides.map((label) => ({ ...light, label })),
  });
  const mosaic = (await openMosaic(store, imageKey)).levels[0]!.array;
  const tiles = join(folder, "tiles");
  mkdirSync(tiles);
  const length = shapeYx[0] * shapeYx[1];
  for (const { number, gridYx, mosaicYx, stageYx } of layout.tiles) {
    const channel = gridYx[1] < 2 ? 0 : 1;
    const [y, x] = mosaicYx;
    const pixels = await readBox(mosaic, [channel, 0, y, x], [channel + 1, planes, y + shapeYx[0], x + shapeYx[1]]);
    const path = join(tiles, stackName(number - 1, "488", "raw", sides[channel]));
    writeRaw(path, planes, (z: number) => pixels.slice(z * length, (z + 1) * length));
    // The stage moves the sample: the tile at the top left was taken at the largest position.
    writeMeta(path, { side: sides[channel], stageYx: stageYx.map((at) => -at), planes, shapeYx });
  }
  return [...truth.profiles.values()];
}

it("finds the light of both sides within 1 %", async () => {
  const truths = await writeSides();
  const output = join(folder, "profiles");
  const parameters = { nZplanes: 24, resolutionLevel: 0, workers: 1, basic: { workingSize: 24 } };
  const { advice } = await estimateProfiles({ image: join(folder, "tiles"), output, auto: true, ...parameters });
  // 7 pairs of each side.
  expect(advice).toMatchObject({ basis: "overlaps", scoredBy: 14 });
  for (const [index, side] of sides.entries()) {
    const { profile } = await readModel(new DirectoryStore(output), "", "488", "refuse", side);
    expect(flatfieldError(profile.flatfield, truths[index]!.flatfield)).toBeLessThan(0.01);
  }
});
