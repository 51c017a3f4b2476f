import { readdirSync, readlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { arrangeViews } from "../../../src/acquisition/arrange-views.ts";
import { openBdv } from "../../../src/acquisition/bdv/open-bdv.ts";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { openMosaic } from "../../../src/acquisition/open-mosaic.ts";
import type { TileView } from "../../../src/acquisition/tile-view.ts";
import { openFileNode } from "../../../src/pipeline/places/find-places-node.ts";
import { readBox } from "../../../src/zarr/box.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";
import { metaOfStack, wholeOf } from "../pages/stacks.ts";
import { bdvFile, bdvFixture, columns, opening, pixelsOfSetup, planes, rows } from "./hdf5-files.ts";

const where = (views: readonly TileView[]) =>
  views.map(({ name, channel, side, rotation, stageUmZyx }) => [name, channel, side, rotation, stageUmZyx?.[2]]);

/** A row of an acquisition list. */
const row = (laser: string, Shutter: string, x: number, isFinished = true) =>
  metaOfStack(
    { laser: `${laser} nm`, Shutter, x_pos: String(x), x_pixels: `${rows}`, y_pixels: `${columns}` },
    isFinished,
  );

async function storeOf(list: readonly (Uint8Array | undefined)[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const [index, text] of list.entries()) {
    if (text !== undefined) await store.set(`a.h5_s${index}-t0_meta.txt`, text);
  }
  return store;
}

describe("a file with its XML file", () => {
  async function storeWithXml(change: (xml: string) => string = (xml) => xml): Promise<MemoryStore> {
    const store = new MemoryStore();
    const xml = new TextDecoder().decode(bdvFixture("auto_bdv.xml"));
    await store.set("in/auto_bdv.xml", new TextEncoder().encode(change(xml)));
    return store;
  }
  const open = async (key = "in/auto_bdv.h5", change?: (xml: string) => string, note?: (text: string) => void) =>
    openBdv(await storeWithXml(change), key, opening(bdvFixture("auto_bdv.h5")), note);

  it.each(["in/auto_bdv.h5", "in/auto_bdv.xml"])("opened as %s", async (key) => {
    const views = await open(key);
    expect(where(views)).toEqual([
      ["s00", "488", "Right", 0, -100.5],
      ["s03", "488", "Left", 0, 250.25],
    ]);
    expect(views[1]).toMatchObject({ stageUmZyx: [-30, 20, 250.25], pixelSizeUmZyx: [5, 0.85, 0.85], metadata: {} });
    expect(views[1]?.levels.map(({ shapeZyx, chunkShapeZyx, type }) => [shapeZyx, chunkShapeZyx, type])).toEqual([
      [[3, 5, 7], [1, 3, 4], "uint16"],
      [[3, 3, 4], [1, 2, 2], "uint16"],
    ]);
    const truth = Uint16Array.from({ length: 105 }, (_, n) => {
      return 34000 + 100 * Math.floor(n / 35) + 10 * (Math.floor(n / 7) % 5) + (n % 7);
    });
    expect(await wholeOf(views[1]!)).toEqual(truth);
    const box = await views[1]!.levels[0]!.read({ start: [1, 2, 3], stop: [3, 5, 5] });
    expect([...box]).toEqual(
      [1, 2].flatMap((z) => [2, 3, 4].flatMap((y) => [3, 4].map((x) => 34000 + 100 * z + 10 * y + x))),
    );
    // The first 2 x 2 pixels have the mean 34005.5.
    expect((await views[1]!.levels[1]!.read({ start: [0, 0, 0], stop: [1, 1, 1] }))[0]).toBe(34005);
  });

  it("has a mosaic for each rotation, of which one is chosen", async () => {
    const store = await storeWithXml((xml) =>
      xml
        .replace(/(<tile>1<\/tile>\s*<angle>)0/, "$11")
        .replace(/<\/Angle>/, "</Angle><Angle><id>1</id><name>90</name></Angle>"),
    );
    const openFile = opening(bdvFixture("auto_bdv.h5"));
    const rotated = (more: object) => openAcquisition(store, "in/auto_bdv.xml", { openFile, ...more });
    await expect(rotated({})).rejects.toThrow("Give --rotation 0 (1 stack) or --rotation 90 (1 stack)");
    expect((await rotated({ rotation: 90 })).acquisition.tiles).toHaveLength(1);
  });

  it("takes positions of the acquisition, not what stitching fitted later", async () => {
    const fitted = `$&<ViewTransform type="affine"><Name>Stitching Transform</Name>
      <affine>1 0 0 17 0 1 0 18 0 0 1 19</affine></ViewTransform>`;
    const views = await open(undefined, (xml) => xml.replaceAll(/<ViewRegistration .*?>/g, fitted));
    expect(views.map(({ stageUmZyx }) => stageUmZyx?.[2])).toEqual([-100.5, 250.25]);
  });

  it("knows no position where views are turned", async () => {
    const views = await open(undefined, (xml) =>
      xml.replaceAll("<affine>1.000000 0.000000", "<affine>0.500000 0.000000"),
    );
    expect(views.map(({ stageUmZyx }) => stageUmZyx)).toEqual([undefined, undefined]);
  });

  it("leaves out with a note what the XML file does not know", async () => {
    const notes: string[] = [];
    const views = await open(
      undefined,
      (xml) => xml.replace("<id>3</id>", "<id>4</id>"),
      (text) => notes.push(text),
    );
    expect(views.map(({ name }) => name)).toEqual(["s00"]);
    expect(notes).toEqual(["Skipped, because it is not known which tiles they are: s03"]);
  });

  it.each([
    ["<SpimData", "<Spim", "corrupt", "not valid XML"],
    ["bdv.hdf5", "bdv.n5", "unsupported", "found bdv.n5, expected bdv.hdf5"],
    ["<unit>um", "<unit>px", "not-found", "pixel size of a view is not known"],
    ["ViewSetups>", "Views>", "corrupt", "lists no views"],
    ["ImageLoader", "Loader", "corrupt", "does not describe an image"],
  ])("%s for %s", async (was, is, kind, message) => {
    const failure = await open(undefined, (xml) => xml.replaceAll(was, is)).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ kind, message: expect.stringContaining(message) });
    expect(failure).toMatchObject({ message: expect.stringContaining("in/auto_bdv") });
  });
});

