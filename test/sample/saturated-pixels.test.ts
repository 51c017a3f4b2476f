import { describe, expect, it } from "vitest";
import { randomStream } from "../../src/sample/choose-planes.ts";
import { leaveUnusableOut, type OverlapPatch, saturationOf } from "../../src/sample/read-overlaps.ts";

/** Noise around a brightness that rises along the image, cut off at a limit. */
function image(limit: number, seed: number): Float32Array {
  const random = randomStream(seed, 2);
  return Float32Array.from({ length: 4000 }, (_, i) => {
    const value = 200 + i + 40 * (random() + random() + random() - 1.5);
    return Math.min(limit, Math.round(value));
  });
}

describe("a camera that saturates", () => {
  it("shows its largest value far more often than those below it", () => {
    const found = saturationOf([image(3000, 1), image(3000, 2)])!;
    expect(found.counts).toBe(3000);
    expect(found.share).toBeCloseTo(0.3, 2);
    expect(saturationOf([image(1e6, 1), image(1e6, 2)])).toBeUndefined();
  });

  it("is none where few pixels are as bright, or all", () => {
    const hot = image(1e6, 1).map((value, i) => (i < 10 ? 9000 : value));
    expect(saturationOf([hot])).toBeUndefined();
    // Bright values, each as often as the others, that end just below the largest of their type.
    const bright = Float32Array.from({ length: 40_000 }, (_, i) => 65_534 - (i % 8000));
    expect(saturationOf([bright])).toBeUndefined();
    expect(saturationOf([new Float32Array(500).fill(70)])).toBeUndefined();
    expect(saturationOf([new Float32Array(500).fill(Number.NaN)])).toBeUndefined();
    expect(saturationOf([])).toBeUndefined();
  });
});

it("is found in means of pixels, which are equal but for rounding", () => {
  const means = image(3000, 1).map((value) => Math.fround(Math.fround(value / 9) * 9));
  expect(saturationOf([means, image(3000, 2)])?.share).toBeCloseTo(0.3, 2);
});

it("leaves what may be saturated out of overlaps, and out of the same ones when corrected", () => {
  const patchOf = (first: Float32Array, second: Float32Array) =>
    ({ first, second, shapeYx: [40, 100] }) as unknown as OverlapPatch;
  const source = patchOf(image(3000, 1), image(3000, 2));
  const corrected = patchOf(new Float32Array(4000).fill(1), new Float32Array(4000).fill(1));
  const sound = source.first.map((value) => (value < 0.95 * 3000 ? value : Number.NaN));
  leaveUnusableOut([source], [corrected]);
  expect(source.first).toEqual(sound);
  expect(corrected.first).toEqual(sound.map((value) => (Number.isNaN(value) ? value : 1)));
  const untouched = patchOf(image(1e6, 1), image(1e6, 2));
  leaveUnusableOut([untouched]);
  expect(untouched.first).toEqual(image(1e6, 1));
});

describe("pixels that one of two tiles lacks", () => {
  const shapeYx = [40, 100] as const;
  const seen = () => image(1e6, 1);
  const shareOut = (pixels: Float32Array) => pixels.filter(Number.isNaN).length / pixels.length;

  it("are left out of both: all where a tile has no such plane, else the parts of chunks that are not there", () => {
    for (const value of [0, 65_000]) {
      const patch = { shapeYx, first: new Float32Array(4000).fill(value), second: seen() };
      leaveUnusableOut([patch]);
      expect([patch.first, patch.second].map(shareOut)).toEqual([1, 1]);
    }
    const corrected = { shapeYx, first: seen(), second: seen() };
    const half = { shapeYx, first: seen().map((value, i) => (i % 100 < 48 ? 0 : value)), second: seen() };
    leaveUnusableOut([half], [corrected]);
    expect([half.first, half.second, corrected.first].map(shareOut)).toEqual([0.48, 0.48, 0.48]);
    expect(half.first.some((value) => value === 0)).toBe(false);
  });

  it("are not those that both show dark, or one a little brighter", () => {
    const [dark, dim] = [new Float32Array(4000), seen().map((value, i) => (i % 3 === 0 ? value : 0))];
    const both = { shapeYx, first: dark.slice(), second: dark.slice() };
    const noisy = { shapeYx, first: dim.map((value, i) => (i % 100 < 48 ? 0 : value)), second: dim.slice() };
    leaveUnusableOut([both, noisy]);
    expect([both.first, noisy.first, noisy.second].map(shareOut)).toEqual([0, 0, 0]);
  });
});
