/** Stacks and planes of other microscopes, corrected with two threads, which need a build. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DirectoryStore } from "../../src/node.ts";
import type { CorrectParameters } from "../../src/parameters/schema.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { correctByThreads } from "../support/by-threads.ts";
import { layoutOptions, listedLayouts } from "../support/listed-layouts.ts";
import { pixelsOf } from "../support/pixels.ts";

let folder: string;
let expected: ArrayLike<number>;

async function corrected(image: string, name: string, more: Partial<CorrectParameters> = {}) {
  const output = join(folder, name);
  await correctByThreads({ image: join(folder, image), output, fovList: [1, 2], background: "keep", ...more });
  return pixelsOf(output);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-listed-"));
  const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "demo.zarr", layoutOptions);
  expected = await corrected(imageKey, "mosaic.zarr");
});
afterAll(() => rm(folder, { recursive: true }));

it("planes by a pattern, an overlap and a size of pixels", async () => {
  const { key } = await listedLayouts["names of planes"]!(new DirectoryStore(folder));
  const pattern = "*[{row} x {col}]_C{channel}_z{plane}.tif";
  // Channels come in the order of names.
  const pixels = await corrected(key, "of-names.zarr", { pattern, overlap: [0.25, 0.25], pixelSize: [2, 1.6, 1.6] });
  const half = expected.length / 2;
  expect(pixels).toEqual(Uint16Array.from(expected, (_, n) => expected[(n + half) % expected.length]!));
});

it("planes of a SmartSPIM", async () => {
  const { key } = await listedLayouts.SmartSPIM!(new DirectoryStore(folder));
  // Without its sides the light is one for all tiles, as the mosaic's table does not know them.
  expect(await corrected(key, "of-smartspim.zarr", { sides: "joint" })).toEqual(expected);
});

it("stacks by a list, with axes that run the other way", async () => {
  const store = new DirectoryStore(folder);
  const { key } = await listedLayouts["tiles.csv of stacks"]!(store);
  const list = new TextDecoder().decode(await store.get(`${key}/tiles.csv`));
  const mirrored = list.replaceAll(/^(stacks[^;]*;[^;]*;[^;]*;)([\d,]+);/gm, "$1-$2;");
  await store.set(`${key}/tiles.csv`, new TextEncoder().encode(mirrored));
  await expect(corrected(key, "no.zarr")).rejects.toThrow(/give --stage-axes y,-x/);
  expect(await corrected(key, "of-list.zarr", { sides: "joint", stageAxes: "y,-x" })).toEqual(expected);
});
