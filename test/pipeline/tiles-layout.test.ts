import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Level } from "../../src/acquisition/level.ts";
import { openNativeOmeZarr } from "../../src/acquisition/native/native-omezarr.ts";
import { omeAttributes } from "../../src/ngff/group.ts";
import { convertImage, correctImage, DirectoryStore, openImage } from "../../src/node.ts";
import type { RunEvent } from "../../src/parameters/run-events.ts";
import { openArray } from "../../src/zarr/array.ts";
import type { JsonObject } from "../../src/zarr/json.ts";
import { patternedPixels, writeArray, writeGroup } from "../acquisition/write-image.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";
import { pixelsOfLevel } from "./scene.ts";

/** Two acquisitions of two tiles and two channels, written by others; see the program beside them. */
const fixtures = fileURLToPath(new URL("../fixtures/native", import.meta.url));
const channels = ["Ch488_Flt515LP", "Ch561_Flt561_LP"];
/** The tile of the larger y is the upper one of the mosaic. */
const groups = [0, 1].flatMap((tile) =>
  channels.map((text, channel) => ({ name: `Mag5_Tile${tile}_${text}_Sh0_Rot0.ome.zarr`, tile, channel })),
);
const asked = { fovList: [1, 2], nZplanes: 10, background: "keep" as const, workers: 1 };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-tiles-"));
});
afterAll(() => rm(folder, { recursive: true }));

const json = async (...path: string[]) => JSON.parse(await readFile(join(...path), "utf8"));

async function tilePixels(root: string, name: string, level: number) {
  return pixelsOfLevel(new Level(await openArray(new DirectoryStore(join(root, name)), String(level)), [1, 1, 1]));
}

/** Names and bytes of a folder, and of the files beside it that begin with its name. */
async function digest(root: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(join(root, ".."), { recursive: true })).sort()) {
    const path = join(root, "..", name);
    hash.update(`${name}\n`);
    if ((await stat(path)).isFile()) hash.update(await readFile(path));
  }
  return hash.digest("hex");
}

/** A folder of its own for an output of that name. */
async function outputIn(parent: string, name: string): Promise<string> {
  await mkdir(join(folder, parent));
  return join(folder, parent, name);
}

