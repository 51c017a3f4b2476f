import { describe, expect, it } from "vitest";
import { encodeTiff } from "../../../src/profile/formats/image-file.ts";
import {
  filesOfKind,
  type ProfileFiles,
  recogniseFile,
  recogniseFolder,
} from "../../../src/profile/formats/profile-files.ts";
import { readProfileFiles } from "../../../src/profile/formats/read-profile.ts";
import { encodeNpy } from "../../../src/profile/npy.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { largestDifference } from "../numpy-fixtures.ts";
import { dark, flat, formatFixtures, shapeYx } from "./format-fixtures.ts";

const noDark = dark.map(() => 0);
const upsideDown = (image: Float64Array) => image.map((_, at) => image[(3 - Math.floor(at / 6)) * 6 + (at % 6)]!);

/** Reads a fixture as a format. */
function read(program: string, files: ProfileFiles, page?: number) {
  const options = page === undefined ? {} : { page: { kind: "page", index: page } as const };
  return readProfileFiles(formatFixtures(program), files, { ofOneValue: "refuse", ...options });
}

describe("names", () => {
  const beside = ["scan-ffp.tif", "scan-dfp.tif", "S.tif", "T.tif", "488.png", "488_darkfield.png", "x.tif", "g.npy"];

  it.each([
    ["scan-ffp.tif", { kind: "ashlar", main: "scan-ffp.tif", second: "scan-dfp.tif" }],
    ["scan-dfp.tif", { kind: "ashlar", main: "scan-ffp.tif", second: "scan-dfp.tif" }],
    ["other-ffp.ome.tiff", { kind: "ashlar", main: "other-ffp.ome.tiff" }],
    ["S.tif", { kind: "stitching-spark", main: "S.tif", second: "T.tif" }],
    ["T.tif", { kind: "stitching-spark", main: "S.tif", second: "T.tif" }],
    ["488.png", { kind: "fractal", main: "488.png", second: "488_darkfield.png" }],
    ["488_darkfield.png", { kind: "fractal", main: "488.png", second: "488_darkfield.png" }],
    ["x.tif", { kind: "image", main: "x.tif" }],
    ["Scan.TIFF", { kind: "image", main: "Scan.TIFF" }],
    ["g.npy", { kind: "cellprofiler", main: "g.npy" }],
    ["g.mat", { kind: "cellprofiler", main: "g.mat" }],
    ["a.npz", { kind: "npz", main: "a.npz" }],
    ["notes.txt", undefined],
  ])("%s tell the format", (name, files) => {
    expect(recogniseFile(name, beside)).toEqual(files);
  });

  it("tell models of BaSiCPy by their settings", () => {
    const names = ["profiles.npz", "settings.json"];
    expect(recogniseFolder(names)).toEqual([{ kind: "basicpy", main: "profiles.npz", second: "settings.json" }]);
    expect(recogniseFolder(["profiles.npz"])).toEqual([{ kind: "npz", main: "profiles.npz" }]);
  });

  it("of a pair count once", () => {
    expect(recogniseFolder(beside).map(({ main }) => main)).toEqual([
      "scan-ffp.tif",
      "S.tif",
      "488.png",
      "x.tif",
      "g.npy",
    ]);
  });
});

