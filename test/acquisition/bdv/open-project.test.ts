/** Projects of BigStitcher: one scene in all of its formats. */
import { describe, expect, it } from "vitest";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { storedLevel } from "../../../src/acquisition/sampled-level.ts";
import { IsoluxError } from "../../../src/errors.ts";
import { confirmPlacement } from "../../../src/pipeline/places/confirm-placement.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { opening } from "./hdf5-files.ts";
import {
  affine,
  hdf5Project,
  inPixels,
  n5Loader,
  n5Project,
  placeOf,
  projectXml,
  type Registration,
  type SceneSize,
  type SceneView,
  sceneMosaic,
  sceneViews,
  zarrProject,
} from "./projects.ts";

async function open(store: MemoryStore, options: object = {}, key = "dataset.xml") {
  const notes: string[] = [];
  const opened = await openAcquisition(store, key, { note: (text) => notes.push(text), ...options });
  return { opened, acquisition: opened.acquisition, notes };
}

const whole = { start: [0, 0, 0], stop: [3, 80, 144] } as const;
/** Down the columns, in µm. */
const stage = [0, 16, 32].flatMap((x) => [0, 12].map((y) => [y, x]));

type Opening = (size: SceneSize, parts?: object) => Promise<{ store: MemoryStore; options?: object }>;
const formats: readonly (readonly [string, Opening])[] = [
  ["N5", async (size, parts) => ({ store: await n5Project(size, parts) })],
  ["OME-Zarr, an image for each view", async (size, parts) => ({ store: await zarrProject(size, { parts }) })],
  [
    "OME-Zarr, an image of all channels",
    async (size, parts) => ({ store: await zarrProject(size, { parts, isShared: true }) }),
  ],
  ["HDF5", (size, parts) => hdf5Project(size, { parts })],
  ["HDF5 in several files", (size, parts) => hdf5Project(size, { parts, isDivided: true })],
];

describe.each(formats)("a project in %s", (_, make) => {
  it("is the mosaic of its tiles, where their overlaps confirm it", async () => {
    const { store, options } = await make({ channels: 2 });
    const { opened, acquisition, notes } = await open(store, options);
    expect(opened.kind).toBe("tiles");
    expect(notes).toEqual([]);
    expect(acquisition.channels.map(({ label }) => label)).toEqual(["488", "561"]);
    expect(acquisition.pixelSizeUmZyx).toEqual([2, 0.5, 0.5]);
    expect(acquisition.tiles.map(({ stagePositionUmYx: at }) => at)).toEqual(stage);
    const views = sceneViews({ channels: 2 });
    for (const channel of [0, 1]) {
      const pixels = await acquisition.levels[0]!.readBox(channel, whole);
      expect(pixels).toEqual(sceneMosaic(views.filter((view) => view.channel === channel)));
    }
    expect(await confirmPlacement(opened, { report: () => undefined }, "refuse")).toBe(opened);
  });

  it.each([
    ["x", (view: SceneView) => [placeOf(view)[1], -placeOf(view)[2]]],
    ["y", (view: SceneView) => [-placeOf(view)[1], placeOf(view)[2]]],
    ["x and y swapped", (view: SceneView) => [placeOf(view)[2], placeOf(view)[1]]],
  ] as const)("is refused by its overlaps where registrations have %s wrong", async (axis, place) => {
    const registration: Registration = (view) => {
      const [y, x] = place(view);
      return affine(`1 0 0 ${x} 0 1 0 ${y} 0 0 1 0`);
    };
    const { store, options } = await make({}, { registration });
    const { opened } = await open(store, options);
    const confirmed = confirmPlacement(opened, { report: () => undefined }, "refuse");
    const said = axis.length > 1 ? "have x and y swapped" : `run against the images along ${axis}`;
    await expect(confirmed).rejects.toThrow(said);
  });

  it("has all of its time points", async () => {
    const { store, options } = await make({ times: 2 });
    const { acquisition } = await open(store, options);
    const [level] = acquisition.levels;
    expect([level!.timePoints, level!.shapeCzyx]).toEqual([2, [1, 6, 80, 144]]);
    const views = sceneViews({ times: 2 });
    const [first, second] = [0, 1].map((time) => sceneMosaic(views.filter((view) => view.time === time)));
    const stored = storedLevel(level!);
    expect(await stored.readBox(1, whole)).toEqual(second);
    const both = await level!.readBox(0, { start: [2, 5, 6], stop: [5, 9, 12] });
    const part = (mosaic: Uint16Array, z: number) =>
      [5, 6, 7, 8].flatMap((y) => [...mosaic.subarray((z * 80 + y) * 144 + 6, (z * 80 + y) * 144 + 12)]);
    expect([...both]).toEqual([...part(first!, 2), ...part(second!, 0), ...part(second!, 1)]);
    expect(acquisition.tiles[0]!.box.stop[0]).toBe(6);
    expect(acquisition.tilesOfOneTime![0]!.box.stop[0]).toBe(3);
  });
});

