import { describe, expect, it } from "vitest";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { readSeriesImages } from "../../../src/acquisition/series/ome-metadata.ts";
import { doubtPlacement } from "../../../src/sample/placement/doubt-placement.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { expectSame, type GeneratedTile, generateTiles, mirrored } from "../../support/generated-tiles.ts";
import { omeXml, type SeriesOptions, writeSeries } from "./series-files.ts";

const made = await generateTiles();
const { labels } = made;

async function open(tiles: readonly GeneratedTile[], options: SeriesOptions = {}, opening: object = {}) {
  const store = new MemoryStore();
  await writeSeries(store, "a.zarr", tiles, { labels, ...options });
  const notes: string[] = [];
  const note = (text: string) => void notes.push(text);
  const { acquisition } = await openAcquisition(store, "a.zarr", { note, ...opening });
  return { acquisition, notes, store };
}

const moved = (tile: GeneratedTile, z: number): GeneratedTile => {
  const [, y, x] = tile.originUmZyx;
  return { ...tile, originUmZyx: [z, y, x] };
};

describe("series with positions", () => {
  it.each<[string, SeriesOptions]>([
    ["of their planes", {}],
    ["as labels of the stage", { places: "labels" }],
    ["in metres", { unit: ["m", 1e6] }],
    ["without a list of them", { isUnlisted: true }],
  ])("%s are the tiles of one acquisition", async (_, options) => {
    const { acquisition } = await open(made.tiles, options);
    await expectSame(acquisition, made);
    expect((await acquisition.sourceObjects()).documents).toContain("a.zarr/OME/METADATA.ome.xml");
  });

  it("in any order, with depths", async () => {
    const tiles = made.tiles.toReversed().map((tile) => moved(tile, tile.number === 3 ? 108 : 100));
    const { acquisition, notes } = await open(tiles);
    expect(acquisition.tiles.map(({ stageDepthUm }) => stageDepthUm)).toEqual([
      undefined,
      undefined,
      8,
      undefined,
      undefined,
    ]);
    expect(notes.join()).toContain("deeper than the others, by up to 8 µm");
    // Where the stage moves towards smaller z, the tile that begins at the largest is the first
    const { acquisition: down } = await open(tiles, { runsDown: true });
    expect(down.tiles.map(({ stageDepthUm }) => stageDepthUm)).toEqual([8, 8, undefined, 8, 8]);
  });

  it.each([1, 2] as const)(
    "that run against the images along axis %i are noticed, and mended by --stage-axes",
    async (axis) => {
      const tiles = mirrored(made.tiles, axis);
      expect((await doubtPlacement((await open(tiles)).acquisition)).length).toBeGreaterThan(0);
      const { acquisition } = await open(tiles, {}, { hints: { stageAxes: axis === 1 ? "-y,x" : "y,-x" } });
      await expectSame(acquisition, made);
    },
  );

  it("take the names of channels from the document where the series have none", async () => {
    const store = new MemoryStore();
    await writeSeries(store, "a.zarr", made.tiles);
    await store.set(
      "a.zarr/OME/METADATA.ome.xml",
      new TextEncoder().encode(omeXml(made.tiles, { labels: ["GFP", "GFP"] })),
    );
    const { acquisition } = await openAcquisition(store, "a.zarr");
    expect(acquisition.channels.map(({ label }) => label)).toEqual(["GFP", "GFP_2"]);
  });

  it("and others of another shape: these are left out", async () => {
    const [first, ...rest] = made.tiles;
    const overview: GeneratedTile = {
      ...first!,
      shapeZyx: [1, 20, 30],
      channels: first!.channels.map((of) => of.slice(0, 600)),
    };
    const { acquisition, notes } = await open([overview, ...rest]);
    expect(acquisition.tiles).toHaveLength(4);
    expect(notes).toContain("Skipped, because they do not have the shape of most tiles: 0 (brain.czi #1)");
  });
});

describe("series that are no tiles", () => {
  it.each<[string, SeriesOptions, string]>([
    ["without positions", { places: "none" }, "The metadata do not say where the series lie"],
    [
      "without a document",
      { places: "no document" },
      "The positions of the series are not known: their metadata are missing",
    ],
    ["in no unit of length", { unit: ["deg", 1] }, "The metadata do not say where the series lie"],
  ])("%s: a sentence with a way on", async (_, options, message) => {
    const refused = open(made.tiles, options);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(
      "or give one series, such as memory:/a.zarr/0, which is then a separate image",
    );
  });

  it.each([
    ["cut short", "<OME><Image><Pixels><Plane ", "not valid XML"],
    ["of another kind", "<SpimData/>", "metadata are missing"],
    ["with a document type", "<!DOCTYPE a><OME/>", "document type"],
  ])("a document %s", async (_, text, message) => {
    const store = new MemoryStore();
    await writeSeries(store, "a.zarr", made.tiles);
    await store.set("a.zarr/OME/METADATA.ome.xml", new TextEncoder().encode(text));
    await expect(openAcquisition(store, "a.zarr")).rejects.toThrow(message);
  });
});

describe("the document of the series", () => {
  it("is read in pieces, whatever they cut", async () => {
    const text = omeXml(made.tiles, { labels });
    const whole = await readSeriesImages(await storeOf(text), "a.xml");
    expect(whole).toHaveLength(5);
    expect(whole![4]!.positionUm).toEqual({ z: 0, y: expect.any(Number), x: expect.any(Number) });
    for (const most of [701, 1000, 4096]) {
      expect(await readSeriesImages(await storeOf(text), "a.xml", most)).toEqual(whole);
    }
  });

  async function storeOf(text: string): Promise<MemoryStore> {
    const store = new MemoryStore();
    await store.set("a.xml", new TextEncoder().encode(text));
    return store;
  }
});
