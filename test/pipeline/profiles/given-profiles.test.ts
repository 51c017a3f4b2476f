import { beforeEach, describe, expect, it } from "vitest";
import type { Acquisition } from "../../../src/acquisition/acquisition.ts";
import type { RunEvent } from "../../../src/parameters/run-events.ts";
import { encodeChannelProfile, profileTargets } from "../../../src/pipeline/profiles/channel-profile.ts";
import { readGivenProfiles } from "../../../src/pipeline/profiles/given-profiles.ts";
import { encodeTiff } from "../../../src/profile/formats/image-file.ts";
import { encodeNpz } from "../../../src/profile/npz.ts";
import type { Yx, Zyx } from "../../../src/shapes.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

/** An acquisition of one tile and two channels, of which only the geometry is asked. */
function acquisitionOf([height, width]: Yx, pixelSizeUm: number): Acquisition {
  return {
    location: "memory:image",
    type: "uint16",
    channels: [
      { index: 0, label: "405" },
      { index: 1, label: "488" },
    ],
    levels: [],
    tiles: [{ number: 1, name: "FOV_1", box: { start: [0, 0, 0], stop: [1, height, width] } }],
    hasTileTable: true,
    pixelSizeUmZyx: [5, pixelSizeUm, pixelSizeUm],
    sourceObjects: () => Promise.reject(new Error("not asked for")),
  };
}

let store: MemoryStore;
let events: RunEvent[];
beforeEach(() => {
  store = new MemoryStore("memory:");
  events = [];
});

async function read(acquisition: Acquisition, cameraOffset?: number) {
  const targets = profileTargets(acquisition, acquisition.channels, "separate");
  const hooks = { report: (event: RunEvent) => events.push(event), signal: new AbortController().signal };
  return readGivenProfiles(acquisition, targets, { store, key: "models" }, hooks, cameraOffset);
}

const warnings = () => events.flatMap((event) => (event.kind === "warning" ? [event.text] : []));
const slope = (low: number) => Float32Array.of(low, low, 2 - low, 2 - low);

