/** Projects of BigStitcher through whole runs: the mosaic, corrected tiles with their XML file, and over the network. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAcquisition } from "../../src/acquisition/open-acquisition.ts";
import { convertImage, correctImage, openImage } from "../../src/node.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import type { MemoryStore } from "../../src/zarr/memory-store.ts";
import { hdf5Project, n5Project, sceneMosaic, sceneViews } from "../acquisition/bdv/projects.ts";
import { fileHandler, serve } from "../zarr/remote/web-server.ts";
import { pixelsOfLevel } from "./scene.ts";

const asked = { fovList: [1, 2], nZplanes: 4, background: "keep" as const, workers: 1 };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-projects-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The project as files of a disk. */
async function onDisk(name: string, store: MemoryStore): Promise<string> {
  const write = async (key: string): Promise<void> => {
    for (const entry of await store.list(key)) {
      const inner = key === "" ? entry.name : `${key}/${entry.name}`;
      if (entry.kind === "folder") await write(inner);
      else {
        const path = join(folder, name, inner);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, (await store.get(inner))!);
      }
    }
  };
  await write("");
  return join(folder, name, "dataset.xml");
}

/** What is at a path in the folder, of any format. */
async function opened(path: string) {
  return (await openAcquisition(new DirectoryStore(folder), path.slice(folder.length + 1))).acquisition;
}

describe.each([
  ["N5", async () => onDisk("n5", await n5Project({ channels: 2 }))],
  ["HDF5", async () => onDisk("h5", (await hdf5Project({ channels: 2 }, {})).store)],
])("a project in %s", (format, make) => {
  it("is corrected as tiles as it is in a mosaic, and its XML file goes on with them", async () => {
    const image = await make();
    const notes: string[] = [];
    const [mosaic, tiles] = [join(folder, `${format}-mosaic.zarr`), join(folder, `${format} & tiles.zarr`)];
    await correctImage({ ...asked, image, output: mosaic });
    await correctImage(
      { ...asked, image, output: tiles, layout: "tiles" },
      { report: (event) => event.kind === "note" && notes.push(event.text) },
    );
    expect(notes).toContainEqual(expect.stringMatching(/^Interest points and other files of the project stay/));
    const [one, other] = await Promise.all([openImage(mosaic), opened(`${tiles}.xml`)]);
    for (const channel of [0, 1]) {
      const box = { start: [0, 0, 0], stop: [3, 80, 144] } as const;
      const [a, b] = [one.levels[0]!, other.levels[0]!].map((level) => level.readBox(channel, box));
      expect(await b).toEqual(await a);
    }
    expect(other.channels.map(({ label }) => label)).toEqual(["488", "561"]);
    expect(other.pixelSizeUmZyx).toEqual([2, 0.5, 0.5]);
    expect(other.tiles.map((tile) => tile.stagePositionUmYx)).toEqual(one.tiles.map((tile) => tile.stagePositionUmYx));
    const loader = /<ImageLoader[\s\S]*<\/ImageLoader>/;
    const [before, after] = await Promise.all([readFile(image, "utf8"), readFile(`${tiles}.xml`, "utf8")]);
    expect(after.replace(loader, "")).toBe(before.replace(loader, ""));
    expect(after).toContain(`<zarr type="relative">${format} &amp; tiles.zarr</zarr>`);
    expect(after).toContain('<zgroup setup="11" tp="0" path="s11-t0.zarr" indicies="0 0" />');
    // By their own metadata, without the XML file
    await rm(`${tiles}.xml`);
    const { tiles: placed } = await opened(tiles);
    expect(placed.map((tile) => tile.stagePositionUmYx)).toEqual(one.tiles.map((tile) => tile.stagePositionUmYx));
  });
});

it.each(["mosaic", "tiles"] as const)("--codec same takes that of N5, in a layout of %s", async (layout) => {
  const image = await onDisk(`codec-${layout}`, await n5Project());
  const output = join(folder, `same-${layout}.zarr`);
  await convertImage({ image, output, layout, codec: "same", workers: 1 });
  const written = await readFile(join(output, layout === "tiles" ? "s0-t0.zarr/0/.zarray" : "0/.zarray"), "utf8");
  expect(JSON.parse(written).compressor).toBeNull();
});

it.each(["mosaic", "tiles"] as const)("--codec same is refused for HDF5 in a layout of %s", async (layout) => {
  const image = await onDisk(`no-codec-${layout}`, (await hdf5Project({}, {})).store);
  const output = join(folder, `none-${layout}.zarr`);
  const run = convertImage({ image, output, layout, codec: "same", workers: 1 });
  await expect(run).rejects.toThrow("so its codec cannot be kept");
});

it("a time lapse is written with all of its time points, as a mosaic and as tiles", async () => {
  const image = await onDisk("times", await n5Project({ times: 2 }));
  const [mosaic, tiles] = [join(folder, "times.zarr"), join(folder, "times-tiles.zarr")];
  await convertImage({ image, output: mosaic, workers: 1 });
  await convertImage({ image, output: tiles, layout: "tiles", workers: 1 });
  for (const output of [mosaic, `${tiles}.xml`]) {
    const { levels } = await opened(output);
    expect(levels[0]!.timePoints).toBe(2);
    const box = { start: [3, 0, 0], stop: [6, 80, 144] } as const;
    const second = sceneMosaic(sceneViews({ times: 2 }).filter(({ time }) => time === 1));
    expect(await levels[0]!.readBox(0, box)).toEqual(second);
  }
});

it("does not write where its data or its XML file are", async () => {
  const image = await onDisk("apart", await n5Project());
  const place = dirname(image);
  const run = (output: string) => convertImage({ image, output, layout: "tiles", workers: 1, overwrite: true });
  await expect(run(join(place, "dataset.n5"))).rejects.toThrow();
  await expect(run(join(place, "dataset.n5", "in.zarr"))).rejects.toThrow("would overwrite the tiles");
});

it("is opened over a network that does not list, from the address of its XML file", async () => {
  const image = await onDisk("net", await n5Project());
  const server = await serve(fileHandler((key) => readFile(join(dirname(image), key)).catch(() => undefined)));
  try {
    const output = join(folder, "net.zarr");
    await convertImage({ image: `${server.url}/dataset.xml`, output, workers: 1 });
    const { levels } = await openImage(output);
    expect(await pixelsOfLevel(levels[0]!)).toEqual(sceneMosaic(sceneViews()));
  } finally {
    await server.close();
  }
});
