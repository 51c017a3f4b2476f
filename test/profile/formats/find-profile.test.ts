import { beforeEach, describe, expect, it } from "vitest";
import { findProfile, profileKey, readModel } from "../../../src/profile/formats/find-profile.ts";
import { encodeTiff } from "../../../src/profile/formats/image-file.ts";
import { encodeNpy } from "../../../src/profile/npy.ts";
import { encodeProfile } from "../../../src/profile/npz-profile.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

/** A store over HTTP knows objects only by their names. */
class UnlistedStore extends MemoryStore {
  override async list(): Promise<never> {
    return undefined as never;
  }
}

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore("memory:");
});

/** A profile that is told from others by its first value. */
const values = (first: number) => Float32Array.of(first, 2 - first);
const shapeYx = [1, 2] as const;

async function put(key: string, first: number) {
  const npz = () =>
    encodeProfile(
      { shapeYx, flatfield: values(first), darkfield: new Float32Array(2), baseline: 0 },
      { version: "1", baselineMeaning: "offset", alignment: { kind: "corners" } },
    );
  const npy = () => encodeNpy({ shape: shapeYx, data: values(first) });
  const isInverse = key.endsWith("S.tif");
  const tiff = () => encodeTiff([values(first).map((value) => (isInverse ? 1 / value : value))], shapeYx);
  const bytes = key.endsWith(".npz") ? npz() : key.endsWith(".npy") ? npy() : tiff();
  await store.set(key, bytes);
}

async function found(request: Parameters<typeof findProfile>[2]) {
  const { files, given } = await findProfile(store, "models", request);
  return [files.kind, files.main, Number(given.profile.flatfield[0]!.toFixed(3))];
}