describe.each([
  { version: "0.4", source: "v04_Mag5x.ome.zarr", document: ".zattrs", arrays: ".zarray" },
  { version: "0.5", source: "v05_Mag5x.ome.zarr", document: "zarr.json", arrays: "zarr.json" },
] as const)("tiles of OME-Zarr $version", ({ version, source, document, arrays }) => {
  const image = join(fixtures, source);
  let output: string;
  let mosaic: string;

  beforeAll(async () => {
    output = await outputIn(`tiles-${version}`, "out.ome.zarr");
    mosaic = join(folder, `mosaic-${version}`);
    await correctImage({ ...asked, image, output, layout: "tiles" });
    await correctImage({ ...asked, image, output: mosaic });
  });

  const attributesOf = async (root: string, name: string) => {
    const found = await json(root, name, document);
    return version === "0.4" ? found : found.attributes;
  };

  it("stay groups of the same names, arrays, scales and places, with their metadata beside", async () => {
    const names = async (root: string) => (await readdir(root)).filter((name) => name.startsWith("Mag")).sort();
    expect(await names(output)).toEqual(await names(image));
    for (const { name } of groups) {
      for (const level of ["0", "1"]) {
        const metadata = await Promise.all([image, output].map((root) => readFile(join(root, name, level, arrays))));
        expect(metadata[1]).toEqual(metadata[0]);
      }
      const [before, after] = await Promise.all([image, output].map((root) => attributesOf(root, name)));
      const scalesOf = (attributes: JsonObject) => omeAttributes(attributes).multiscales as JsonObject[];
      const { type, metadata, ...kept } = scalesOf(after)[0]!;
      expect({ type, metadata }).toMatchObject({ type: "mean", metadata: { method: "isolux" } });
      expect([kept]).toEqual(scalesOf(before));
      expect(after.kept).toEqual({ by: "everyone" });
      const texts = [image, output].map((root) => readFile(`${root}_${name}_meta.txt`));
      expect(await texts[1]).toEqual(await texts[0]);
    }
  });

  it("have the pixels that the mosaic shows, and levels that are means of them", async () => {
    const { levels, tiles } = await openImage(mosaic);
    for (const { name, tile, channel } of groups) {
      const pixels = await tilePixels(output, name, 0);
      expect(pixels).toEqual(await levels[0]!.readBox(channel, tiles[tile]!.box));
      expect(pixels).not.toEqual(await tilePixels(image, name, 0));
      const at = (z: number, y: number, x: number) => pixels[(z * 40 + y) * 36 + x]!;
      const means = Array.from({ length: 5 * 20 * 18 }, (_, i) => {
        const [z, y, x] = [Math.floor(i / 360), 2 * (Math.floor(i / 18) % 20), 2 * (i % 18)];
        return (at(z, y, x) + at(z, y, x + 1) + at(z, y + 1, x) + at(z, y + 1, x + 1) + 2) >> 2;
      });
      expect(Array.from(await tilePixels(output, name, 1))).toEqual(means);
    }
  });

  it("read again as an acquisition, make the mosaic of a correction", async () => {
    const again = join(folder, `again-${version}`);
    await convertImage({ image: output, output: again, workers: 1 });
    const [first, second] = await Promise.all([mosaic, again].map(openImage));
    expect(await pixelsOfLevel(second!.levels[0]!)).toEqual(await pixelsOfLevel(first!.levels[0]!));
    expect(second!.tiles).toEqual(first!.tiles);
    expect(second!.channels.map(({ label }) => label)).toEqual(["488", "561"]);
  });

  it("say what was done to each, and their folder what was done to all", async () => {
    const isolux = async (root: string, name: string) => (await attributesOf(root, name)).isolux;
    const all = await isolux(output, "");
    expect(all).toMatchObject({ task: "correct", source, parameters: { layout: "tiles" } });
    expect(all.channels.map(({ label }: { label: string }) => label)).toEqual(["488", "561"]);
    const counts = [0, 0];
    for (const { name, channel } of groups) {
      const { channels: own } = await isolux(output, name);
      expect(own).toMatchObject([{ profile: all.channels[channel].profile }]);
      counts[channel]! += own[0].clippedLow;
    }
    expect(counts).toEqual(all.channels.map(({ clippedLow }: { clippedLow: number }) => clippedLow));
    expect((await openImage(mosaic)).metadata.attributes.isolux).toMatchObject({ channels: all.channels });
  });

  it.each(["image", "strict_image"])("fit NGFF's schema %s", async (schema) => {
    const read = (name: string) => json(fixtures, "..", `ngff-${version}`, `${name}.schema.json`);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    if (version === "0.5") ajv.addSchema(await read("_version"));
    if (schema !== "image") ajv.addSchema(await read("image"));
    const validate = ajv.compile(await read(schema));
    for (const { name } of groups) {
      expect(validate(await attributesOf(output, name)), JSON.stringify(validate.errors)).toBe(true);
    }
  });

  it("go on where a run was stopped, and come out as without", async () => {
    const resumed = await outputIn(`resumed-${version}`, "out.ome.zarr");
    const request = { ...asked, image, output: resumed, layout: "tiles" as const };
    const control = new AbortController();
    const stopLate = (event: RunEvent) => {
      if (event.kind === "progress" && event.stage === "Correcting" && 2 * event.done > event.total) control.abort();
    };
    await expect(correctImage(request, { report: stopLate, signal: control.signal })).rejects.toThrow(/interrupted/);
    expect(await readdir(join(resumed, ".."))).toEqual([".out.ome.zarr.isolux"]);
    const other = correctImage({ ...request, layout: "mosaic" });
    await expect(other).rejects.toThrow(/layout was "tiles", now "mosaic"/);
    const events: RunEvent[] = [];
    await correctImage(request, { report: (event) => events.push(event) });
    expect(events).toContainEqual({ kind: "note", text: "Resuming an interrupted run." });
    const done = events.flatMap((event) => (event.kind === "progress" && event.stage === "Correcting" ? [event] : []));
    expect(2 * done[0]!.done).toBeGreaterThan(done[0]!.total);
    expect(done.at(-1)!.done).toBe(done.at(-1)!.total);
    expect(await digest(resumed)).toBe(await digest(output));
  });

  it("are not erased, and not replaced unasked", async () => {
    const request = { ...asked, image, layout: "tiles" as const };
    const erased = correctImage({ ...request, output: join(folder, "never"), eraseSourceImage: true });
    await expect(erased).rejects.toThrow(/never erased/);
    await expect(correctImage({ ...request, output })).rejects.toThrow(/output already exists/);
    const beside = await outputIn(`beside-${version}`, "new");
    await writeFile(`${beside}_${groups[0]!.name}_meta.txt`, "mine");
    await expect(correctImage({ ...request, output: beside })).rejects.toThrow(/belongs to the output.*_meta.txt/);
    expect(await readdir(join(beside, ".."))).toHaveLength(1);
    await correctImage({ ...request, output: beside, overwrite: true });
    expect(await readFile(`${beside}_${groups[0]!.name}_meta.txt`, "utf8")).toContain("[CFG]");
  });
});

