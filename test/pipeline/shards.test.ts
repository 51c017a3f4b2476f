import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { correctImage, DirectoryStore, openImage } from "../../src/node.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { encodeShardIndex, parseShardIndex, shardIndexBytes } from "../../src/zarr/shards/shard-index.ts";
import { contentsOf } from "../support/contents.ts";
import { pixelsOf } from "../support/pixels.ts";
import { copySharded } from "../support/sharded-copy.ts";

let folder: string;
let plain: string;
let sharded: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-shards-"));
  const store = new DirectoryStore(folder);
  const options = {
    tables: false,
    gridYx: [1, 1],
    emptyTiles: [],
    tileShapeYx: [90, 75],
    planes: 11,
    levelCount: 3,
  } as const;
  await writeSyntheticAcquisition(store, "plain.zarr", { ...options, chunkShapeZyx: [2, 16, 16] });
  plain = join(folder, "plain.zarr/raw_image");
  sharded = join(folder, "sharded.zarr");
  await copySharded(store, "plain.zarr/raw_image", "sharded.zarr");
});
afterAll(() => rm(folder, { recursive: true }));

const request = { zLevels: [2, 9] as [number, number], workers: 1 };

it("an image of version 0.5 in shards comes out as one, with the same pixels as its twin of version 0.4", async () => {
  const [a, b] = [await correctImage({ image: plain, ...request }), await correctImage({ image: sharded, ...request })];
  for (const level of [0, 1, 2]) expect(await pixelsOf(b.output, level)).toEqual(await pixelsOf(a.output, level));
  expect(b.channels.map(({ clippedLow }) => clippedLow)).toEqual(a.channels.map(({ clippedLow }) => clippedLow));
  const { attributes } = JSON.parse(await readFile(join(b.output, "zarr.json"), "utf8"));
  expect(Object.keys(attributes)).toEqual(["ome", "kept", "fractal_tasks", "isolux"]);
  expect(attributes.ome.multiscales[0].name).toBe("sharded.zarr_flatfield_corr");
  expect(await readFile(join(b.output, "0/zarr.json"))).toEqual(await readFile(join(sharded, "0/zarr.json")));
});

it("a run on shards that is stopped goes on, keeps finished shards and ends with the same bytes", async () => {
  const whole = join(folder, "whole.zarr");
  const resumed = join(folder, "resumed.zarr");
  await correctImage({ image: sharded, ...request, output: whole });
  const controller = new AbortController();
  const report = (event: { kind: string; stage?: string; done?: number }) => {
    if (event.stage === "Correcting" && event.done! > 60) controller.abort();
  };
  const stopped = correctImage({ image: sharded, ...request, output: resumed }, { report, signal: controller.signal });
  await expect(stopped).rejects.toMatchObject({ kind: "interrupted" });
  const workspace = join(folder, ".resumed.zarr.isolux/image");
  const finished = [...contentsOf(workspace).keys()].filter((name) => !name.includes(".part"));
  expect(finished.length).toBeGreaterThan(0);
  const times = await Promise.all(finished.map(async (name) => (await stat(join(workspace, name))).mtimeMs));

  await correctImage({ image: sharded, ...request, output: resumed });
  const [a, b] = [contentsOf(whole), contentsOf(resumed)];
  // Their names are in it.
  for (const files of [a, b]) files.set("zarr.json", "");
  expect(b).toEqual(a);
  const after = await Promise.all(finished.map(async (name) => (await stat(join(resumed, name))).mtimeMs));
  // The last shard may have been placed but not yet noted when the run stopped.
  expect(after.filter((time, i) => time !== times[i]).length).toBeLessThanOrEqual(1);
});

it("shards that begin with their index come out ending with it, all else as it was", async () => {
  const image = join(folder, "start.zarr");
  await cp(sharded, image, { recursive: true });
  const indexBytes = shardIndexBytes(8);
  for (const name of [...contentsOf(image).keys()].filter((file) => /^\d\/c\//.test(file))) {
    const shard = await readFile(join(image, name));
    const end = shard.length - indexBytes;
    const index = parseShardIndex(new Uint8Array(shard.subarray(end)), 0, end, name);
    const moved = index.map((value, at) => (at % 2 === 0 && value >= 0 ? value + indexBytes : value));
    await writeFile(join(image, name), Buffer.concat([encodeShardIndex(moved), shard.subarray(0, end)]));
  }
  for (const level of [0, 1, 2]) {
    const file = join(image, `${level}/zarr.json`);
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace(/("index_location": *)"end"/, '$1"start"'));
  }
  const level = (await openImage(image)).levels[0]!;
  expect(level.array.metadata.indexLocation).toBe("start");
  const output = join(folder, "start-corrected.zarr");
  const expected = join(folder, "end-corrected.zarr");
  await correctImage({ image, ...request, output });
  await correctImage({ image: sharded, ...request, output: expected });
  for (const index of [0, 1, 2]) expect(await pixelsOf(output, index)).toEqual(await pixelsOf(expected, index));
  expect(await readFile(join(output, "0/zarr.json"), "utf8")).toMatch(/"index_location": *"end"/);
});
