import { cpSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rename, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { correctFlatfield } from "../../src/fractal/correct-flatfield.ts";
import { checkFlatfield, initCorrectFlatfield } from "../../src/fractal/programs.ts";
import type { TaskProgram } from "../../src/fractal/run-task.ts";
import { correctImage } from "../../src/node.ts";
import type { RawParameters } from "../../src/parameters/validate.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { contentsOf } from "../support/contents.ts";
import { type Ended, hasBuild, logFaults, mergedOutput, parallelizationList, runTask, runTaskHere } from "./harness.ts";

let folder: string;
let dataset: string;
let image: string;
const name = "raw_image_flatfield_corr";
const reports = [`${name}.report.html`, `${name}.report.json`];
const init = { FOV_list: [1], z_levels: null, resolution_level: null, save_models: false };
const shared = { ...init, units: 3 };
const reporting = { n_zplanes: 4, models_folder: "", basicpy_model_params: {}, camera_offset: 100, workers: 1 };
/** A report takes longer than all else. */
const unit = { ...reporting, report: false };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-fractal-"));
  await writeSyntheticAcquisition(new DirectoryStore(join(folder, "template")), "s.zarr", {
    gridYx: [1, 2],
    tileShapeYx: [64, 64],
    planes: 8,
    chunkShapeZyx: [2, 32, 32],
  });
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  dataset = await mkdtemp(join(folder, "ds-"));
  cpSync(join(folder, "template"), dataset, { recursive: true, preserveTimestamps: true });
  image = join(dataset, "s.zarr", "raw_image");
});

const hooks = { report: () => {}, signal: new AbortController().signal };
const runInit = (args: object) =>
  runTask(folder, "init-correct-flatfield", { zarr_dir: dataset, zarr_urls: [image], ...args });

/** The same in this process, as most tests are about what comes of the list. */
const listOf = async (args: object = init, images = [image]) =>
  parallelizationList((await initCorrectFlatfield({ zarr_dir: dataset, zarr_urls: images, ...args }, hooks)).output);

/** Each unit is a process, and all run at once. */
async function runAtOnce(list: readonly object[], args: object): Promise<Ended[]> {
  return Promise.all(list.map((item) => runTask(folder, "correct-flatfield", { ...item, ...args })));
}

/** One unit after the other, in this process. */
async function runUnits(list: readonly object[], args: object = unit): Promise<Ended[]> {
  const ended: Ended[] = [];
  for (const item of list) ended.push(await runTaskHere(folder, "correct-flatfield", { ...item, ...args }));
  return ended;
}

const update = (path: string) => ({
  zarr_url: `${path}_flatfield_corr`,
  origin: path,
  attributes: { image: name },
});

