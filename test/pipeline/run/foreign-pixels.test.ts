import { beforeAll, describe, expect, it } from "vitest";
import type { Acquisition } from "../../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import type { ChannelProfile } from "../../../src/pipeline/profiles/channel-profile.ts";
import { refuseForeignPixels } from "../../../src/pipeline/run/foreign-pixels.ts";
import type { Profile } from "../../../src/profile/profile.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

const side = 64;
let image: Acquisition;
let truth: Profile;

beforeAll(async () => {
  const store = new MemoryStore();
  const made = await writeSyntheticAcquisition(store, "a.zarr", {
    gridYx: [2, 3],
    tileShapeYx: [side, side],
    overlap: 0.2,
    planes: 6,
    levelCount: 1,
    chunkShapeZyx: [4, 64, 64],
    channels: [
      { label: "A", wavelengthId: "488", color: "4FC3F7", background: 400, autofluorescence: 300, labelled: 0.1 },
    ],
  });
  truth = made.truth.profiles.get("A")!;
  image = await openMosaic(store, made.imageKey);
});

type Change = (y: number, x: number) => number;
const changed = (values: Float32Array, change: (value: number, y: number, x: number) => number) =>
  values.map((value, at) => change(value, Math.floor(at / side), at % side));

/** The image as a camera shows it that adds or multiplies at some pixels of the field. */
function seenWith({
  counts = () => 0,
  gain = () => 1,
}: {
  readonly counts?: Change;
  readonly gain?: Change;
}): Acquisition {
  const [level] = image.levels;
  const tiled: typeof level = Object.assign(Object.create(level!), {
    readBox: async (...[channel, box]: Parameters<NonNullable<typeof level>["readBox"]>) => {
      const pixels = await level!.readBox(channel, box);
      const [height, width] = [box.stop[1] - box.start[1], box.stop[2] - box.start[2]];
      return pixels.map((value, at) => {
        const y = (box.start[1] + (Math.floor(at / width) % height)) % side;
        const x = (box.start[2] + (at % width)) % side;
        return Math.round(value * gain(y, x) + counts(y, x));
      });
    },
  });
  return { ...image, levels: [tiled!] };
}

async function told(profile: Profile, acquisition: Acquisition, isTrusted = false): Promise<string[]> {
  const given: ChannelProfile = {
    target: { channel: acquisition.channels[0]!, tiles: acquisition.tiles },
    source: "given",
    profile,
    baselineMeaning: "offset",
    alignment: { kind: "centres", factorYx: [1, 1] },
    planes: [],
  };
  const texts: string[] = [];
  const report = (event: { kind: string; text?: string }) => void texts.push(`${event.kind}: ${event.text}`);
  await refuseForeignPixels(acquisition, [given], isTrusted, { report, signal: new AbortController().signal });
  return texts;
}

const cases: readonly (readonly [name: string, "counts" | "gain", Change])[] = [
  ["a hot pixel of a dark-field", "counts", (y, x) => (y === 20 && x === 30 ? 900 : 0)],
  ["a pixel of a dark-field that is a little off", "counts", (y, x) => (y === 20 && x === 30 ? 70 : 0)],
  ["a pixel of a flat-field that is a little off", "gain", (y, x) => (y === 20 && x === 30 ? 1.19 : 1)],
  ["some rows of a flat-field", "gain", (y) => (y % 12 === 7 ? 1.2 : 1)],
  ["a hot row of a dark-field", "counts", (y) => (y === 41 ? 200 : 0)],
  ["every other column of a dark-field", "counts", (_, x) => (x % 2) * 80],
  ["a bright row of a flat-field", "gain", (y) => (y === 12 ? 1.3 : 1)],
  ["every other column of a flat-field", "gain", (_, x) => (x % 2 === 0 ? 1.4 : 1)],
];

describe.each(cases)("%s", (_, kind, change) => {
  const profile = (): Profile =>
    kind === "counts"
      ? { ...truth, darkfield: changed(truth.darkfield, (value, y, x) => value + change(y, x)) }
      : { ...truth, flatfield: changed(truth.flatfield, (value, y, x) => value * change(y, x)) };
  const part = kind === "counts" ? "dark-field" : "flat-field";

  it("is refused where the image has nothing of it, and told where the user insists", async () => {
    await expect(told(profile(), image)).rejects.toThrow(
      new RegExp(`^The ${part} of channel A has what the image does not have: .*--trust-profiles`),
    );
    expect(await told(profile(), image, true)).toEqual([
      expect.stringMatching(
        new RegExp(`^warning: The ${part} of channel A has what stands out: .*, which the image has not\\.$`),
      ),
    ]);
  });

  it("is believed where the camera shows it", async () => {
    expect(await told(profile(), seenWith({ [kind]: change }))).toEqual([]);
  });
});

describe("a dark-field as a fraction of the full range", () => {
  const fraction = (): Profile => ({ ...truth, darkfield: truth.darkfield.map(() => 100 / 65535) });

  it("is refused where all pixels have room for what it means, unless the user insists", async () => {
    await expect(told(fraction(), image)).rejects.toThrow(
      /seems to be a fraction of the full range .*about 100, .*darkfield \* 65535 \(NumPy\)/,
    );
    expect(await told(fraction(), image, true)).toEqual([]);
  });

  it("is taken as it is where they have not", async () => {
    expect(await told({ ...truth, darkfield: truth.darkfield.map(() => 0.04) }, image)).toEqual([]);
  });
});

describe("a dark-field scaled to 1", () => {
  const dark = (change: Change) => ({ ...truth, darkfield: changed(truth.darkfield, (_, y, x) => change(y, x)) });
  const rising = (_: number, x: number) => 0.7 + (0.3 * x) / (side - 1);

  it.each<[string, Change]>([
    ["its maximum", rising],
    ["its mean", (y, x) => rising(y, x) / 0.85],
  ])("by %s is refused where all pixels have room for more, unless the user insists", async (_, change) => {
    await expect(told(dark(change), image)).rejects.toThrow(
      /dark-field of channel A seems to be scaled to 1 .*--trust-profiles/,
    );
    expect(await told(dark(change), image, true)).toEqual([]);
  });

  it("is believed where it is whole counts", async () => {
    expect(
      await told(
        dark(() => 1),
        image,
      ),
    ).toEqual([]);
  });
});

it("a profile without any is believed, and nothing is read", async () => {
  const unreadable = { ...image, levels: [] };
  expect(await told(truth, unreadable)).toEqual([]);
});
