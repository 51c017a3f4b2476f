import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeImageFile } from "../../../src/profile/formats/image-file.ts";
import { recogniseFolder, targetFiles } from "../../../src/profile/formats/profile-files.ts";
import { readProfileFiles } from "../../../src/profile/formats/read-profile.ts";
import { encodeProfileFiles } from "../../../src/profile/formats/write-profile.ts";
import type { GivenProfile } from "../../../src/profile/npz-profile.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { largestDifference } from "../numpy-fixtures.ts";

const origin = { version: "1", parameters: {} };

function givenOf(flatfield: number[], darkfield: number[], baseline = 0, meaning: "offset" | "brightness" = "offset") {
  const mean = flatfield.reduce((sum, value) => sum + value, 0) / flatfield.length;
  const given: GivenProfile = {
    profile: {
      shapeYx: [2, flatfield.length / 2],
      flatfield: Float32Array.from(flatfield, (value) => value / mean),
      darkfield: Float32Array.from(darkfield),
      baseline,
    },
    baselineMeaning: meaning,
    alignment: { kind: "corners" },
    hasBaseline: true,
    hasDarkfield: true,
    notes: [],
  };
  return given;
}

/** Writes a profile, then finds and reads it as somebody else's. */
async function throughFiles(output: string, given: GivenProfile) {
  const { files, notes } = encodeProfileFiles(targetFiles(undefined, output), [given], origin);
  const store = new MemoryStore();
  for (const [key, bytes] of files) await store.set(key, bytes);
  const [first, ...others] = recogniseFolder([...files.keys()]);
  expect(others).toEqual([]);
  return { back: await readProfileFiles(store, first!, { ofOneValue: "note" }), notes, keys: [...files.keys()] };
}

const profiles = fc
  .integer({ min: 1, max: 6 })
  .chain((width) =>
    fc.tuple(
      fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), { minLength: 2 * width, maxLength: 2 * width }),
      fc.array(fc.double({ min: -50, max: 500, noNaN: true }), { minLength: 2 * width, maxLength: 2 * width }),
    ),
  );

describe("a profile comes back from", () => {
  it.each([
    ["a.npz", 0, 0],
    ["a-ffp.tif", 0, 0],
    ["S.tif", 1e-5, 1e-3],
    ["a-bright.tif", 1e-6, 0],
    ["a.tif", 1e-6, Number.NaN],
    ["a.npy", 1e-6, Number.NaN],
    ["a.mat", 1e-6, Number.NaN],
    ["a.png", 2e-4, Number.NaN],
  ])("%s", async (output, flatTolerance, darkTolerance) => {
    await fc.assert(
      fc.asyncProperty(profiles, async ([flat, dark]) => {
        const given = givenOf(flat, dark);
        const { back } = await throughFiles(output, given);
        expect(largestDifference(back.profile.flatfield, given.profile.flatfield)).toBeLessThanOrEqual(flatTolerance);
        if (Number.isNaN(darkTolerance)) expect(back.hasDarkfield).toBe(false);
        else
          expect(largestDifference(back.profile.darkfield, given.profile.darkfield)).toBeLessThanOrEqual(darkTolerance);
      }),
      { numRuns: 25 },
    );
  });
});

describe("what the programs compute with the files", () => {
  const given = givenOf([0.5, 1, 1, 1.5], [100, 110, 90, 100], 7);
  const image = [500, 600, 700, 800];
  const { flatfield, darkfield } = given.profile;
  const corrected = image.map((value, at) => (value - darkfield[at]!) / flatfield[at]! - 7);

  it("ASHLAR: (image - dfp) / ffp, an offset in the baseline included", async () => {
    const { back, notes } = await throughFiles("a-ffp.tif", given);
    const result = image.map((value, at) => (value - back.profile.darkfield[at]!) / back.profile.flatfield[at]!);
    expect(largestDifference(result, corrected)).toBeLessThan(1e-3);
    expect(notes).toEqual(["The baseline of 7 counts, an offset, went into the dark-field."]);
  });

  it("BigStitcher: (image - dark) * mean(bright - dark) / (bright - dark), and back", async () => {
    const { files } = encodeProfileFiles(targetFiles("bigstitcher", "488"), [given], origin);
    expect([...files.keys()]).toEqual(["488-bright.tif", "488-dark.tif"]);
    const [bright, dark] = await Promise.all(
      [...files].map(async ([key, bytes]) => [...(await decodeImageFile(bytes, key, 2 ** 20))[0]!.data]),
    );
    const light = bright!.map((value, at) => value - dark![at]!);
    const mean = light.reduce((sum, value) => sum + value, 0) / light.length;
    const result = image.map((value, at) => ((value - dark![at]!) * mean) / light[at]!);
    expect(largestDifference(result, corrected)).toBeLessThan(1e-3);
    const { back } = await throughFiles("488-bright.tif", given);
    expect(largestDifference(back.profile.flatfield, flatfield)).toBeLessThan(1e-6);
    expect(largestDifference(back.profile.darkfield, [...dark!])).toBeLessThan(1e-6);
  });

  it("stitching-spark: image * S + T", async () => {
    const { files } = encodeProfileFiles(targetFiles(undefined, "S.tif"), [given], origin);
    const store = new MemoryStore();
    for (const [key, bytes] of files) await store.set(key, bytes);
    const termOf = async (main: string) => {
      const { profile } = await readProfileFiles(
        store,
        { kind: "ashlar", main: "S.tif", second: main },
        { ofOneValue: "note", page: { kind: "page", index: 0 } },
      );
      return profile;
    };
    const { flatfield: scaled, darkfield: translation } = await termOf("T.tif");
    // The reader brings S to mean 1.
    const scale = 1 / flatfield[0]! / scaled[0]!;
    const result = image.map((value, at) => value * scaled[at]! * scale + translation[at]!);
    expect(largestDifference(result, corrected)).toBeLessThan(1e-3);
  });
});

