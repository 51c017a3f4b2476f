import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { correctImage } from "../../src/node.ts";
import { encodeProfile } from "../../src/profile/npz-profile.ts";
import type { SyntheticOptions } from "../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { contentsOf } from "../support/contents.ts";
import { leaveOutVerdicts, withVerdicts } from "../support/verdicts.ts";
import { type Ended, parallelizationList, runTaskHere } from "./harness.ts";

// Tests that are about verdicts ask for them.
afterEach(leaveOutVerdicts);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-fractal-choice-"));
});
afterAll(() => rm(folder, { recursive: true }));

const tile = [48, 48] as const;

async function imageOf(name: string, options: Partial<SyntheticOptions>): Promise<string> {
  const channel = { label: "488", wavelengthId: "488", color: "4FC3F7", background: 240, autofluorescence: 300 };
  await writeSyntheticAcquisition(new DirectoryStore(join(folder, name)), "s.zarr", {
    gridYx: [2, 3],
    emptyTiles: [],
    emptyPlanesPerEnd: 0,
    tileShapeYx: tile,
    overlap: 0.15,
    planes: 4,
    chunkShapeZyx: [4, 48, 48],
    levelCount: 1,
    darkfield: 0,
    seed: 2,
    channels: [{ ...channel, labelled: 1500 }],
    ...options,
  });
  return join(folder, name, "s.zarr", "raw_image");
}

/** All units of an image, with the arguments that a form sends where nobody filled in anything, but for those given. */
async function corrected(image: string, given: object = {}, units = 1): Promise<Ended[]> {
  const init = { FOV_list: null, z_levels: null, resolution_level: null, save_models: false, units };
  const { output } = await runTaskHere(folder, "init-correct-flatfield", {
    zarr_dir: folder,
    zarr_urls: [image],
    ...init,
  });
  const unit = { models_folder: "", basicpy_model_params: {}, camera_offset: null, workers: 1, report: true, ...given };
  const ended: Ended[] = [];
  for (const item of parallelizationList(output)) {
    ended.push(await runTaskHere(folder, "correct-flatfield", { ...item, ...unit }));
  }
  return ended;
}

/** How often the logs tell of a choice. */
const choicesIn = (ended: readonly Ended[]) => logOf(ended).match(/INFO; Chosen: /g)?.length ?? 0;

const logOf = (ended: readonly Ended[]) => ended.map(({ log }) => log).join("");
const pixelsOf = (path: string) => contentsOf(join(path, "0"));
const attributesOf = async (path: string) => JSON.parse(await readFile(join(path, ".zattrs"), "utf8"));

describe("Correct Flatfield, where nothing names the profile", () => {
  it("goes on with a profile of ones where no correction is better, and says so everywhere", async () => {
    const image = await imageOf("even", { vignetting: 0 });
    const ended = await corrected(image);
    expect(ended.map(({ code }) => code)).toEqual(ended.map(() => 0));
    const output = `${image}_flatfield_corr`;
    const [before, after] = [pixelsOf(image), pixelsOf(output)];
    expect(after).toEqual(before);
    expect(logOf(ended)).toMatch(
      /WARNING; No correction is better than the source: the image is written unchanged, with a flat-field of 1 everywhere/,
    );
    const { isolux } = await attributesOf(output);
    expect(JSON.stringify(isolux.advice)).toContain("no-correction-is-better");
    const page = await readFile(`${output}.report.html`, "utf8");
    expect(page).toContain("No correction is better");
  });

  describe("of a shaded image", () => {
    let image: string;
    /** What the command makes of it, where nothing names the profile, either. */
    let byCommand: ReturnType<typeof pixelsOf>;
    beforeAll(async () => {
      image = await imageOf("shaded", { vignetting: 0.4 });
      await correctImage({ image, output: `${image}_by_command`, workers: 1 });
      byCommand = pixelsOf(`${image}_by_command`);
    });

    it("takes what is better, as the command does where get_darkfield is its default, which forms send unasked", async () => {
      withVerdicts();
      const basic = { get_darkfield: true, sort_intensity: false };
      const ended = await corrected(image, { basicpy_model_params: basic, report: false }, 2);
      expect(logOf(ended)).toMatch(/INFO; Chosen: overlaps alone/);
      expect(choicesIn(ended)).toBe(1);
      expect(logOf(ended)).toMatch(/Verdict: better/);
      expect(pixelsOf(`${image}_flatfield_corr`)).toEqual(byCommand);
    });

    it("chooses nothing again where the job is submitted again, or one unit of it", async () => {
      const again = await corrected(image, { report: false }, 2);
      expect(again.map(({ log }) => log).join("")).toMatch(/is complete already/);
      expect(again.map(({ code }) => code)).toEqual([0, 0]);
      expect(choicesIn(again)).toBe(0);
    });

    it("does as named where get_darkfield differs: BaSiC without a dark-field, and no choice", async () => {
      await rm(`${image}_flatfield_corr`, { recursive: true });
      const ended = await corrected(image, { basicpy_model_params: { get_darkfield: false }, report: false });
      expect(ended.map(({ code }) => code)).toEqual(ended.map(() => 0));
      expect(logOf(ended)).not.toMatch(/Chosen: |profile of ones/);
      const output = `${image}_named`;
      await correctImage({ image, output, workers: 1, basic: { getDarkfield: false } });
      const made = pixelsOf(`${image}_flatfield_corr`);
      expect(made).toEqual(pixelsOf(output));
      expect(made).not.toEqual(byCommand);
    });
  });
});

it("Correct Flatfield writes with a warning what was named and makes the image worse", async () => {
  withVerdicts();
  const image = await imageOf("named", { vignetting: 0.05 });
  const flatfield = Float32Array.from({ length: tile[0] * tile[1] }, (_, i) => 1 + 0.5 * ((i % tile[1]) / 24 - 1));
  const profile = { shapeYx: tile, flatfield, darkfield: new Float32Array(flatfield.length), baseline: 0 };
  const models = new DirectoryStore(join(folder, "models"));
  const facts = { version: "1", baselineMeaning: "offset", alignment: { kind: "corners" }, parameters: {} } as const;
  await models.set("488/profiles.npz", encodeProfile(profile, facts as never));
  const ended = await corrected(image, { models_folder: join(folder, "models"), report: false });
  expect(ended.map(({ code }) => code)).toEqual(ended.map(() => 0));
  expect(logOf(ended)).toMatch(/WARNING; THIS CORRECTION MAKES THE IMAGE WORSE/);
  expect(pixelsOf(`${image}_flatfield_corr`)).not.toEqual(pixelsOf(image));
});
