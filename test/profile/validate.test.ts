import { describe, expect, it } from "vitest";
import { normaliseProfile } from "../../src/profile/validate.ts";

const image = (shape: number[], values: number[]) => ({ shape, data: Float64Array.from(values) });
const flatfield = image([2, 3], [0.5, 0.75, 1, 1, 1.25, 1.5]);

describe("a profile in order", () => {
  it("keeps every bit and has no notes", () => {
    const { profile, notes } = normaliseProfile({ flatfield, baseline: 5 }, "a");
    expect(profile).toEqual({
      shapeYx: [2, 3],
      flatfield: Float32Array.from(flatfield.data),
      darkfield: new Float32Array(6),
      baseline: 5,
    });
    expect(notes).toEqual([]);
  });

  it("may have leading axes of extent 1", () => {
    const raw = { flatfield: { ...flatfield, shape: [1, 2, 3] }, darkfield: image([1, 1, 2, 3], [-1, 0, 1, 2, 3, 4]) };
    expect(normaliseProfile(raw, "a").profile).toMatchObject({
      shapeYx: [2, 3],
      darkfield: Float32Array.of(-1, 0, 1, 2, 3, 4),
    });
  });

  it("is left alone where its mean is within 1 %", () => {
    const near = image([1, 2], [0.9, 1.11]);
    expect(normaliseProfile({ flatfield: near }, "a").profile.flatfield).toEqual(Float32Array.from(near.data));
  });
});

describe("another scale", () => {
  it("is brought to mean 1, and the baseline goes with it", () => {
    const counts = image(
      [2, 3],
      [...flatfield.data].map((value) => value * 0.8),
    );
    const { profile, notes } = normaliseProfile({ flatfield: counts, baseline: 10 }, "DAPI");
    expect(profile.flatfield).toEqual(Float32Array.from(flatfield.data));
    expect(profile.baseline).toBeCloseTo(8, 12);
    expect(notes).toEqual([
      "The flat-field of DAPI had mean 0.8000: it was divided by its mean, and the baseline was multiplied by it.",
    ]);
  });

  it("gives the same corrected pixels but for that scale", () => {
    const correct = (value: number, flat: number, baseline: number) => value / flat - baseline;
    const { profile } = normaliseProfile({ flatfield: image([1, 2], [40, 120]), baseline: 2 }, "a");
    const before = [correct(200, 40, 2), correct(900, 120, 2)];
    const after = [200, 900].map((value, at) => correct(value, profile.flatfield[at]!, profile.baseline));
    expect(after.map((value, at) => value / before[at]!)).toEqual([80, 80]);
  });

  it("is kept where the caller knows the profile", () => {
    const twice = image([1, 2], [1, 3]);
    const { profile, notes } = normaliseProfile({ flatfield: twice }, "a", { ofOneValue: "refuse", mean: "keep" });
    expect([...profile.flatfield, notes.length]).toEqual([1, 3, 0]);
  });
});

describe("profiles that cannot be used", () => {
  it.each([
    ["zero", [1, 1, 1, 1, 0, 2], "1 of 6 pixels, the first 0 at (y, x) = (1, 1)"],
    ["negative", [1, -2, 1, -3, 1, 2], "2 of 6 pixels, the first -2 at (y, x) = (0, 1)"],
    ["NaN", [1, 1, Number.NaN, 1, 1, 2], "1 of 6 pixels, the first NaN at (y, x) = (0, 2)"],
    ["infinite", [1, 1, 1, 1, 1, Number.POSITIVE_INFINITY], "1 of 6 pixels, the first Infinity at (y, x) = (1, 2)"],
  ])("%s values: their number, the place of the first, and whose", (_, values, found) => {
    expect(() => normaliseProfile({ flatfield: image([2, 3], values) }, "m/DAPI/profiles.npz")).toThrow(
      `The flat-field has values that are not finite and positive (m/DAPI/profiles.npz): found ${found}.`,
    );
  });

  it("so small that single precision makes them zero", () => {
    expect(() => normaliseProfile({ flatfield: image([1, 2], [1e-60, 2]) }, "a")).toThrow(/the first 0 at \(y, x\)/);
  });

  it("one value everywhere, unless it is accepted with a note", () => {
    const even = image([1, 2], [3, 3]);
    expect(() => normaliseProfile({ flatfield: even }, "a")).toThrow(/A profile of one value corrects nothing/);
    const { profile, notes } = normaliseProfile({ flatfield: even }, "a", { ofOneValue: "note", mean: "normalise" });
    expect([...profile.flatfield]).toEqual([1, 1]);
    expect(notes.join()).toMatch(/corrects nothing/);
  });

  it.each([
    ["of rank 1", { flatfield: image([6], [1, 1, 1, 1, 1, 2]) }, /flat-field is not an image.*shape 6/],
    ["a number", { flatfield: image([], [1]) }, /a single number/],
    ["a stack", { flatfield: image([2, 1, 3], [1, 1, 1, 1, 1, 2]) }, /shape 2 x 1 x 3/],
    ["empty", { flatfield: image([0, 3], []) }, /not an image/],
    [
      "with another dark-field",
      { flatfield, darkfield: image([3, 2], [0, 0, 0, 0, 0, 0]) },
      /found 3 x 2, expected 2 x 3/,
    ],
    ["with NaN in it", { flatfield, darkfield: image([2, 3], [0, 0, 0, Number.NaN, 0, 0]) }, /dark-field.*\(1, 0\)/],
    ["without a real baseline", { flatfield, baseline: Number.NaN }, /baseline is not a number/],
  ])("%s", (_, raw, message) => {
    expect(() => normaliseProfile(raw, "a")).toThrow(message);
  });
});
