/** The comparison before a source is erased, by worker threads: needs a build, as threads run what is in dist. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DirectoryStore } from "../../../src/node.ts";
import type { RunEvent } from "../../../src/parameters/run-events.ts";
import { correctSchema } from "../../../src/parameters/schema.ts";
import { correctImage } from "../../../src/pipeline/correct-image.ts";
import { locateCorrection } from "../../../src/pipeline/places/locate-request-node.ts";
import { nodePlatform } from "../../../src/pipeline/threads/platform-node.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";

let folder: string;
let image: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "isolux-verify-"));
  const size = { tileShapeYx: [90, 80], planes: 8, chunkShapeZyx: [4, 32, 32], levelCount: 3 } as const;
  const options = { gridYx: [3, 2], ...size } as const;
  const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "sample.zarr", options);
  image = join(folder, imageKey);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Corrects with two threads and erases the source; `damage` happens between the correction and the comparison. */
async function correctAndErase(damage: () => void = () => {}): Promise<RunEvent[]> {
  const output = join(folder, "out");
  const asked = { image, output, fovList: [1, 3], nZplanes: 8, workers: 2, eraseSourceImage: true };
  const parameters = correctSchema.parse(asked);
  const profileSource = { kind: "empty", fovList: [1, 3] } as const;
  const places = await locateCorrection(parameters, profileSource);
  const events: RunEvent[] = [];
  const report = (event: RunEvent) => {
    events.push(event);
    if (event.kind === "stage" && event.text.startsWith("Verifying")) damage();
  };
  const platform = nodePlatform(2, new URL("../../../dist/program/worker-node.js", import.meta.url));
  await correctImage({ places, parameters, profileSource }, platform, { report, signal: new AbortController().signal });
  return events;
}

it("keeps the source where a chunk of the output is not what it was", async () => {
  const chunk = "2/0/1/1/1";
  const path = join(folder, ".out.isolux/image", chunk);
  const failing = correctAndErase(() => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0x55, 40, 43));
  });
  await expect(failing).rejects.toMatchObject({ kind: "corrupt", where: expect.stringContaining(chunk) });
  expect(existsSync(join(image, ".zattrs"))).toBe(true);
  expect(existsSync(join(folder, "out"))).toBe(false);
});

it("tells how far it is, and erases the source in the end", async () => {
  const events = await correctAndErase();
  const told = events.flatMap((event) => (event.kind === "progress" && event.stage === "Verifying" ? event : []));
  const total = told[0]!.total;
  expect(total).toBeGreaterThan(1);
  for (const [index, { done }] of told.entries()) expect(done).toBeGreaterThan(told[index - 1]?.done ?? 0);
  expect(told.at(-1)).toMatchObject({ done: total, total });
  expect(existsSync(image)).toBe(false);
  expect(existsSync(join(folder, "out/.zattrs"))).toBe(true);
});
