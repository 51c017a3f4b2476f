import { describe, expect, it } from "vitest";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import { channelsWithLight } from "../../../src/pipeline/profiles/channels-with-light.ts";
import type { PixelType } from "../../../src/shapes.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { writeImage } from "../../acquisition/write-image.ts";

const lit = { label: "A", wavelengthId: "488", color: "4FC3F7", background: 240, autofluorescence: 500, labelled: 900 };
const off = { ...lit, label: "B", background: 0, autofluorescence: 0, labelled: 0 };

/** A mosaic with a lit channel and one that was switched off, of `value` counts everywhere. */
async function mosaicOf(channels: (typeof lit)[], value = 0) {
  const store = new MemoryStore();
  const scene = {
    gridYx: [2, 2],
    tileShapeYx: [48, 48],
    planes: 4,
    levelCount: 2,
    darkfield: 0,
    readNoise: 0,
  } as const;
  const made = await writeSyntheticAcquisition(store, "a.zarr", { ...scene, cameraOffset: value, channels });
  return openMosaic(store, made.imageKey);
}

async function chosen(acquisition: Awaited<ReturnType<typeof mosaicOf>>, channels?: string[], cameraOffset?: number) {
  const told: string[] = [];
  const report = (event: { kind: string; text?: string }) => void told.push(`${event.kind}: ${event.text}`);
  const { signal } = new AbortController();
  const found = await channelsWithLight(acquisition, { channels, seed: 0, cameraOffset }, { report, signal });
  return { labels: found.map(({ label }) => label), told };
}

describe("channels with light", () => {
  it.each([
    [0, "all its pixels are 0"],
    [300, "all its pixels are 300"],
  ])("leave out one that shows nothing but %i, and say so", async (value, reason) => {
    const { labels, told } = await chosen(await mosaicOf([lit, off], value));
    expect(labels).toEqual(["A"]);
    expect(told).toEqual([`warning: Channel B is copied as it is: ${reason}, so that no profile can be estimated.`]);
  });

  it("are those that were asked for, whatever they show", async () => {
    expect(await chosen(await mosaicOf([lit, off]), ["B"])).toEqual({ labels: ["B"], told: [] });
  });

  it("are none where no channel shows anything: that is an error", async () => {
    await expect(chosen(await mosaicOf([off]))).rejects.toThrow(/shows nothing.*channel B: all its pixels are 0/);
  });

  /** Two channels of 3 planes of 32 x 32 px. */
  async function imageOf(type: PixelType, pixel: (channel: number, x: number, noise: number) => number) {
    const store = new MemoryStore();
    const shape = [2, 3, 32, 32] as const;
    const values = Float64Array.from({ length: 2 * 3 * 1024 }, (_, i) => {
      const noise = (((Math.imul(i + 1, 2654435761) >>> 8) % 11) - 5) / 5;
      return pixel(Math.floor(i / 3072), i % 32, noise);
    });
    const pixels = type === "float32" ? Float32Array.from(values) : Int16Array.from(values);
    await writeImage(store, "image", [{ shape, chunkShape: [1, 2, 16, 16], type, pixels }]);
    return openMosaic(store, "image");
  }

  it("leave out one of no numbers", async () => {
    const image = await imageOf("float32", (channel, x) => (channel === 0 ? 100 + x : Number.NaN));
    const { labels, told } = await chosen(image);
    expect(labels).toEqual(["channel_1"]);
    expect(told).toEqual([
      expect.stringContaining("channel_2 is copied as it is: all its pixels are no numbers (NaN)"),
    ]);
  });

  it("leave out one of zeros, whatever their sign", async () => {
    const image = await imageOf("float32", (channel, x) => (channel === 0 ? 100 + x : x % 2 === 0 ? 0 : -0));
    const { labels, told } = await chosen(image);
    expect(labels).toEqual(["channel_1"]);
    expect(told).toEqual([expect.stringMatching(/channel_2 is copied as it is: all its pixels are -?0/)]);
  });

  it.each(["int16", "float32"] as const)("of %s below 0 need to be told what shows without light", async (type) => {
    // Light of 100 to 255 counts less a background of 200.
    const image = await imageOf(type, (_, x, noise) => 100 + 5 * x + 4 * noise - 200);
    await expect(chosen(image)).rejects.toThrow(
      /found .* % of its pixels plainly below 0, down to -10\d.*--camera-offset/,
    );
    await expect(chosen(image, ["channel_1"])).rejects.toThrow("Channel channel_1 has been made darker than no light");
    expect((await chosen(image, undefined, -200)).labels).toEqual(["channel_1", "channel_2"]);
  });

  it("may be noise around 0", async () => {
    const image = await imageOf("float32", (_, x, noise) => Math.max(0, x - 16) + 3 * noise);
    expect((await chosen(image)).labels).toEqual(["channel_1", "channel_2"]);
  });
});

it("channels below 0 are told with the offset at which overlaps agree best", async () => {
  const store = new MemoryStore();
  const made = await writeSyntheticAcquisition(store, "a.zarr", {
    ...{ gridYx: [3, 3], tileShapeYx: [96, 96], overlap: 0.2, planes: 6, levelCount: 1, darkfield: 0 },
    ...{ chunkShapeZyx: [6, 96, 96], emptyTiles: [], emptyPlanesPerEnd: 0 },
    channels: [
      { label: "A", wavelengthId: "488", color: "4FC3F7", background: 300, autofluorescence: 900, labelled: 0.1 },
    ],
  });
  const image = await openMosaic(store, made.imageKey);
  const [level] = image.levels;
  const lowered: typeof level = Object.assign(Object.create(level!), {
    readChunk: async (...of: Parameters<NonNullable<typeof level>["readChunk"]>) =>
      Int16Array.from((await level!.readChunk(of[0]))!, (value) => value - 1000),
  });
  Object.defineProperty(lowered, "type", { value: "int16" });
  const told = chosen({ ...image, type: "int16", levels: [lowered!] });
  await expect(told).rejects.toThrow(/Overlaps of tiles agree best with about -\d+\. Give what/);
  const offset = Number(/agree best with about (-\d+)/.exec(await told.then(String, String))![1]);
  expect(Math.abs(offset + 1000)).toBeLessThan(100);
});
