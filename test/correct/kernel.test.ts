import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { correctionField, correctRectangle, type KernelRectangle } from "../../src/correct/kernel.ts";
import type { PixelArray } from "../../src/shapes.ts";
import { correctedFloat, correctedInteger } from "./naive.ts";

/** A field over one row, with the flat-field and dark-field given. */
function rowField(flat: readonly number[], dark: readonly number[], background = 0) {
  const [flatfield, darkfield] = [Float32Array.from(flat), Float32Array.from(dark)];
  return correctionField({ shapeYx: [1, flat.length], flatfield, darkfield, baseline: 0 }, background);
}

/** Corrects a row of pixels in place; returns what was clipped. */
function correctRow(
  pixels: PixelArray,
  flat: readonly number[],
  dark: readonly number[],
  background = 0,
  gain = 1,
): number[] {
  const whole: KernelRectangle = {
    gain,
    rows: 1,
    columns: pixels.length,
    start: 0,
    stride: pixels.length,
    profileStart: 0,
    profileStride: pixels.length,
  };
  const clipped = new Float64Array(2);
  correctRectangle(pixels, whole, rowField(flat, dark, background), clipped);
  return [...clipped];
}

const same = (value: number, length: number) => new Array<number>(length).fill(value);

describe("correctRectangle on integers", () => {
  it("rounds ties to even", () => {
    // 0.5 + 1e-6 and the like never tie; an offset in the dark-field makes exact halves under a divisor of 1.
    const divisorOne = 1 - 1e-6;
    const pixels = Uint16Array.of(1, 2, 3, 4, 1001, 65535);
    expect(correctRow(pixels, same(divisorOne, 6), same(0.5, 6))).toEqual([0, 0]);
    expect([...pixels]).toEqual([0, 2, 2, 4, 1000, 65534]);
  });

  it("rounds to nearest otherwise", () => {
    const pixels = Uint8Array.of(10, 10, 10, 10);
    correctRow(pixels, same(1 - 1e-6, 4), [0.25, 0.75, 9.75, 9.25]);
    expect([...pixels]).toEqual([10, 9, 0, 1]);
  });

  it("clips at both ends and counts", () => {
    const [small, large] = [Uint8Array.of(0, 5, 200, 255, 100), Uint16Array.of(0, 5, 40000, 65535, 100)];
    expect(correctRow(small, same(0.5, 5), same(10, 5))).toEqual([2, 2]);
    expect([...small]).toEqual([0, 0, 255, 255, 180]);
    expect(correctRow(large, same(0.5, 5), same(10, 5))).toEqual([2, 2]);
    expect([...large]).toEqual([0, 0, 65535, 65535, 180]);
  });

  it("keeps zeros and the largest value under a flat profile, without counting them", () => {
    const pixels = Uint16Array.of(0, 1, 65534, 65535);
    expect(correctRow(pixels, same(1 - 1e-6, 4), same(0, 4))).toEqual([0, 0]);
    expect([...pixels]).toEqual([0, 1, 65534, 65535]);
  });

  it("counts what lies beyond the range by a fraction, which rounding alone would bring back", () => {
    const pixels = Uint8Array.of(0, 255, 255);
    expect(correctRow(pixels, same(1 - 1e-6, 3), [0.25, -0.25, -0.75])).toEqual([1, 2]);
    expect([...pixels]).toEqual([0, 255, 255]);
  });

  it("subtracts the background after the division, down to zero", () => {
    const pixels = Uint16Array.of(50, 100, 150, 151);
    expect(correctRow(pixels, same(0.5, 4), same(0, 4), 200)).toEqual([2, 0]);
    // Just below 200, for the guard in the divisor; 300 - 0.0006 and 302 - 0.0006 round up.
    expect([...pixels]).toEqual([0, 0, 100, 102]);
  });

  it("divides what light made by the gain of a tile, after the background was taken off", () => {
    const pixels = Uint16Array.of(100, 400, 401, 65535);
    expect(correctRow(pixels, same(1 - 1e-6, 4), same(0, 4), 100, 0.5)).toEqual([0, 1]);
    expect([...pixels]).toEqual([0, 600, 602, 65535]);
    const floats = Float32Array.of(100, 400);
    correctRow(floats, same(1 - 1e-6, 2), same(0, 2), 100, 2);
    expect([...floats]).toEqual([0, 150]);
  });

  it("adds to the counts of earlier rectangles", () => {
    const clipped = Float64Array.of(3, 4);
    const rectangle = { rows: 1, columns: 1, start: 0, stride: 1, profileStart: 0, profileStride: 1 };
    correctRectangle(Uint8Array.of(1), rectangle, rowField([1], [9]), clipped);
    expect([...clipped]).toEqual([4, 4]);
  });

  it("rounds to single precision at every step, for every value of a 16-bit camera", () => {
    const pixels = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const flats = Array.from(pixels, (i) => 0.7 + ((i * 7919) % 1201) / 1000);
    const darks = Array.from(pixels, (i) => ((i * 104729) % 977) / 10);
    const wanted = pixels.map((value, i) => correctedInteger(value, flats[i]!, darks[i]!, 17.3, 65535).pixel);
    correctRow(pixels, flats, darks, 17.3);
    expect(pixels).toEqual(wanted);
  });

  it("is the definition, to the last bit", () => {
    const pixel = fc.record({
      value: fc.integer({ min: 0, max: 65535 }),
      flat: fc.double({ min: 0.01, max: 20, noNaN: true }),
      dark: fc.double({ min: -10, max: 500, noNaN: true }),
    });
    const background = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 300, noNaN: true }));
    fc.assert(
      fc.property(fc.array(pixel, { minLength: 1 }), background, fc.constantFrom(255, 65535), (row, level, largest) => {
        const values = row.map(({ value }) => (largest === 255 ? value % 256 : value));
        const pixels = largest === 255 ? Uint8Array.from(values) : Uint16Array.from(values);
        const { flats, darks } = { flats: row.map(({ flat }) => flat), darks: row.map(({ dark }) => dark) };
        const clipped = correctRow(pixels, flats, darks, level);
        const wanted = row.map(({ flat, dark }, i) => correctedInteger(values[i]!, flat, dark, level, largest));
        expect([...pixels]).toEqual(wanted.map((one) => one.pixel));
        expect(clipped).toEqual(["low", "high"].map((end) => wanted.filter((one) => one.clipped === end).length));
      }),
      { numRuns: 300 },
    );
  });
});

