import { describe, expect, it } from "vitest";
import { removeRounding } from "../../src/profile/remove-rounding.ts";
import { normaliseProfile } from "../../src/profile/validate.ts";

const [rows, columns] = [96, 128] as const;
const light = Float64Array.from({ length: rows * columns }, (_, at) => {
  const [y, x] = [Math.floor(at / columns) / rows - 0.45, (at % columns) / columns - 0.55];
  return Math.exp(-1.35 * (1.4 * y * y + x * x)) * (1 + 0.12 * x);
});
const largest = Math.max(...light);
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b) / values.length;
/** The largest relative error against the light, both of mean 1. */
const errorOf = (values: ArrayLike<number>) => {
  const scale = mean(values) / mean(light);
  return Math.max(...light.map((value, at) => Math.abs(values[at]! / scale / value - 1)));
};

describe("a flat-field that was rounded to few steps", () => {
  it.each([
    ["8 bits", 255, Math.round, 1e-3],
    ["percent", 100, Math.round, 4e-3],
    ["8 bits, cut off", 255, Math.floor, 4e-3],
  ])("is the light that gives these steps: %s", (_, steps, round, most) => {
    const rounded = Uint8Array.from(light, (value) => round((value / largest) * steps));
    const { data, told } = removeRounding(rounded, [rows, columns]);
    expect(errorOf(data)).toBeLessThan(most);
    expect(errorOf(rounded)).toBeGreaterThan(2 * errorOf(data));
    expect(told).toMatch(/^was rounded to few steps \(.* %\): the smooth light/);
  });

  it("stays as it is where dust or noise is more than a step, and is told", () => {
    const dust = (at: number) => (Math.hypot(Math.floor(at / columns) - 40, (at % columns) - 50) < 5 ? 0.9 : 1);
    const rounded = Uint8Array.from(light, (value, at) => Math.round((value / largest) * dust(at) * 255));
    const { data, told } = removeRounding(rounded, [rows, columns]);
    expect(data).toBe(rounded);
    expect(told).toMatch(/^was rounded to few steps: pixels are corrected to within .* % only$/);
  });

  it("is one of the warnings of the profile", () => {
    const rounded = Uint8Array.from(light, (value) => Math.round((value / largest) * 255));
    const { warnings, profile } = normaliseProfile({ flatfield: { shape: [rows, columns], data: rounded } }, "A");
    expect(warnings).toEqual([expect.stringContaining("A was rounded to few steps")]);
    expect(errorOf(profile.flatfield)).toBeLessThan(1e-3);
  });

  it("is none in floats and 16 bits", () => {
    expect(removeRounding(light, [rows, columns])).toEqual({ data: light });
    const counts = Uint16Array.from(light, (value) => Math.round((value / largest) * 65535));
    expect(removeRounding(counts, [rows, columns]).told).toBeUndefined();
  });
});