it("a time lapse in HDF5 by the library of the microscope, without its metadata, has all of its time points", async () => {
  const { store, options } = await hdf5Project({ times: 2 }, {});
  const loader = '<ImageLoader format="bdv.hdf5"><hdf5 type="relative">dataset.h5</hdf5></ImageLoader>';
  const xml = projectXml({ views: sceneViews({ times: 2 }), loader });
  const generated = "<generatedBy><library>npy2bdv</library></generatedBy><SequenceDescription>";
  await store.set("dataset.xml", new TextEncoder().encode(xml.replace("<SequenceDescription>", generated)));
  const { acquisition, notes } = await open(store, options);
  expect([notes, acquisition.levels[0]!.timePoints]).toEqual([[], 2]);
  const later = sceneMosaic(sceneViews({ times: 2 }).filter(({ time }) => time === 1));
  expect(await storedLevel(acquisition.levels[0]!).readBox(1, whole)).toEqual(later);
});

describe("views of a project", () => {
  it("that are missing leave their places empty, with a note where the file does not say it", async () => {
    const missing = '<MissingView timepoint="0" setup="1"/>';
    const store = await n5Project({}, { missing });
    const { acquisition, notes } = await open(store);
    expect([acquisition.tiles.length, notes]).toEqual([5, []]);
    for (const key of await keysOf(store, "dataset.n5/setup4/")) await store.remove(key);
    const later = await open(store);
    expect(later.acquisition.tiles).toHaveLength(4);
    expect(later.notes).toEqual(["Skipped, because they have no pixels: view setups 4"]);
  });

  it("from two sides are two channels, and illuminations without names are called left and right", async () => {
    const { acquisition, notes } = await open(await n5Project({ sides: 2 }));
    expect(acquisition.channels.map(({ label }) => label)).toEqual(["488_Left", "488_Right"]);
    expect(notes).toEqual(["Illumination 0 of the XML file is called Left, 1 is called Right"]);
    const right = sceneViews({ sides: 2 }).filter(({ side }) => side === 1);
    expect(await acquisition.levels[0]!.readBox(1, whole)).toEqual(sceneMosaic(right));
  });

  it("at several angles make a mosaic each, of which one is chosen", async () => {
    const views = sceneViews();
    const turned = projectXml({ views, loader: n5Loader })
      .replaceAll(/(<tile>[345]<\/tile><angle>)0/g, "$11")
      .replace("</Angle>", "</Angle><Angle><id>1</id><name>b</name><degrees>90.0</degrees></Angle>");
    const store = await n5Project();
    await store.set("dataset.xml", new TextEncoder().encode(turned));
    await expect(open(store)).rejects.toThrow("Give --rotation 0 (3 stacks) or --rotation 90 (3 stacks)");
    const { acquisition } = await open(store, { rotation: 90 });
    expect(acquisition.tiles.map(({ stagePositionUmYx: at }) => at)).toEqual([0, 16, 32].map((x) => [12, x]));
  });

  it("whose channels have one name, or none, are told apart by their ids", async () => {
    const named = async (change: (xml: string) => string) => {
      const store = await n5Project({ channels: 2 });
      const xml = projectXml({ views: sceneViews({ channels: 2 }), loader: n5Loader });
      await store.set("dataset.xml", new TextEncoder().encode(change(xml)));
      return (await open(store)).acquisition.channels.map(({ label }) => label);
    };
    expect(await named((xml) => xml.replace("561 nm", "488 nm"))).toEqual(["488_0", "488_1"]);
    expect(await named((xml) => xml.replaceAll(/<name>\d+ nm<\/name>/g, ""))).toEqual(["0", "1"]);
  });

  it("without a unit of length count in µm, with a warning", async () => {
    const { acquisition, notes } = await open(await n5Project({}, { unit: "pixels" }));
    expect(acquisition.pixelSizeUmZyx).toEqual([2, 0.5, 0.5]);
    expect(notes).toEqual([
      "The XML file has no pixel size in a unit of length: its numbers are taken as µm. Give others with --pixel-size",
    ]);
  });

  it.each([
    ["calibrated in µm", (x: number, y: number) => affine(`0.5 0 0 ${x / 2} 0 0.5 0 ${y / 2} 0 0 2 0`)],
    ["mirrored, in pixels", (x: number, y: number) => affine(`-1 0 0 ${-x} 0 -1 0 ${-y} 0 0 1 0`)],
    [
      "moved by stitching, which is listed first and applies last",
      (x: number, y: number) =>
        affine(`1 0 0 ${-x} 0 1 0 ${-y} 0 0 1 0`) +
        affine(`2 0 0 0 0 2 0 0 0 0 2 0`) +
        affine(`1 0 0 ${x} 0 1 0 ${y} 0 0 1 0`),
    ],
    ["turned by less than a pixel", (x: number, y: number) => affine(`1 0.01 0 ${x} -0.01 1 0 ${y} 0 0 1 0`)],
  ])("lie where registrations say that are %s", async (_, transforms) => {
    const registration: Registration = (view) => transforms(placeOf(view)[2], placeOf(view)[1]);
    const { acquisition } = await open(await n5Project({}, { registration }));
    const at = acquisition.tiles.map(({ stagePositionUmYx }) => stagePositionUmYx);
    const [y0, x0] = at[0]!;
    const scale = _.startsWith("moved") ? 0.5 : 1;
    expect(at.map((yx) => [yx![0] - y0, yx![1] - x0])).toEqual(stage.map(([y, x]) => [y! * scale, x! * scale]));
  });

  it.each([
    ["turned", "0.8 -0.6 0 3 0.6 0.8 0 4 0 0 1 5"],
    ["sheared", "1 0 0.5 3 0 1 0 4 0 0 1 5"],
    ["turned by a quarter", "0 1 0 0 -1 0 0 0 0 0 1 0"],
  ])("that are %s are refused in a sentence", async (_, transform) => {
    const registration: Registration = (view) => affine(transform) + inPixels(view);
    await expect(open(await n5Project({}, { registration }))).rejects.toMatchObject({
      kind: "unsupported",
      message: expect.stringMatching(/rotates, shears or scales a tile.*view setup 0/),
    });
  });

  it("that no registration tells apart are refused", async () => {
    const store = await n5Project({}, { registration: () => affine("1 0 0 0 0 1 0 0 0 0 1 0") });
    await expect(open(store)).rejects.toThrow("The stage position of a tile is not known");
  });

  it("with other levels at another time point are refused", async () => {
    const store = await n5Project({ times: 2 });
    for (const key of await keysOf(store, "dataset.n5/setup3/timepoint1/")) {
      await store.set(key, (await store.get(key.replace("timepoint1", "timepoint0")))!);
    }
    const array = "dataset.n5/setup3/timepoint1/s0/attributes.json";
    const text = new TextDecoder().decode((await store.get(array))!);
    await store.set(array, new TextEncoder().encode(text.replace('"uint16"', '"uint8"')));
    await expect(open(store)).rejects.toThrow("A view has another shape at another time point");
  });
});

