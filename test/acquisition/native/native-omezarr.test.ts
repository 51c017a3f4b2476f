import { describe, expect, it } from "vitest";
import { arrangeViews } from "../../../src/acquisition/arrange-views.ts";
import { isNativeOmeZarr, openNativeOmeZarr } from "../../../src/acquisition/native/native-omezarr.ts";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import type { TileView } from "../../../src/acquisition/tile-view.ts";
import type { BoxZyx, Zyx } from "../../../src/shapes.ts";
import { openArray } from "../../../src/zarr/array.ts";
import { readBox } from "../../../src/zarr/box.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { encodeJson, type JsonObject, readJson } from "../../../src/zarr/json.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import type { ReadableStore } from "../../../src/zarr/store.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";
import { patternedPixels, writeArray, writeGroup } from "../write-image.ts";
import { metaText, type TileFiles, writeNative, writeNativeVersion3 } from "./native-files.ts";

const root = "demo_Mag1x.ome.zarr";
const tileName = (tile: number, channel = 488, shutter = 0, rotation = "0") =>
  `Mag1_Tile${tile}_Ch${channel}_Flt515LP_Sh${shutter}_Rot${rotation}.ome.zarr`;

async function open(tiles: readonly TileFiles[]) {
  const store = new MemoryStore("data");
  await writeNative(store, root, tiles);
  const notes: string[] = [];
  const views = await openNativeOmeZarr(store, root, (text) => notes.push(text));
  return { views, notes, store };
}

const wholeOf = (shape: Zyx): BoxZyx => ({ start: [0, 0, 0], stop: shape });

