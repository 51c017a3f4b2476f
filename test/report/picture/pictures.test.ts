import fc from "fast-check";
import { unzlibSync } from "fflate";
import { describe, expect, it } from "vitest";
import { decodePng, encodePng } from "../../../src/acquisition/pages/png.ts";
import { contourSegments, niceTicks, viridis, viridisPalette } from "../../../src/report/page/charts.ts";
import { formatLength } from "../../../src/report/page/profile-page.ts";
import { scaleBar } from "../../../src/report/page/report-page.ts";
import { rangeOf, shrinkField, toBytes } from "../../../src/report/picture/image.ts";

describe("viridis", () => {
  it.each([
    [0, [68, 1, 84]],
    [0.25, [59, 82, 139]],
    [0.5, [33, 145, 140]],
    [0.75, [94, 201, 98]],
    [1, [253, 231, 37]],
  ])("at %d is the known colour, within what no eye sees", (share, known) => {
    for (const [index, value] of viridis(share).entries()) expect(Math.abs(value - known[index]!)).toBeLessThan(6);
  });

  it("becomes lighter all the way", () => {
    const palette = viridisPalette();
    const light = Array.from(
      { length: 256 },
      (_, i) => 0.21 * palette[3 * i]! + 0.72 * palette[3 * i + 1]! + 0.07 * palette[3 * i + 2]!,
    );
    expect(light.every((value, i) => i === 0 || value > light[i - 1]! - 0.8)).toBe(true);
    expect(light.at(-1)! - light[0]!).toBeGreaterThan(180);
  });
});

describe("contours", () => {
  it("of a cone are circles of the right radius", () => {
    const [rows, columns] = [41, 61] as const;
    const values = Float32Array.from({ length: rows * columns }, (_, i) =>
      Math.hypot(Math.floor(i / columns) - 20, (i % columns) - 30),
    );
    const segments = contourSegments({ shapeYx: [rows, columns], values }, 12.3);
    expect(segments.length).toBeGreaterThan(60);
    for (const [x1, y1, x2, y2] of segments) {
      expect(Math.hypot(x1 - 30, y1 - 20)).toBeCloseTo(12.3, 1);
      expect(Math.hypot(x2 - 30, y2 - 20)).toBeCloseTo(12.3, 1);
    }
    const length = segments.reduce((sum, [x1, y1, x2, y2]) => sum + Math.hypot(x2 - x1, y2 - y1), 0);
    expect(length).toBeCloseTo(2 * Math.PI * 12.3, 0);
  });

  it("of a saddle do not cross, and of an even image there are none", () => {
    const segments = contourSegments({ shapeYx: [2, 2], values: Float32Array.of(1, 0, 0, 1) }, 0.6);
    expect(segments).toHaveLength(2);
    expect(contourSegments({ shapeYx: [3, 3], values: new Float32Array(9).fill(1) }, 1)).toEqual([]);
  });
});

describe("ticks", () => {
  it("are round and lie within the range", () => {
    expect(niceTicks(0.77, 1.11, 4)).toEqual([0.8, 0.9, 1, 1.1]);
    expect(niceTicks(-276, 806, 5)).toEqual([0, 500]);
    expect(niceTicks(3, 3, 5)).toEqual([3]);
    const range = fc.tuple(
      fc.double({ min: -1e5, max: 1e5, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
    );
    fc.assert(
      fc.property(range, fc.integer({ min: 2, max: 12 }), ([least, width], wanted) => {
        const ticks = niceTicks(least, least + width, wanted);
        expect(ticks.length).toBeLessThanOrEqual(wanted + 1);
        for (const tick of ticks) expect(tick).toBeGreaterThanOrEqual(least - 1e-6 * width - 1e-6);
        for (const tick of ticks) expect(tick).toBeLessThanOrEqual(least + 1.000001 * width + 1e-6);
      }),
    );
  });
});

describe("images of numbers", () => {
  it("shrink by means of blocks, those at the edges of what is there", () => {
    expect(shrinkField([1, 2, 3, 4, 5, 6], [2, 3], 2)).toEqual({ shapeYx: [1, 2], values: Float32Array.of(3, 4.5) });
    expect(rangeOf([Number.NaN, 3, -1])).toEqual([-1, 3]);
    expect([...toBytes([-1, 0, 5, 10, 11], 0, 10)]).toEqual([0, 0, 128, 255, 255]);
  });

  it("of 8 bits come back from a PNG, in grey and with a palette", () => {
    const pixels = Uint8Array.from({ length: 35 }, (_, i) => (i * 37) % 256);
    expect(decodePng(encodePng(pixels, [5, 7]), "picture")).toEqual({ shape: [5, 7], data: pixels });
    const coloured = encodePng(pixels, [5, 7], viridisPalette());
    const text = new TextDecoder("latin1").decode(coloured);
    expect([...coloured.subarray(16, 26)]).toEqual([0, 0, 0, 7, 0, 0, 0, 5, 8, 3]);
    const at = text.indexOf("PLTE");
    expect([...coloured.subarray(at + 4, at + 7)]).toEqual(viridis(0));
    const data = text.indexOf("IDAT");
    const length = new DataView(coloured.buffer).getUint32(data - 4);
    const rows = unzlibSync(coloured.subarray(data + 4, data + 4 + length));
    expect([...rows.subarray(0, 8)]).toEqual([2, ...pixels.subarray(0, 7)]);
  });
});

describe("scaleBar", () => {
  it("is round, and takes a tenth to a quarter of the picture", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e6, noNaN: true }), (widthUm) => {
        const { share, label } = scaleBar(widthUm)!;
        expect(share).toBeLessThanOrEqual(0.25 + 1e-6);
        expect(share).toBeGreaterThanOrEqual(0.1 - 1e-6);
        expect(label).toMatch(/^(0\.)?0*[125]0* (nm|µm|mm)$/);
      }),
    );
  });

  it("is left out where the size of pixels is not known", () => {
    expect([0, Number.NaN, Number.POSITIVE_INFINITY].map(scaleBar)).toEqual([undefined, undefined, undefined]);
    expect(scaleBar(4600)).toEqual({ share: 1000 / 4600, label: "1 mm" });
    expect([850, 1234.5, 0.25].map(formatLength)).toEqual(["850 µm", "1.23 mm", "250 nm"]);
  });
});
