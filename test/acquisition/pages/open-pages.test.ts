import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeTiff } from "../../../scripts/microscope-files.mjs";
import { openPages } from "../../../src/acquisition/pages/open-pages.ts";
import { hasPageFiles } from "../../../src/acquisition/pages/page-files.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";
import { metaOfStack, rawStack, tiffFixture, wholeOf } from "./stacks.ts";

const name = (tile: number, rest = "Ch561_FltLP_Sh0_Rot0.raw") => `brain_Mag5x_Tile${tile}_${rest}`;

/** A store with two tiles of two channels in RAW, of 2 planes of 3 rows and 4 columns. */
async function rawAcquisition(): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const tile of [0, 1]) {
    for (const [index, laser] of ["488", "561"].entries()) {
      const file = `in/${name(tile, `Ch${laser}_FltLP_Sh0_Rot0.raw`)}`;
      await store.set(
        file,
        rawStack([2, 3, 4], (n) => 1000 * tile + 40000 * index + n),
      );
      await store.set(`${file}_meta.txt`, metaOfStack({ laser: `${laser} nm`, x_pos: `${tile * 100}` }));
    }
  }
  return store;
}

describe("openPages", () => {
  it("opens the RAW files of a folder with what their metadata say, and leaves projections alone", async () => {
    const store = await rawAcquisition();
    await store.set(`in/MAX_${name(0)}.tif`, new Uint8Array(9));
    await store.set("in/brain_Mag5x_Tile0_Ch561_FltLP_Sh0_Rot0_MAX.tiff", new Uint8Array(9));
    const views = await openPages(store, "in");
    expect(views.map((view) => [view.name, view.channel, view.stageUmZyx?.[2]])).toEqual([
      [name(0, "Ch488_FltLP_Sh0_Rot0.raw"), "488", 0],
      [name(0), "561", 0],
      [name(1, "Ch488_FltLP_Sh0_Rot0.raw"), "488", 100],
      [name(1), "561", 100],
    ]);
    expect(views[3]).toMatchObject({ side: "Right", rotation: 0, pixelSizeUmZyx: [5, 1.5, 1.5] });
    expect(views[3]?.stageUmZyx).toEqual([-100, 250.25, 100]);
    expect(views[3]?.metadata).toMatchObject({ Zoom: "5x", z_planes: "2" });
    expect(views[3]?.levels[0]).toMatchObject({ type: "uint16", shapeZyx: [2, 3, 4], chunkShapeZyx: [1, 3, 4] });
    expect(await wholeOf(views[3]!)).toEqual(Uint16Array.from({ length: 24 }, (_, n) => 41000 + n));
  });

  it("finds the files that belong to one, and no others", async () => {
    const store = await rawAcquisition();
    await store.set(
      `in/other_Mag5x_Tile0_Ch488_Sh0_Rot0.raw`,
      rawStack([1, 1, 1], () => 1),
    );
    await store.set("in/notes.raw", new Uint8Array(2));
    expect((await openPages(store, `in/${name(1)}`)).map((view) => view.name)).toHaveLength(4);
    await expect(openPages(store, "in")).rejects.toThrow(/holds the files of several acquisitions .* Name one file/);
  });

  it("reads boxes, of rows that lie within planes", async () => {
    const [view] = await openPages(await rawAcquisition(), "in");
    const box = await view!.levels[0]!.read({ start: [0, 1, 1], stop: [2, 3, 3] });
    expect(box).toEqual(Uint16Array.of(5, 6, 9, 10, 17, 18, 21, 22));
    expect(await view!.levels[0]!.read({ start: [0, 1, 2], stop: [2, 3, 2] })).toEqual(new Uint16Array(0));
  });

  it("multiplies the size of pixels that were binned", async () => {
    const store = new MemoryStore();
    await store.set("a_Mag1x_Tile0_Ch561_Sh0_Rot0.btf", tiffFixture("pages.btf"));
    const meta = metaOfStack({ x_pixels: "11", y_pixels: "14" });
    await store.set("a_Mag1x_Tile0_Ch561_Sh0_Rot0.btf_meta.txt", meta);
    expect((await openPages(store, ""))[0]?.pixelSizeUmZyx).toEqual([5, 3, 3]);
  });

  it("takes a single plane without a distance from the next for 1 µm thick", async () => {
    const store = new MemoryStore();
    const file = name(0);
    await store.set(
      file,
      rawStack([1, 3, 4], (n) => n),
    );
    const meta = new TextDecoder().decode(metaOfStack({ z_planes: "1" })).replace("[z_stepsize] 5", "[z_stepsize] 0.0");
    await store.set(`${file}_meta.txt`, new TextEncoder().encode(meta));
    expect((await openPages(store, ""))[0]).toMatchObject({ pixelSizeUmZyx: [1, 1.5, 1.5] });
    await store.set(
      file,
      rawStack([2, 3, 4], (n) => n),
    );
    const two = meta.replace("[z_planes] 1", "[z_planes] 2");
    await store.set(`${file}_meta.txt`, new TextEncoder().encode(two));
    await expect(openPages(store, "")).rejects.toThrow(/unusable \[z_stepsize\]/);
  });

  it("names the channel by the file where the laser is not noted, and gives tiles one channel where nothing does", async () => {
    const store = new MemoryStore();
    const meta = metaOfStack({ laser: "" });
    for (const file of [name(0), "a_Tile0_Sh0_Rot0.raw", "a_Tile1_Sh0_Rot0.raw"]) {
      await store.set(
        `in/${file}`,
        rawStack([2, 3, 4], (n) => n),
      );
      await store.set(`in/${file}_meta.txt`, meta);
    }
    const channels = async (file: string) => (await openPages(store, `in/${file}`)).map(({ channel }) => channel);
    expect(await channels(name(0))).toEqual(["561"]);
    expect(await channels("a_Tile0_Sh0_Rot0.raw")).toEqual(["channel_1", "channel_1"]);
  });

  it("leaves out snapshots beside the stacks of one acquisition, and says so", async () => {
    const store = await rawAcquisition();
    const folder = mkdtempSync(join(tmpdir(), "isolux-snapshot-"));
    writeTiff(join(folder, "a.tif"), 1, [3, 4], () => new Uint16Array(12));
    const plane = new Uint8Array(readFileSync(join(folder, "a.tif")));
    rmSync(folder, { recursive: true });
    await store.set("in/20210430-153343.tif", plane);
    await store.set("in/20210430-153343.tif_meta.txt", metaOfStack({ x_pos: "90000" }));
    const notes: string[] = [];
    expect(await openPages(store, "in", (text) => notes.push(text))).toHaveLength(4);
    expect(notes).toEqual(["Skipped 20210430-153343.tif: it is a single plane, no tile of the acquisition"]);
    // A stack is no snapshot.
    await store.set("in/other.btf", tiffFixture("pages.btf"));
    await expect(openPages(store, "in")).rejects.toThrow(/holds the files of several acquisitions/);
  });

  it("leaves out stacks that were aborted, and says so", async () => {
    const store = await rawAcquisition();
    await store.set(`in/${name(1)}_meta.txt`, metaOfStack({ x_pos: "100" }, false));
    const notes: string[] = [];
    expect(await openPages(store, "in", (text) => notes.push(text))).toHaveLength(3);
    expect(notes).toEqual([`Skipped, because their acquisition was aborted: ${name(1)}`]);
  });

  it("reads a single tile without metadata, and says what it takes from where", async () => {
    const store = new MemoryStore();
    await store.set("Mag1x_Tile0_Ch488_Sh0_Rot90.btf", tiffFixture("pages.btf"));
    await store.set("Mag1x_Tile0_Ch488_Sh1_Rot90.btf", tiffFixture("pages.btf"));
    const notes: string[] = [];
    const views = await openPages(store, "", (text) => notes.push(text));
    expect(views.map(({ channel, side, rotation }) => [channel, side, rotation])).toEqual([
      ["488", "Left", 90],
      ["488", "Right", 90],
    ]);
    expect(views[0]).toMatchObject({ stageUmZyx: undefined, metadata: {} });
    for (const [axis, size] of [5, 0.85, 0.85].entries()) expect(views[0]!.pixelSizeUmZyx[axis]).toBeCloseTo(size, 6);
    expect(notes[0]).toMatch(/^No _meta.txt has the pixel size of .*Sh0.*: it is taken from its tags$/);
  });

  it.each([
    [["Mag1x_Tile0_Ch488_Sh0_Rot0.btf", "Mag1x_Tile1_Ch488_Sh0_Rot0.btf"], "The position of a tile is not known"],
    [["a.tif", "b.tif"], "The position of a tile is not known"],
    [["Mag1x_Tile0_Ch488_Sh0_Rot0.raw"], "The shape of a RAW file's planes is not known"],
  ])("%s without metadata", async (names, message) => {
    const store = new MemoryStore();
    for (const file of names) await store.set(file, tiffFixture("pages.btf"));
    const failure = await openPages(store, "").catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ kind: "not-found", what: message, where: expect.stringContaining(names[0]!) });
    expect(failure).toMatchObject({ expected: `its metadata in ${names[0]}_meta.txt` });
  });

  it.each([-2, 2])("a RAW file whose size is wrong by %i bytes", async (bytes) => {
    const store = await rawAcquisition();
    await store.set(`in/${name(1)}`, new Uint8Array(48 + bytes));
    await expect(openPages(store, "in")).rejects.toMatchObject({
      kind: "corrupt",
      where: expect.stringContaining(name(1)),
      found: `${48 + bytes} bytes`,
      expected: "48 for 2 planes of 3 x 4 uint16",
    });
  });

  it("a folder without stacks, or with stacks of two formats", async () => {
    const store = await rawAcquisition();
    await expect(openPages(store, "out")).rejects.toMatchObject({ kind: "not-found" });
    expect([await hasPageFiles(store, "out"), await hasPageFiles(store, "in")]).toEqual([false, true]);
    expect(await hasPageFiles(store, `in/${name(1)}`)).toBe(true);
    expect(await hasPageFiles(store, `in/${name(1)}_meta.txt`)).toBe(false);
    await store.set(`in/${name(1, "Ch488_Sh0_Rot0.btf")}`, tiffFixture("pages.btf"));
    await expect(openPages(store, "in")).rejects.toThrow("several acquisitions");
  });
});

describe.skipIf(!hasReferenceData)("files of the reference's tests", () => {
  const folder = `${referenceFolder}data/mesospim/upstream_examples`;

  it("in RAW, of which one file of metadata tells", async () => {
    const store = new MemoryStore();
    for (const file of ["example_Mag_ch561.raw", "example_Mag_ch640.raw", "example.raw_meta.txt"]) {
      await store.set(file, readFileSync(`${folder}/${file}`));
    }
    const views = await openPages(store, "");
    expect(views.map(({ channel, side, stageUmZyx }) => [channel, side, stageUmZyx])).toEqual([
      ["561", "Right", [0, 3, 4]],
      ["640", "Right", [0, 3, 4]],
    ]);
    expect(views[0]?.levels[0]?.shapeZyx).toEqual([2, 3, 4]);
    expect(await wholeOf(views[1]!)).toEqual(Uint16Array.from({ length: 24 }, (_, n) => n));
  });

  it("in TIFF, of a type that is not corrected", async () => {
    const store = new DirectoryStore(folder);
    await expect(openPages(store, "example_Mag_ch561.tif")).rejects.toMatchObject({
      kind: "unsupported",
      found: "float64",
      where: expect.stringContaining("example_Mag_ch561.tif"),
    });
  });
});
