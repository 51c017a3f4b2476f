import { describe, expect, it } from "vitest";
import type { Acquisition } from "../../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import type { RunEvent } from "../../../src/parameters/run-events.ts";
import {
  type ChannelProfile,
  encodeChannelProfile,
  profileFields,
  profileTargets,
} from "../../../src/pipeline/profiles/channel-profile.ts";
import { type GainChoice, withGains } from "../../../src/pipeline/profiles/tile-gains.ts";
import { decodeProfile } from "../../../src/profile/npz-profile.ts";
import { type SyntheticOptions, syntheticDefaults } from "../../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

/** An acquisition with its true profiles. @param lit sides of its tiles, in their order */
async function acquire(given: Partial<SyntheticOptions>, lit?: readonly ("Left" | "Right")[]) {
  const store = new MemoryStore();
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "demo.zarr", {
    tileShapeYx: [96, 80],
    overlap: 0.15,
    planes: 6,
    emptyTiles: [],
    emptyPlanesPerEnd: 0,
    chunkShapeZyx: [6, 96, 80],
    levelCount: 1,
    channels: syntheticDefaults.channels.slice(0, 1),
    codec: { kind: "none" },
    ...given,
  });
  const opened = await openMosaic(store, imageKey);
  const acquisition: Acquisition = {
    ...opened,
    tiles: opened.tiles.map((tile, index) => (lit ? { ...tile, sides: [lit[index], lit[index]] } : tile)),
    sourceObjects: () => opened.sourceObjects(),
  };
  const profiles = profileTargets(acquisition, acquisition.channels.slice(0, 1), "separate").map(
    (target): ChannelProfile => ({
      target,
      source: "given",
      profile: { ...truth.profiles.get(target.channel.label)!, baseline: 0 },
      baselineMeaning: "offset",
      alignment: { kind: "corners" },
      planes: [],
    }),
  );
  return { store, acquisition, profiles, truth };
}

type Acquired = Awaited<ReturnType<typeof acquire>>;

async function find(
  { acquisition, store }: Acquired,
  profiles: readonly ChannelProfile[],
  gains: GainChoice,
  kept = false,
) {
  const events: RunEvent[] = [];
  const hooks = { report: (event: RunEvent) => events.push(event), signal: new AbortController().signal };
  const parameters = { gains, seed: 0, memory: 1e9 };
  const folder = kept ? { kept: { store, key: "kept" } } : {};
  const found = await withGains(profiles, { acquisition, parameters, ...folder }, hooks);
  const texts = events.flatMap((event) => ("text" in event ? [event.text] : []));
  return { found, texts };
}

/** How far gains are from the truth, at most. */
function errorOf(found: readonly ChannelProfile[], truth: readonly number[]): number {
  const logs = truth.map((gain) => Math.log(gain));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const gains = found.flatMap(({ gains }) => gains!.tiles);
  expect(gains.map(({ tile }) => tile).sort((a, b) => a - b)).toEqual(truth.map((_, index) => index + 1));
  return Math.max(...gains.map(({ tile, gain }) => Math.abs(Math.log(gain) - logs[tile - 1]! + mean)));
}

