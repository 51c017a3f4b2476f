/** What metadata of folders by convention say, and stores that do not list. */
import { expect, it } from "vitest";
import { readSmartSpim } from "../../../src/acquisition/listed/smartspim-metadata.ts";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { layout, listedLayouts } from "../../support/listed-layouts.ts";
import { tiffFile } from "../../support/tiff-file.ts";
import { writeNative } from "../native/native-files.ts";

const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

it("a SmartSPIM's metadata in tables of text", async () => {
  const store = new MemoryStore();
  const lines = [
    "Obj\tV_Res\tH_Res\tCamera\t\u00b5m/pix\tZ step (\u00b5m)\tDate",
    "LCT 3.6x\t1600\t2000\tOrca\t1.800\t4.00\t2024-05-01",
    "",
    "X\tY\tZ\tLaser\tSide\tExposure",
    "439030\t262420\t977\t488\t0\t2",
    "439030\t288340\t977\t488\t1\t2",
    "439030\t288340\t977\t561\t0\t2",
  ];
  await store.set("brain/metadata.txt", latin1(lines.join("\r\n")));
  const metadata = (await readSmartSpim(store, ["brain"]))!;
  expect(metadata).toMatchObject({ stepUm: 4, pixelSizeUm: { z: 4, y: 1.8, x: 1.8 } });
  const tile = "439030_288340";
  expect(["488", "561", "639"].map((channel) => metadata.sideOf(tile, channel))).toEqual(["Right", "Left", undefined]);
  expect(metadata.sideOf("439030_262420", "488")).toBe("Left");
  expect(metadata.sideOf("1_2", "488")).toBeUndefined();
});

it("one channel of a SmartSPIM, and the folder above its own", async () => {
  const store = new MemoryStore();
  await listedLayouts.SmartSPIM!(store);
  const one = (await openAcquisition(store, "brain/Ex_488_Ch0")).acquisition;
  expect(one.channels.map(({ label }) => label)).toEqual(["488"]);
  expect(one.pixelSizeUmZyx).toEqual([2, 1.6, 1.6]);
  const data = new MemoryStore();
  await data.set("d/SmartSPIM/Ex_488_Em_525/100/100_100/000000.tif", tiffFile([new Uint16Array(20)], [4, 5]));
  await data.set("d/SmartSPIM/Ex_488_Em_600/100/100_100/000000.tif", tiffFile([new Uint16Array(20)], [4, 5]));
  const two = (await openAcquisition(data, "d")).acquisition;
  expect(two.channels.map(({ label }) => label)).toEqual(["488_Em_525", "488_Em_600"]);
});

it("SmartSPIM's folders at places below 0, which lie before those above", async () => {
  const store = new MemoryStore();
  const tile = (value: number) => tiffFile([new Uint16Array(20).fill(value)], [4, 5]);
  for (const [folder, value] of [
    ["-40/-40_-32", 1],
    ["-40/-40_8", 2],
    ["10/10_-32", 3],
    ["10/10_8", 4],
  ] as const) {
    await store.set(`d/Ex_488_Ch0/${folder}/-000040.tif`, tile(value));
    await store.set(`d/Ex_488_Ch0/${folder}/-000020.tif`, tile(value + 4));
    await store.set(`d/Ex_488_Ch0/${folder}/000000.tif`, tile(value + 8));
  }
  const { levels, pixelSizeUmZyx } = (await openAcquisition(store, "d")).acquisition;
  expect(pixelSizeUmZyx[0]).toBe(2);
  const columnOf = async (x: number) => [
    ...(await levels[0]!.readBox(0, { start: [0, 0, x], stop: [3, 8, x + 1] })).filter((_, at) => at % 4 === 0),
  ];
  expect(await columnOf(0)).toEqual([1, 2, 5, 6, 9, 10]);
  expect(await columnOf(5)).toEqual([3, 4, 7, 8, 11, 12]);
});

it("TeraStitcher's folders with several planes in a file", async () => {
  const store = new MemoryStore();
  const part = (...values: number[]) =>
    tiffFile(
      values.map((value) => new Uint16Array(20).fill(value)),
      [4, 5],
    );
  for (const [tile, first] of [
    ["000100/000100_000200", 10],
    ["000100/000100_000230", 20],
  ] as const) {
    await store.set(`t/${tile}/000000.tif`, part(first, first + 1, first + 2));
    await store.set(`t/${tile}/000060.tif`, part(first + 3, first + 4));
  }
  const hintless = (await openAcquisition(store, "t")).acquisition;
  // 6 µm from one file to the next, of three planes.
  expect(hintless.pixelSizeUmZyx).toEqual([2, 1, 1]);
  const pixels = await hintless.levels[0]!.readBox(0, { start: [0, 0, 0], stop: [5, 8, 1] });
  expect([...new Set(pixels)]).toEqual([10, 20, 11, 21, 12, 22, 13, 23, 14, 24]);
});

it("AIND's tiles in OME-Zarr, without an XML file", async () => {
  const store = new MemoryStore("data");
  const tiles = layout.tiles.map(({ gridYx: [y, x] }, n) => ({
    name: `tile_X_${String(x).padStart(4, "0")}_Y_${String(y).padStart(4, "0")}_Z_0000_ch_488.zarr`,
    shape: [2, 8, 6] as const,
    translation: [0, y * 6 * 1.625, x * 4 * 1.625] as const,
    seed: n + 1,
  }));
  await writeNative(store, "SPIM.ome.zarr", tiles);
  const { acquisition } = await openAcquisition(store, "SPIM.ome.zarr");
  expect(acquisition.channels.map(({ label }) => label)).toEqual(["488"]);
  expect(acquisition.tiles.map(({ stagePositionUmYx: [y, x] = [0, 0] }) => [y / 1.625 / 6, x / 1.625 / 4])).toEqual(
    layout.tiles.map(({ gridYx }) => [...gridYx]),
  );
});

it("stacks in a list, from a server that does not list; patterns need one that does", async () => {
  const store = new MemoryStore("https://host");
  const { key } = await listedLayouts["tiles.csv of stacks"]!(store);
  store.list = async () => undefined as never;
  const { acquisition } = await openAcquisition(store, `${key}/tiles.csv`);
  expect(acquisition.tiles).toHaveLength(layout.tiles.length);
  expect((await openAcquisition(store, key)).acquisition.tiles).toHaveLength(layout.tiles.length);
  const fiji = await listedLayouts["TileConfiguration.txt of hyperstacks"]!(store);
  expect((await openAcquisition(store, fiji.key)).acquisition.tiles).toHaveLength(layout.tiles.length);
  await expect(openAcquisition(store, key, { hints: { pattern: "{row}.tif" } })).rejects.toThrow(
    /does not list folders.*tiles\.csv/,
  );
});
