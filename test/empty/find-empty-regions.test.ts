import { describe, expect, it } from "vitest";
import { findEmptyRegions } from "../../src/empty/find-empty-regions.ts";
import { openImage } from "../../src/node.ts";
import type { SyntheticOptions } from "../../src/synthetic/options.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";
import { searchScene } from "./scenes.ts";

const corners = [1, 3, 7, 9];
const seeds = [1, 2];

describe("empty tiles of generated acquisitions", () => {
  const dim = {
    label: "A",
    wavelengthId: "488",
    color: "4FC3F7",
    background: 40,
    autofluorescence: 200,
    labelled: 900,
  };
  const bright = { ...dim, label: "B", background: 240, labelled: 2000 };
  it.each<[string, Partial<SyntheticOptions>, number[]]>([
    ["as they are", {}, corners],
    [
      "with empty tiles elsewhere",
      {
        emptyTiles: [
          [1, 1],
          [0, 2],
        ],
        emptyPlanesPerEnd: 0,
      },
      [5, 7],
    ],
    ["without empty planes", { emptyPlanesPerEnd: 0 }, corners],
    ["with specks", { debris: 0.03 }, corners],
    ["that bleach", { bleaching: 0.5 }, corners],
    [
      "with stray light in two of them",
      {
        strayLight: {
          placesYx: [
            [0, 0],
            [2, 2],
          ],
          brightness: 25,
        },
      },
      [3, 7],
    ],
    ["over a camera offset", { cameraOffset: 100 }, corners],
    ["in two channels, one of them dim", { channels: [dim, bright], cameraOffset: 100 }, corners],
    [
      "with all of that",
      { debris: 0.03, bleaching: 0.4, cameraOffset: 60, strayLight: { placesYx: [[0, 0]], brightness: 40 } },
      [3, 7, 9],
    ],
  ])("are found, and no others: %s", async (name, scene, truth) => {
    // Of what has one cause one draw tells enough.
    const draws = name.includes("as they are") || name.includes("all of that") ? seeds : [1];
    let hits = 0;
    for (const seed of draws) {
      const { proposed } = await searchScene({ ...scene, seed });
      expect(proposed.filter((tile) => !truth.includes(tile))).toEqual([]);
      hits += proposed.length;
    }
    expect(hits / (draws.length * truth.length)).toBeGreaterThanOrEqual(0.9);
  });

  it("are none where all tiles hold sample in all planes", async () => {
    for (const seed of seeds) {
      const { found } = await searchScene({ gridYx: [2, 2], emptyTiles: [], emptyPlanesPerEnd: 0, seed });
      expect(found.proposal).toMatchObject({ kind: "none", reason: expect.stringMatching(/^No tile is clean/) });
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    }
  });

  it("are planes at the ends where no tile is empty", async () => {
    const { found, truth } = await searchScene({ emptyTiles: [], emptyPlanesPerEnd: 4, overlap: 0 });
    expect(found.proposal).toMatchObject({ kind: "planes", fovList: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
    const [below, above] = found.proposal.kind === "planes" ? found.proposal.zLevels : [0, 0];
    expect([below, above]).toEqual(truth.zLevels);
  });

  it("are the same every time, and for every seed that draws planes", async () => {
    const { image, found } = await searchScene({ planes: 40, emptyPlanesPerEnd: 5, debris: 0.02, seed: 4 });
    expect(await findEmptyRegions(image, { seed: 0 })).toEqual(found);
    for (const seed of [1, 2]) expect((await findEmptyRegions(image, { seed })).proposal).toEqual(found.proposal);
  });

  it("are told for each channel, with the reason for the others", async () => {
    const { found } = await searchScene({
      channels: [dim, bright],
      strayLight: { placesYx: [[0, 0]], brightness: 40 },
    });
    expect(found.channels.map(({ label }) => label)).toEqual(["A", "B"]);
    const kinds = found.channels.map(({ tiles }) => tiles.map(({ finding }) => finding.kind));
    expect(kinds[1]![2]).toBe("clean");
    expect(["structure", "uneven"]).toContain(kinds[1]![0]);
    expect(kinds[1]![4]).toBe("structure");
  });
});

describe("empty tiles of two sides of the light sheet", () => {
  it("are looked for on each side, and none are proposed where one side has none", async () => {
    const { image } = await searchScene({ emptyPlanesPerEnd: 0, bleaching: 0.6, seed: 3 });
    const sidesBy = (isLeft: (tile: number) => boolean) => ({
      ...image,
      tiles: image.tiles.map((tile) => ({ ...tile, sides: [isLeft(tile.number) ? "Left" : "Right"] as const })),
    });
    const both = await findEmptyRegions(
      sidesBy((tile) => tile <= 3),
      { seed: 0 },
    );
    expect(both.proposal).toMatchObject({ kind: "tiles", fovList: corners });
    expect(both.channels[0]!.offsets.map(({ side }) => side)).toEqual(["Left", "Right"]);
    const one = await findEmptyRegions(
      sidesBy((tile) => ![4, 5, 6].includes(tile)),
      { seed: 0 },
    );
    expect(one.proposal).toMatchObject({ kind: "none", reason: expect.stringMatching(/lit from one side only/) });
  });
});

describe("tiles without light", () => {
  const without = (dark: readonly number[]) => ({
    cameraOffset: 100,
    emptyPlanesPerEnd: 0,
    tileGains: Array.from({ length: 9 }, (_, at) => (dark.includes(at + 1) ? 0 : 1)),
  });

  it("are not proposed, and tell the camera's offset", async () => {
    const { found, proposed } = await searchScene(without([1, 9]));
    expect(proposed).toEqual([3, 7]);
    expect(found.channels[0]!.tiles[0]!.finding).toEqual({ kind: "dark" });
    expect(found.warnings.join()).toMatch(/tiles 1, 9 show no light \(about 10\d counts.*--camera-offset 10\d/);
  });

  it("are not proposed where no other tiles are empty", async () => {
    const { found } = await searchScene(without(corners));
    expect(found.proposal.kind).toBe("none");
  });
});

describe("the camera offset that empty planes show", () => {
  it("is told within its uncertainty, with a warning where it flattens a profile", async () => {
    for (const seed of seeds) {
      const { found } = await searchScene({ cameraOffset: 100, tileShapeYx: [96, 96], bleaching: 0.6, seed });
      const [{ offset, standardError, isCertain, isTold }] = found.channels[0]!.offsets as [never] as [
        (typeof found.channels)[0]["offsets"][0],
      ];
      expect(Math.abs(offset - 102)).toBeLessThan(3 * standardError);
      expect([isTold, isCertain]).toEqual([true, true]);
      expect(found.warnings.join()).toMatch(/camera offset.*keeps \d+ % of its contrast/);
    }
  });

  it("is not suspected where there is none, or where it has been taken off", async () => {
    const without = await searchScene({ seed: 2 });
    const taken = await searchScene({ seed: 2, cameraOffset: 100 }, { cameraOffset: 100 });
    for (const { found } of [without, taken]) expect(found.warnings).toEqual([]);
  });
});

describe.skipIf(!hasReferenceData)("real tiles beside a brain section", () => {
  it("are not proposed: they look empty, but their light has no shape in common, and the search says so", async () => {
    const image = await openImage(`${referenceFolder}data/wsi_brain.zarr/raw_image`);
    const { proposal, warnings } = await findEmptyRegions(image, { seed: 0 });
    expect(proposal.kind).toBe("none");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^C3: the dimmest tiles \(1, 2, 3, .*\) may look empty, but their light differs by 2\.\d %/,
    );
  });
});
