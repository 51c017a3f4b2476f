import { cp, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { correctImage, DirectoryStore, estimateProfiles, inspectImage, openImage } from "../../src/node.ts";
import type { SyntheticOptions } from "../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { pixelsOf } from "../support/pixels.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";

let folder: string;
let made = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-correct-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A small synthetic image of its own; runs with one worker, in this thread. */
async function smallImage(options: Partial<SyntheticOptions> = {}): Promise<string> {
  const name = `image${made++}.zarr`;
  const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), name, options);
  return join(folder, imageKey);
}

async function attributesOf(image: string) {
  return JSON.parse(await readFile(join(image, ".zattrs"), "utf8"));
}

/** The largest difference between two images' pixels at a level. */
async function largestDifference(a: string, b: string, level: number): Promise<number> {
  const [left, right] = await Promise.all([pixelsOf(a, level), pixelsOf(b, level)]);
  expect(left.length).toBe(right.length);
  let largest = 0;
  for (let i = 0; i < left.length; i++) largest = Math.max(largest, Math.abs(left[i]! - right[i]!));
  return largest;
}

const quick = { workers: 1, nZplanes: 12 };

describe("a corrected image", () => {
  it("keeps everything of the source but what a correction changes", async () => {
    const image = await smallImage({ levelCount: 3 });
    const { output } = await correctImage({ image, fovList: [1, 3], ...quick });
    const [before, after] = await Promise.all([attributesOf(image), attributesOf(output)]);
    expect(output).toBe(`${image}_flatfield_corr`);
    expect(after.multiscales[0].name).toBe("raw_image_flatfield_corr");
    expect(after.multiscales[0].axes).toEqual(before.multiscales[0].axes);
    expect(after.acquisition_metadata).toEqual(before.acquisition_metadata);
    expect(after.fractal_tasks).toMatchObject(before.fractal_tasks);
    expect(after.fractal_tasks.correct_flatfield.input_parameters.FOV_list).toEqual([1, 3]);
    expect(after.omero.channels.map((channel: { label: string }) => channel.label)).toEqual(["MBP", "Lectin"]);
    for (const name of [".zgroup", "0/.zarray", "2/.zarray", "tables/FOV_ROI_table/X/0.0", "tables/.zattrs"]) {
      expect(await readFile(join(output, name))).toEqual(await readFile(join(image, name)));
    }
  });

  it("tells where its pixels come from", async () => {
    const image = await smallImage();
    const { output, channels } = await correctImage({ image, fovList: [1], ...quick, seed: 7, nZplanes: 4 });
    const { isolux } = await attributesOf(output);
    expect(isolux).toMatchObject({ seed: 7, parameters: { fovList: [1], nZplanes: 4, background: "auto" } });
    expect(isolux.channels[0]).toMatchObject({ label: "MBP", source: "empty", clippedLow: channels[0]!.clippedLow });
    expect(isolux.channels[0].sampledPlanes[0].planes).toHaveLength(4);
    expect(isolux.tiles).toMatchObject({ table: "FOV_ROI_table", coverage: { share: 1, gapShare: 0 }, rest: "none" });
    expect(isolux.channels[0].profile.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("fits NGFF's schemas of version 0.4", async () => {
    const ajv = new Ajv2020({ strict: false });
    const fixtures = new URL("../fixtures/ngff-0.4/", import.meta.url);
    const read = async (name: string) => JSON.parse(await readFile(new URL(`${name}.schema.json`, fixtures), "utf8"));
    const image = await smallImage();
    const { output } = await correctImage({ image, fovList: [1], ...quick });
    const attributes = await attributesOf(output);
    for (const validate of [ajv.compile(await read("image")), ajv.compile(await read("strict_image"))]) {
      expect(validate(attributes), JSON.stringify(validate.errors)).toBe(true);
      expect(validate({ multiscales: [] })).toBe(false);
    }
  });

  it("has the same bytes when its saved profiles are given to the next run", async () => {
    // Tiles of 50 x 46 pixels are no whole multiple of any level: the saved profile must lie exactly as the estimate did.
    const image = await smallImage({ tileShapeYx: [50, 46], levelCount: 3 });
    const models = join(folder, `models${made}`);
    for (const way of [{ fovList: [1, 3] }, { resolutionLevel: 1, basic: { smoothnessFlatfield: 0.5 } }]) {
      const first = await correctImage({ image, ...quick, ...way, saveModels: models, overwrite: true });
      const second = await correctImage({
        image,
        ...quick,
        modelsFolder: models,
        output: `${image}-again`,
        overwrite: true,
      });
      for (const level of [0, 1, 2]) expect(await largestDifference(first.output, second.output, level)).toBe(0);
    }
  });

  it("copies channels that were not asked for", async () => {
    const image = await smallImage();
    const { output, channels } = await correctImage({ image, fovList: [1], channels: ["Lectin"], ...quick });
    expect(channels.map((channel) => channel.source)).toEqual(["none", "empty"]);
    const [before, after] = await Promise.all([pixelsOf(image, 0), pixelsOf(output, 0)]);
    const half = before.length / 2;
    expect(after.subarray(0, half)).toEqual(before.subarray(0, half));
    expect(after.subarray(half)).not.toEqual(before.subarray(half));
  });

  it("counts as one tile where there is no table", async () => {
    const image = await smallImage({ tables: false, gridYx: [1, 1], emptyTiles: [] });
    const notes: string[] = [];
    const report = (event: { kind: string; text?: string }) => void (event.kind === "note" && notes.push(event.text!));
    await correctImage({ image, zLevels: [1, 4], ...quick }, { report });
    expect(notes.join("\n")).toMatch(/no table of tiles/);
  });

  it.each(["uint8", "float32"] as const)("keeps its pixel type %s", async (pixelType) => {
    const image = await smallImage({ pixelType });
    const { output } = await correctImage({ image, fovList: [1], ...quick });
    expect((await openImage(output)).type).toBe(pixelType);
  });

  it("erases the source only when that is asked", async () => {
    const image = await smallImage();
    const kept = await correctImage({ image, fovList: [1], ...quick });
    const again = `${image}-again`;
    await correctImage({ image, fovList: [1], ...quick, output: again, eraseSourceImage: true });
    expect(await largestDifference(kept.output, again, 0)).toBe(0);
    await expect(stat(image)).rejects.toThrow("ENOENT");
  });
});

describe("estimates and looks", () => {
  it("write profiles that a correction takes", async () => {
    const image = await smallImage();
    const output = join(folder, "estimated");
    const { channels } = await estimateProfiles({ image, output, fovList: [1], ...quick });
    expect(channels.map(({ label }) => label)).toEqual(["MBP", "Lectin"]);
    expect(await estimateProfiles({ image, output, fovList: [1], ...quick })).toMatchObject({ kept: 2 });
    await expect(estimateProfiles({ image, output, fovList: [2], ...quick })).rejects.toThrow(/already exists/);
    await correctImage({ image, modelsFolder: output, workers: 1 });
  });

  it("show the tiles where they lie", async () => {
    const image = await smallImage({ absentYx: [[2, 2]] });
    const { tiles, levels } = await inspectImage({ image });
    expect(tiles.map(({ number, row, column }) => [number, row, column])).toContainEqual([4, 0, 1]);
    expect(tiles).toHaveLength(8);
    expect(levels[0]!.codec).toMatch(/blosc lz4/);
    expect(tiles[0]!.perChannel[0]!.median).toBeGreaterThan(0);
  });
});

describe.skipIf(!hasReferenceData)("the reference's own data", () => {
  it("are corrected as the reference does, within the count that it loses by truncation", async () => {
    const samples = join(referenceFolder, "data/mesospim/samples");
    const image = join(samples, "mosaic_v04/demo.zarr/raw_image");
    const output = join(folder, "mosaic");
    await correctImage({ image, modelsFolder: join(samples, "models"), output, workers: 1 });
    const oracle = `${image}_flatfield_corr`;
    expect(await largestDifference(output, oracle, 0)).toBeLessThanOrEqual(1);
    // The reference truncates at each level once more.
    expect(await largestDifference(output, oracle, 1)).toBeLessThanOrEqual(2);
    expect(await largestDifference(output, oracle, 2)).toBeLessThanOrEqual(3);
  });

  it("take a small profile, where the reference fails", async () => {
    const samples = join(referenceFolder, "data/mesospim/samples");
    const image = join(samples, "mosaic_v04/demo.zarr/raw_image");
    const output = join(folder, "small-profile");
    await correctImage({ image, modelsFolder: join(samples, "models_lowres"), output, workers: 1 });
    expect(await largestDifference(output, image, 0)).toBe(0);
  });

  it("of two real fields are corrected from all three sources", async () => {
    const image = join(folder, "nuclei");
    await cp(join(referenceFolder, "data/mesospim/upstream_examples/ngff_example/my_image"), image, {
      recursive: true,
    });
    const models = join(folder, "nuclei-models");
    const ways = [{ fovList: [1, 2], saveModels: models }, { modelsFolder: models }, { basic: { workingSize: 64 } }];
    for (const way of ways) {
      const { channels } = await correctImage({ image, ...way, workers: 1, overwrite: true });
      expect(channels[0]!.flatfield.mean).toBeCloseTo(1, 2);
    }
  });
});