describe("a file without its XML file", () => {
  it("of sides chosen by position", async () => {
    // Sides Right, Left; channels 561, 488; tiles at 0, 100, 200
    const list = [row("561", "Right", 0), row("488", "Right", 0), row("561", "Left", 100), row("488", "Left", 100)];
    const store = await storeOf([...list, row("561", "Left", 200), row("488", "Left", 200)]);
    const file = await bdvFile(
      12,
      [0, 3, 7, 10, 8, 11].map((setup) => ({ setup })),
    );
    const views = await openBdv(store, "a.h5", opening(file));
    expect(where(views)).toEqual([
      ["s00", "561", "Right", 0, 0],
      ["s03", "488", "Right", 0, 0],
      ["s07", "561", "Left", 0, 100],
      ["s08", "561", "Left", 0, 200],
      ["s10", "488", "Left", 0, 100],
      ["s11", "488", "Left", 0, 200],
    ]);
    for (const view of views) expect(await wholeOf(view)).toEqual(pixelsOfSetup(Number(view.name.slice(1))));
  });

  it("that was aborted: the unfinished view is left out", async () => {
    // Of two channels and five tiles the second tile's second channel was not finished.
    const list = [row("488", "Left", 0), row("561", "Left", 0), row("488", "Left", 9), row("561", "Left", 9, false)];
    const file = await bdvFile(
      10,
      [0, 5, 1, 6].map((setup) => ({ setup })),
    );
    const notes: string[] = [];
    const views = await openBdv(await storeOf(list), "a.h5", opening(file), (text) => notes.push(text));
    expect(where(views)).toEqual([
      ["s00", "488", "Left", 0, 0],
      ["s01", "488", "Left", 0, 9],
      ["s05", "561", "Left", 0, 0],
    ]);
    expect(notes).toEqual(["Skipped, because their acquisition was aborted: s06"]);
  });

  it.each([
    ["no metadata at all", [], 2],
    ["a row missing before others", [row("488", "Left", 0), undefined, row("488", "Left", 9)], 3],
    ["rows that no counting makes fit", [row("488", "Left", 0), row("488", "Left", 9), row("488", "Left", 18)], 2],
  ])("and with %s", async (_, list, count) => {
    const file = await bdvFile(
      count,
      Array.from({ length: count }, (_, setup) => ({ setup })),
    );
    const opened = openBdv(await storeOf(list), "a.h5", opening(file));
    await expect(opened).rejects.toMatchObject({ kind: "not-found", where: "memory:/a.h5" });
    await expect(opened).rejects.toThrow(`${count} views with pixels of ${count} in the file`);
  });

  it("of one file of metadata, as earlier versions wrote, and several time points", async () => {
    const store = new MemoryStore();
    const texts = [row("488", "Left", 0), row("561", "Left", 0)].map((bytes) => new TextDecoder().decode(bytes));
    await store.set("a.h5_meta.txt", new TextEncoder().encode(texts.join("\n")));
    const notes: unknown[] = [];
    const file = await bdvFile(2, [{ setup: 0 }, { setup: 1 }], 2);
    const views = await openBdv(store, "a.h5", opening(file), (...told) => notes.push(told));
    expect(views.map(({ channel }) => channel)).toEqual(["488", "561"]);
    expect(notes).toEqual([["Of 2 time points only the first is read, so that the output holds no other", "warning"]]);
  });

  it.each([
    ["<H", "uint16"],
    ["<h", "uint16"],
    ["<B", "uint8"],
    ["<f", "float32"],
  ] as const)("with cells of type %s", async (type, expected) => {
    const file = await bdvFile(1, [{ setup: 0, type, levels: 2 }]);
    const [view] = await openBdv(await storeOf([row("488", "Left", 0)]), "a.h5", opening(file));
    expect(view?.levels.map((level) => [level.type, level.shapeZyx])).toEqual([
      [expected, [planes, rows, columns]],
      [expected, [planes, rows >> 1, columns >> 1]],
    ]);
    expect([...(await wholeOf(view!))]).toEqual([...pixelsOfSetup(0)]);
  });

  it("with cells that are not corrected", async () => {
    const file = await bdvFile(1, [{ setup: 0, type: "<i" }]);
    const opened = openBdv(await storeOf([row("488", "Left", 0)]), "a.h5", opening(file));
    await expect(opened).rejects.toMatchObject({ kind: "unsupported", found: "int32" });
    const compressed = openBdv(await storeOf([row("488", "Left", 0)]), "a.h5", opening(bdvFixture("bzip2.h5")));
    await expect(compressed).rejects.toMatchObject({
      kind: "unsupported",
      found: expect.stringContaining("bzip2"),
      where: "memory:/a.h5/t00000/s00/0/cells",
    });
  });
});