describe.skipIf(!hasBuild)("Correct Flatfield", () => {
  it("makes the image that isolux correct makes, and tells the server of it", async () => {
    const { code, output, log } = await runInit(shared);
    expect({ code, faults: logFaults(log) }).toEqual({ code: 0, faults: [] });
    const list = parallelizationList(output);
    const ended = await runAtOnce(list, reporting);
    expect(ended.map(({ code }) => code)).toEqual(list.map(() => 0));
    expect(ended.flatMap(({ log }) => logFaults(log))).toEqual([]);
    expect(mergedOutput(ended.map(({ output }) => output))).toEqual({ updates: [update(image)], removals: [] });
    const corrected = contentsOf(`${image}_flatfield_corr`);
    await rename(`${image}_flatfield_corr`, join(dataset, "by-fractal"));
    await correctImage({ image, fovList: [1], nZplanes: 4, cameraOffset: 100, workers: 1 });
    expect(corrected).toEqual(contentsOf(`${image}_flatfield_corr`));
    expect((await readdir(join(dataset, "s.zarr"))).sort()).toEqual([".zgroup", "raw_image", name, ...reports]);
    const told = ended.filter(({ log }) => log.includes(`Report: ${image}_flatfield_corr.report.html`));
    expect(told).toHaveLength(1);
    const { verdict } = JSON.parse(await readFile(`${image}_flatfield_corr.report.json`, "utf8"));
    expect(told[0]!.log.trim().split("\n").at(-1)).toContain(verdict.reason);
  });

  it("is assessed by Check Flatfield, which adds its verdict to the image", async () => {
    await runUnits(await listOf());
    const corrected = `${image}_flatfield_corr`;
    const { code, output, log } = await runTaskHere(folder, "check-flatfield", { zarr_url: corrected, channels: [] });
    expect({ code, faults: logFaults(log) }).toEqual({ code: 0, faults: [] });
    const { updates } = mergedOutput([output]);
    const figures = JSON.parse(await readFile(`${corrected}.check.json`, "utf8"));
    expect(updates).toEqual([{ zarr_url: corrected, attributes: { flatfield_verdict: figures.verdict.kind } }]);
    expect(log).toContain(figures.verdict.reason);
    const page = await readFile(`${corrected}.check.html`, "utf8");
    for (const { verdict } of figures.channels) expect(page).toContain(verdict.reason);
    await expect(checkFlatfield({ zarr_url: image }, hooks)).rejects.toThrow("does not say what it was corrected from");
  });

  it("corrects several images in one job", async () => {
    const second = join(dataset, "t.zarr", "raw_image");
    await cp(join(folder, "template", "s.zarr"), join(dataset, "t.zarr"), { recursive: true });
    const list = await listOf(init, [image, second]);
    expect(new Set(list.map(({ zarr_url }) => zarr_url))).toEqual(new Set([image, second]));
    const ended = await runUnits(list);
    expect(mergedOutput(ended.map(({ output }) => output)).updates).toEqual([update(image), update(second)]);
  });

  it("repeats nothing when a job is submitted again, and refuses other arguments and changed sources", async () => {
    await runUnits(await listOf());
    const before = contentsOf(`${image}_flatfield_corr`);
    const list = await listOf();
    const [again] = await runUnits(list.slice(0, 1));
    expect(again).toMatchObject({ code: 0, log: expect.stringContaining("is complete already") });
    expect(again!.output).toMatchObject({ image_list_updates: [update(image)] });
    const [other] = await runUnits(list.slice(0, 1), { ...unit, n_zplanes: 3 });
    expect(other).toMatchObject({ code: 1, output: undefined, log: expect.stringContaining("already exists") });
    const chunk = [...contentsOf(join(image, "0")).keys()].find((file) => /\d+$/.test(file))!;
    await utimes(join(image, "0", chunk), new Date(Date.now() + 60_000), new Date(Date.now() + 60_000));
    const [changed] = await runUnits(list.slice(0, 1));
    expect(changed).toMatchObject({ code: 1, log: expect.stringContaining("already exists") });
    expect(contentsOf(`${image}_flatfield_corr`)).toEqual(before);
  });

  it("replaces an image where that is asked for, once", async () => {
    await runUnits(await listOf());
    const list = await listOf({ ...init, overwrite: true });
    const three = { ...unit, n_zplanes: 3 };
    expect((await runUnits(list, three)).map(({ code }) => code)).toEqual(list.map(() => 0));
    const replaced = contentsOf(`${image}_flatfield_corr`);
    const [late] = await runUnits(list.slice(0, 1), three);
    expect(late!.log).toContain("is complete already");
    expect(contentsOf(`${image}_flatfield_corr`)).toEqual(replaced);
  });

  it("erases the source once all is done, and says so in every unit and every try", async () => {
    const list = await listOf({ ...shared, erase_source_image: true });
    const ended = await runUnits(list, reporting);
    const expected = { updates: [update(image)], removals: [image] };
    expect(mergedOutput(ended.map(({ output }) => output))).toEqual(expected);
    expect((await readdir(join(dataset, "s.zarr"))).sort()).toEqual([".zgroup", name, ...reports]);
    expect(await readFile(`${image}_flatfield_corr.report.html`, "utf8")).toContain("as it was taken");
    const again = await listOf({ ...init, erase_source_image: true });
    expect(mergedOutput((await runUnits(again, reporting)).map(({ output }) => output))).toEqual(expected);
  });

  it("saves the profiles beside the image, and takes them in place of tiles", async () => {
    await runUnits(await listOf({ ...init, save_models: true }));
    const models = join(dataset, "s.zarr", "IllumModels");
    const channels = await readdir(models);
    expect(channels.length).toBeGreaterThan(0);
    await rm(`${image}_flatfield_corr`, { recursive: true });
    const ended = await runUnits(await listOf(), { ...unit, models_folder: models });
    expect(ended[0]).toMatchObject({ code: 0, log: expect.stringContaining("models_folder wins over FOV_list") });
  });

  it("is made by units one after the other, in any order, and by nobody twice", async () => {
    const list = await listOf(shared);
    expect(list.length).toBe(3);
    const told: string[] = [];
    for (const item of list.toReversed()) {
      const [one] = await runUnits([item]);
      expect(one!.code).toBe(0);
      told.push(one!.log.trimEnd().split("\n").at(-1)!);
    }
    expect(told.map((line) => line.includes("is complete"))).toEqual([false, false, true]);
    expect(told[0]).toMatch(/unit 3 of 3 of .* is done; left to the others: \d+ blocks?$/);
  });

  it("is stopped from outside, and goes on", async () => {
    const list = await listOf();
    const item = list[0]!;
    const killed = await runTask(folder, "correct-flatfield", { ...item, ...unit }, (log, kill) => {
      if (log.includes("Estimating")) kill("SIGTERM");
    });
    expect(killed).toMatchObject({ code: 1, output: undefined });
    expect(logFaults(killed.log)).toEqual([]);
    const dead = await runTask(folder, "correct-flatfield", { ...item, ...unit }, (log, kill) => {
      if (log.includes("Correcting")) kill("SIGKILL");
    });
    expect(dead.code).not.toBe(0);
    const again = await listOf();
    expect((await runUnits(again)).map(({ code }) => code)).toEqual([0]);
    expect(await readdir(join(dataset, "s.zarr"))).toContain(name);
  });
});

