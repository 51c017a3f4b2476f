import { describe, expect, it } from "vitest";
import { describeFieldMismatch } from "../../src/profile/field-mismatch.ts";
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

describe("a profile of Isolux", () => {
  it("fits the tiles that it was made for, whatever its resolution", () => {
    expect(describeFieldMismatch(given([64, 48], tile), tile)).toBeUndefined();
    expect(describeFieldMismatch(given([16, 12], tile, { kind: "centres", factorYx: [4, 4] }), tile)).toBeUndefined();
    const rounded: FieldFacts = { shapeYx: [64, 48], pixelSizeUmYx: [1.104, 1.1] };
    expect(describeFieldMismatch(given([64, 48], rounded), tile)).toBeUndefined();
  });

  it("does not fit another zoom, though the shape is the same", () => {
    expect(describeFieldMismatch(given([64, 48], { ...tile, pixelSizeUmYx: [0.55, 0.55] }), tile)).toBe(
      "it was made for pixels of 0.55 x 0.55 µm, those of the tiles have 1.1 x 1.1 µm: another zoom or binning",
    );
  });

  it("does not fit another camera region", () => {
    expect(describeFieldMismatch(given([64, 64], { ...tile, shapeYx: [64, 64] }), tile)).toBe(
      "it was made for tiles of 64 x 64 px, these have 64 x 48 px: another camera region or binning",
    );
  });

  it("that does not tell its tiles is known by its level", () => {
    const level = (shapeYx: Yx) =>
      describeFieldMismatch(given(shapeYx, undefined, { kind: "centres", factorYx: [5, 5] }), tile);
    // A level of 64 x 48 by 5 has 12 or 13 rows, 9 or 10 columns.
    expect([level([12, 9]), level([13, 10])]).toEqual([undefined, undefined]);
    expect(level([16, 10])).toMatch(/tiles of about 80 x 50 px/);
  });
});

describe("a profile from elsewhere", () => {
  it("is known by its shape", () => {
    expect(describeFieldMismatch(given([64, 48]), tile)).toBeUndefined();
    expect(describeFieldMismatch(given([32, 24]), tile)).toBe(
      "it has 32 x 24 px, the tiles 64 x 48 px: another zoom, binning or resolution level, taken to show the whole tile",
    );
    expect(describeFieldMismatch(given([96, 72]), tile)).toMatch(/another zoom, binning/);
    expect(describeFieldMismatch(given([64, 64]), tile)).toMatch(/of other proportions: another camera region/);
  });
});
