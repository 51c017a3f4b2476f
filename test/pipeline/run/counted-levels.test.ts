/** Values that are counted while the coarsest level is made: viewers' windows are those that reading it gives. Needs a build, as threads run what is in dist. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Level } from "../../../src/acquisition/level.ts";
import { omeAttributes, readGroup } from "../../../src/ngff/group.ts";
import { DirectoryStore } from "../../../src/node.ts";
import { correctSchema } from "../../../src/parameters/schema.ts";
import { correctImage } from "../../../src/pipeline/correct-image.ts";
import { locateCorrection } from "../../../src/pipeline/places/locate-request-node.ts";
import { CountedLevels, displayWindows } from "../../../src/pipeline/run/display-windows.ts";
import { nodePlatform } from "../../../src/pipeline/threads/platform-node.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { openArray } from "../../../src/zarr/array.ts";
import { copySharded } from "../../support/sharded-copy.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-counted-"));
  const store = new DirectoryStore(folder);
  await writeSyntheticAcquisition(store, "chunks.zarr", {
    ...{ gridYx: [1, 2], emptyTiles: [], tables: false, tileShapeYx: [150, 100], planes: 21, levelCount: 2 },
    ...{ chunkShapeZyx: [8, 32, 32], pixelType: "uint8" },
  });
  await copySharded(store, "chunks.zarr/raw_image", "shards.zarr");
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ...[1, 2, 3].map((workers) => ({ source: "chunks.zarr/raw_image", workers })),
  { source: "shards.zarr", workers: 2 },
])("$source, $workers workers", async ({ source, workers }) => {
  const add = vi.spyOn(CountedLevels.prototype, "add");
  const output = join(folder, `${workers}-${source.slice(0, 3)}`);
  const profileSource = { kind: "none" } as const;
  const parameters = correctSchema.parse({ image: join(folder, source), output, workers });
  const places = await locateCorrection(parameters, profileSource);
  const platform = nodePlatform(workers, new URL("../../../dist/program/worker-node.js", import.meta.url));
  const hooks = { report: () => undefined, signal: new AbortController().signal };
  await correctImage({ places, parameters, profileSource }, platform, hooks);
  expect(add.mock.calls.flat()).toContainEqual({ image: 0, absent: [], counts: expect.any(Array) });
  add.mockRestore();
  const store = new DirectoryStore(output);
  const { omero } = omeAttributes((await readGroup(store, ""))!.attributes);
  const written = (omero as { channels: { window: unknown }[] }).channels.map(({ window }) => window);
  expect(written).toEqual(await displayWindows(new Level(await openArray(store, "1"), [1, 2, 2])));
});
