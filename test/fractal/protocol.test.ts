import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseTaskFiles, writeOutputFile } from "../../src/fractal/run-task.ts";
import { TaskLog } from "../../src/fractal/task-log.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { ended, endedHere, entry, hasBuild, logFaults, mergedOutput, runTask, runTaskHere } from "./harness.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-protocol-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the call of a task", () => {
  it("names the two files, in any order", () => {
    const files = { argsJson: "/a b", outJson: "/o" };
    expect(parseTaskFiles(["--args-json", "/a b", "--out-json", "/o"])).toEqual(files);
    expect(parseTaskFiles(["--out-json=/o", "--args-json=/a b"])).toEqual(files);
  });

  it.each([
    [[]],
    [["--args-json", "/a"]],
    [["--args-json", "/a", "--out-json"]],
    [["--args-json", "/a", "--out-json", "/o", "--meta", "/m"]],
    [["--args-json", "/a", "--args-json", "/b", "--out-json", "/o"]],
    [["/a", "/o"]],
  ])("has nothing else: %j", (args) => {
    expect(() => parseTaskFiles(args)).toThrow("expected --args-json PATH --out-json PATH");
  });
});

describe("the output of a task", () => {
  it("is there at once, and no other is replaced", async () => {
    const path = join(folder, "out.json");
    await writeOutputFile(path, { image_list_updates: [] });
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ image_list_updates: [] });
    await expect(writeOutputFile(path, {})).rejects.toThrow("already exists");
  });
});

describe("the log of a task", () => {
  it("has lines as Fractal's own tasks, and progress once in a while", () => {
    const lines: string[] = [];
    let nowMs = new Date(2026, 10, 22, 9, 5, 7, 42).getTime();
    const log = new TaskLog(
      "correct-flatfield",
      (line) => lines.push(line),
      () => new Date(nowMs),
    );
    log.report({ kind: "stage", text: "Correcting a" });
    for (let done = 0; done <= 100; done++) {
      log.report({ kind: "progress", stage: "Correcting", done, total: 100 });
      nowMs += 1000;
    }
    log.report({ kind: "warning", text: "two\n  lines" });
    const at = (time: string, rest: string) => `2026-11-22 ${time},042; correct-flatfield; ${rest}\n`;
    expect(lines).toEqual([
      at("09:05:07", "INFO; Correcting a"),
      at("09:05:07", "INFO; Correcting: 0 %"),
      at("09:05:37", "INFO; Correcting: 30 %"),
      at("09:06:07", "INFO; Correcting: 60 %"),
      at("09:06:37", "INFO; Correcting: 90 %"),
      at("09:06:48", "WARNING; two lines"),
    ]);
  });
});

describe.skipIf(!hasBuild)("the programs of the tasks", () => {
  it("refuse an output file that is there, and leave it as it is", async () => {
    const [args, out] = [join(folder, "args.json"), join(folder, "there.json")];
    await writeFile(args, "{}");
    await writeFile(out, "old");
    const words = [entry, "estimate-flatfield", "--args-json", args, "--out-json", out];
    const { code, log } = await ended(process.execPath, words, folder);
    expect({ code, log }).toEqual({
      code: 1,
      log: expect.stringContaining("The output file of the task already exists"),
    });
    expect(await readFile(out, "utf8")).toBe("old");
  });

  it("refuse arguments that are not JSON, or no object", async () => {
    const args = join(folder, "bad.json");
    const words = ["init-correct-flatfield", "--args-json", args, "--out-json", join(folder, "none.json")];
    for (const text of ["[1]", "null", "not JSON"]) {
      await writeFile(args, text);
      // A process of its own for one of them
      const { code, log } = await (text === "null"
        ? ended(process.execPath, [entry, ...words], folder)
        : endedHere(words));
      expect({ code, faults: logFaults(log) }).toEqual({ code: 2, faults: [] });
      expect(log).toContain("The file of arguments cannot be used");
    }
  });

  it("say nothing of Node's own", async () => {
    // As soon as the program has its own way with warnings.
    const warn =
      "const [own] = process.listeners('warning'); const timer = setInterval(() => {" +
      "if (process.listeners('warning')[0] === own) return; clearInterval(timer); process.emitWarning('deprecated') }, 1)";
    const words = ["--import", `data:text/javascript,${encodeURIComponent(warn)}`, entry, "estimate-flatfield"];
    const { code, log } = await ended(process.execPath, words, folder);
    expect({ code, faults: logFaults(log) }).toEqual({ code: 2, faults: [] });
  });

  it("are known by name", async () => {
    const { code, log } = await ended(process.execPath, [entry, "correct"], folder);
    expect({ code, log }).toEqual({
      code: 2,
      log: expect.stringContaining("init-correct-flatfield, correct-flatfield"),
    });
  });
});

describe.skipIf(!hasBuild)("Estimate Flatfield", () => {
  it("writes profiles only, and leaves the list of images as it is", async () => {
    await writeSyntheticAcquisition(new DirectoryStore(folder), "s.zarr", {
      gridYx: [1, 2],
      tileShapeYx: [64, 64],
      planes: 8,
      chunkShapeZyx: [2, 32, 32],
    });
    const args = { zarr_url: join(folder, "s.zarr", "raw_image"), FOV_list: [1], n_zplanes: 4, camera_offset: 100 };
    const { code, output, log } = await runTask(folder, "estimate-flatfield", args);
    expect({ code, faults: logFaults(log) }).toEqual({ code: 0, faults: [] });
    expect(mergedOutput([output])).toEqual({ updates: [], removals: [] });
    const channels = await readdir(join(folder, "s.zarr", "IllumModels"));
    expect(channels).toEqual(["Lectin", "MBP"]);
    const repeated = await runTaskHere(folder, "estimate-flatfield", args);
    expect(repeated).toMatchObject({ code: 0, output: { image_list_updates: [] } });
    expect(repeated.log).toContain("are there already");
    const again = await runTaskHere(folder, "estimate-flatfield", { ...args, n_zplanes: 3 });
    expect(again).toMatchObject({ code: 1, log: expect.stringContaining("Give overwrite to replace it") });
  });
});