describe.skipIf(!hasReferenceData)("files of others", () => {
  const data = `${referenceFolder}data/mesospim`;

  it("makes the mosaic that the reference's converter made", async () => {
    const file = "demo_Mag1x_Ch488_Ch561_bdv.h5";
    const views = await openBdv(new DirectoryStore(`${data}/samples/h5`), file, openFileNode);
    expect(views).toHaveLength(12);
    const { arrangements, channels } = arrangeViews(views, file);
    const mosaic = await openMosaic(new DirectoryStore(`${data}/samples/mosaic_v04`), "demo.zarr/raw_image");
    const array = mosaic.levels[0]!.array;
    for (const { row, column, views: ofTile } of arrangements[0]!.tiles) {
      for (const [c, channel] of channels.entries()) {
        const start = [c, 0, row * 24, column * 16];
        const expected = await readBox(array, start, [c + 1, 6, (row + 1) * 24, (column + 1) * 16]);
        expect(await wholeOf(ofTile.get(channel)![0]!)).toEqual(expected);
      }
    }
  });

  it("reads the reference's own test file, without headers", async () => {
    const store = new DirectoryStore(`${data}/upstream_examples`);
    const views = await openBdv(store, "multitile_example.h5", openFileNode);
    expect(where(views)).toEqual([
      ["s00", "640", "Right", 0, 4],
      ["s01", "561", "Right", 0, 4],
    ]);
    expect(await wholeOf(views[1]!)).toEqual(Uint16Array.from({ length: 24 }, (_, n) => n));
  });

  it.skipIf(process.platform !== "linux")("leaves no file open", async () => {
    const path = `${data}/upstream_examples`;
    for (let n = 0; n < 20; n++) {
      const views = await openBdv(new DirectoryStore(path), "multitile_example.h5", openFileNode);
      await wholeOf(views[0]!);
    }
    const targets = readdirSync("/proc/self/fd").map(targetOf);
    expect(targets.filter((target) => target.endsWith(".h5"))).toEqual([]);
  });
});

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}
