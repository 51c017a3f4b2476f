import { describe, expect, it } from "vitest";
import { unitsOf } from "../../src/ngff/axes.ts";
import { nameChannels, readImageMetadata } from "../../src/ngff/image.ts";
import { encodeJson, type JsonObject } from "../../src/zarr/json.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { imageAttributes, writeGroup } from "../acquisition/write-image.ts";
import { processorMs } from "../support/processor-time.ts";

/** Reads the metadata of an image of the given attributes. */
async function read(attributes: JsonObject) {
  const store = new MemoryStore("data");
  await writeGroup(store, "demo.zarr/raw_image", attributes);
  return readImageMetadata(store, "demo.zarr/raw_image");
}

const scale = [1, 5, 1.1, 1.1];
const plain = imageAttributes([scale, [1, 5, 2.2, 2.2]]);

/** Attributes whose one multiscale has been changed. */
function changed(change: JsonObject): JsonObject {
  const multiscale = (plain.multiscales as JsonObject[])[0]!;
  return { multiscales: [{ ...multiscale, ...change }] };
}

const dataset = (coordinateTransformations: unknown, path: unknown = "0") => ({ path, coordinateTransformations });

describe("readImageMetadata", () => {
  it("reads levels, axes and labels, and keeps the attributes", async () => {
    const attributes = {
      ...plain,
      omero: { channels: [{ label: "MBP", wavelength_id: "488" }, { color: "FF0000" }, { label: "" }, { label: 561 }] },
      more: 1,
    };
    expect(await read(attributes)).toEqual({
      version: "0.4",
      zarrFormat: 2,
      name: "raw_image",
      axes: "czyx",
      levels: [
        { path: "0", scaleZyx: [5, 1.1, 1.1] },
        { path: "1", scaleZyx: [5, 2.2, 2.2] },
      ],
      channelLabels: ["MBP", undefined, undefined, "561"],
      wavelengthIds: ["488", undefined, undefined, undefined],
      attributes,
    });
  });

  it("reads version 0.5, whose metadata stand below ome", async () => {
    const { multiscales, ...others } = plain as { multiscales: object[] };
    const attributes = { ...others, ome: { version: "0.5", multiscales, omero: { channels: [{ label: "MBP" }] } } };
    const store = new MemoryStore();
    const document = (ome: object) =>
      store.set(
        "image/zarr.json",
        encodeJson({ zarr_format: 3, node_type: "group", attributes: { ...attributes, ome } }),
      );
    await document(attributes.ome);
    expect(await readImageMetadata(store, "image")).toMatchObject({
      version: "0.5",
      zarrFormat: 3,
      axes: "czyx",
      channelLabels: ["MBP"],
      attributes,
    });
    await document({ ...attributes.ome, version: "0.7" });
    await expect(readImageMetadata(store, "image")).rejects.toMatchObject({ kind: "unsupported", found: '"0.7"' });
  });

  it("reads an image without channels", async () => {
    const metadata = await read(imageAttributes([[2, 0.5, 0.5]]));
    expect([metadata.axes, metadata.levels[0]!.scaleZyx, metadata.channelLabels]).toEqual(["zyx", [2, 0.5, 0.5], []]);
  });

  it("reads axes in capitals and in another order, and takes a missing z for one plane of 1 µm", async () => {
    const named = (names: string, scale: readonly number[]) => {
      const axes = Array.from(names, (name) => ({ name }));
      return read(changed({ axes, datasets: [dataset([{ type: "scale", scale }])] }));
    };
    expect(await named("ZCYX", [7, 1, 2, 3])).toMatchObject({ axes: "zcyx", levels: [{ scaleZyx: [7, 2, 3] }] });
    expect(await named("yx", [2, 3])).toMatchObject({ axes: "yx", levels: [{ scaleZyx: [1, 2, 3] }] });
  });

  it.each([
    ["millimeter", 1e3],
    ["nanometer", 1e-3],
    ["Å", 1e-4],
    ["inch", 25_400],
    ["Feet", 304_800],
    ["kilometre", 1e9],
    ["picometer", 1e-6],
    ["dm", 1e5],
    ["pixel", 1],
    [undefined, 1],
  ])("takes the size of a pixel in %s", async (unit, um) => {
    const { axes: plainAxes } = (plain.multiscales as { axes: JsonObject[] }[])[0]!;
    const axes = plainAxes.map((axis) => ({ ...axis, unit }));
    const metadata = await read(changed({ axes }));
    expect(metadata.levels[0]!.scaleZyx).toEqual([5 * um, 1.1 * um, 1.1 * um]);
  });

  it("takes the unit of an axis of space that has no type, and tells which units it does not know", async () => {
    const { axes: plainAxes } = (plain.multiscales as { axes: JsonObject[] }[])[0]!;
    const axes = plainAxes.map(({ name }) => ({ name, unit: "inch" }));
    expect((await read(changed({ axes }))).levels[0]!.scaleZyx[0]).toBe(5 * 25_400);
    const inUnit = (unit?: string) => unitsOf(plainAxes.map((axis) => ({ ...axis, unit }))).unknown;
    expect(inUnit("furlong")).toEqual(["furlong"]);
    expect([undefined, "", "pixels", "micrometer", "inches"].map(inUnit)).toEqual(Array(5).fill([]));
  });

  it("takes the folder's name where there is no other, and any version that is 0.4 or not said", async () => {
    expect((await read(changed({ name: undefined, version: undefined }))).name).toBe("raw_image");
  });

  it("multiplies the scale that all levels share, and skips translations", async () => {
    const common = [{ type: "scale", scale: [1, 2, 0.5, 0.5] }];
    const datasets = [
      dataset(
        [
          { type: "translation", translation: [0, 9, 9, 9] },
          { type: "scale", scale },
        ],
        "s0",
      ),
    ];
    const [level] = (await read(changed({ datasets, coordinateTransformations: common }))).levels;
    expect(level).toEqual({ path: "s0", scaleZyx: [10, 0.55, 0.55] });
  });

  it.each([
    ["version 0.5", { version: "0.5" }, "unsupported", /found "0\.5", expected "0\.1" to "0\.4"/],
    ["no axes", { axes: 7 }, "unsupported", /found none, expected y and x/],
    ["a time axis at the end", { axes: [..."czyxt"].map((name) => ({ name })) }, "unsupported", /found c, z, y, x, t/],
    ["one axis", { axes: [{ name: "x" }] }, "unsupported", /found x/],
    ["an axis twice", { axes: ["c", "c", "y", "x"].map((name) => ({ name })) }, "unsupported", /found c, c, y, x/],
    [
      "columns before rows",
      { axes: ["c", "z", "x", "y"].map((name) => ({ name })) },
      "unsupported",
      /found c, z, x, y/,
    ],
    ["no datasets", { datasets: [] }, "corrupt", /no datasets/],
    ["a level without a path", { datasets: [dataset([{ type: "scale", scale }], "")] }, "corrupt", /no path/],
    ["a level without a scale", { datasets: [dataset([], "7")] }, "corrupt", /Resolution level 7 has no scale/],
    ["transformations that are no list", { datasets: [dataset(undefined)] }, "corrupt", /no scale/],
    [
      "too few numbers",
      { datasets: [dataset([{ type: "scale", scale: [1, 1, 1] }])] },
      "corrupt",
      /expected 4 positive/,
    ],
    ["a scale of zero", { datasets: [dataset([{ type: "scale", scale: [1, 1, 0, 1] }])] }, "corrupt", /unusable scale/],
    [
      "a scale of text",
      { datasets: [dataset([{ type: "scale", scale: [1, 1, 1, "1"] }])] },
      "corrupt",
      /unusable scale/,
    ],
  ])("refuses %s", async (_, change, kind, message) => {
    await expect(read(changed(change))).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(message),
      where: "data/demo.zarr/raw_image",
    });
  });

  it("names the images inside a container", async () => {
    const store = new MemoryStore("data");
    await writeGroup(store, "demo.zarr");
    await writeGroup(store, "demo.zarr/raw_image", plain);
    await writeGroup(store, "demo.zarr/raw_image_flatfield_corr", plain);
    await writeGroup(store, "demo.zarr/models", {});
    await store.set("demo.zarr/broken/.zattrs", new TextEncoder().encode("{"));
    await expect(readImageMetadata(store, "demo.zarr")).rejects.toMatchObject({
      kind: "not-found",
      advice: "Images inside it: raw_image, raw_image_flatfield_corr",
    });
    await expect(readImageMetadata(store, "demo.zarr/models")).rejects.toMatchObject({ advice: undefined });
  });

  it.each([
    ["nothing is there", {}, "not-found", /no such folder/],
    ["it is an array", { ".zarray": "{}" }, "not-found", /single array/],
    ["a group of zarr 3 is no image", { "zarr.json": '{"node_type":"group"}' }, "not-found", /no multiscales/],
    ["it is an array of zarr 3", { "zarr.json": '{"node_type":"array"}' }, "not-found", /single array/],
    ["it is any folder", { "notes.txt": "" }, "not-found", /not an OME-Zarr image/],
    ["the attributes are no JSON", { ".zattrs": "{multiscales" }, "corrupt", /not valid JSON/],
    ["the attributes are a list", { ".zattrs": "[]" }, "corrupt", /not a JSON object/],
    ["the attributes are not UTF-8", { ".zattrs": "\u00ff" }, "corrupt", /not valid JSON/],
    ["there are no attributes", { ".zgroup": "{}" }, "not-found", /no multiscales/],
  ])("says so where %s", async (_, objects, kind, message) => {
    const store = new MemoryStore();
    for (const [name, text] of Object.entries(objects)) {
      await store.set(
        `image/${name}`,
        Uint8Array.from(text, (character) => character.charCodeAt(0)),
      );
    }
    await expect(readImageMetadata(store, "image")).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(message),
    });
  });
});

