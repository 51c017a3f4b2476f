import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertImage, correctImage, DirectoryStore, openImage } from "../../src/node.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { readBox } from "../../src/zarr/box.ts";
import { patternedPixels, writeArray, writeGroup } from "../acquisition/write-image.ts";
import { pixelsOf } from "../support/pixels.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";

let folder: string;
let image: string;
/** The image in version 0.5. */
let there: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-convert-"));
  const options = { tileShapeYx: [50, 46], planes: 9, levelCount: 3 } as const;
  const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "sample.zarr", options);
  image = join(folder, imageKey);
  there = join(folder, "there.zarr");
  await convertImage({ image, output: there, omeVersion: "0.5", workers: 1 });
});
afterAll(() => rm(folder, { recursive: true }));

async function attributesOf(path: string, name: ".zattrs" | "zarr.json") {
  const document = JSON.parse(await readFile(join(path, name), "utf8"));
  return name === ".zattrs" ? document : document.attributes;
}

describe("a conversion", () => {
  it("to version 0.5 and back keeps pixels, tiles and attributes", async () => {
    const back = join(folder, "back.zarr");
    await convertImage({ image: there, output: back, omeVersion: "0.4", workers: 1 });
    for (const path of [there, back]) expect(await pixelsOf(path)).toEqual(await pixelsOf(image));
    const [first, middle, last] = await Promise.all([image, there, back].map(openImage));
    expect(middle!.metadata.version).toBe("0.5");
    expect(middle!.levels[0]!.array.metadata).toMatchObject({ shardShape: [1, 32, 256, 256], zarrFormat: 3 });
    expect(middle!.tiles).toEqual(first!.tiles);
    expect(last!.tiles).toEqual(first!.tiles);

    const before = await attributesOf(image, ".zattrs");
    const after = await attributesOf(back, ".zattrs");
    expect(after.omero.channels.map(({ label }: { label: string }) => label)).toEqual(["MBP", "Lectin"]);
    expect(after.omero).toMatchObject({ version: "0.4", rdefs: before.omero.rdefs });
    expect(after.multiscales[0]).toMatchObject({ version: "0.4", name: "back", axes: before.multiscales[0].axes });
    expect(after.fractal_tasks).toEqual(before.fractal_tasks);
    expect(after.isolux).toMatchObject({ task: "convert", channels: [] });
    expect((await attributesOf(there, "zarr.json")).ome.multiscales[0]).not.toHaveProperty("version");
  });

  it.each(["image", "strict_image"])("to version 0.5 fits the NGFF 0.5 schema %s", async (schema) => {
    const ajv = new Ajv2020({ strict: false });
    const fixtures = new URL("../fixtures/ngff-0.5/", import.meta.url);
    const read = async (name: string) => JSON.parse(await readFile(new URL(`${name}.schema.json`, fixtures), "utf8"));
    ajv.addSchema(await read("_version"));
    if (schema !== "image") ajv.addSchema(await read("image"));
    const validate = ajv.compile(await read(schema));
    const attributes = await attributesOf(there, "zarr.json");
    expect(validate(attributes), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ome: { ...attributes.ome, version: "0.4" } })).toBe(false);
  });

  it("writes shards as asked, and refuses those that cannot be", async () => {
    const output = join(folder, "shards.zarr");
    await convertImage({ image, output, omeVersion: "0.5", shards: [1, 4, 64, 32], workers: 1 });
    const { metadata } = (await openImage(output)).levels[0]!.array;
    expect([metadata.chunkShape, metadata.shardShape]).toEqual([
      [1, 4, 64, 32],
      [1, 4, 64, 32],
    ]);
    const refused = { image, output: join(folder, "refused.zarr"), workers: 1 };
    await expect(convertImage({ ...refused, shards: [1, 64, 512, 512] })).rejects.toThrow(
      /Only OME-Zarr 0.5 has shards/,
    );
    const uneven = convertImage({ ...refused, omeVersion: "0.5", shards: [1, 40, 300, 300] });
    await expect(uneven).rejects.toThrow(/do not hold a whole number of chunks/);
  });

  it("and a correction keep a time axis with a single point, and leave out coarser levels with another", async () => {
    const store = new DirectoryStore(folder);
    const axes = [..."tczyx"].map((name) => ({ name, type: name === "t" ? "time" : "space" }));
    const [full, half] = [
      [1, 2, 4, 16, 20],
      [1, 2, 4, 8, 10],
    ] as const;
    const datasets = [1, 2].map((factor, level) => ({
      path: String(level),
      coordinateTransformations: [{ type: "scale", scale: [1, 1, 5, factor, factor] }],
    }));
    await writeGroup(store, "timed.zarr", { multiscales: [{ version: "0.4", name: "image", axes, datasets }] });
    const chunkShape = [1, 1, 2, 8, 8];
    const pixels = patternedPixels("uint16", full);
    await writeArray(store, "timed.zarr/0", { shape: full, chunkShape, pixels });
    await writeArray(store, "timed.zarr/1", { shape: half, chunkShape, pixels: patternedPixels("uint16", half) });
    const timed = join(folder, "timed.zarr");
    const [mirror, sharded] = [join(folder, "timed-mirror.zarr"), join(folder, "timed-sharded.zarr")];
    await convertImage({ image: timed, output: mirror, workers: 1 });
    await convertImage({ image: mirror, output: sharded, omeVersion: "0.5", workers: 1 });
    for (const path of [timed, mirror, sharded]) {
      const { array, shapeCzyx } = (await openImage(path)).levels[0]!;
      expect(shapeCzyx).toEqual([2, 4, 16, 20]);
      expect(await readBox(array, [0, 0, 0, 0, 0], full)).toEqual(pixels);
    }
    const { array } = (await openImage(sharded)).levels[0]!;
    expect(array.metadata).toMatchObject({ shape: full, dimensionNames: ["t", "c", "z", "y", "x"] });
    const corrected = await correctImage({
      image: timed,
      output: join(folder, "timed-corr.zarr"),
      zLevels: [1, 3],
      workers: 1,
    });
    expect(corrected.channels).toHaveLength(2);
    await writeArray(store, "timed.zarr/0", { shape: [2, ...full.slice(1)], chunkShape });
    expect((await openImage(timed)).levels).toHaveLength(1);
  });

  it("writes to no servers but those that take objects", async () => {
    for (const output of ["https://host/image", "ftp://host/image", "s3://bucket", "s3://bucket/"]) {
      await expect(convertImage({ image, output })).rejects.toThrow(/cannot write to this address.*s3:/);
    }
  });

  it("and a correction into another version give what a correction does", async () => {
    const request = { image, fovList: [1, 3], nZplanes: 8, workers: 1 };
    const plain = await correctImage({ ...request, output: join(folder, "plain.zarr") });
    const other = await correctImage({ ...request, output: join(folder, "other.zarr"), omeVersion: "0.5" });
    for (const level of [0, 1, 2])
      expect(await pixelsOf(other.output, level)).toEqual(await pixelsOf(plain.output, level));
  });

  it.skipIf(!hasReferenceData)("of a microscope's file is the mosaic that the reference's converter made", async () => {
    const samples = join(referenceFolder, "data/mesospim/samples");
    const output = join(folder, "mosaic.zarr");
    await convertImage({ image: join(samples, "h5/demo_Mag1x_Ch488_Ch561_bdv.h5"), output, workers: 1 });
    const reference = join(samples, "mosaic_v04/demo.zarr/raw_image");
    expect(await pixelsOf(output)).toEqual(await pixelsOf(reference));
    const boxes = async (path: string) => (await openImage(path)).tiles.map(({ number, box }) => ({ number, box }));
    expect(await boxes(output)).toEqual(await boxes(reference));
  });
});
