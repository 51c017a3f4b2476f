import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkChannelLabels } from "../../../src/acquisition/select-channels.ts";
import { checkChannelLabel } from "../../../src/ngff/channel-label.ts";
import { profileKey, readModel } from "../../../src/profile/formats/find-profile.ts";
import type { ModelProvenance } from "../../../src/profile/model-record.ts";
import { encodeNpz, openNpz } from "../../../src/profile/npz.ts";
import { decodeProfile, encodeProfile } from "../../../src/profile/npz-profile.ts";
import { type Profile, profileChecksum } from "../../../src/profile/profile.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";

const profile: Profile = {
  shapeYx: [2, 3],
  flatfield: Float32Array.of(0.1, 0.9, 1, 1, 1.2, 5),
  darkfield: Float32Array.of(99, 100, 101, 100, 100, 100.5),
  baseline: 12.25,
};
const provenance: ModelProvenance = {
  version: "1.2.3",
  baselineMeaning: "brightness",
  alignment: { kind: "centres", factorYx: [16, 16] },
  sampledPlanes: [{ tile: 1, plane: 7 }],
  parameters: { seed: 0, label: "µ 😀" },
};

describe("a saved profile", () => {
  it("comes back bit for bit, with what its baseline means and how it lies", () => {
    const given = decodeProfile(encodeProfile(profile, provenance), "x");
    expect(given).toEqual({
      profile,
      baselineMeaning: "brightness",
      alignment: provenance.alignment,
      hasBaseline: true,
      hasDarkfield: true,
      provenance: { format: 1, ...provenance },
      notes: [],
    });
  });

  it("comes back bit for bit whatever its values", () => {
    const positive = fc.float({ min: Math.fround(1e-3), max: 1000, noNaN: true });
    const dark = fc.float({ noNaN: true, noDefaultInfinity: true });
    const triple = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: 3, maxLength: 3 });
    const baselines = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 });
    fc.assert(
      fc.property(triple(positive), triple(dark), baselines, (flat, darks, baseline) => {
        const some: Profile = {
          shapeYx: [1, 3],
          flatfield: Float32Array.from(flat),
          darkfield: Float32Array.from(darks),
          baseline,
        };
        const back = decodeProfile(encodeProfile(some, provenance), "x", "note").profile;
        expect(profileChecksum(back)).toBe(profileChecksum(some));
      }),
    );
  });

  it("has the arrays that others read", () => {
    const archive = openNpz(encodeProfile(profile, provenance), "x");
    expect(archive.keys.map((key) => [key, archive.read(key).dtype, archive.read(key).shape])).toEqual([
      ["flatfield", "<f4", [2, 3]],
      ["darkfield", "<f4", [2, 3]],
      ["baseline", "<f8", []],
      ["isolux", expect.stringMatching(/^<U/), []],
    ]);
  });

  it.each(["{", "[]", '{"format":2}', '{"format":1,"baselineMeaning":"both","alignment":{"kind":"corners"}}'])(
    "is refused with the record %s",
    (text) => {
      const bytes = encodeNpz({ flatfield: { shape: [2, 3], data: profile.flatfield }, isolux: { text } });
      expect(() => decodeProfile(bytes, "x.npz")).toThrow(/record.*\(x\.npz, key "isolux"\)/);
    },
  );
});