describe("correctRectangle on floats", () => {
  it("keeps values whatever they are: negative, huge, infinite, NaN", () => {
    const pixels = Float32Array.of(-4, 1e30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0.25);
    expect(correctRow(pixels, same(1 - 1e-6, 6), same(0, 6))).toEqual([0, 0]);
    const wanted = [-4, 1e30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0.25];
    expect([...pixels]).toEqual(wanted.map(Math.fround));
  });

  it("has a floor of zero where background is subtracted; NaN stays NaN", () => {
    const pixels = Float32Array.of(1, 10.25, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    expect(correctRow(pixels, same(1 - 1e-6, 5), same(0, 5), 5)).toEqual([2, 0]);
    expect([...pixels]).toEqual([0, 5.25, Number.NaN, 0, Number.POSITIVE_INFINITY]);
  });

  it("is the definition, to the last bit", () => {
    const float = fc.float({ noDefaultInfinity: true, noNaN: true, min: -1e6, max: 1e6 });
    const positive = fc.float({ noNaN: true, min: Math.fround(0.01), max: 100 });
    const background = fc.constantFrom(0, 0.1, 17.3);
    fc.assert(
      fc.property(fc.array(fc.tuple(float, positive, float), { minLength: 1 }), background, (row, level) => {
        const pixels = Float32Array.from(row, ([value]) => value);
        const { flats, darks } = { flats: row.map(([, flat]) => flat), darks: row.map(([, , dark]) => dark) };
        correctRow(pixels, flats, darks, level);
        const wanted = row.map(([value, flat, dark]) => correctedFloat(value, flat, dark, level));
        // Adding zero makes a negative zero a zero: the two are one pixel value.
        expect([...pixels].map((value) => value + 0)).toEqual(wanted.map((value) => value + 0));
      }),
    );
  });
});

describe("correctRectangle on a part of a chunk", () => {
  it("touches nothing but its rectangle, and takes the right part of the profile", () => {
    const size = fc.integer({ min: 1, max: 6 });
    const margin = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(fc.tuple(size, size), fc.tuple(margin, margin, margin, margin), ([rows, columns], margins) => {
        const [top, left, right, profileLeft] = margins;
        const stride = left + columns + right;
        const profileStride = profileLeft + columns + 1;
        const before = Uint16Array.from({ length: (top + rows + 1) * stride }, (_, i) => 100 + 7 * i);
        const after = before.slice();
        const flat = Array.from({ length: (rows + 2) * profileStride }, (_, i) => 0.5 + (i % 13) / 10);
        const dark = flat.map((_, i) => i % 5);
        const rectangle = {
          rows,
          columns,
          start: top * stride + left,
          stride,
          profileStart: profileStride + profileLeft,
          profileStride,
        };
        correctRectangle(after, rectangle, rowField(flat, dark), new Float64Array(2));
        const wanted = before.map((value, i) => {
          const [y, x] = [Math.floor(i / stride) - top, (i % stride) - left];
          if (y < 0 || y >= rows || x < 0 || x >= columns) return value;
          const p = (y + 1) * profileStride + profileLeft + x;
          return correctedInteger(value, flat[p]!, dark[p]!, 0, 65535).pixel;
        });
        expect(after).toEqual(wanted);
      }),
    );
  });
});
