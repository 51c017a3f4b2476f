/** What a power cut leaves of an interrupted run: files that are gone, empty or cut short, though the journal has them. */
import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { mkdtemp, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { correctImage, DirectoryStore } from "../../../src/node.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { contentsOf } from "../../support/contents.ts";
import { copySharded } from "../../support/sharded-copy.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-standing-"));
  const store = new DirectoryStore(folder);
  const size = { tileShapeYx: [90, 75], planes: 11, levelCount: 3, chunkShapeZyx: [2, 16, 16] } as const;
  const tiles = { gridYx: [1, 1], emptyTiles: [], tables: false } as const;
  await writeSyntheticAcquisition(store, "chunks.zarr", { ...size, ...tiles });
  await copySharded(store, "chunks.zarr/raw_image", "shards.zarr");
});
afterAll(() => rm(folder, { recursive: true }));

const regions = { zLevels: [2, 9] as [number, number], workers: 1 };

/** Corrects until a share of the chunks is done, and finds what is in place by then, finest level first. */
async function interrupt(image: string, output: string, chunks: number): Promise<string[]> {
  const controller = new AbortController();
  const report = (event: { kind: string; stage?: string; done?: number }) => {
    if (event.stage === "Correcting" && event.done! > chunks) controller.abort();
  };
  const stopped = correctImage({ image, output, ...regions }, { report, signal: controller.signal });
  await expect(stopped).rejects.toMatchObject({ kind: "interrupted" });
  const workspace = join(folder, `.${output.split("/").at(-1)}.isolux/image`);
  const names = [...contentsOf(workspace).keys()].filter((name) => /^[012]\/(c\/)?[\d/]+$/.test(name));
  return names.map((name) => join(workspace, name));
}

async function resume(image: string, output: string): Promise<readonly string[]> {
  return (await correctImage({ image, output, ...regions })).warnings;
}

it.each([
  { source: "chunks.zarr/raw_image", chunks: 120, lost: 3 },
  { source: "shards.zarr", chunks: 60, lost: 3 },
])("objects of $source that are gone or cut short are made again", async ({ source, chunks, lost }) => {
  const image = join(folder, source);
  const whole = join(folder, `whole-${chunks}`);
  const output = join(folder, `resumed-${chunks}`);
  await correctImage({ image, output: whole, ...regions });
  const stored = await interrupt(image, output, chunks);
  const finest = stored.filter((path) => path.includes("/image/0/"));
  const coarsest = stored.filter((path) => path.includes("/image/1/"));
  await rm(finest[0]!);
  await truncate(finest.at(-1)!, 0);
  await truncate(coarsest[0]!, (await stat(coarsest[0]!)).size - 1);
  const warnings = await resume(image, output);
  expect(warnings.filter((text) => text.startsWith(`${lost} objects of the interrupted run are gone`))).toHaveLength(1);
  const [a, b] = [contentsOf(whole), contentsOf(output)];
  const attributes = (files: Map<string, string>) => files.delete(".zattrs") || files.delete("zarr.json");
  expect([attributes(a), attributes(b)]).toEqual([true, true]);
  expect(b).toEqual(a);
});

it("nothing is said, and nothing made twice, where all stands", async () => {
  const [image, output] = [join(folder, "chunks.zarr/raw_image"), join(folder, "standing")];
  const stored = await interrupt(image, output, 60);
  const times = await Promise.all(stored.map(async (path) => (await stat(path)).mtimeMs));
  expect((await resume(image, output)).filter((text) => text.includes("interrupted run"))).toEqual([]);
  const placed = stored.map((path) => path.replace(".standing.isolux/image", "standing"));
  expect(await Promise.all(placed.map(async (path) => (await stat(path)).mtimeMs))).toEqual(times);
});

const takings: [string, (workspace: string) => void][] = [
  ["an object", (workspace) => rmSync(join(workspace, "image/0/0/0/0/0"))],
  [
    "a level's folder, and a link put in its place,",
    (workspace) => {
      const level = join(workspace, "image/0");
      renameSync(level, join(folder, "elsewhere"));
      mkdirSync(join(folder, "other"));
      symlinkSync(join(folder, "other"), level);
    },
  ],
  ["the journal", (workspace) => rmSync(join(workspace, "journal"), { recursive: true })],
];

it.each(takings)("%s taken away from a run at work keeps its image from its place", async (name, take) => {
  const image = join(folder, "chunks.zarr/raw_image");
  const output = join(folder, name.replaceAll(/\W/g, ""));
  const workspace = join(folder, `.${output.split("/").at(-1)}.isolux`);
  const isNoted = () => existsSync(join(workspace, "journal"));
  let isTaken = false;
  const report = () => {
    if (isTaken || !isNoted() || !existsSync(join(workspace, "image/0/0/0/0/0"))) return;
    isTaken = true;
    take(workspace);
  };
  const damaged = correctImage({ image, output, ...regions }, { report, signal: new AbortController().signal });
  await expect(damaged).rejects.toMatchObject({ kind: expect.stringMatching("storage|output") });
  expect(isTaken).toBe(true);
  expect(existsSync(output)).toBe(false);
  rmSync(join(folder, "other"), { recursive: true, force: true });
  if (lstatSync(join(workspace, "image/0")).isSymbolicLink()) unlinkSync(join(workspace, "image/0"));
  await correctImage({ image, output, ...regions });
  const [a, b] = [contentsOf(join(folder, "whole-120")), contentsOf(output)];
  for (const files of [a, b]) files.delete(".zattrs");
  expect(b).toEqual(a);
});