async function keysOf(store: MemoryStore, start: string): Promise<string[]> {
  const keys: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const { name, kind } of await store.list(folder)) {
      if (kind === "folder") await visit(`${folder}/${name}`);
      else keys.push(`${folder}/${name}`);
    }
  };
  await visit(start.replace(/\/$/, ""));
  return keys;
}

describe("the XML file of a project", () => {
  const loaderOf = (text: string) => ({ loader: text, views: sceneViews() });

  it("may name its data elsewhere: they are found beside it", async () => {
    const store = await n5Project({}, loaderOf(n5Loader.replace('"relative">', '"absolute">/nowhere/')));
    expect((await open(store)).acquisition.tiles).toHaveLength(6);
    await expect(open(await n5Project({}, loaderOf(n5Loader.replace("dataset", "other"))))).rejects.toMatchObject({
      kind: "not-found",
      message: expect.stringContaining("Put other.n5 beside the XML file"),
    });
  });

  it("may wrap its loader with flat-field images of BigStitcher, which are not applied", async () => {
    const wrapped = `<ImageLoader format="spimreconstruction.wrapped.flatfield.multiresolution" Active="true" Cached="true">
      <WrappedImgLoader>${n5Loader}</WrappedImgLoader><FlatFields><FlatField Timepoint="0" ViewSetup="0">
      <BrightImg type="relative">b.tif</BrightImg></FlatField></FlatFields></ImageLoader>`;
    const { acquisition, notes } = await open(await n5Project({}, loaderOf(wrapped)));
    expect(await acquisition.levels[0]!.readBox(0, whole)).toEqual(sceneMosaic(sceneViews()));
    expect(notes).toEqual([
      "The XML file has flat-field images of BigStitcher: they are ignored, and the raw pixels are corrected",
    ]);
  });

  it("may name a bucket in which it lies itself, and places of images that have no such axes", async () => {
    const store = await zarrProject({}, {});
    const xml = new TextDecoder().decode((await store.get("dataset.xml"))!);
    const inBucket = xml.replace("<zarr type", "<s3bucket>b</s3bucket><zarr type");
    await store.set("dataset.xml", new TextEncoder().encode(inBucket));
    for (const view of sceneViews()) {
      const group = `dataset.ome.zarr/s${view.setup}-t0.zarr`;
      const text = new TextDecoder().decode((await store.get(`${group}/.zattrs`))!);
      const plain = text.replaceAll(/\{[^{}]*"name": *"[tc]"[^{}]*\},\s*/g, "").replace(/(\[\s*)1,\s*1,\s*/, "$1");
      await store.set(`${group}/.zattrs`, new TextEncoder().encode(plain));
      const array = JSON.parse(new TextDecoder().decode((await store.get(`${group}/0/.zarray`))!));
      const flat = { ...array, shape: array.shape.slice(2), chunks: array.chunks.slice(2) };
      await store.set(`${group}/0/.zarray`, new TextEncoder().encode(JSON.stringify(flat)));
      await store.set(`${group}/0/0/0/0`, (await store.get(`${group}/0/0/0/0/0/0`))!);
    }
    const { acquisition } = await open(store);
    expect(await acquisition.levels[0]!.readBox(0, whole)).toEqual(sceneMosaic(sceneViews()));
  });

  it.each([
    ["list", '<Timepoints type="list"><Timepoint><id>0</id></Timepoint></Timepoints>'],
    ["pattern", '<Timepoints type="pattern"><integerpattern>0</integerpattern></Timepoints>'],
    ["nothing", ""],
  ])("may give its time points by a %s", async (_, times) => {
    const store = await n5Project();
    const xml = projectXml({ views: sceneViews(), loader: n5Loader });
    await store.set("dataset.xml", new TextEncoder().encode(xml.replace(/<Timepoints[\s\S]*<\/Timepoints>/, times)));
    expect((await open(store)).acquisition.tiles).toHaveLength(6);
  });

  it.each([
    ["bdv.n5", "spimreconstruction.filemap2", "unsupported", "Save the project again in BigStitcher"],
    ["bdv.n5", "split.viewerimgloader", "unsupported", "from before the splitting"],
    ["bdv.n5", "bdv.remote", "unsupported", "found bdv.remote, expected bdv.hdf5, bdv.n5 or bdv.multimg.zarr"],
    ["bdv.n5", "bdv.hdf5", "corrupt", "does not name its hdf5 data"],
    ["<id>1</id><name>1<", "<id>0</id><name>1<", "corrupt", "have no ids, or the same"],
    ["<id>1</id><name>1<", "<id>x</id><name>1<", "corrupt", "have no ids, or the same"],
    ["<last>0</last>", "<last>-1</last>", "corrupt", "time points of the XML file cannot be used"],
    ["<last>0</last>", "<last>999999999</last>", "corrupt", "time points of the XML file cannot be used"],
    ["<last>0</last>", "<last>90000</last>", "unsupported", "lists too many views"],
    ["ViewSetup>", "Setup>", "corrupt", "lists no views"],
    ["ImageLoader", "Loader", "corrupt", "does not describe an image"],
    ["<SpimData", "<!DOCTYPE a><SpimData", "corrupt", "declares a document type"],
    ["</SpimData>", "", "corrupt", "not valid XML"],
    ["dataset.n5", "", "corrupt", "does not name its n5 data"],
  ])("with %s made %s is refused: %s", async (was, is, kind, message) => {
    const store = await n5Project();
    const xml = projectXml({ views: sceneViews(), loader: n5Loader }).replaceAll(was, is);
    await store.set("dataset.xml", new TextEncoder().encode(xml));
    const failure = await open(store).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(IsoluxError);
    expect(failure).toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  it.each([
    ['path="s0-t0.zarr"', 'path="../s0-t0.zarr"', "does not name groups"],
    ['path="s0-t0.zarr"', 'path="/s0-t0.zarr"', "does not name groups"],
    ['indicies="0 0"', 'indicies="7 0"', "does not say which part of an image a view is"],
    ['indicies="0 0"', 'indicies="-1 0"', "does not name groups"],
  ])("with groups whose %s is %s is refused", async (was, is, message) => {
    const store = await zarrProject({ times: 2 }, {});
    const xml = new TextDecoder().decode((await store.get("dataset.xml"))!);
    await store.set("dataset.xml", new TextEncoder().encode(xml.replaceAll(was, is)));
    await expect(open(store)).rejects.toThrow(message);
  });

  it("is asked for where only the folder of the arrays is given", async () => {
    await expect(open(await n5Project(), {}, "dataset.n5")).rejects.toThrow("Give the XML file, such as dataset.xml");
  });

  it("opens more than its folder does, which says so", async () => {
    const store = await zarrProject({ times: 2 }, {});
    expect((await open(store, {}, "dataset.ome.zarr")).notes[0]).toMatch(/Of 2 time points.*the XML file opens all/);
  });

  it("in a store that cannot be read as a disk cannot name HDF5", async () => {
    const { store } = await hdf5Project({}, {});
    await expect(open(store)).rejects.toThrow("HDF5 files are read from a disk only");
    const truncated = opening(new Uint8Array(100));
    await expect(open(store, { openFile: truncated })).rejects.toThrow("not an HDF5 file");
  });
});

describe("where the data of a project are", () => {
  const n5At = (place: string, type = "relative") =>
    `<ImageLoader format="bdv.n5" version="1.0"><n5 type="${type}">${place}</n5></ImageLoader>`;

  /** A project whose N5 is called otherwise. */
  async function renamed(loader: string, rename: (key: string) => string): Promise<MemoryStore> {
    const [store, other] = [await n5Project({}, { loader }), new MemoryStore("data")];
    const copy = async (folder: string): Promise<void> => {
      for (const { name, kind } of await store.list(folder)) {
        const key = folder === "" ? name : `${folder}/${name}`;
        if (kind === "folder") await copy(key);
        else await other.set(rename(key), (await store.get(key))!);
      }
    };
    await copy("");
    return other;
  }

  const padded = (key: string) => key.replace(/setup(\d+)/, "setup0$1").replace("timepoint0", "timepoint00000");

  it.each([
    ["an address of the disk", n5At("file:///old/disk/dataset.n5", "absolute"), (key: string) => key],
    ["one with a single slash", n5At("file:/old/disk/dataset.n5", "absolute"), (key: string) => key],
    ["a blank as %20", n5At("my%20data.n5"), (key: string) => key.replace("dataset.n5", "my data.n5")],
    ["a per cent that is one", n5At("100%25.n5"), (key: string) => key.replace("dataset.n5", "100%25.n5")],
    ["padded numbers", n5Loader, padded],
    [
      "these below a folder without attributes",
      n5Loader,
      (key: string) => padded(key).replace("n5/attr", "n5/other-attr"),
    ],
  ])("%s", async (_, loader, rename) => {
    const { acquisition } = await open(await renamed(loader, rename));
    expect(await acquisition.levels[0]!.readBox(0, whole)).toEqual(sceneMosaic(sceneViews()));
  });

  it.each([
    [
      "in a bucket",
      '<ImageLoader format="bdv.multimg.zarr" version="1.0"><s3bucket>open-data</s3bucket><zarr type="absolute">a/SPIM.ome.zarr</zarr><zgroups><zgroup setup="0" timepoint="0"><path>a.zarr</path></zgroup></zgroups></ImageLoader>',
      /found the address s3:\/\/open-data\/a\/SPIM\.ome\.zarr.*Copy the XML file to where the data are/,
    ],
    ["at an address", n5At("s3://open-data/a.n5", "absolute"), /found the address s3:\/\/open-data\/a\.n5/],
    [
      "read from a bucket by BigDataViewer",
      '<ImageLoader format="bdv.n5.s3"><Key>a.n5</Key></ImageLoader>',
      /copy them to a disk/,
    ],
  ])("%s: what to do is said", async (_, loader, message) => {
    await expect(open(await n5Project({}, { loader }))).rejects.toThrow(message);
  });

  it("without places an XML file with registrations is asked for", async () => {
    const unplaced = n5Project({}, { registration: () => "" });
    await expect(open(await unplaced)).rejects.toThrow(/Give an XML file whose ViewRegistrations place the tiles/);
  });
});