describe("openNativeOmeZarr", () => {
  it("yields tiles with what names, attributes and metadata tell", async () => {
    const meta = { laser: "561 nm", shutter: "Right", rotation: -45, stageUmZyx: [1, 2.5, 3], planes: 4 } as const;
    const { views, notes } = await open([
      { name: tileName(10, 561, 1, "-45"), translation: [1, 2.5, 3], meta, seed: 7, levels: [2, 2] },
      { name: tileName(2, 488, 0), translation: [-4, -5.5, 6] },
    ]);
    expect(notes).toEqual([]);
    expect(views.map(({ name }) => name)).toEqual([tileName(2), tileName(10, 561, 1, "-45")]);
    expect(views[0]).toMatchObject({
      channel: "488",
      side: "Left",
      rotation: 0,
      stageUmZyx: [-4, -5.5, 6],
      metadata: {},
    });
    expect(views[1]).toMatchObject({ channel: "561", side: "Right", rotation: -45, stageUmZyx: [1, 2.5, 3] });
    expect(views[1]).toMatchObject({ pixelSizeUmZyx: [5, 1.625, 1.625], metadata: { Zoom: "4x Olympus", rot: "-45" } });
    const [full, half] = views[1]!.levels;
    expect(full).toMatchObject({ type: "uint16", shapeZyx: [4, 8, 6], chunkShapeZyx: [3, 4, 4] });
    expect(half).toMatchObject({ shapeZyx: [4, 4, 3], chunkShapeZyx: [3, 4, 3] });
    expect(await full!.read(wholeOf([4, 8, 6]))).toEqual(patternedPixels("uint16", [4, 8, 6], 7));
    const inner = await full!.read({ start: [2, 3, 1], stop: [4, 5, 6] });
    const whole = patternedPixels("uint16", [4, 8, 6], 7);
    expect([...inner]).toEqual(
      [2, 3].flatMap((z) => [3, 4].flatMap((y) => [...whole.subarray((z * 8 + y) * 6 + 1, (z * 8 + y + 1) * 6)])),
    );
  });

  it("believes the metadata rather than the name", async () => {
    const { views } = await open([
      { name: tileName(0, 488, 1), meta: { laser: "640 nm", shutter: "Both", rotation: 12.5 } },
    ]);
    expect(views[0]).toMatchObject({ channel: "640", side: undefined, rotation: 12.5 });
  });

  it("reads names of older versions, whose metadata tell the rest", async () => {
    const meta = (x: number, laser: string) => ({ laser, stageUmZyx: [0, 0, x] as const, rotation: 0 });
    const early = "Mag5x Mitutoyo_Tile3_Ch488_Sh1_Rot0.0.ome.zarr";
    const { views } = await open([
      { name: "s10-t0.zarr", meta: meta(1, "561 nm") },
      { name: "s2-t0.zarr", meta: meta(2, "488 nm") },
      { name: early, translation: [0, 0, 9] },
    ]);
    expect(views.map(({ name, channel, side }) => [name, channel, side])).toEqual([
      ["s2-t0.zarr", "488", "Right"],
      [early, "488", "Right"],
      ["s10-t0.zarr", "561", "Right"],
    ]);
  });

  it("says so where nothing tells the laser", async () => {
    await expect(open([{ name: "s0-t0.zarr" }])).rejects.toThrow(
      /laser of a tile is not known \(data\/demo_Mag1x.ome.zarr\/s0-t0.zarr\)/,
    );
  });

  it("takes positions from the metadata where translations were overwritten, and says so once", async () => {
    const stage = (tile: number): Zyx => [-50, 20 - 11 * tile, 7];
    const tiles = [0, 1, 2].map((n) => ({
      name: tileName(n),
      translation: [0, n * 8 * 1.625, 0] as const,
      meta: { stageUmZyx: stage(n), rotation: 0 },
    }));
    const { views, notes } = await open(tiles);
    expect(views.map(({ stageUmZyx }) => stageUmZyx)).toEqual([stage(0), stage(1), stage(2)]);
    expect(notes).toEqual([
      expect.stringMatching(/^The translations of 3 tiles \(Mag1_Tile0_.*\) are not the stage positions .*_meta.txt/),
    ]);
  });

  it("does not take places in a mosaic for stage positions where there are no metadata", async () => {
    const places = [0, 1, 2, 3].map((n): Zyx => [0, (n % 2) * 8 * 1.625, Math.floor(n / 2) * 6 * 1.625]);
    const { views, notes } = await open(places.map((translation, n) => ({ name: tileName(n), translation })));
    expect(views.map(({ stageUmZyx }) => stageUmZyx)).toEqual([undefined, undefined, undefined, undefined]);
    expect(notes).toEqual([expect.stringMatching(/^The stage position is not known at .*places in a mosaic/)]);
    expect(() => arrangeViews(views, "data")).toThrow(/stage position of a tile is not known/);
    // One tile of the metadata tells that all were overwritten.
    const some = await open(
      places.map((translation, n) => {
        const name = tileName(n);
        return n === 3 ? { name, translation, meta: { stageUmZyx: [4, 5, 6] } } : { name, translation };
      }),
    );
    expect(some.views.map(({ stageUmZyx }) => stageUmZyx)).toEqual([undefined, undefined, undefined, [4, 5, 6]]);
  });

  it("takes translations for stage positions where nothing speaks against it", async () => {
    const { views, notes } = await open([
      { name: tileName(0), translation: [0, 0, 0] },
      { name: tileName(1), translation: [0, 12, 0] },
    ]);
    expect(views.map(({ stageUmZyx }) => stageUmZyx)).toEqual([
      [0, 0, 0],
      [0, 12, 0],
    ]);
    expect(notes).toEqual([]);
  });

  it.each<[string, readonly Zyx[]]>([
    ["a single tile that begins at the origin", [[0, 0, 0]]],
    [
      "positions left of or above the origin",
      [
        [0, -26, 0],
        [0, 0, 0],
      ],
    ],
    [
      "positions above the origin along z",
      [
        [5, 13, 0],
        [5, 0, 0],
      ],
    ],
  ])("takes for a stage position: %s", async (_, stage) => {
    const { views } = await open(stage.map((translation, n) => ({ name: tileName(n), translation })));
    expect(views.map(({ stageUmZyx }) => stageUmZyx)).toEqual(stage);
  });

  it("leaves out tiles without pixels and aborted ones, with a note, and keeps levels that are there", async () => {
    const meta = { planes: 4, rotation: 0 };
    const { views, notes } = await open([
      { name: tileName(0), meta, levels: [3, 2] },
      { name: tileName(1), meta: { ...meta, timing: "" }, shape: [3, 8, 6] },
      { name: tileName(2), levels: [1, 0] },
      { name: tileName(3), levels: [0, 0] },
    ]);
    expect(views.map(({ name, levels }) => [name, levels.length])).toEqual([[tileName(0), 2]]);
    expect(notes).toEqual([
      expect.stringMatching(/^Skipped, because they have no pixels: 2 tiles \(Mag1_Tile2_/),
      expect.stringMatching(/^Skipped, because their acquisition was aborted: Mag1_Tile1_/),
      expect.stringMatching(/^Coarse resolution levels are missing in Mag1_Tile0_/),
    ]);
  });

  it("keeps tiles that all have far fewer planes than the metadata say, which count otherwise", async () => {
    const { views, notes } = await open([0, 1].map((n) => ({ name: tileName(n), meta: { planes: 50 } })));
    expect([views.length, notes]).toEqual([2, []]);
  });

  it("keeps finished tiles that lack their last planes, and says so", async () => {
    const short = { name: tileName(1), shape: [3, 8, 6] as const, meta: { planes: 4 } };
    const { views, notes } = await open([{ name: tileName(0), meta: { planes: 4 } }, short]);
    expect(views).toHaveLength(2);
    expect(notes).toEqual([
      `1 stack of 2 ends before the planes that the microscope was asked for: ${tileName(1)} (3 of 4); corrected as far as they go`,
    ]);
    const { notes: ofAll } = await open([0, 1].map((n) => ({ name: tileName(n), meta: { planes: 5 } })));
    expect(ofAll[0]).toContain("2 stacks of 2 end before the planes");
  });

  it("keeps a tile that was asked to have fewer planes than the others", async () => {
    const short = { name: tileName(1), shape: [3, 8, 6] as const, meta: { planes: 3 } };
    const { views, notes } = await open([{ name: tileName(0), meta: { planes: 4 } }, short]);
    expect([views.length, notes]).toEqual([2, []]);
    expect(views.map(({ levels }) => levels[0]!.shapeZyx[0])).toEqual([4, 3]);
  });

  it("reads the metadata of the last time that a tile was acquired", async () => {
    const { store } = await open([{ name: tileName(0), meta: { laser: "488 nm", planes: 4 } }]);
    const blocks = metaText({ laser: "488 nm", planes: 4 }) + metaText({ laser: "515 nm", planes: 4 });
    await store.set(`${root}_${tileName(0)}_meta.txt`, new TextEncoder().encode(blocks));
    expect(await openNativeOmeZarr(store, root)).toMatchObject([{ channel: "515" }]);
  });

  it.each<[string, readonly TileFiles[], RegExp]>([
    ["no tile", [], /holds no tiles of a mesoSPIM acquisition \(data\/demo_Mag1x.ome.zarr\)/],
    ["no tile with pixels", [{ name: tileName(0), levels: [1, 0] }], /No tile .* has pixels .*1 group without/],
    ["only maximum projections", [{ name: `MAX_${tileName(0)}` }], /holds no tiles/],
    [
      "an unreadable position",
      [{ name: tileName(0), meta: { stageUmZyx: [0, Number.NaN, 0] } }],
      /\[y_pos\] \(data\/demo.*Tile0.*_meta.txt\)/,
    ],
  ])("refuses an acquisition with %s", async (_, tiles, message) => {
    await expect(open(tiles)).rejects.toMatchObject({ name: "IsoluxError", message: expect.stringMatching(message) });
  });

  it("refuses tiles with axes of other layouts and unusable sizes", async () => {
    const key = `${root}/${tileName(0)}`;
    const { store } = await open([{ name: tileName(0) }]);
    const attributes = JSON.stringify(await readJson(store, `${key}/.zattrs`));
    const broken: [string, RegExp][] = [
      [attributes.replace('"z"', '"c"'), /axes .*: found c, y, x, expected z, y and x/],
      [attributes.replace("[5,", "[0,"), /no usable scale along z .*found 0 with 4 planes/],
      [attributes.replace("1.625", "0"), /no usable scale .*expected three positive numbers/],
      [attributes.replace('"scale"', '"identity"'), /no usable scale/],
      [attributes.slice(1), /not valid JSON/],
    ];
    for (const [text, message] of broken) {
      await store.set(`${key}/.zattrs`, new TextEncoder().encode(text));
      await expect(openNativeOmeZarr(store, root)).rejects.toThrow(message);
    }
  });

  it("reads OME-Zarr 0.5", async () => {
    const store = new MemoryStore("data");
    const shape: Zyx = [3, 5, 4];
    for (const n of [0, 1]) {
      await writeNativeVersion3(store, root, { name: tileName(n), shape, translation: [1, 10 * n, 3], seed: n });
    }
    expect(await isNativeOmeZarr(store, root)).toBe(true);
    const views = await openNativeOmeZarr(store, root);
    expect(views.map(({ stageUmZyx }) => stageUmZyx)).toEqual([
      [1, 0, 3],
      [1, 10, 3],
    ]);
    expect(views[1]).toMatchObject({ pixelSizeUmZyx: [5, 1.625, 1.625], channel: "488" });
    expect(await views[1]!.levels[0]!.read(wholeOf(shape))).toEqual(patternedPixels("uint16", shape, 1));
  });
});

describe("isNativeOmeZarr", () => {
  it("knows acquisitions by the names of their groups", async () => {
    const { store } = await open([{ name: tileName(0) }]);
    await writeGroup(store, "mosaic.zarr/raw_image");
    await store.set(`files/${tileName(0)}`, encodeJson({}));
    const keys = [root, "mosaic.zarr", "mosaic.zarr/raw_image", "files", "none", `${root}/${tileName(0)}`];
    expect(await Promise.all(keys.map((key) => isNativeOmeZarr(store, key)))).toEqual([
      true,
      ...keys.slice(1).map(() => false),
    ]);
  });
});

/** The same files with something of them changed. */
function changed(
  store: ReadableStore,
  change: (key: string, bytes: Uint8Array) => Uint8Array | undefined,
): ReadableStore {
  return {
    location: store.location,
    get: async (key) => {
      const bytes = await store.get(key);
      return bytes && change(key, bytes);
    },
    getRange: (key, range) => store.getRange(key, range),
    list: (folder) => store.list(folder),
    facts: (key) => store.facts(key),
  };
}

describe.skipIf(!hasReferenceData)("an acquisition that the reference prepared", () => {
  const samples = `${referenceFolder}data/mesospim/samples`;
  const sampleRoot = "demo_Mag1x_Ch488_Ch561.ome.zarr";
  const store = new DirectoryStore(`${samples}/native_v04_prepared`);

  /** Compares each tile with the pixels in its place in the mosaic that the reference's converter made. */
  async function expectConvertersMosaic(views: readonly TileView[]) {
    const mosaicStore = new DirectoryStore(`${samples}/mosaic_v04/demo.zarr`);
    const mosaic = await openMosaic(mosaicStore, "raw_image");
    const { channels, sides, rotations, arrangements } = arrangeViews(views, "samples");
    expect([channels, sides, rotations]).toEqual([["488", "561"], ["Left"], [0]]);
    const { tiles, rows, columns, tileShapeZyx, pixelSizeUmZyx } = arrangements[0]!;
    expect([rows, columns, tileShapeZyx, pixelSizeUmZyx]).toEqual([3, 2, [6, 24, 16], mosaic.pixelSizeUmZyx]);
    expect(tiles.map(({ number }) => number)).toEqual(mosaic.tiles.map(({ number }) => number));
    const array = await openArray(mosaicStore, "raw_image/0");
    expect(array.metadata.shape).toEqual([2, 6, 72, 32]);
    for (const tile of tiles) {
      const { start, stop } = mosaic.tiles[tile.number - 1]!.box;
      expect(start).toEqual([0, tile.row * 24, tile.column * 16]);
      for (const [channel, [view]] of tile.views) {
        const c = channels.indexOf(channel);
        const expected = await readBox(array, [c, ...start], [c + 1, ...stop]);
        expect(await view!.levels[0]!.read(wholeOf(tileShapeZyx))).toEqual(expected);
      }
    }
  }

  it("makes the converter's mosaic, pixel by pixel, from the stage positions of the metadata", async () => {
    const notes: string[] = [];
    const views = await openNativeOmeZarr(store, sampleRoot, (text) => notes.push(text));
    expect(views).toHaveLength(12);
    expect(views[3]).toMatchObject({ stageUmZyx: [0, 0, -7], metadata: { Filter: "561/LP Quad", x_pixels: "24" } });
    expect(views.every(({ levels }) => levels.length === 2)).toBe(true);
    expect(notes).toEqual([expect.stringMatching(/^The translations of 12 tiles/)]);
    await expectConvertersMosaic(views);
  });

  it("makes the same from the translations as the microscope wrote them, without metadata", async () => {
    const metadata = await openNativeOmeZarr(store, sampleRoot);
    const stage = new Map(metadata.map(({ name, stageUmZyx }) => [name, stageUmZyx]));
    const original = changed(store, (key, bytes) => {
      if (key.endsWith("_meta.txt")) return undefined;
      const position = stage.get(key.split("/")[1] ?? "");
      if (!key.endsWith(".zattrs") || position === undefined) return bytes;
      const text = new TextDecoder().decode(bytes);
      const written = text.replaceAll(/"translation": \[[^\]]*\]/g, `"translation": ${JSON.stringify(position)}`);
      return new TextEncoder().encode(written);
    });
    const notes: string[] = [];
    const views = await openNativeOmeZarr(original, sampleRoot, (text) => notes.push(text));
    expect(notes).toEqual([]);
    await expectConvertersMosaic(views);
  });

  it("is not arranged wrongly where its metadata are lost", async () => {
    const lost = changed(store, (key, bytes) => (key.endsWith("_meta.txt") ? undefined : bytes));
    const views = await openNativeOmeZarr(lost, sampleRoot);
    expect(() => arrangeViews(views, "samples")).toThrow(/Put the _meta.txt files of the acquisition back/);
  });
});

