import { beforeAll, describe, expect, it } from "vitest";
import type { Acquisition } from "../../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import type { ChannelProfile } from "../../../src/pipeline/profiles/channel-profile.ts";
import { checkGivenProfiles } from "../../../src/pipeline/run/check-given.ts";
import type { Profile } from "../../../src/profile/profile.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

const side = 96;
let image: Acquisition;
let truth: Profile;

/** Tiles of steep light that no turn leaves as it is. */
beforeAll(async () => {
  const store = new MemoryStore();
  const made = await writeSyntheticAcquisition(store, "a.zarr", {
    gridYx: [3, 3],
    tileShapeYx: [side, side],
    overlap: 0.2,
    planes: 4,
    levelCount: 1,
    darkfield: 0,
    vignetting: 0,
    chunkShapeZyx: [4, 96, 96],
    channels: [
      { label: "A", wavelengthId: "488", color: "4FC3F7", background: 800, autofluorescence: 300, labelled: 0 },
    ],
  });
  const known = made.truth.profiles.get("A")!;
  const tilt = (at: number) => 1 + (0.5 * (at % side)) / side + (0.3 * Math.floor(at / side)) / side;
  image = await openMosaic(store, made.imageKey);
  truth = { ...known, flatfield: known.flatfield.map((value, at) => value * tilt(at)) };
  // The camera sees the tilt, too.
  image = changed(image, (value, at) => Math.round(value * tilt(at % (side * side))));
});

/** An image of one level with other pixels. */
function changed(before: Acquisition, change: (value: number, at: number, chunkX: number) => number): Acquisition {
  const [level] = before.levels;
  const made: typeof level = Object.assign(Object.create(level!), {
    readChunk: async (chunk: Parameters<NonNullable<typeof level>["readChunk"]>[0]) =>
      (await level!.readChunk(chunk))!.map((value, at) => change(value, at, chunk[3]!)),
  });
  return { ...before, levels: [made!] };
}

function turned(turn: (y: number, x: number) => readonly [number, number]) {
  return truth.flatfield.map((_, at) => {
    const [y, x] = turn(Math.floor(at / side), at % side);
    return truth.flatfield[y * side + x]!;
  });
}

async function told(
  flatfield: Float32Array,
  {
    acquisition = image,
    isTrusted = false,
    darkfield = truth.darkfield,
    ...counts
  }: Partial<{ acquisition: Acquisition; isTrusted: boolean; darkfield: Float32Array; meanCounts: number }> = {},
) {
  const profile: ChannelProfile = {
    target: { channel: acquisition.channels[0]!, tiles: acquisition.tiles },
    source: "given",
    profile: { ...truth, flatfield, darkfield },
    baselineMeaning: "offset",
    alignment: { kind: "centres", factorYx: [1, 1] },
    planes: [],
    ...counts,
  };
  const texts: string[] = [];
  const report = (event: { kind: string; text?: string }) => void texts.push(`${event.kind}: ${event.text}`);
  const hooks = { report, signal: new AbortController().signal };
  await checkGivenProfiles(acquisition, [profile], { background: "keep", seed: 0, trustProfiles: isTrusted }, hooks);
  return texts;
}

const last = side - 1;

