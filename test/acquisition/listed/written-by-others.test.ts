/** Files that tifffile and imagecodecs wrote, see test/fixtures/listed/make_fixtures.py. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openListed } from "../../../src/acquisition/listed/open-listed.ts";
import { openPlaneFile } from "../../../src/acquisition/pages/plane-files.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { wholeOf } from "../pages/stacks.ts";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../fixtures/listed/${name}`, import.meta.url))));

const [planes, rows, columns] = [3, 18, 20];
const expected = (tile: number, channel: number) =>
  Uint16Array.from({ length: planes * rows * columns }, (_, n) => {
    const [z, y, x] = [Math.floor(n / (rows * columns)), Math.floor(n / columns) % rows, n % columns];
    return 20000 * channel + 1000 * tile + 100 * z + 10 * y + x;
  });

async function opened(files: readonly string[], list?: string) {
  const store = new MemoryStore();
  for (const name of files) await store.set(`in/${name}`, fixture(name));
  if (list !== undefined) await store.set("in/TileConfiguration.txt", new TextEncoder().encode(list));
  const notes: string[] = [];
  const { views } = (await openListed(store, "in", {}, (text) => notes.push(text)))!;
  return { views, notes };
}

describe("files of tifffile", () => {
  it.each([
    ["two images in one file", ["series.ome.tif"]],
    ["a file for each image, in packed tiles and strips", ["tile_0.ome.tif", "tile_1.ome.tif"]],
  ])("OME-TIFF: %s", async (_, files) => {
    const { views, notes } = await opened(files);
    expect(notes).toEqual([]);
    expect(views.map(({ name, channel, stageUmZyx }) => [name, channel, stageUmZyx])).toEqual([
      ["tile 0", "GFP", [0, -3, 0]],
      ["tile 0", "RFP", [0, -3, 0]],
      ["tile 1", "GFP", [0, -3, -24]],
      ["tile 1", "RFP", [0, -3, -24]],
    ]);
    expect(views[0]?.pixelSizeUmZyx).toEqual([5, 1.5, 1.5]);
    for (const [n, view] of views.entries()) expect(await wholeOf(view)).toEqual(expected(Math.floor(n / 2), n % 2));
  });

  it("ImageJ's hyperstacks, by a list of Fiji", async () => {
    const list = "dim = 2\nhyper_1.tif; ; (16.0, 2)\nhyper_0.tif; ; (0.0, 2)\n";
    const { views } = await opened(["hyper_0.tif", "hyper_1.tif"], list);
    expect(views.map(({ name, channel }) => [name, channel])).toEqual([
      ["hyper_1.tif", "channel_1"],
      ["hyper_1.tif", "channel_2"],
      ["hyper_0.tif", "channel_1"],
      ["hyper_0.tif", "channel_2"],
    ]);
    expect(views[0]?.stageUmZyx?.map((um) => Math.round(1e4 * um) / 1e4)).toEqual([0, -3, -24]);
    for (const [n, view] of views.entries()) expect(await wholeOf(view)).toEqual(expected(n < 2 ? 1 : 0, n % 2));
  });

  it("images within a file, by a list of Fiji under another name", async () => {
    const store = new MemoryStore();
    await store.set("in/series.ome.tif", fixture("series.ome.tif"));
    const list = "dim = 2\nmultiseries = true\nseries.ome.tif; 1; (16.0, 2)\nseries.ome.tif; 0; (0.0, 2)\n";
    await store.set("in/mosaic_00.txt", new TextEncoder().encode(list));
    const { views } = (await openListed(store, "in/mosaic_00.txt", {}))!;
    expect(views.map(({ channel, stageUmZyx }) => [channel, stageUmZyx])).toEqual([
      ["GFP", [0, -3, -24]],
      ["RFP", [0, -3, -24]],
      ["GFP", [0, -3, 0]],
      ["RFP", [0, -3, 0]],
    ]);
    for (const [n, view] of views.entries()) expect(await wholeOf(view)).toEqual(expected(n < 2 ? 1 : 0, n % 2));
  });

  it("a hyperstack alone has its channels", async () => {
    const { views } = await opened(["hyper_1.tif"]);
    expect(await wholeOf(views[1]!)).toEqual(expected(1, 1));
  });

  it.each(["differences_u2.tif", "differences_f4.tif"])("%s: differences in a big-endian file", async (name) => {
    const store = new MemoryStore();
    await store.set(name, fixture(name));
    const source = await openPlaneFile(store, name);
    const whole = expected(1, 0);
    for (let z = 0; z < planes; z++) {
      const plane = Array.from(await source.readRows(z, 0, rows));
      expect(plane).toEqual(Array.from(whole.subarray(z * rows * columns, (z + 1) * rows * columns)));
    }
  });

  it("JPEG in TIFF, which changes pixels, is refused", async () => {
    const store = new MemoryStore();
    await store.set("jpeg.tif", fixture("jpeg.tif"));
    await expect(openPlaneFile(store, "jpeg.tif")).rejects.toMatchObject({
      kind: "unsupported",
      found: "compression 7",
    });
  });
});

it("a plane in PNG", async () => {
  const store = new MemoryStore();
  await store.set("plane.png", fixture("plane.png"));
  const source = await openPlaneFile(store, "plane.png");
  expect(source).toMatchObject({ planeCount: 1, shapeYx: [rows, columns], typeName: "uint16" });
  const whole = expected(1, 0).subarray(2 * rows * columns);
  expect(await source.readRows(0, 3, 5)).toEqual(whole.slice(3 * columns, 5 * columns));
});