describe("nameChannels", () => {
  const namesOf = (labels: (string | undefined)[]) => nameChannels(labels, labels.length).map(({ label }) => label);

  it("numbers channels without a label, and ignores labels beyond the array", () => {
    expect(nameChannels([undefined, "PGP9.5"], 3)).toEqual([
      { index: 0, label: "channel_1" },
      { index: 1, label: "PGP9.5" },
      { index: 2, label: "channel_3" },
    ]);
    expect(nameChannels(["a", "b"], 1)).toHaveLength(1);
  });

  it("names as many as there may be in time, however alike, and refuses more", () => {
    const labels = Array.from({ length: 1000 }, () => "x".repeat(100_000));
    const ms = processorMs(() => expect(new Set(namesOf(labels)).size).toBe(1000));
    expect(ms).toBeLessThan(5000);
    expect(() => nameChannels([], 1_000_000)).toThrow("found 1000000, expected at most 1000");
  });

  it("gives equal labels names of their own, and keeps the labels beside them", () => {
    expect(nameChannels(["MBP", "Lectin", "MBP"], 3)).toEqual([
      { index: 0, label: "MBP" },
      { index: 1, label: "Lectin" },
      { index: 2, label: "MBP_2", ownLabel: "MBP" },
    ]);
    expect(namesOf(["a", "a", "a_2", "a"])).toEqual(["a", "a_3", "a_2", "a_4"]);
    expect(namesOf(["channel_2", undefined])).toEqual(["channel_2", "channel_2_2"]);
  });

  it.each([
    ["405/488 m", "405_488 m"],
    ["a\\b", "a_b"],
    ["a\n", "a_"],
    [".", "channel_1"],
    ["..", "channel_1"],
    ["", "channel_1"],
  ])("names a channel whose label %j can name no folder %j", (label, name) => {
    expect(namesOf([label])).toEqual([name]);
  });

  it("shortens labels that are too long for a folder, to different names", () => {
    const [first, second] = namesOf(["é".repeat(200), "é".repeat(201)]);
    expect(first).not.toBe(second);
    for (const name of [first!, second!]) expect(new TextEncoder().encode(name).length).toBeLessThan(250);
  });
});