describe("the same profile is read from", () => {
  const cases: [string, ProfileFiles, { flat: number; dark: Float64Array; page?: number }][] = [
    ["ashlar", filesOfKind("ashlar", "cycle1-ffp.tif", ["cycle1-dfp.tif"]), { flat: 1e-7, dark, page: 1 }],
    ["ashlar", filesOfKind("ashlar", "colours-ffp.tif", ["colours-dfp.tif"]), { flat: 1e-7, dark, page: 1 }],
    ["spark", filesOfKind("stitching-spark", "S.tif", ["T.tif"]), { flat: 1e-6, dark }],
    ["fractal", { kind: "fractal", main: "A01_C01.png" }, { flat: 2e-5, dark: noDark }],
    ["fractal", { kind: "image", main: "A02_C02.tif" }, { flat: 1e-6, dark: noDark }],
    ["cellprofiler", { kind: "cellprofiler", main: "IllumDAPI.npy" }, { flat: 1e-7, dark: noDark }],
    ["cellprofiler", { kind: "cellprofiler", main: "IllumGFP.mat" }, { flat: 1e-7, dark: noDark }],
    ["cellprofiler", { kind: "cellprofiler", main: "compressed.mat" }, { flat: 1e-6, dark: noDark }],
    ["image", { kind: "image", main: "slide16.tif" }, { flat: 5e-5, dark: noDark }],
    ["image", { kind: "image", main: "slide8.png" }, { flat: 0.03, dark: noDark }],
    ["basicpy-today", { kind: "basicpy", main: "profiles.npz" }, { flat: 1e-7, dark }],
    ["basicpy-early", { kind: "basicpy", main: "profiles.npy" }, { flat: 1e-7, dark }],
  ];

  it.each(cases)("%s %j", async (program, files, expected) => {
    const given = await read(program, files, expected.page);
    expect(given.profile.shapeYx).toEqual(shapeYx);
    expect(largestDifference(given.profile.flatfield, flat)).toBeLessThan(expected.flat);
    expect(largestDifference(given.profile.darkfield, expected.dark)).toBeLessThan(1e-4);
    expect(given.hasDarkfield).toBe(expected.dark === dark);
  });

  it("every page of a file of ASHLAR", async () => {
    const files = filesOfKind("ashlar", "cycle1-dfp.tif", ["cycle1-ffp.tif", "cycle1-dfp.tif"]);
    const { profile } = await read("ashlar", files, 0);
    expect(largestDifference(profile.flatfield, upsideDown(flat))).toBeLessThan(1e-7);
    expect(largestDifference(profile.darkfield, upsideDown(dark))).toBeLessThan(1e-4);
  });
});

describe("a line says", () => {
  const notesOf = async (program: string, files: ProfileFiles) => (await read(program, files)).notes.join("\n");

  it("that a maximum or minimum of 1 was rescaled", async () => {
    expect(await notesOf("fractal", { kind: "image", main: "A02_C02.tif" })).toMatch(
      /A02_C02\.tif had maximum 1 and mean 0\.6667: it was divided by its mean\./,
    );
    expect(await notesOf("cellprofiler", { kind: "cellprofiler", main: "IllumGFP.mat" })).toMatch(
      /IllumGFP\.mat had minimum 1 and mean 2\.000: it was divided by its mean\./,
    );
  });

  it("nothing of mean 1, and what is missing", async () => {
    expect(await notesOf("spark", { kind: "stitching-spark", main: "S.tif", second: "T.tif" })).toBe("");
    expect(await notesOf("spark", { kind: "stitching-spark", main: "S.tif" })).toMatch(
      /S\.tif comes without a dark-field/,
    );
  });

  it("what an image in counts may hold", async () => {
    expect(await notesOf("image", { kind: "image", main: "slide16.tif" })).toMatch(
      /slide16\.tif is an image in counts: a camera offset that is still in it counts as light\./,
    );
  });

  it("that baselines of planes are a brightness", async () => {
    const given = await read("basicpy-today", { kind: "basicpy", main: "profiles.npz" });
    expect([given.profile.baseline, given.baselineMeaning]).toEqual([7, "brightness"]);
  });
});

describe("a function to subtract", () => {
  it("is a dark-field on the scale of 16 bits", async () => {
    const given = await read("cellprofiler", { kind: "cellprofiler-subtract", main: "background.npy" });
    expect(largestDifference(given.profile.darkfield, dark)).toBeLessThan(1e-5);
    expect(given.profile.flatfield.every((value) => value === 1)).toBe(true);
    expect(given.notes.join()).toMatch(/one value everywhere/);
  });
});

describe("pages", () => {
  const terms = (z: number) => Float32Array.from({ length: 100 }, (_, at) => 0.5 + at / 99 + z);
  const readPages = async (...pages: readonly Float32Array[]) => {
    const store = new MemoryStore();
    await store.set("S.tif", encodeTiff(pages, [10, 10]));
    return readProfileFiles(store, { kind: "stitching-spark", main: "S.tif" }, { ofOneValue: "refuse" });
  };

  it("that are the same are one image, others are refused", async () => {
    expect((await readPages(terms(0), terms(0))).profile).toEqual((await readPages(terms(0))).profile);
    await expect(readPages(terms(0), terms(0.1))).rejects.toThrow(/does not hold one image.*found 2.*or their mean/);
  });

  it("of scales may have a pixel without any, which has no offset either", async () => {
    const store = new MemoryStore();
    const broken = terms(0);
    broken[55] = 0;
    await store.set("S.tif", encodeTiff([broken], [10, 10]));
    await store.set("T.tif", encodeTiff([broken.map((value) => -50 * value)], [10, 10]));
    const files: ProfileFiles = { kind: "stitching-spark", main: "S.tif", second: "T.tif" };
    const { profile, warnings } = await readProfileFiles(store, files, { ofOneValue: "refuse" });
    expect(profile.darkfield[55]).toBeCloseTo(50, 4);
    expect(profile.flatfield[55]! / profile.flatfield[54]!).toBeCloseTo(terms(0)[54]! / terms(0)[55]!, 1);
    expect(warnings).toHaveLength(2);
  });
});

