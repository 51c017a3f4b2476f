import { describe, expect, it } from "vitest";
import {
  doubtDarkfield,
  doubtFlatfield,
  doubtPlanes,
  impossibleFlatfield,
  mayShift,
} from "../../../src/estimate/basic/fit-guards.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";

const [rows, columns] = [48, 56];
const field = (value: (y: number, x: number) => number) =>
  Float32Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns));

describe("dark-fields", () => {
  it("of cameras span a few counts, whatever single pixels show", () => {
    const hot = field((y, x) => (y === 3 && x === 5 ? 4000 : 100 + (20 * x) / columns));
    expect(doubtDarkfield({ darkfield: hot })).toBeUndefined();
    const sample = field((_, x) => 100 + (60 * x) / columns);
    expect(doubtDarkfield({ darkfield: sample })).toMatch(/^BaSiC found a dark-field that spans 5\d counts/);
  });

  it("may have changed a profile where they span much of the brightness", () => {
    const darkfield = field((_, x) => (10 * x) / columns);
    expect(mayShift({ darkfield }, 500)).toBe(false);
    expect(mayShift({ darkfield }, 200)).toBe(true);
  });
});

describe("flat-fields", () => {
  it("are known no better than they differ with and without a dark-field", () => {
    const [even, near, far] = [0, 0.02, 0.08].map((tilt) => ({
      flatfield: field((_, x) => 1 + tilt * ((4 * x) / columns - 2)),
    }));
    expect(doubtFlatfield(even!, near!)).toBeUndefined();
    expect(doubtFlatfield(even!, far!)).toMatch(/differs by 8\.0 %/);
  });

  it("are impossible where they fall or rise too far", () => {
    const flat = (low: number, high: number) => ({ flatfield: field((y) => (y < 2 ? low : y > 45 ? high : 1)) });
    expect(impossibleFlatfield(flat(0.35, 1.8))).toBeUndefined();
    expect(impossibleFlatfield(flat(0.2, 1.8))).toMatch(/falls to 0\.20 of its mean/);
    expect(impossibleFlatfield(flat(0.8, 2.3))).toMatch(/rises to 2\.3 of its mean/);
  });
});

describe("planes", () => {
  const light = (y: number, x: number) => 1 - 0.3 * (((2 * y) / rows - 1) ** 2 + ((2 * x) / columns - 1) ** 2);
  /** Planes with a bright spot that moves by so many columns from plane to plane, and brightnesses of their own. */
  function planesOf(step: number, planeCount = 20) {
    const random = randomStream(5, 1);
    const pixels = new Uint16Array(planeCount * rows * columns);
    for (let n = 0; n < planeCount; n++) {
      for (let i = 0; i < rows * columns; i++) {
        const [y, x] = [Math.floor(i / columns), i % columns];
        const spot = Math.exp(-((y - 20) ** 2 + (x - 12 - step * n) ** 2) / 60);
        const noise = 12 * (random() + random() + random() + random() - 2);
        pixels[n * rows * columns + i] = Math.round(100 + (0.6 + 0.05 * n) * light(y, x) * (300 + 900 * spot) + noise);
      }
    }
    return { pixels, planeCount, shapeYx: [rows, columns] as const };
  }

  it("that show the same but for noise and brightness tell nothing of light", () => {
    expect(doubtPlanes(planesOf(0))).toMatch(/^The planes differ only by noise/);
  });

  it("whose sample moves do", () => {
    expect(doubtPlanes(planesOf(2))).toBeUndefined();
    expect(doubtPlanes(planesOf(0.3))).toBeUndefined();
  });

  it("that are a single one, or too small, are left to other checks", () => {
    expect(doubtPlanes(planesOf(0, 1))).toBeUndefined();
    const tiny = { pixels: new Uint16Array(60).fill(7), planeCount: 5, shapeYx: [3, 4] as const };
    expect(doubtPlanes(tiny)).toBeUndefined();
  });
});