describe("groups with all channels of a tile", () => {
  const group = "Mag2_Tile0_Sh1_Rot0.ome.zarr";
  const labels = ["488", "561"];

  /** As MP_OME_Zarr_TCZYX_Writer writes them: axes t, c, z, y, x, channels in the omero block. */
  async function writeTimed(points: number, meta = true): Promise<MemoryStore> {
    const store = new MemoryStore("data");
    await writeGroup(store, root);
    const axes = [..."tczyx"].map((name) => ({ name, type: "space" }));
    const coordinateTransformations = [
      { type: "scale", scale: [1, 1, 5, 2, 2] },
      { type: "translation", translation: [0, 0, -100, 250, 30] },
    ];
    const multiscales = [{ version: "0.4", name: "image", axes, datasets: [{ path: "0", coordinateTransformations }] }];
    const omero = { channels: labels.map((label) => ({ label, active: true })) };
    await writeGroup(store, `${root}/${group}`, { multiscales, omero });
    const shape = [points, 2, 4, 6, 5];
    const pixels = patternedPixels("uint16", shape, 3);
    await writeArray(store, `${root}/${group}/0`, { shape, chunkShape: [1, 1, 3, 4, 4], pixels });
    const blocks = labels.map((label) =>
      metaText({ laser: `${label} nm`, stageUmZyx: [-100, 250, 30], filter: label }),
    );
    if (meta) await store.set(`${root}_${group}_meta.txt`, new TextEncoder().encode(blocks.join("")));
    return store;
  }

  it("are a view for each channel, with the metadata of it", async () => {
    const store = await writeTimed(1);
    const views = await openNativeOmeZarr(store, root);
    const pixels = patternedPixels("uint16", [1, 2, 4, 6, 5], 3);
    expect(views).toMatchObject([
      { channel: "488", side: "Right", stageUmZyx: [-100, 250, 30], metadata: { Filter: "488" } },
      { channel: "561", side: "Right", pixelSizeUmZyx: [5, 2, 2], metadata: { Filter: "561" } },
    ]);
    for (const [index, view] of views.entries()) {
      expect(view.levels[0]).toMatchObject({ shapeZyx: [4, 6, 5], chunkShapeZyx: [3, 4, 4] });
      const whole = await view.levels[0]!.read(wholeOf([4, 6, 5]));
      expect(whole).toEqual(pixels.slice(index * 120, (index + 1) * 120));
    }
    expect(arrangeViews(views, root).channels).toEqual(["488", "561"]);
    const bare = await openNativeOmeZarr(await writeTimed(1, false), root);
    expect(bare.map(({ channel, stageUmZyx }) => [channel, stageUmZyx])).toEqual([
      ["488", [-100, 250, 30]],
      ["561", [-100, 250, 30]],
    ]);
  });

  it("of several time points are a time lapse", async () => {
    const views = await openNativeOmeZarr(await writeTimed(3), root);
    const pixels = patternedPixels("uint16", [3, 2, 4, 6, 5], 3);
    expect(views.map(({ levelsOfTimes }) => levelsOfTimes?.length)).toEqual([3, 3]);
    const whole = await views[1]!.levelsOfTimes![2]![0]!.read(wholeOf([4, 6, 5]));
    expect(whole).toEqual(pixels.slice(5 * 120, 6 * 120));
    // As in a mosaic, an output has no images of single tiles
    expect(views[0]!.group).toBeUndefined();
  });

  it("may have times after channels, capitals, and other names of these axes", async () => {
    const store = await writeTimed(3);
    const shape = [2, 3, 4, 6, 5];
    await writeArray(store, `${root}/${group}/0`, {
      ...{ shape, chunkShape: [1, 1, 3, 4, 4] },
      pixels: patternedPixels("uint16", shape, 3),
    });
    const attributes = (await readJson(store, `${root}/${group}/.zattrs`)) as Record<string, never>;
    const [multiscale] = attributes.multiscales as unknown as JsonObject[];
    const types = { Wavelength: "channel", seconds: "time" } as Record<string, string>;
    const axes = ["Wavelength", "seconds", "Z", "Y", "X"].map((name) => ({ name, type: types[name] ?? "space" }));
    await writeGroup(store, `${root}/${group}`, { ...attributes, multiscales: [{ ...multiscale, axes }] });
    const views = await openNativeOmeZarr(store, root);
    expect(views.map(({ levelsOfTimes }) => levelsOfTimes?.length)).toEqual([3, 3]);
    const whole = await views[1]!.levelsOfTimes![2]![0]!.read(wholeOf([4, 6, 5]));
    expect(whole).toEqual(patternedPixels("uint16", shape, 3).slice(5 * 120, 6 * 120));
  });
});