describe("a dark-field of fractions", () => {
  it("is multiplied by the full range of the image, where ASHLAR's names call it one", async () => {
    const store = new MemoryStore();
    await store.set("a-ffp.tif", encodeTiff([Float32Array.of(0.5, 1.5)], [1, 2]));
    await store.set("a-dfp.tif", encodeTiff([Float32Array.of(100 / 65535, 101 / 65535)], [1, 2]));
    const files: ProfileFiles = { kind: "ashlar", main: "a-ffp.tif", second: "a-dfp.tif" };
    const read = (largestCount?: number) =>
      readProfileFiles(store, files, { ofOneValue: "refuse", ...(largestCount && { largestCount }) });
    const { profile, notes } = await read(65535);
    expect(largestDifference(profile.darkfield, [100, 101])).toBeLessThan(1e-4);
    expect(notes).toEqual(["memory:/a-dfp.tif holds fractions of the full range: they are multiplied by 65535."]);
    // Of an image of fractions they are what they are.
    expect((await read()).profile.darkfield[0]).toBeCloseTo(100 / 65535, 8);
  });
});

describe("refused is", () => {
  it.each<[string, ProfileFiles, number | undefined, RegExp]>([
    ["ashlar", { kind: "ashlar", main: "cycle1-ffp.tif" }, undefined, /profiles of several channels.*from 1 to 3/],
    ["ashlar", { kind: "ashlar", main: "cycle1-ffp.tif" }, 3, /no profile of channel 4.*found 3 images/],
    ["ashlar", { kind: "fractal", main: "colours-ffp.tif" }, undefined, /does not hold one image.*found 3/],
    ["ashlar", { kind: "ashlar", main: "none-ffp.tif" }, 0, /There is no such file .*none-ffp\.tif/],
    ["cellprofiler", { kind: "basicpy", main: "IllumDAPI.npy" }, undefined, /not a model of BaSiCPy.*found <f8 4 x 6/],
  ])("%s %j", async (program, files, page, message) => {
    await expect(read(program, files, page)).rejects.toThrow(message);
  });

  it("a term S that cannot be inverted, and terms of different shapes", async () => {
    const store = new MemoryStore();
    await store.set("S.tif", encodeTiff([Float32Array.of(1, 0, 2, 1)], [2, 2]));
    const files: ProfileFiles = { kind: "stitching-spark", main: "S.tif", second: "T.tif" };
    await store.set("T.tif", encodeTiff([Float32Array.of(1, 0)], [1, 2]));
    const options = { ofOneValue: "refuse" as const };
    await expect(readProfileFiles(store, files, options)).rejects.toThrow(
      /S\.tif \(1\/S\)\): found 1 of 4 pixels, the first Infinity at \(y, x\) = \(0, 1\)/,
    );
    await store.set("S.tif", encodeTiff([Float32Array.of(1, 3, 2, 1)], [2, 2]));
    await expect(readProfileFiles(store, files, options)).rejects.toThrow(/dark-field has another shape/);
  });

  it("what holds zeros or no image", async () => {
    const store = new MemoryStore();
    await store.set("a.npy", encodeNpy({ shape: [1, 2], data: Float32Array.of(0, 1) }));
    await store.set("b.npy", encodeNpy({ shape: [3, 1, 2], data: new Float32Array(6).fill(1) }));
    const options = { ofOneValue: "refuse" as const };
    const readKey = (main: string) => readProfileFiles(store, { kind: "cellprofiler", main }, options);
    await expect(readKey("a.npy")).rejects.toThrow(/not finite and positive.*1 of 2 pixels/);
    await expect(readKey("b.npy")).rejects.toThrow(/The flat-field is not an image/);
  });
});
