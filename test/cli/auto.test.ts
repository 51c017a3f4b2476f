import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exitCodeOf } from "../../src/cli/errors.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { fakeDoor } from "./fake-door.ts";

let folder: string;
let shaded: string;
let even: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-auto-"));
  const store = new DirectoryStore(folder);
  const channel = { label: "488", wavelengthId: "488", color: "4FC3F7", background: 240 };
  // Without overlaps planes assess, which takes no time.
  const options = {
    tileShapeYx: [48, 44],
    planes: 5,
    overlap: 0,
    levelCount: 1,
    channels: [{ ...channel, autofluorescence: 300, labelled: 1500 }],
  } as const;
  const write = async (name: string, more: object) =>
    join(folder, (await writeSyntheticAcquisition(store, name, { ...options, ...more })).imageKey);
  shaded = await write("shaded.zarr", {});
  even = await write("even.zarr", { vignetting: 0, darkfield: 0 });
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `isolux correct --auto --json` without leaving the process. */
async function correct(image: string, ...args: string[]) {
  const { door, stdout, stderr } = fakeDoor();
  const line = ["correct", image, "--auto", "--json", "--workers", "1", "--working-size", "24", ...args];
  const program = await buildProgram(line, door);
  const error = await program.parseAsync(line, { from: "user" }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return { code: error === undefined ? 0 : exitCodeOf(error), stdout: stdout.text, stderr: stderr.text };
}

describe("isolux correct --auto", () => {
  it("corrects by what it chose and tells it in its JSON, alone on stdout", async () => {
    const { code, stdout, stderr } = await correct(shaded);
    expect(code).toBe(0);
    const { advice, output, channels } = JSON.parse(stdout);
    expect(output).toBe(`${shaded}_flatfield_corr`);
    expect(advice).toMatchObject({ basis: "planes", candidates: expect.any(Array), command: expect.any(String) });
    expect(channels).toMatchObject([{ label: "488", source: advice.candidates[advice.chosen].source }]);
    expect(stderr).toContain("Chosen: ");
    expect(stderr).toContain(`The same by name: ${advice.command}`);
  });

  it("ends with 3 and writes nothing where no correction is better", async () => {
    const before = await readdir(join(even, ".."));
    const { code, stdout } = await correct(even);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(await readdir(join(even, ".."))).toEqual(before);
  });
});