describe("the profile of a channel", () => {
  it.each([
    ["models/488/profiles.npz", "npz"],
    ["models/488/S.tif", "stitching-spark"],
    ["models/488/scan-ffp.tif", "ashlar"],
    ["models/488/Illum.npy", "cellprofiler"],
    ["models/488/slide.tif", "image"],
    ["models/488-flatfield/S.tif", "stitching-spark"],
    ["models/488.npz", "npz"],
    ["models/488.npy", "cellprofiler"],
    ["models/488.tif", "image"],
    ["models/488-ffp.tif", "ashlar"],
  ])("is found at %s", async (key, kind) => {
    await put(key, 0.5);
    await put("models/561/profiles.npz", 0.7);
    await put("models/561.tif", 0.7);
    expect(await found({ label: "488", place: { index: 1, count: 2 } })).toEqual([kind, key, 0.5]);
    const unlisted = new UnlistedStore("https:");
    await unlisted.set(key, (await store.get(key))!);
    const isKnown = !/scan|Illum|slide/.test(key);
    const search = findProfile(unlisted, "models", { label: "488", place: { index: 1, count: 2 } });
    if (isKnown) expect((await search).files).toMatchObject({ kind, main: key });
    else await expect(search).rejects.toThrow(/no profile for channel/);
  });

  it("is found in the root of a store", async () => {
    await put("488.tif", 0.5);
    expect((await findProfile(store, "", { label: "488" })).files).toEqual({ kind: "image", main: "488.tif" });
  });

  it("comes from profiles.npz where there is more, and from the folder before a file", async () => {
    await put("models/488.tif", 0.1);
    await put("models/488-flatfield/S.tif", 0.2);
    await put("models/488/slide.tif", 0.3);
    expect(await found({ label: "488" })).toEqual(["image", "models/488/slide.tif", 0.3]);
    await put("models/488/profiles.npz", 0.4);
    expect(await found({ label: "488" })).toEqual(["npz", "models/488/profiles.npz", 0.4]);
  });

  it("goes by the label before the wavelength id", async () => {
    await put("models/A01_C01.npy", 0.1);
    expect(await found({ label: "DAPI", wavelengthId: "A01_C01" })).toEqual([
      "cellprofiler",
      "models/A01_C01.npy",
      0.1,
    ]);
    await put("models/DAPI.npy", 0.2);
    expect(await found({ label: "DAPI", wavelengthId: "A01_C01" })).toEqual(["cellprofiler", "models/DAPI.npy", 0.2]);
  });

  it("never leaves the folder, whatever the wavelength id", async () => {
    await put("secret/profiles.npz", 0.1);
    for (const wavelengthId of ["../secret", "..", ".", ""]) {
      await expect(found({ label: "DAPI", wavelengthId })).rejects.toThrow(/no profile/);
    }
  });

  it("is not looked for under a label that is too long for a folder", async () => {
    const request = { label: "x", ownLabel: "x".repeat(300) };
    await expect(found(request)).rejects.toThrow(/expected x\/profiles\.npz, a profile of another format in x\/, or/);
    await put("models/x/profiles.npz", 0.1);
    expect(await found(request)).toEqual(["npz", "models/x/profiles.npz", 0.1]);
  });

  it("is the page of its number in a file of ASHLAR for all channels", async () => {
    await store.set("models/scan-ffp.tif", encodeTiff([values(0.1), values(0.2)], shapeYx));
    const [first, second] = [0, 1].map((index) => ({ index, count: 2 }));
    expect(await found({ label: "488", place: first! })).toEqual(["ashlar", "models/scan-ffp.tif", 0.1]);
    expect(await found({ label: "561", place: second! })).toEqual(["ashlar", "models/scan-ffp.tif", 0.2]);
    await expect(found({ label: "561" })).rejects.toThrow(/no profile for channel "561"/);
    await expect(found({ label: "561", place: { index: 1, count: 3 } })).rejects.toThrow(
      /no profile of channel 2.*found 2 images.*expected 3, one for each channel/,
    );
  });

  it("is never that of another channel", async () => {
    await put("models/488-ffp.tif", 0.1);
    await expect(found({ label: "405", place: { index: 0, count: 2 } })).rejects.toThrow(
      /no profile of channel 1 \(memory:\/models\/488-ffp\.tif\): found 1 image, expected 2/,
    );
  });

  it("has to be clear", async () => {
    await put("models/488.tif", 0.1);
    await put("models/488.npy", 0.1);
    await expect(found({ label: "488" })).rejects.toThrow(
      "It is not clear which profile is meant (memory:/models): found 488.npy, 488.tif, expected one of them.",
    );
  });

  it("is found in another spelling of its accents and with blanks lost, and said", async () => {
    await put("models/Cafe\u0301/profiles.npz", 0.1);
    const { given } = await findProfile(store, "models", { label: "Caf\u00e9 " });
    expect(given.notes.join()).toMatch(/^Channel Caf\u00e9 {2}takes the profile called "Cafe\u0301", the same name/);
    await put("models/640 .npy", 0.2);
    expect(await found({ label: "640" })).toEqual(["cellprofiler", "models/640 .npy", 0.2]);
    await put("models/640.npy", 0.3);
    expect(await found({ label: "640" })).toEqual(["cellprofiler", "models/640.npy", 0.3]);
  });

  it("that differs in case is named, not taken", async () => {
    await put("models/dapi/profiles.npz", 0.1);
    await expect(found({ label: "DAPI" })).rejects.toThrow(/"dapi" differs only in case: rename it/);
  });

  it("that is missing is missed with what was looked for and what is there", async () => {
    await put("models/561/profiles.npz", 0.1);
    await put("models/640.tif", 0.1);
    await expect(found({ label: "488", wavelengthId: "A1" })).rejects.toThrow(
      'There is no profile for channel "488" (memory:/models/488/profiles.npz): found folders for "561" and files 640.tif, ' +
        "expected 488/profiles.npz, A1/profiles.npz, a profile of another format in 488/, A1/, or a file named by the channel",
    );
  });
});

describe("sides of the light sheet", () => {
  it("have profiles of their own, or share one", async () => {
    await put(profileKey("models", "488"), 0.1);
    const both = await readModel(store, "models", "488", "refuse", "Left");
    expect(both.profile.flatfield[0]).toBeCloseTo(0.1);
    await put(profileKey("models", "488", "Left"), 0.2);
    expect(profileKey("models", "488", "Left")).toBe("models/488/Left/profiles.npz");
    expect((await readModel(store, "models", "488", "refuse", "Left")).profile.flatfield[0]).toBeCloseTo(0.2);
    expect((await readModel(store, "models", "488", "refuse", "Right")).profile.flatfield[0]).toBeCloseTo(0.1);
    expect((await readModel(store, "models", "488")).profile.flatfield[0]).toBeCloseTo(0.1);
  });

  it("may use other formats", async () => {
    await put("models/488/Left/S.tif", 0.5);
    expect(await found({ label: "488", side: "Left" })).toEqual(["stitching-spark", "models/488/Left/S.tif", 0.5]);
  });

  it("are missed by name", async () => {
    await put("models/488/Left/profiles.npz", 0.5);
    await expect(found({ label: "488", side: "Right" })).rejects.toThrow(
      /no profile for channel "488", side Right.*expected 488\/Right\/profiles\.npz, 488\/profiles\.npz.*There is one for the side Left/,
    );
    await expect(found({ label: "488" })).rejects.toThrow(
      /profiles for the side Left, but nothing says from which side/,
    );
  });
});
