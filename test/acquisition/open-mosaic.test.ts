import { describe, expect, it } from "vitest";
import { fullResolution } from "../../src/acquisition/acquisition.ts";
import { openAcquisition } from "../../src/acquisition/open-acquisition.ts";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { selectChannels } from "../../src/acquisition/select-channels.ts";
import type { Note } from "../../src/acquisition/tile-view.ts";
import { gridPlaces } from "../../src/tiles/tile.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { encodeJson } from "../../src/zarr/json.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";
import { type ImageArray, imageAttributes, writeArray, writeGroup, writeImage } from "./write-image.ts";

const array = (...shape: number[]): ImageArray => ({ shape, chunkShape: shape.map(() => 4) });

async function open(levels: readonly ImageArray[]) {
  const store = new MemoryStore("data");
  await writeImage(store, "image", levels);
  return openMosaic(store, "image");
}

describe("openMosaic", () => {
  it("takes an image without a table for one tile and counts an image without channels as one channel", async () => {
    const acquisition = await open([array(6, 20, 17), array(6, 10, 9), array(3, 5, 5)]);
    expect(acquisition.hasTileTable).toBe(false);
    expect(acquisition.tiles).toEqual([{ number: 1, name: "image", box: { start: [0, 0, 0], stop: [6, 20, 17] } }]);
    expect(acquisition.channels).toEqual([{ index: 0, label: "channel_1" }]);
    expect(acquisition.levels.map((level) => level.shapeCzyx)).toEqual([
      [1, 6, 20, 17],
      [1, 6, 10, 9],
      [1, 3, 5, 5],
    ]);
    expect(acquisition.levels.map((level) => level.factorsZyx)).toEqual([
      [1, 1, 1],
      [1, 2, 2],
      [2, 4, 4],
    ]);
    expect(fullResolution(acquisition).chunkGridCzyx).toEqual([1, 2, 5, 5]);
  });

  it("warns where no chunk of the full resolution is stored: it would be corrected as if it were black", async () => {
    const store = new MemoryStore("data");
    await writeImage(store, "image", [array(1, 6, 20, 17)]);
    const notes: unknown[] = [];
    const note: Note = (...told) => notes.push(told);
    await openAcquisition(store, "image", { note });
    expect(notes).toEqual([["No chunk of data/image/0 is stored: all pixels are read as 0", "warning"]]);
    await store.set("image/0/0/0/0/0", Uint8Array.of(1));
    await openAcquisition(store, "image", { note });
    expect(notes).toHaveLength(1);
  });

  it("multiplies the factors of rounded shapes step by step", async () => {
    const floored = await open([array(1, 5, 100, 99), array(1, 5, 50, 49), array(1, 5, 25, 24), array(1, 5, 12, 12)]);
    expect(floored.levels.at(-1)!.factorsZyx).toEqual([1, 8, 8]);
  });

  it.each([
    ["another number of axes than named", [array(6, 20, 17)], /found 6 x 20 x 17, expected czyx/],
    ["no pixels", [array(1, 6, 0, 17)], /has no pixels/],
    ["a level that is finer", [array(1, 4, 8, 8), array(1, 4, 16, 16)], /finer than the first level .*data\/image\/1/],
    ["no array at full resolution", [], /no Zarr array \(data\/image\/0/],
  ])("refuses an image with %s", async (_, arrays, message) => {
    const store = new MemoryStore("data");
    const scale = [1, 1, 1, 1];
    await writeGroup(store, "image", imageAttributes([scale, scale]));
    for (const [level, given] of arrays.entries()) await writeArray(store, `image/${level}`, given);
    await expect(openMosaic(store, "image")).rejects.toMatchObject({
      name: "IsoluxError",
      message: expect.stringMatching(message),
    });
  });

  it("does not open an image whose table is there but broken", async () => {
    const store = new MemoryStore();
    await writeImage(store, "image", [array(1, 4, 8, 8)]);
    await store.set(`image/tables/FOV_ROI_table/.zattrs`, encodeJson({}));
    await expect(openMosaic(store, "image")).rejects.toMatchObject({ name: "IsoluxError" });
  });
});

describe("selectChannels", () => {
  it("gives channels in the image's order and names one that is not there", async () => {
    const acquisition = await open([array(3, 4, 8, 8)]);
    const labels = (wanted?: string[]) => selectChannels(acquisition, wanted).map(({ label }) => label);
    expect(labels()).toEqual(["channel_1", "channel_2", "channel_3"]);
    expect(labels(["channel_3", "channel_1"])).toEqual(["channel_1", "channel_3"]);
    expect(() => labels(["channel_1", "MBP"])).toThrow(
      'The image does not have the channel asked for (data/image): found "MBP", expected "channel_1", "channel_2", "channel_3".',
    );
  });
});

describe("Level", () => {
  it("reads and writes chunks of an array with and without channels by the same coordinates", async () => {
    for (const shape of [
      [1, 4, 8, 8],
      [4, 8, 8],
    ]) {
      const store = new MemoryStore();
      await writeImage(store, "image", [array(...shape)]);
      const level = fullResolution(await openMosaic(store, "image"));
      const pixels = Uint16Array.from({ length: level.array.chunkLength }, (_, i) => i);
      expect(await level.readChunk([0, 0, 1, 1])).toBeUndefined();
      expect(await level.writeChunk(store, [0, 0, 1, 1], pixels)).toBe(2 * pixels.length);
      expect(await level.readChunk([0, 0, 1, 1])).toEqual(pixels);
      expect(level.chunkKey([0, 0, 1, 1])).toBe(shape.length === 4 ? "image/0/0/0/1/1" : "image/0/0/1/1");
      expect([level.type, level.fillValue, level.shapeZyx]).toEqual(["uint16", 0, [4, 8, 8]]);
    }
  });
});

describe.skipIf(!hasReferenceData)("images that others wrote", () => {
  const openThere = (folder: string, key: string) =>
    openMosaic(new DirectoryStore(`${referenceFolder}data/${folder}`), key);

  it("opens a mosaic of the mesoSPIM converter", async () => {
    const mosaic = await openThere("mesospim/samples/mosaic_v04/demo.zarr", "raw_image");
    expect(mosaic.channels.map(({ label }) => label)).toEqual(["MBP", "Lectin"]);
    expect(mosaic.pixelSizeUmZyx).toEqual([2, 1, 1]);
    expect(mosaic.levels.map((level) => level.factorsZyx)).toEqual([
      [1, 1, 1],
      [1, 2, 2],
      [1, 4, 4],
    ]);
    expect(mosaic.tiles.map(({ name, box }) => [name, ...box.start, ...box.stop])).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => {
        const [y, x] = [24 * (i % 3), 16 * Math.floor(i / 3)];
        return [`FOV_${i}`, 0, y, x, 6, y + 24, x + 16];
      }),
    );
    expect(mosaic.tiles.every((tile) => tile.stagePositionUmYx !== undefined)).toBe(true);
  });

  it("opens the upstream example, whose table's index is FieldIndex", async () => {
    const example = await openThere("mesospim/upstream_examples/ngff_example", "my_image");
    expect(example.hasTileTable).toBe(true);
    expect(example.pixelSizeUmZyx).toEqual([1, 0.65, 0.65]);
    const [, depth, rows, columns] = fullResolution(example).shapeCzyx;
    const covered = example.tiles.reduce((sum, { box }) => {
      const [z, y, x] = box.stop.map((stop, axis) => stop - box.start[axis]!) as [number, number, number];
      return sum + z * y * x;
    }, 0);
    expect(covered).toBe(depth * rows * columns);
  });

  it("opens 54 tiles of a real slide", async () => {
    const brain = await openThere("wsi_brain.zarr", "raw_image");
    expect(brain.tiles).toHaveLength(54);
    expect(
      new Set(brain.tiles.map(({ box }) => `${box.stop[1] - box.start[1]} x ${box.stop[2] - box.start[2]}`)),
    ).toEqual(new Set(["512 x 512"]));
    const places = gridPlaces(brain.tiles);
    expect(new Set(places.map(({ row, column }) => `${row} ${column}`)).size).toBe(54);
    expect(brain.levels.at(-1)!.factorsZyx).toEqual([1, 8, 8]);
  });
});
