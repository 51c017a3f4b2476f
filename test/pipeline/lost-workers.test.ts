/** Worker threads that die, in whole runs: needs a build, as threads run what is in dist. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DirectoryStore } from "../../src/node.ts";
import type { CorrectParameters } from "../../src/parameters/schema.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { correctByThreads, workerScript } from "../support/by-threads.ts";
import { contentsOf } from "../support/contents.ts";

let folder: string;
let image: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-lost-"));
  const size = { tileShapeYx: [90, 80], planes: 12, chunkShapeZyx: [4, 32, 32], levelCount: 3 } as const;
  const options = { gridYx: [3, 2], ...size } as const;
  const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "sample.zarr", options);
  image = join(folder, imageKey);
});
afterAll(() => rm(folder, { recursive: true }));

/** A worker that ends at its first order, before it can have done it, where `dies` says so of what it is for. */
const mortalScript = (dies: string): URL => scriptWith(`if (${dies}) parentPort.on("message", () => process.exit(7));`);

/** A worker that ends when it has done the work of its second order, before it can hand the result over. */
const mortalAtSecondResult = (dies: string): URL =>
  scriptWith(`
    const post = parentPort.postMessage.bind(parentPort);
    let results = 0;
    parentPort.postMessage = (message, handedOver) => {
      if (message.kind === "result" && ${dies} && ++results === 2) process.exit(7);
      post(message, handedOver);
    };`);

/** A worker that does something else besides, once it knows the `kind` and `name` of its assignment. */
function scriptWith(besides: string): URL {
  const code = `
    import { writeFileSync } from "node:fs";
    import { parentPort } from "node:worker_threads";
    const assignment = await new Promise((resolve) => parentPort.once("message", resolve));
    const { kind, name } = assignment;
    // Of threads that begin at the same time one alone makes the file
    const isFirst = (path) => {
      try {
        writeFileSync(path, "", { flag: "wx" });
        return true;
      } catch {
        return false;
      }
    };
    await import(${JSON.stringify(workerScript.href)});
    parentPort.emit("message", assignment);
    ${besides}
  `;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

async function correct(name: string, script: URL, form: Partial<CorrectParameters> = {}) {
  const output = join(folder, name);
  return { output, summary: await correctByThreads({ image, output, fovList: [1, 3], nZplanes: 8, ...form }, script) };
}

type Corrected = Awaited<ReturnType<typeof correct>>;

/** The mended output is the whole one but for its name, which its attributes hold. */
function expectSame(whole: Corrected, mended: Corrected, attributes: ".zattrs" | "zarr.json"): void {
  const clipped = ({ summary }: Corrected) => summary.channels.map(({ clippedLow }) => clippedLow);
  expect(clipped(mended)).toEqual(clipped(whole));
  const [a, b] = [contentsOf(whole.output), contentsOf(mended.output)];
  b.set(attributes, b.get(attributes)!.replaceAll("mended", "whole"));
  expect(b).toEqual(a);
}

it("a worker that dies is replaced, its block made again, and the output is the same, with a warning", async () => {
  const whole = await correct("whole", workerScript);
  const { output, summary } = await correct("mended", mortalScript('kind === "blocks" && name === "1"'));
  expect(summary.warnings.filter((text) => text.includes("ended unexpectedly"))).toHaveLength(1);
  expectSame(whole, { output, summary }, ".zattrs");
});

it("parts of shards that are lost with the worker that made them are made again, in their places", async () => {
  const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "large.zarr", {
    gridYx: [2, 2],
    tileShapeYx: [300, 300],
    planes: 4,
    levelCount: 2,
  });
  const large = join(folder, imageKey);
  const inOneShard: Partial<CorrectParameters> = {
    image: large,
    nZplanes: 3,
    omeVersion: "0.5",
    shards: [1, 4, 768, 768],
  };
  const whole = await correct("whole-shards", workerScript, inOneShard);
  const script = mortalAtSecondResult('kind === "blocks" && !name.includes("-")');
  const { output, summary } = await correct("mended-shards", script, inOneShard);
  // Both of the workers
  expect(summary.warnings.filter((text) => text.includes("ended unexpectedly"))).toHaveLength(2);
  expectSame(whole, { output, summary }, "zarr.json");
});

it("where workers die again and again the run ends with one sentence, and another run goes on", async () => {
  const failing = correct("later", mortalScript('kind === "blocks"'));
  await expect(failing).rejects.toMatchObject({
    kind: "storage",
    what: "A worker thread ended unexpectedly",
    found: "exit code 7",
  });
  expect(await readdir(folder)).not.toContain("later");
  const { summary } = await correct("later", workerScript);
  expect(summary.warnings).toEqual([]);
});

it("a survey of empty regions outlives a thread as well, but not all of them", async () => {
  const marker = JSON.stringify(join(folder, "died-once"));
  const once = `kind === "survey" && isFirst(${marker})`;
  const { summary } = await correct("surveyed", mortalScript(once));
  expect(summary.warnings.filter((text) => text.includes("ended unexpectedly"))).toHaveLength(1);
  const failing = correct("never", mortalScript('kind === "survey"'));
  await expect(failing).rejects.toMatchObject({ kind: "storage", found: "exit code 7" });
});