describe("gains of tiles", () => {
  it("are found within a percent, applied, and not found anew by a run that goes on", async () => {
    const acquired = await acquire({ tileGains: 0.05, seed: 3 });
    const { found, texts } = await find(acquired, acquired.profiles, "tile", true);
    expect(found[0]!.gains).toMatchObject({ used: true, kind: "tile", source: "measured", pairCount: 12 });
    expect(errorOf(found, acquired.truth.gains)).toBeLessThan(0.01);
    expect(texts.join()).toMatch(/gains of tiles, 0\.\d+ to 1\.\d+: neighbours are .* % in held-out overlaps/);
    const [field] = profileFields(acquired.acquisition, found, "auto")[0]!;
    expect(field!.gains!.get(1)).toBe(found[0]!.gains!.tiles[0]!.gain);
    expect(await find(acquired, acquired.profiles, "tile", true)).toEqual({ found, texts: [] });
  });

  it("are left out where all tiles are equally bright", async () => {
    for (const seed of [1, 2]) {
      const acquired = await acquire({ seed });
      const { found, texts } = await find(acquired, acquired.profiles, "tile");
      expect(found[0]!.gains).toMatchObject({ used: false, tiles: [] });
      expect(texts.join()).toContain("do not make held-out ones agree clearly better");
      expect(profileFields(acquired.acquisition, found, "auto")[0]![0]!.gains).toBeUndefined();
    }
  });

  it("are not taken for a flat-field that is tilted", async () => {
    const acquired = await acquire({ gridYx: [4, 4], seed: 4 });
    const [truth] = acquired.profiles;
    const { flatfield, shapeYx } = truth!.profile;
    const tilted = flatfield.map((value, i) => value * (1 + 0.02 * ((i % shapeYx[1]) / shapeYx[1] - 0.5)));
    const { found } = await find(acquired, [{ ...truth!, profile: { ...truth!.profile, flatfield: tilted } }], "tile");
    expect(found[0]!.gains).toMatchObject({ used: false });
  });

  it("need overlaps, and say so where there are none", async () => {
    const acquired = await acquire({ overlap: 0 });
    const { found, texts } = await find(acquired, acquired.profiles, "tile");
    expect(found).toEqual(acquired.profiles);
    expect(texts).toEqual([expect.stringContaining("fewer than 4 pairs of tiles overlap")]);
  });

  it("are saved with a profile and used again for the same tiles, where they are asked for", async () => {
    const acquired = await acquire({ tileGains: 0.05, seed: 3 });
    const { found } = await find(acquired, acquired.profiles, "tile");
    const { savedGains } = decodeProfile(encodeChannelProfile(found[0]!, {}), "profiles.npz");
    const given = [{ ...acquired.profiles[0]!, savedGains: savedGains! }];
    const again = await find(acquired, given, "tile");
    expect(again.found[0]!.gains).toEqual({ ...found[0]!.gains, source: "given" });
    expect(again.texts.join()).toContain("as saved with the profile");
    const unasked = await find(acquired, given, "none");
    expect(unasked.found[0]).not.toHaveProperty("gains");
    expect(unasked.texts.join()).toContain("they are used where --gains tile is given");
    const others = savedGains!.tiles.map((tile) => ({ ...tile, name: `other ${tile.name}` }));
    const elsewhere = await find(acquired, [{ ...given[0]!, savedGains: { ...savedGains!, tiles: others } }], "tile");
    expect(elsewhere.found[0]!.gains).toMatchObject({ source: "measured" });
  });
});

describe("gains of the sides of a light sheet", () => {
  // Tiles are numbered down the columns: two columns of either side.
  const lit = Array.from({ length: 12 }, (_, index) => (index < 6 ? ("Left" as const) : ("Right" as const)));
  const ofSides = lit.map((side) => (side === "Left" ? 1.1 : 0.95));

  it("are found within a percent, one for all tiles of a side", async () => {
    const acquired = await acquire({ gridYx: [3, 4], tileGains: ofSides, seed: 5 }, lit);
    const { found } = await find(acquired, acquired.profiles, "side");
    expect(found.map(({ target, gains }) => [target.side, new Set(gains!.tiles.map(({ gain }) => gain)).size])).toEqual(
      [
        ["Left", 1],
        ["Right", 1],
      ],
    );
    expect(errorOf(found, ofSides)).toBeLessThan(0.01);
  });

  it("come with those of tiles where both differ", async () => {
    const both = ofSides.map((gain, index) => gain * [1.05, 0.96, 1.0, 0.94, 1.03, 1.02][(5 * index) % 6]!);
    const acquired = await acquire({ gridYx: [3, 4], tileGains: both, seed: 6 }, lit);
    const { found } = await find(acquired, acquired.profiles, "tile-and-side");
    expect(errorOf(found, both)).toBeLessThan(0.015);
  });

  it("are none where all tiles are of one side", async () => {
    const acquired = await acquire({ tileGains: 0.05 });
    expect((await find(acquired, acquired.profiles, "side")).found[0]!.gains).toMatchObject({ used: false });
  });
});
