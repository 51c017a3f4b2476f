import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram } from "../../src/cli/program.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { writeCorrectedCopy } from "../report/quality/corrected-copy.ts";
import { fakeDoor } from "./fake-door.ts";

let folder: string;
let image: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-check-"));
  const store = new DirectoryStore(folder);
  const options = { tileShapeYx: [48, 48], planes: 3, chunkShapeZyx: [3, 80, 80] } as const;
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "demo.zarr", options);
  image = join(folder, imageKey);
  const light = [...truth.profiles.values()].map(({ flatfield }) => flatfield);
  const copies = { better: -1, worse: 1, same: 0 };
  for (const [name, power] of Object.entries(copies)) {
    await writeCorrectedCopy(store, imageKey, store, name, (value, c, at) => value * light[c]![at]! ** power);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `isolux check` without leaving the process. */
async function check(...args: string[]) {
  const { door, stdout, stderr } = fakeDoor();
  let code = 0;
  const program = await buildProgram(["check", ...args], { ...door, endWith: (end) => (code = end) });
  await program.parseAsync(["check", ...args], { from: "user" });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describe("isolux check", () => {
  it.each([
    ["better", 0, "Improved"],
    ["same", 3, "No gain"],
    ["worse", 4, "Worse"],
  ])("tells that an image is %s by the exit code %i and a sentence", async (name, code, words) => {
    const end = await check(image, join(folder, name));
    expect(end.code).toBe(code);
    expect(end.stdout).toMatch(new RegExp(`\n${words} \\((high|moderate|low) confidence\\)\\. `));
    expect(end.stdout).toContain("seam difference");
  });

  it("prints its figures as JSON, alone on stdout", async () => {
    const { stdout, code } = await check(image, join(folder, "worse"), "--json");
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      format: "isolux.check",
      version: 1,
      command: "check",
      verdict: { kind: "worse" },
      channels: [{}, {}],
    });
  });

  it("refuses what is not there with the usual kinds of errors", async () => {
    await expect(check(image)).rejects.toMatchObject({ kind: "usage", what: "CORRECTED is missing" });
    await expect(check(image, join(folder, "nowhere"))).rejects.toMatchObject({ kind: "not-found" });
  });
});
