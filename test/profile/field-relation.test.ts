import { describe, expect, it } from "vitest";
import { relateToField } from "../../src/profile/field-relation.ts";
import type { FieldFacts, ModelProvenance } from "../../src/profile/model-record.ts";
import { decodeProfile, encodeProfile } from "../../src/profile/npz-profile.ts";
import type { ProfileAlignment } from "../../src/profile/profile.ts";
import type { Yx } from "../../src/shapes.ts";

function given(shapeYx: Yx, field?: FieldFacts, alignment: ProfileAlignment = { kind: "corners" }) {
  const flatfield = Float32Array.from({ length: shapeYx[0] * shapeYx[1] }, (_, at) => 1 + (at % 2) / 1000);
  const provenance: ModelProvenance = { version: "1", baselineMeaning: "offset", alignment, ...(field && { field }) };
  const profile = { shapeYx, flatfield, darkfield: flatfield.map(() => 0), baseline: 0 };
  return decodeProfile(encodeProfile(profile, provenance), "x");
}

const tile: FieldFacts = { shapeYx: [64, 48], pixelSizeUmYx: [1.1, 1.1] };
const level = (factor: number): ProfileAlignment => ({ kind: "centres", factorYx: [factor, factor] });
const advice = (shapeYx: Yx, of: Yx = [64, 48]) => {
  const relation = relateToField(given(shapeYx), { shapeYx: of });
  return relation.kind === "unknown" ? `${relation.found}: ${relation.advice}` : relation;
};

describe("a profile of Isolux", () => {
  it("fits the tiles that it was made for, whatever its resolution", () => {
    expect(relateToField(given([64, 48], tile), tile)).toEqual({ kind: "fits" });
    expect(relateToField(given([16, 12], tile, level(4)), tile)).toEqual({ kind: "fits" });
    const rounded: FieldFacts = { shapeYx: [64, 48], pixelSizeUmYx: [1.104, 1.1] };
    expect(relateToField(given([64, 48], rounded), tile)).toEqual({ kind: "fits" });
  });

  it("is doubted where the tiles have the same shape but other pixels", () => {
    expect(relateToField(given([64, 48], { ...tile, pixelSizeUmYx: [0.55, 0.55] }), tile)).toEqual({
      kind: "fits",
      doubt: "it was made for pixels of 0.55 x 0.55 µm, those of the tiles have 1.1 x 1.1 µm: another zoom",
    });
  });

  it("of one pixel more or less is taken for rounding, with a doubt", () => {
    const shorter: FieldFacts = { ...tile, shapeYx: [63, 48] };
    expect(relateToField(given([64, 48], tile), shorter)).toEqual({
      kind: "fits",
      doubt: "it was made for tiles of 64 x 48 px, these have 63 x 48 px: the pixel between is taken for rounding",
    });
    expect(relateToField(given([64, 48], tile), shorter, [[63, 48], tile.shapeYx])).toEqual({ kind: "fits" });
  });

  it("does not fit another camera region, of whatever shape", () => {
    const region = (shapeYx: Yx) => relateToField(given(shapeYx, { ...tile, shapeYx }), tile);
    expect(region([64, 64])).toMatchObject({
      kind: "unknown",
      found: "a profile of 64 x 64 px for tiles of 64 x 48 px",
    });
    // Twice as many pixels of the same size are a larger region, not finer pixels.
    expect(region([128, 96])).toMatchObject({ kind: "unknown" });
  });

  it("made with other binning lies accordingly", () => {
    const fine: FieldFacts = { shapeYx: [128, 96], pixelSizeUmYx: [0.55, 0.55] };
    expect(relateToField(given([32, 24], fine, level(4)), tile)).toMatchObject({ kind: "binned", factorYx: [2, 2] });
    const coarse: FieldFacts = { shapeYx: [32, 24], pixelSizeUmYx: [2.2, 2.2] };
    expect(relateToField(given([8, 6], coarse, level(4)), tile)).toMatchObject({ kind: "binned", factorYx: [8, 8] });
  });

  it("that does not tell its tiles is known by its level", () => {
    const ofLevel = (shapeYx: Yx) => relateToField(given(shapeYx, undefined, level(5)), tile).kind;
    // A level of 64 x 48 by 5 has 12 or 13 rows, 9 or 10 columns.
    expect([ofLevel([12, 9]), ofLevel([13, 10]), ofLevel([16, 10])]).toEqual(["fits", "fits", "unknown"]);
  });
});

describe("a profile from elsewhere", () => {
  it("fits tiles of its shape, and among these others that rounding made a pixel larger or smaller", () => {
    const [whole, rounded]: [Yx, Yx] = [tile.shapeYx, [65, 47]];
    expect(advice(whole)).toEqual({ kind: "fits" });
    expect(relateToField(given(whole), { shapeYx: rounded }, [rounded, whole])).toEqual({ kind: "fits" });
  });

  it("of one row or column more or less than all tiles is another field", () => {
    for (const shapeYx of [
      [65, 47],
      [63, 48],
      [64, 49],
    ] as const)
      expect(advice(shapeYx)).toMatch(/^a profile of .* px for tiles of 64 x 48 px: /);
  });

  it("may be binned by a whole number, whole pixels at the end or not, or finer than the tiles", () => {
    const factor = (shapeYx: Yx, of: Yx) => {
      const relation = relateToField(given(shapeYx), { shapeYx: of });
      return relation.kind === "binned" ? relation.factorYx[0] : relation.kind;
    };
    expect([
      factor([32, 24], [64, 48]),
      factor([97, 65], [194, 129]),
      factor([97, 64], [195, 129]),
      factor([49, 33], [194, 129]),
      factor([128, 96], [64, 48]),
      factor([193, 145], [64, 48]),
    ]).toEqual([2, 2, 2, 4, 0.5, 1 / 3]);
    // Not by another number along each axis, nor with the last pixels missing along one and kept along the other.
    expect([factor([32, 16], [64, 48]), factor([48, 33], [194, 129])]).toEqual(["unknown", "unknown"]);
  });

  it("that took every third pixel, or is a region whose shape is nearly a fraction of the tiles', is none", () => {
    const kinds = (
      [
        [32, 43],
        [19, 25],
        [47, 63],
        [14, 19],
      ] as const
    ).map((shapeYx) => relateToField(given(shapeYx), { shapeYx: [96, 128] }).kind);
    expect(kinds).toEqual(["unknown", "unknown", "unknown", "unknown"]);
  });

  it("of swapped rows and columns is told so", () => {
    expect(advice([48, 64])).toMatch(
      /^a profile of 48 x 64 px for tiles of 64 x 48 px: Its rows and columns are swapped/,
    );
    expect(advice([24, 32])).toMatch(/transpose it/);
  });

  it("of a larger or smaller camera region is told what to do", () => {
    expect(advice([70, 60])).toMatch(/flatfield\[y:y\+64, x:x\+48\].*--shape 64,48$/);
    expect(advice([60, 40])).toMatch(/: Give one that was measured with the camera region/);
  });

  it("that is even fits everything: it corrects nothing", () => {
    const flatfield = new Float32Array(12).fill(1);
    const profile = { shapeYx: [3, 4] as const, flatfield, darkfield: flatfield.map(() => 100), baseline: 0 };
    expect(relateToField({ profile, alignment: { kind: "corners" } }, tile)).toEqual({ kind: "fits" });
  });
});