describe("a profile from elsewhere", () => {
  const flatfield = { shape: [2, 3], data: profile.flatfield };

  it("may lack dark-field and baseline, with notes", () => {
    const given = decodeProfile(encodeNpz({ flatfield }), "x.npz");
    expect(given).toMatchObject({ hasBaseline: false, hasDarkfield: false, alignment: { kind: "corners" } });
    expect(given.notes).toEqual([
      "x.npz has no dark-field: none is subtracted.",
      "x.npz has no baseline: no background is subtracted.",
      "The flat-field of x.npz had mean 1.533: it was divided by its mean.",
    ]);
  });

  it("has an offset for a baseline, however it is wrapped", () => {
    for (const shape of [[], [1], [1, 1]]) {
      const baseline = { shape, data: Float32Array.of(5) };
      const given = decodeProfile(
        encodeNpz({ flatfield: { shape: [1, 2], data: Float32Array.of(0.5, 1.5) }, baseline }),
        "x",
      );
      expect([given.profile.baseline, given.baselineMeaning]).toEqual([5, "offset"]);
    }
  });

  it("with a baseline per plane has their median, as brightness", () => {
    const baseline = { shape: [4], data: Float32Array.of(8, 2, 4, 100) };
    const given = decodeProfile(
      encodeNpz({ flatfield: { shape: [1, 2], data: Float32Array.of(0.5, 1.5) }, baseline }),
      "x",
    );
    expect([given.profile.baseline, given.baselineMeaning]).toEqual([6, "brightness"]);
    expect(given.notes.join()).toMatch(/4 planes/);
  });

  it("may spell its arrays otherwise", () => {
    const dark = { shape: [1, 2], data: Float32Array.of(5, 6) };
    const even = { shape: [1, 2], data: Float32Array.of(0.5, 1.5) };
    for (const [flat, other] of [
      ["Flatfield", "Darkfield"],
      ["flat_field", "DARK-FIELD"],
    ] as const) {
      const given = decodeProfile(encodeNpz({ [flat]: even, [other]: dark }), "x.npz");
      expect(given).toMatchObject({ profile: { flatfield: even.data, darkfield: dark.data }, hasDarkfield: true });
    }
    expect(() => decodeProfile(encodeNpz({ Flatfield: even, FLATFIELD: dark }), "x.npz")).toThrow(/key "flatfield"/);
  });

  it("without a flat-field is refused", () => {
    expect(() => decodeProfile(encodeNpz({ flat: flatfield }), "x.npz")).toThrow(/x\.npz, key "flatfield".*found flat/);
  });
});

describe("folders", () => {
  it("hold a profile for each channel", async () => {
    const store = new MemoryStore("memory:models");
    await store.set("IllumModels/488 nm/profiles.npz", encodeProfile(profile, provenance));
    expect((await readModel(store, "IllumModels", "488 nm")).profile).toEqual(profile);
    await expect(readModel(store, "IllumModels", "561 nm")).rejects.toThrow(
      /no profile for channel "561 nm" \(memory:models\/IllumModels\/561 nm\/profiles\.npz\): found folders for "488 nm"/,
    );
    await expect(readModel(store, "IllumModels/488 nm", "488 nm")).rejects.toThrow(/give the folder above it/);
    await expect(readModel(store, "nowhere", "488 nm")).rejects.toThrow(/found no folders/);
  });

  it.each(["", ".", "..", "a/b", "..\\x", "/", "a\nb", "a\u0000", "\u007f"])("are never named %j", (label) => {
    expect(() => checkChannelLabel(label)).toThrow(/cannot name a folder/);
    expect(() => profileKey("models", label)).toThrow(/cannot name a folder/);
  });

  it.each(["DAPI", "488 nm", "a..b", "GFP (left)", "µm ü 😀"])("may be named %j", (label) => {
    expect(profileKey("", label)).toBe(`${label}/profiles.npz`);
  });

  it("need a label for each channel", () => {
    expect(() => checkChannelLabels(["a", "b", "a"], "image")).toThrow(/"a" for channels 1 and 3/);
    expect(() => checkChannelLabels(["a", "b", "A"], "image")).not.toThrow();
  });
});

describe("checksums", () => {
  it("are SHA-256 over flat-field, dark-field and baseline", () => {
    // hashlib.sha256(flatfield.tobytes() + darkfield.tobytes() + numpy.float64(12.25).tobytes()).hexdigest()
    expect(profileChecksum(profile)).toBe("89d577f442b2468cd7b401c5a6bfc43d015ddaf7a42a466856455bb894e75762");
  });
});

describe.skipIf(!hasReferenceData)("folders that the reference reads", () => {
  const store = new DirectoryStore(`${referenceFolder}data/mesospim/samples`);

  it.each(["Lectin", "MBP"])("models, %s", async (label) => {
    const given = await readModel(store, "models", label);
    expect(given).toMatchObject({ profile: { shapeYx: [24, 16], baseline: 5 }, baselineMeaning: "offset", notes: [] });
    expect(given.profile.darkfield.every((value) => value === 8)).toBe(true);
  });

  it.each(["Lectin", "MBP"])("models_lowres, %s: all ones, accepted with a note or a warning", async (label) => {
    const given = await readModel(store, "models_lowres", label, "note");
    expect(given).toMatchObject({ profile: { shapeYx: [6, 4], baseline: 0 } });
    const { warnings } = await readModel(store, "models_lowres", label);
    expect(warnings!.join()).toMatch(/one value everywhere: it corrects nothing/);
  });
});