describe("what a format cannot hold", () => {
  it("is said", async () => {
    const given = givenOf([0.5, 1, 1, 1.5], [100, 110, 90, 100], 7, "brightness");
    expect((await throughFiles("a.mat", given)).notes).toEqual([
      "The flat-field was divided by its minimum 0.5: a function for Divide.",
      "The format has no dark-field: it was left out, and the images keep about 100 counts of it.",
      "The baseline of 7 counts, the brightness of the background, was left out.",
    ]);
    expect((await throughFiles("a.npz", given)).back.baselineMeaning).toBe("brightness");
  });

  it("of several channels is refused but for ASHLAR", () => {
    const one = givenOf([1, 2], [0, 0]);
    const { files } = encodeProfileFiles(targetFiles(undefined, "a-ffp.tif"), [one, one], origin);
    expect([...files.keys()]).toEqual(["a-ffp.tif", "a-dfp.tif"]);
    expect(() => encodeProfileFiles(targetFiles(undefined, "a.npz"), [one, one], origin)).toThrow(/one channel/);
    const other = givenOf([1, 2, 3, 4], [0, 0, 0, 0]);
    expect(() => encodeProfileFiles(targetFiles(undefined, "a-ffp.tif"), [one, other], origin)).toThrow(
      /different shapes \(a-ffp\.tif\): found 2 x 1, 2 x 2, expected one shape/,
    );
  });
});

describe("fractal-tasks-core", () => {
  it.each([
    ["a.tif", 1e-6, 0],
    ["a.png", 1e-4, 0.5],
  ])("gets %s with its dark-field", async (output, flatTolerance, darkTolerance) => {
    const given = givenOf([0.5, 1, 1, 1.5], [100.2, 110, 90, 100]);
    const target = targetFiles("fractal", output);
    const { files, notes } = encodeProfileFiles(target, [given], origin);
    const store = new MemoryStore();
    for (const [key, bytes] of files) await store.set(key, bytes);
    const back = await readProfileFiles(store, target, { ofOneValue: "refuse" });
    expect(largestDifference(back.profile.flatfield, given.profile.flatfield)).toBeLessThanOrEqual(flatTolerance);
    expect(largestDifference(back.profile.darkfield, given.profile.darkfield)).toBeLessThanOrEqual(darkTolerance);
    expect(notes.join("\n")).toMatch(/divided by its maximum 1\.5[\s\S]*Give a_darkfield\.(tif|png) to the task/);
    const withoutDark = encodeProfileFiles(target, [givenOf([0.5, 1.5], [0, 0])], origin);
    expect([...withoutDark.files.keys()]).toEqual([output]);
  });
});

describe("a model of BaSiCPy", () => {
  it("has its settings, and is read again bit for bit", async () => {
    const given = givenOf([0.5, 1.5], [100, 101], 12, "brightness");
    const { files } = encodeProfileFiles(targetFiles("basicpy", "model"), [given], origin);
    expect([...files.keys()]).toEqual(["model/profiles.npz", "model/settings.json"]);
    expect(JSON.parse(new TextDecoder().decode(files.get("model/settings.json")))).toEqual({ get_darkfield: true });
    const store = new MemoryStore();
    for (const [key, bytes] of files) await store.set(key, bytes);
    const back = await readProfileFiles(store, targetFiles("basicpy", "model"), { ofOneValue: "refuse" });
    expect(back).toMatchObject({ profile: given.profile, baselineMeaning: "brightness" });
  });
});

describe("the name of an output", () => {
  it.each([
    [undefined, "a.npz", ["npz", "a.npz"]],
    [undefined, "models/PGP9.5", ["npz", "models/PGP9.5/profiles.npz"]],
    [undefined, "x/a-dfp.tif", ["ashlar", "x/a-ffp.tif", "x/a-dfp.tif"]],
    [undefined, "x/T.tif", ["stitching-spark", "x/S.tif", "x/T.tif"]],
    [undefined, "a.mat", ["cellprofiler", "a.mat"]],
    ["ashlar", "x/scan", ["ashlar", "x/scan-ffp.tif", "x/scan-dfp.tif"]],
    ["stitching-spark", "488-flatfield", ["stitching-spark", "488-flatfield/S.tif", "488-flatfield/T.tif"]],
    ["fractal", "A01.png", ["fractal", "A01.png", "A01_darkfield.png"]],
    ["npz", "out.v2x", ["npz", "out.v2x/profiles.npz"]],
  ] as const)("%s %s", (kind, output, expected) => {
    const { kind: chosen, main, second } = targetFiles(kind, output);
    expect([chosen, main, ...(second === undefined ? [] : [second])]).toEqual(expected);
  });

  it.each([
    [undefined, "a.jpg", "The name of the output does not tell its format (a.jpg)"],
    ["npz", "a.tif", "does not fit the format npz (a.tif): expected a name that ends in .npz, or a folder."],
    ["ashlar", "a.tif", "does not fit the format ashlar"],
    ["basicpy", "a.npz", "does not fit the format basicpy (a.npz): expected a folder."],
    ["cellprofiler", "a.tif", "does not fit the format cellprofiler"],
    ["image", "a", "does not fit the format image"],
    ["cellprofiler-subtract", "a.npy", "can be read, not written"],
  ] as const)("that is wrong: %s %s", (kind, output, message) => {
    expect(() => targetFiles(kind, output)).toThrow(message);
  });
});
