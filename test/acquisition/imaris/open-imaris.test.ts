import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { OpenSynchronously } from "../../../src/acquisition/bdv/hdf5-module.ts";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { doubtPlacement } from "../../../src/sample/placement/doubt-placement.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { expectSame, type GeneratedTile, generateTiles, mirrored } from "../../support/generated-tiles.ts";
import { FileInMemory } from "../bdv/hdf5-files.ts";
import { type ImarisOptions, imarisFile } from "./imaris-files.ts";

const made = await generateTiles();
const { labels } = made;

/** A store with a file a tile, and how they are opened. */
async function storeOf(tiles: readonly GeneratedTile[], options: ImarisOptions = {}) {
  const store = new MemoryStore();
  const files = new Map<string, Uint8Array>();
  for (const tile of tiles) {
    // Names do not tell where tiles lie
    const key = `in/tile ${9 - tile.number}.ims`;
    const bytes = await imarisFile(tile, { labels, ...options });
    files.set(`${store.location}/${key}`, bytes);
    await store.set(key, bytes);
  }
  const openFile: OpenSynchronously = (location) => new FileInMemory(files.get(location)!, location);
  return { store, openFile };
}

const open = async (tiles: readonly GeneratedTile[], key = "in", options: ImarisOptions = {}) => {
  const { store, openFile } = await storeOf(tiles, options);
  const notes: string[] = [];
  const { acquisition } = await openAcquisition(store, key, { openFile, note: (text) => notes.push(text) });
  return { acquisition, notes };
};

describe("a folder of Imaris files", () => {
  it("is the acquisition of its tiles", async () => {
    const { acquisition } = await open(made.tiles);
    await expectSame(acquisition, made);
    expect(await acquisition.sourceObjects()).toMatchObject({ pixels: { length: 5 } });
  });

  it.each([1, 2] as const)("whose positions run against the images along axis %i is noticed", async (axis) => {
    const { acquisition } = await open(mirrored(made.tiles, axis));
    expect((await doubtPlacement(acquisition)).length).toBeGreaterThan(0);
  });

  it("keeps depths, and takes other units", async () => {
    const deeper = made.tiles.map((tile): GeneratedTile => {
      const [z, y, x] = tile.originUmZyx;
      return { ...tile, originUmZyx: [tile.number === 2 ? z + 8 : z, y, x] };
    });
    const { acquisition, notes } = await open(deeper);
    expect(acquisition.tiles.map(({ stageDepthUm }) => stageDepthUm)).toEqual([
      undefined,
      8,
      ...Array(3).fill(undefined),
    ]);
    expect(notes.join()).toContain("deeper than the others, by up to 8 µm");
    const { acquisition: inNm } = await open(made.tiles, "in/tile 8.ims", { unit: "nm" });
    for (const [axis, um] of [0.004, 0.0015, 0.0015].entries()) expect(inNm.pixelSizeUmZyx[axis]).toBeCloseTo(um, 6);
  });

  it("takes all time points", async () => {
    const { acquisition } = await open(made.tiles, "in", { timePoints: 2 });
    const [full] = acquisition.levels;
    expect([full!.timePoints, full!.shapeCzyx]).toEqual([2, [2, 8, 180, 100]]);
    expect(acquisition.tilesOfOneTime).toHaveLength(5);
    const plane = (z: number) => full!.readBox(1, { start: [z, 0, 0], stop: [z + 1, 60, 50] });
    expect(await plane(5)).toEqual(await plane(1));
  });

  it("all in one place is refused", async () => {
    const together = made.tiles.map((tile): GeneratedTile => ({ ...tile, originUmZyx: [0, 0, 0] }));
    await expect(open(together)).rejects.toThrow("The Imaris files of the folder all begin in the same place");
  });
});

describe("a single Imaris file", () => {
  it("is one image; channels of one name get names of their own", async () => {
    const { acquisition } = await open(made.tiles, "in/tile 8.ims", { labels: ["GFP", "GFP"] });
    expect(acquisition.tiles).toHaveLength(1);
    expect(acquisition.channels.map(({ label }) => label)).toEqual(["GFP", "GFP_2"]);
    expect(await acquisition.levels[0]!.readBox(1, { start: [0, 0, 0], stop: [4, 60, 50] })).toEqual(
      made.tiles[0]!.channels[1],
    );
  });

  it.each<[string, ImarisOptions, string]>([
    ["without a size", { image: { ExtMax0: "" } }, "does not say how large its pixels are"],
    ["with an unknown unit", { unit: "furlong" }, 'Unit "furlong"'],
    ["without sizes", { without: "sizes", image: { X: "" } }, "does not say how large its pixels are"],
    ["larger than its array", { without: "sizes", image: { X: "500" } }, "An image is larger than its array"],
    ["without channels", { without: "channels" }, "has no pixels"],
    ["of something else", { without: "DataSetInfo" }, "The file holds no image of Imaris"],
  ])("%s is refused", async (_, options, message) => {
    await expect(open(made.tiles, "in/tile 8.ims", options)).rejects.toThrow(message);
  });

  it("cut short is refused, and so is one on a server", async () => {
    const { store, openFile } = await storeOf(made.tiles.slice(0, 1));
    const cut: OpenSynchronously = (location) => {
      const { bytes } = openFile(location) as FileInMemory;
      return new FileInMemory(bytes.subarray(0, 9000), location);
    };
    await expect(openAcquisition(store, "in/tile 8.ims", { openFile: cut })).rejects.toThrow("cut short");
    await expect(openAcquisition(store, "in/tile 8.ims")).rejects.toThrow("HDF5 files are read from a disk only");
  });

  it("that h5py wrote, with two levels", async () => {
    const path = fileURLToPath(new URL("../../fixtures/imaris/two-levels.ims", import.meta.url));
    const openFile: OpenSynchronously = (location) => new FileInMemory(new Uint8Array(readFileSync(path)), location);
    const { acquisition } = await openAcquisition(new MemoryStore(), "two-levels.ims", { openFile });
    expect(acquisition.pixelSizeUmZyx).toEqual([5, 0.65, 0.65]);
    expect(acquisition.levels.map(({ shapeCzyx }) => shapeCzyx)).toEqual([
      [2, 3, 20, 30],
      [2, 3, 10, 15],
    ]);
    expect(acquisition.channels.map(({ label }) => label)).toEqual(["Autofluorescence", "cFos (647 nm)"]);
    const at = async (level: number, channel: number, z: number, y: number, x: number) =>
      (await acquisition.levels[level]!.readBox(channel, { start: [z, y, x], stop: [z + 1, y + 1, x + 1] }))[0];
    expect(await at(0, 1, 2, 19, 29)).toBe(1000 + 200 + 19 * 30 + 29);
    expect(await at(1, 0, 2, 9, 14)).toBe(200 + 18 * 30 + 28);
  });
});
