import { describe, expect, it } from "vitest";
import { backgroundToSubtract, correctionFieldBytes } from "../../src/correct/field.ts";
import { correctionField } from "../../src/correct/kernel.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { single } from "./naive.ts";

const profile: Profile = {
  shapeYx: [1, 3],
  flatfield: Float32Array.of(0.5, 1, 1.5),
  darkfield: Float32Array.of(1, 2, 3),
  baseline: 40.1,
};

describe("correctionField", () => {
  it("holds the dark-field and the guarded flat-field, in memory that threads can share", () => {
    const field = correctionField(profile, 40.1);
    expect(field.shapeYx).toEqual([1, 3]);
    expect([...field.dark]).toEqual([1, 2, 3]);
    expect([...field.divisor]).toEqual([0.5, 1, 1.5].map((value) => single(value + single(1e-6))));
    expect(field.background).toBe(single(40.1));
    expect(field.dark.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(field.divisor.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(field.dark.byteLength + field.divisor.byteLength).toBe(correctionFieldBytes([1, 3]));
  });

  it("copies: the profile may change afterwards", () => {
    const flatfield = profile.flatfield.slice();
    const field = correctionField({ ...profile, flatfield }, 0);
    flatfield.fill(9);
    expect(field.divisor[0]).toBeCloseTo(0.5, 5);
  });

  it.each([[-0.1], [Number.NaN], [-1e-6]])("refuses a flat-field with %s", (value) => {
    const flatfield = Float32Array.of(1, value, 1);
    expect(() => correctionField({ ...profile, flatfield }, 0)).toThrow(/not positive/);
  });
});

describe("backgroundToSubtract", () => {
  it.each([
    ["auto", "offset", 40.1],
    ["auto", "brightness", 0],
    ["keep", "offset", 0],
    ["keep", "brightness", 0],
    ["subtract", "offset", 40.1],
    ["subtract", "brightness", 40.1],
  ] as const)("%s of an %s", (choice, meaning, wanted) => {
    expect(backgroundToSubtract(profile, meaning, choice)).toBe(wanted);
  });
});