describe("given profiles", () => {
  it("come from other programs' files", async () => {
    await store.set("models/scan-ffp.tif", encodeTiff([slope(0.5), slope(0.8)], [2, 2]));
    const profiles = await read(acquisitionOf([2, 2], 1));
    expect(profiles.map(({ target, profile }) => [target.channel.label, [...profile.flatfield]])).toEqual([
      ["405", [...slope(0.5)]],
      ["488", [...slope(0.8)]],
    ]);
    expect(warnings()).toEqual([]);
  });

  it("may be named by wavelength where the channel's label is another", async () => {
    await store.set("models/w1-ffp.tif", encodeTiff([slope(0.5)], [2, 2]));
    await store.set("models/w2-ffp.tif", encodeTiff([slope(0.8)], [2, 2]));
    const plain = acquisitionOf([2, 2], 1);
    const channels = plain.channels.map((channel, i) => ({ ...channel, label: `dye ${i}`, wavelengthId: `w${i + 1}` }));
    const profiles = await read({ ...plain, channels });
    expect(profiles.map(({ profile }) => profile.flatfield[0])).toEqual([...Float32Array.of(0.5, 0.8)]);
  });

  it("have the camera offset as their dark-field where they have none, and less of a baseline", async () => {
    const saved = (darkfield: number, baseline: number) => ({
      flatfield: { shape: [2, 2], data: slope(0.5) },
      darkfield: { shape: [2, 2], data: new Float32Array(4).fill(darkfield) },
      baseline: { shape: [], data: Float64Array.of(baseline) },
    });
    await store.set("models/405/profiles.npz", encodeNpz(saved(0, 130)));
    await store.set("models/488/profiles.npz", encodeNpz(saved(90, 130)));
    const profiles = await read(acquisitionOf([2, 2], 1), 100);
    expect(profiles.map(({ profile }) => [profile.darkfield[3], profile.baseline])).toEqual([
      [100, 30],
      [90, 130],
    ]);
    expect(events.map((event) => "text" in event && event.text)).toEqual([
      "The profile of channel 405 has no dark-field: the camera offset of 100 counts is subtracted, and its baseline is 30 in place of 130.",
      "The profile of channel 488 has a dark-field: the camera offset has no effect.",
    ]);
  });

  it("of another shape are refused, and told that an image without a table counts as one tile", async () => {
    await store.set("models/scan-ffp.tif", encodeTiff([slope(0.5), slope(0.8)], [2, 2]));
    const acquisition = acquisitionOf([4, 8], 1);
    await expect(read(acquisition)).rejects.toThrow(
      "It is not clear how the profile of channel 405 lies over the tiles (memory:/models/scan-ffp.tif): found a profile of 2 x 2 px for tiles of 4 x 8 px",
    );
    await expect(read({ ...acquisition, hasTileTable: false })).rejects.toThrow(/has no table of tiles.*as one tile/);
    // Twice as large may be four tiles, too.
    await expect(read({ ...acquisitionOf([4, 4], 1), hasTileTable: false })).rejects.toThrow(
      /found a profile of 2 x 2 px for one of 4 x 4 px.*give the image with its table\. If both show the same field/,
    );
  });

  it("of half the shape of a table's only tile, the whole image, may be those of a mosaic's tiles: refused", async () => {
    await store.set("models/scan-ffp.tif", encodeTiff([slope(0.5), slope(0.8)], [2, 2]));
    const plain = acquisitionOf([4, 4], 1);
    const withLevel = (shapeZyx: Zyx) => ({
      ...plain,
      tileSource: { table: "FOV_ROI_table", remarks: [], otherTables: [] },
      levels: [{ shapeZyx } as Acquisition["levels"][number]],
    });
    await expect(read(withLevel([1, 4, 4]))).rejects.toThrow(
      /found a profile of 2 x 2 px for one of 4 x 4 px.*has a table of one tile, all of it: .*a table of its tiles/,
    );
    await read(withLevel([1, 4, 8]));
    expect(warnings()).toHaveLength(2);
  });

  it("of some tiles' shape are not stretched over others, of which nothing tells what they show", async () => {
    const acquisition = acquisitionOf([8, 8], 1);
    const whole = [0, 1].map((n) => ({ number: n + 1, name: `T${n}`, box: acquisition.tiles[0]!.box }));
    const half = { number: 3, name: "T2", box: { start: [0, 8, 0], stop: [1, 12, 4] } } as const;
    const fine = Float32Array.from({ length: 64 }, (_, at) => 0.5 + at / 63);
    for (const label of ["405", "488"]) await store.set(`models/${label}.tif`, encodeTiff([fine], [8, 8]));
    await read({ ...acquisition, tiles: whole });
    await expect(read({ ...acquisition, tiles: [...whole, half] })).rejects.toThrow(
      /found a profile of 8 x 8 px for one of 4 x 4 px/,
    );
    // Where the place in the grid tells the part, that part is taken.
    const part = { ...half, fieldPart: { startYx: [0, 4], fieldYx: [8, 8] } } as const;
    await read({ ...acquisition, tiles: [...whole, part] });
  });

  it("of coarser or finer pixels are taken so, with a line", async () => {
    const coarse = Float32Array.of(0.5, 1, 1, 1.5);
    const fine = Float32Array.from({ length: 64 }, (_, at) => 0.5 + at / 63);
    await store.set("models/405.tif", encodeTiff([coarse], [2, 2]));
    await store.set("models/488.tif", encodeTiff([fine], [8, 8]));
    const [first, second] = await read(acquisitionOf([4, 4], 1));
    expect(first).toMatchObject({ profile: { shapeYx: [2, 2] }, alignment: { kind: "centres", factorYx: [2, 2] } });
    expect(second!.profile.shapeYx).toEqual([4, 4]);
    // The mean of the block of pixels 36, 37, 44 and 45.
    expect(second!.profile.flatfield[10]).toBeCloseTo(0.5 + 40.5 / 63, 6);
    const told = events.flatMap((event) =>
      "text" in event && /another shape than the tiles/.test(event.text) ? [event.text] : [],
    );
    expect(told).toEqual([
      "The profile of channel 405 has another shape than the tiles: it has 2 x 2 px, the tiles 4 x 4 px: its shape says that it was binned by 2, so it is laid over the whole tile. If it shows another field than they do, the correction is wrong.",
      "The profile of channel 488 has another shape than the tiles: it has 8 x 8 px, the tiles 4 x 4 px: its shape says that the tiles were binned by 2, so its pixels are averaged. If it shows another field than they do, the correction is wrong.",
    ]);
  });

  it("saved for another zoom are a warning, though the tiles have the same shape", async () => {
    await store.set("models/scan-ffp.tif", encodeTiff([slope(0.5), slope(0.8)], [2, 2]));
    for (const profile of await read(acquisitionOf([2, 2], 1))) {
      const field = { shapeYx: [2, 2], pixelSizeUmYx: [1.1, 1.1] } as const;
      await store.set(
        `models/${profile.target.channel.label}/profiles.npz`,
        encodeChannelProfile({ ...profile, field }, {}),
      );
    }
    await read(acquisitionOf([2, 2], 1.1));
    expect(warnings()).toEqual([]);
    const [given] = await read(acquisitionOf([2, 2], 0.55));
    expect(given!.field).toEqual({ shapeYx: [2, 2], pixelSizeUmYx: [1.1, 1.1] });
    expect(warnings()).toEqual([
      expect.stringMatching(/^The profile of channel 405 may not fit: it was made for pixels of 1\.1 x 1\.1 µm/),
      expect.stringMatching(/^The profile of channel 488/),
    ]);
  });

  it("are doubted where the dark-field takes nothing off whole numbers", async () => {
    const dark = (value: number) => new Float32Array(4).fill(value);
    const put = (value: number) =>
      Promise.all(
        ["405", "488"].map((label) =>
          store.set(
            `models/${label}/profiles.npz`,
            encodeNpz({
              flatfield: { shape: [2, 2], data: slope(0.5) },
              darkfield: { shape: [2, 2], data: dark(value) },
            }),
          ),
        ),
      );
    await put(100 / 65535);
    await read(acquisitionOf([2, 2], 1));
    expect(warnings()).toEqual(
      ["405", "488"].map((label) => expect.stringMatching(`dark-field of .*${label}/.* at most 0.00153 counts.*65535`)),
    );
    for (const value of [0, 1, 100]) {
      events.length = 0;
      await put(value);
      await read(acquisitionOf([2, 2], 1));
      expect(warnings()).toEqual([]);
    }
  });
});
