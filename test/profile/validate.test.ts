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

  it("keeps every bit where its mean is 1 but for the rounding of float32", () => {
    const values = Float32Array.from({ length: 999 }, (_, at) => (0.5 + at / 998) * (1 + 1e-7 * Math.sin(at)));
    const single = { shape: [27, 37], data: values };
    expect(normaliseProfile({ flatfield: single }, "a").profile.flatfield).toEqual(values);
  });
});

describe("another scale", () => {
  it("is brought to mean 1 however near it is, without a line", () => {
    // A minimum of 1, and hardly any contrast.
    const near = image([1, 4], [1, 1.006, 1.003, 1.015]);
    const { profile, notes } = normaliseProfile({ flatfield: near }, "a");
    expect(profile.flatfield).toEqual(Float32Array.from(near.data, (value) => value / 1.006));
    expect(notes).toEqual(["The flat-field of a had minimum 1 and mean 1.006: it was divided by its mean."]);
    const nearer = image([1, 2], [0.9, 1.1004]);
    expect(normaliseProfile({ flatfield: nearer }, "a")).toMatchObject({
      profile: { flatfield: Float32Array.of(0.9 / 1.0002, 1.1004 / 1.0002) },
      notes: [],
    });
  });

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

describe("a dark-field", () => {
  it.each([
    ["a number", image([], [7])],
    ["a pixel", image([1, 1], [7])],
    ["of one value at another shape", image([4, 1], [7, 7, 7, 7])],
  ])("may be %s", (_, darkfield) => {
    expect(normaliseProfile({ flatfield, darkfield }, "a").profile.darkfield).toEqual(new Float32Array(6).fill(7));
  });

  it("that is negative is doubted", () => {
    const negative = image([2, 3], [-50, -50, -50, -50, -50, -44]);
    expect(normaliseProfile({ flatfield, darkfield: negative }, "a").warnings).toEqual([
      "The dark-field of a is negative (-49.00 counts on average): subtracting it makes the image brighter.",
    ]);
  });
});

describe("defects", () => {
  const measured = () => Float64Array.from({ length: 480 }, (_, at) => 0.8 + at / 1200);

  it("of a flat-field are mended before its mean is taken, and said", () => {
    const [clean, broken] = [measured(), measured()];
    broken[105] = 900;
    const { profile, warnings } = normaliseProfile({ flatfield: { shape: [24, 20], data: broken } }, "a");
    const { profile: wanted } = normaliseProfile({ flatfield: { shape: [24, 20], data: clean } }, "a");
    for (const [at, value] of wanted.flatfield.entries()) expect(profile.flatfield[at]).toBeCloseTo(value, 5);
    expect(warnings).toEqual([
      "The flat-field of a has 1 defective pixel, 900 at (y, x) = (5, 5): filled from their neighbours.",
    ]);
  });

  it("of a dark-field are pixels without a number, never those of many counts", () => {
    const dark = Float64Array.from({ length: 480 }, () => 100);
    [dark[50], dark[200]] = [Number.NaN, 4000];
    const raw = { flatfield: { shape: [24, 20], data: measured() }, darkfield: { shape: [24, 20], data: dark } };
    const { profile, warnings } = normaliseProfile(raw, "a");
    expect([profile.darkfield[50], profile.darkfield[200], warnings.length]).toEqual([100, 4000, 1]);
  });

  it("of a profile that is known stay", () => {
    const broken = measured();
    broken[105] = 900;
    const rules = { ofOneValue: "refuse", mean: "keep" } as const;
    const { profile, warnings } = normaliseProfile({ flatfield: { shape: [24, 20], data: broken } }, "a", rules);
    expect([profile.flatfield[105], warnings]).toEqual([900, []]);
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
    // Ones are no failed measurement: they switch a correction off.
    expect(normaliseProfile({ flatfield: image([1, 2], [1, 1]) }, "a").warnings.join()).toMatch(/corrects nothing/);
  });

  it.each([
    ["of rank 1", { flatfield: image([6], [1, 1, 1, 1, 1, 2]) }, /flat-field is not an image.*shape 6/],
    ["a number", { flatfield: image([], [1]) }, /a single number/],
    ["a stack", { flatfield: image([2, 1, 3], [1, 1, 1, 1, 1, 2]) }, /shape 2 x 1 x 3.*or their mean/],
    ["empty", { flatfield: image([0, 3], []) }, /not an image/],
    [
      "with another dark-field",
      { flatfield, darkfield: image([3, 2], [0, 0, 0, 0, 0, 1]) },
      /found 3 x 2, expected 2 x 3/,
    ],
    ["with NaN in it", { flatfield, darkfield: image([2, 3], [0, 0, 0, Number.NaN, 0, 0]) }, /dark-field.*\(1, 0\)/],
    ["without a real baseline", { flatfield, baseline: Number.NaN }, /baseline is not a number/],
  ])("%s", (_, raw, message) => {
    expect(() => normaliseProfile(raw, "a")).toThrow(message);
  });
});