const refused = (program: TaskProgram, args: RawParameters) =>
  program(args, hooks).then(
    () => "nothing refused",
    (error: Error) => error.message,
  );
const initOf = (args: object = init, images: readonly string[] = [image]) =>
  ({ zarr_dir: dataset, zarr_urls: images, ...args }) as RawParameters;

describe("wrong calls of Correct Flatfield", () => {
  it.each<[object, string]>([
    [{ FOV_lst: [1] }, 'There is no argument named "FOV_lst". Did you mean FOV_list?'],
    [{ zarr_urls: undefined }, "zarr_urls is missing"],
    [{ zarr_urls: ["s3://bucket/a"] }, "an absolute path that all machines see"],
    [{ zarr_urls: ["/nowhere/raw_image"] }, "/nowhere"],
    [{ channels: ["none"] }, "The image does not have the channel asked for"],
    [{ FOV_list: "1,3" }, "Wrong value for FOV_list"],
    [{ FOV_list: [1, 99] }, "The FOV list names a tile that the image does not have"],
    [{ FOV_list: null, z_levels: [2, 900] }, "The z-levels lie outside of the image"],
    [{ resolution_level: 9 }, "The image does not have the resolution level asked for"],
    [{ ome_version: "0.6" }, "Wrong value for ome_version"],
    [{ shards: [1, 8, 64, 64] }, "Only OME-Zarr 0.5 has shards"],
  ])("are told of by the initialisation: %j", async (args, message) => {
    expect(await refused(initCorrectFlatfield, initOf({ ...init, ...args }))).toContain(message);
  });

  it("refuse an image that lies at the output and is not its own", async () => {
    await cp(image, `${image}_flatfield_corr`, { recursive: true });
    expect(await refused(initCorrectFlatfield, initOf())).toContain("already exists");
  });

  it("refuse a proxy together with what it stands for", async () => {
    const proxy = join(dataset, "s.zarr", "fake_raw_image");
    await cp(image, proxy, { recursive: true });
    expect(await refused(initCorrectFlatfield, initOf(init, [image, proxy]))).toContain(
      "Two images would be corrected into one",
    );
    const { output } = await initCorrectFlatfield(initOf(init, [proxy]), hooks);
    expect(parallelizationList(output)[0]!.init_args.output).toBe(`${image}_flatfield_corr`);
  });

  it.each([
    [{ n_zplanes: -1 }, "Wrong value for n_zplanes"],
    [{ memory: "1MB" }, "The memory budget is too small"],
    [{ init_args: { unit: 1 } }, "Wrong value for init_args"],
    [{ models_folder: "/nowhere" }, "There is no such models folder"],
  ])("are told of by the unit: %j", async (args, message) => {
    const [item] = parallelizationList((await initCorrectFlatfield(initOf(), hooks)).output);
    expect(await refused(correctFlatfield, { ...item, ...unit, ...args })).toContain(message);
    expect((await readdir(join(dataset, "s.zarr"))).sort()).toEqual([".zgroup", "raw_image"]);
  });
});