describe("the layout of tiles", () => {
  const image = join(fixtures, "v04_Mag5x.ome.zarr");

  it("keeps BigStitcher's file, which then points to the new groups", async () => {
    const before = await readFile(`${image}.xml`, "utf8");
    const after = await readFile(join(folder, "tiles-0.4/out.ome.zarr.xml"), "utf8");
    expect(after).toBe(before.replace(">v04_Mag5x.ome.zarr<", ">out.ome.zarr<"));
    expect(await readdir(join(folder, "tiles-0.5"))).not.toContain("out.ome.zarr.xml");
  });

  it("in another version holds the same pixels, in shards as asked", async () => {
    const output = await outputIn("other-version", "new.ome.zarr");
    const shards = [1, 4, 32, 32] as const;
    await convertImage({ image, output, layout: "tiles", omeVersion: "0.5", shards: [...shards], workers: 1 });
    for (const { name } of groups) {
      expect(await tilePixels(output, name, 0)).toEqual(await tilePixels(image, name, 0));
      expect(await json(output, name, "0/zarr.json")).toMatchObject({
        dimension_names: ["z", "y", "x"],
        chunk_grid: { configuration: { chunk_shape: [4, 32, 32] } },
      });
    }
    const refused = convertImage({ image, output: join(folder, "never"), layout: "tiles", shards: [...shards] });
    await expect(refused).rejects.toThrow(/Only OME-Zarr 0.5 has shards/);
  });

  it("has the levels that are there, where coarse ones are missing, and no file that cannot be read", async () => {
    const short = join(folder, "short.ome.zarr");
    await cp(image, short, { recursive: true });
    for (const { name } of groups) {
      await rm(join(short, name, "1"), { recursive: true });
      await cp(`${image}_${name}_meta.txt`, `${short}_${name}_meta.txt`);
    }
    await writeFile(`${short}.xml`, "<SpimData>");
    const output = await outputIn("short", "new.ome.zarr");
    const notes: RunEvent[] = [];
    await convertImage({ image: short, output, layout: "tiles", workers: 1 }, { report: (event) => notes.push(event) });
    expect(notes).toContainEqual(expect.objectContaining({ text: expect.stringMatching(/short.ome.zarr.xml is not/) }));
    const { multiscales } = await json(output, groups[0]!.name, ".zattrs");
    expect(multiscales[0].datasets.map(({ path }: { path: string }) => path)).toEqual(["0"]);
    expect(await readdir(join(folder, "short"))).not.toContain("new.ome.zarr.xml");
  });

  it.each(["tczyx", "czyx"])("keeps groups that hold all channels of a tile, axes %s", async (names) => {
    const source = join(folder, `all-${names}.ome.zarr`);
    const shape = [...(names === "tczyx" ? [1] : []), 2, 5, 24, 20];
    for (const tile of [0, 1]) {
      const store = new DirectoryStore(source);
      const group = `Mag2_Tile${tile}_Sh0_Rot0.ome.zarr`;
      const leading = shape.slice(0, -3).map(() => 0);
      const scale = [...leading.map(() => 1), 5, 2, 2];
      const coordinateTransformations = [
        { type: "scale", scale },
        { type: "translation", translation: [...leading, 0, 40 * tile, 0] },
      ];
      const axes = [...names].map((name) => ({ name, type: { t: "time", c: "channel" }[name] ?? "space" }));
      const multiscales = [
        { version: "0.4", name: "image", axes, datasets: [{ path: "0", coordinateTransformations }] },
      ];
      const omero = { channels: ["488", "561"].map((label) => ({ label, active: true })) };
      await writeGroup(store, "");
      await writeGroup(store, group, { multiscales, omero });
      const pixels = patternedPixels("uint16", shape, tile).map((value) => 500 + (value % 400)) as Uint16Array;
      await writeArray(store, `${group}/0`, { shape, chunkShape: [...leading.map(() => 1), 4, 16, 16], pixels });
    }
    const output = await outputIn(`all-${names}-out`, "out.ome.zarr");
    const mosaic = join(folder, `all-${names}-mosaic`);
    await correctImage({ ...asked, image: source, output, layout: "tiles" });
    await correctImage({ ...asked, image: source, output: mosaic });
    const [expected, tiles] = [await openImage(mosaic), await openNativeOmeZarr(new DirectoryStore(output), "")];
    expect(tiles).toHaveLength(4);
    expect((await readdir(output)).filter((name) => name.startsWith("Mag"))).toHaveLength(2);
    for (const [index, { channel, group, levels }] of tiles.entries()) {
      const { name } = group!;
      expect(channel).toBe(["488", "561"][index % 2]);
      expect(await json(output, name, "0/.zarray")).toEqual(await json(source, name, "0/.zarray"));
      // The tile of the larger y is the upper one.
      const { box } = expected.tiles[1 - Math.floor(index / 2)]!;
      const pixels = await levels[0]!.read({ start: [0, 0, 0], stop: [5, 24, 20] });
      expect(pixels).toEqual(await expected.levels[0]!.readBox(index % 2, box));
    }
  });

  it("is refused for what has no groups of tiles", async () => {
    const mosaic = convertImage({ image: join(folder, "mosaic-0.4"), output: join(folder, "never"), layout: "tiles" });
    await expect(mosaic).rejects.toThrow(/written as separate tiles.*--layout tiles for a mosaic.*Leave --layout out/);
    const stacks = join(fixtures, "../bdv/auto_bdv.h5");
    const file = convertImage({ image: stacks, output: join(folder, "never"), layout: "tiles" });
    await expect(file).rejects.toThrow(/for series, Imaris, HDF5, TIFF, PNG or RAW files/);
  });

  it.skipIf(!hasReferenceData)("takes a proxy for the tiles that it stands for", async () => {
    const proxy = join(referenceFolder, "data/mesospim/samples/native_v04_prepared/demo.zarr/fake_raw_image");
    const output = await outputIn("proxy", "new.ome.zarr");
    await convertImage({ image: proxy, output, layout: "tiles", workers: 1 });
    expect((await readdir(output)).filter((name) => name.startsWith("Mag"))).toHaveLength(12);
    expect((await readdir(join(output, ".."))).filter((name) => name.endsWith("_meta.txt"))).toHaveLength(12);
  });
});