describe("a given flat-field in another orientation", () => {
  it.each([
    ["mirrored left to right", "[:, ::-1]", (y: number, x: number) => [y, last - x] as const],
    ["mirrored top to bottom", "[::-1]", (y: number, x: number) => [last - y, x] as const],
    ["turned upside down", "[::-1, ::-1]", (y: number, x: number) => [last - y, last - x] as const],
    // The value at (y, x) of what numpy.rot90 gives is that at (x, last - y).
    ["turned by 90°", "[::-1].T", (y: number, x: number) => [x, last - y] as const],
    ["turned by 90°", ".T[::-1]", (y: number, x: number) => [last - x, y] as const],
  ])("is refused: %s, with the way back %s", async (name, numpy, turn) => {
    const refused = told(turned(turn));
    await expect(refused).rejects.toThrow(`The flat-field of channel A seems to be ${name} (`);
    await expect(refused).rejects.toThrow(`as with flatfield${numpy} (NumPy), which is better in `);
    await expect(refused).rejects.toThrow(
      `Save it as flatfield${numpy}, and its dark-field likewise, or give --trust-profiles`,
    );
  });

  it("is refused though it is far better than none: light that falls up and down tells little of left and right", async () => {
    const falling = (at: number) => Math.exp(-(((Math.floor(at / side) - side / 2) / 35) ** 2));
    const acquisition = changed(image, (value, at) => Math.round(4 * value * falling(at % (side * side))));
    const mirrored = turned((y, x) => [y, last - x]).map((value, at) => value * falling(at));
    await expect(told(mirrored, { acquisition })).rejects.toThrow("seems to be mirrored left to right");
    expect(
      await told(
        truth.flatfield.map((value, at) => value * falling(at)),
        { acquisition },
      ),
    ).toEqual([]);
  });

  it("is taken as it is where the user insists, with a warning", async () => {
    const texts = await told(
      turned((y, x) => [y, last - x]),
      { isTrusted: true },
    );
    expect(texts).toEqual([
      expect.stringMatching(/^warning: The flat-field of channel A seems to be mirrored left to right/),
    ]);
  });

  it("is refused where it is the factor in place of the light", async () => {
    const factors = truth.flatfield.map((value) => 1 / value);
    await expect(told(factors)).rejects.toThrow("seems to be the inverse of the light");
  });

  it("is refused where it was measured with the camera's offset in it", async () => {
    const acquisition = changed(image, (value) => value + 200);
    const mean = truth.flatfield.reduce((a, b) => a + b) / truth.flatfield.length;
    // The light of the measurement was 600 counts on average.
    const held = truth.flatfield.map((value) => (600 * (value / mean) + 200) / 800);
    const refused = told(held, { acquisition, meanCounts: 800 });
    await expect(refused).rejects.toThrow("The flat-field of channel A seems to hold the camera's offset (");
    const [, counts] = /Save it as flatfield - (\d+), with a dark-field of \1,/.exec(
      await refused.then(String, String),
    )!;
    expect(Math.abs(Number(counts) - 200)).toBeLessThan(20);
    // In counts, but without an offset: it is only left in the image.
    for (const more of [{ meanCounts: 800 }, { meanCounts: 4000 }, {}]) {
      const [text = ""] = await told(truth.flatfield, { acquisition, ...more });
      const about = Number(/^warning: Channel A: tiles differ by .*, give --camera-offset (\d+);/.exec(text)?.[1]);
      expect(Math.abs(about - 200)).toBeLessThan(20);
    }
    expect(await told(truth.flatfield, { meanCounts: 800 })).toEqual([]);
  });

  it("is refused where it holds the offset and was divided by its mean, with a dark-field and without", async () => {
    const acquisition = changed(image, (value) => value + 200);
    const mean = truth.flatfield.reduce((a, b) => a + b) / truth.flatfield.length;
    const held = truth.flatfield.map((value) => 0.75 * (value / mean) + 0.25);
    for (const darkfield of [truth.darkfield, truth.darkfield.map(() => 200)]) {
      const refused = told(held, { acquisition, darkfield });
      await expect(refused).rejects.toThrow("seems to hold the camera's offset (");
      const text = await refused.then(String, String);
      expect(Math.abs(Number(/Save it as \(flatfield - ([.\d]+)\)/.exec(text)?.[1]) - 0.25)).toBeLessThan(0.04);
      const dark = /with a dark-field of (\d+),/.exec(text)?.[1];
      if (darkfield[0] === 0) expect(Math.abs(Number(dark) - 200)).toBeLessThan(25);
      else expect(text).toContain("with the dark-field as it is");
    }
    expect(await told(truth.flatfield, { acquisition, darkfield: truth.darkfield.map(() => 200) })).toEqual([]);
  });

  it("is believed, but its dark-field told or refused, where that leaves an offset or takes light off", async () => {
    const acquisition = changed(image, (value) => value + 200);
    const withDark = (counts: number) =>
      told(truth.flatfield, { acquisition, darkfield: truth.darkfield.map((dark) => dark + counts) });
    expect(await withDark(200)).toEqual([]);
    for (const half of [100, 140]) {
      const [text = ""] = await withDark(half);
      const about = Number(/^warning: Channel A: .* save it as darkfield \+ (\d+) \(NumPy\); else/.exec(text)?.[1]);
      expect(Math.abs(half + about - 200)).toBeLessThan(20);
    }
    const refused = await withDark(320).then(String, String);
    const about = /dark-field of channel A seems to be too bright .*Save it as darkfield - (\d+), or give/.exec(
      refused,
    );
    expect(Math.abs(320 - Number(about?.[1]) - 200)).toBeLessThan(20);
  });

  it("is believed where it fits", async () => {
    expect(await told(turned((y, x) => [y, x]))).toEqual([]);
  });
});

describe("a given flat-field in another orientation, where no tiles overlap", () => {
  /** The first tiles, or all. */
  const apart = (count?: number): Acquisition => {
    const tiles = image.tiles.slice(0, count).map(({ stagePositionUmYx: _, ...tile }) => tile);
    return { ...image, tiles };
  };

  it.each([
    ["mirrored left to right", "flatfield[:, ::-1]", (y: number, x: number) => [y, last - x] as const],
    ["mirrored top to bottom", "flatfield[::-1]", (y: number, x: number) => [last - y, x] as const],
    ["turned upside down", "flatfield[::-1, ::-1]", (y: number, x: number) => [last - y, last - x] as const],
    ["turned by 90°", "flatfield[::-1].T", (y: number, x: number) => [x, last - y] as const],
  ])("is refused where all tiles show it: %s", async (name, numpy, turn) => {
    const refused = told(turned(turn), { acquisition: apart() });
    await expect(refused).rejects.toThrow(`The flat-field of channel A seems to be ${name} (`);
    await expect(refused).rejects.toThrow(`as from ${numpy} (NumPy)`);
  });

  it("is refused where it is the factor in place of the light", async () => {
    const factors = truth.flatfield.map((value) => 1 / value);
    await expect(told(factors, { acquisition: apart() })).rejects.toThrow("seems to be the inverse of the light");
  });

  it("is told where few tiles show it, and believed where it fits", async () => {
    const mirrored = turned((y, x) => [y, last - x]);
    expect(await told(mirrored, { acquisition: apart(2) })).toEqual([
      expect.stringMatching(/^warning: The flat-field of channel A seems to be mirrored left to right/),
    ]);
    for (const count of [1, 2, 9]) expect(await told(truth.flatfield, { acquisition: apart(count) })).toEqual([]);
  });

  it("is believed where the sample grows brighter across all tiles, as tilted light would be in each", async () => {
    // By as much from tile to tile as within each: all of it is sample.
    const grown = (at: number, tile: number) => 2 ** -(tile + (at % side) / side);
    const acquisition = changed(apart(), (value, at, tile) => Math.round(value * grown(at, tile)));
    expect(await told(truth.flatfield, { acquisition })).toEqual([]);
  });
});
