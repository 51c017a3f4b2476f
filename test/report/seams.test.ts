import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareFields } from "../../src/report/seams.ts";
import { smallestOverlapPx } from "../../src/sample/plan-overlaps.ts";
import type { Yx } from "../../src/shapes.ts";
import { findOverlaps } from "../../src/tiles/overlaps.ts";
import type { Tile } from "../../src/tiles/tile.ts";

const field: Yx = [10, 20];

function tileAt(number: number, stagePositionUmYx: Yx): Tile {
  const start = [0, 0, (number - 1) * field[1]] as const;
  return {
    number,
    name: `FOV_${number - 1}`,
    box: { start, stop: [1, field[0], start[2] + field[1]] },
    stagePositionUmYx,
  };
}

describe("findOverlaps", () => {
  it("finds the window of each tile that the other shows too", () => {
    const tiles = [tileAt(1, [0, 0]), tileAt(2, [1, 32])];
    const [overlap] = findOverlaps(tiles, [0.5, 2], 1);
    expect(overlap).toMatchObject({
      inFirst: { startYx: [2, 16], shapeYx: [8, 4] },
      inSecond: { startYx: [0, 0], shapeYx: [8, 4] },
    });
  });

  it("rounds positions to whole pixels", () => {
    const [overlap] = findOverlaps([tileAt(1, [0, 0]), tileAt(2, [0.4, 15.6])], [1, 1], 1);
    expect(overlap?.inFirst).toEqual({ startYx: [0, 16], shapeYx: [10, 4] });
  });

  it("leaves out overlaps below the asked size, disjoint tiles and tiles without a position", () => {
    const { stagePositionUmYx: _, ...unplaced } = tileAt(4, [0, 0]);
    const tiles = [tileAt(1, [0, 0]), tileAt(2, [9, 19]), tileAt(3, [0, 20]), unplaced];
    expect(findOverlaps(tiles, [1, 1], 2)).toHaveLength(1);
    expect(findOverlaps(tiles, [1, 1], 1).map(({ first, second }) => [first.number, second.number])).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  it("does not depend on which tile comes first, but for the order of the windows", () => {
    fc.assert(
      fc.property(fc.integer({ min: -25, max: 25 }), fc.integer({ min: -25, max: 25 }), (y, x) => {
        const [there] = findOverlaps([tileAt(1, [0, 0]), tileAt(2, [y, x])], [1, 1], 1);
        const [back] = findOverlaps([tileAt(2, [y, x]), tileAt(1, [0, 0])], [1, 1], 1);
        expect(back?.inFirst).toEqual(there?.inSecond);
        expect(back?.inSecond).toEqual(there?.inFirst);
      }),
    );
  });

  it("asks for 10,000 px of a 512 x 512 field, which keeps out tiles that touch at a corner", () => {
    expect(smallestOverlapPx([512, 512])).toBe(10_000);
    const corner = 51 * 51;
    expect(corner).toBeLessThan(smallestOverlapPx([512, 512]));
    expect(51 * 512).toBeGreaterThan(smallestOverlapPx([512, 512]));
  });
});

describe("compareFields", () => {
  it("gives the definitions' values", () => {
    const seam = compareFields(Uint16Array.of(100, 300), Uint16Array.of(200, 100));
    // mean |A - B| = 150, means 200 and 150
    expect(seam.difference).toBeCloseTo(150 / 175, 12);
    expect(seam.logRatio).toBeCloseTo(Math.log(200 / 150), 12);
  });

  it("takes float32 pixels, below 0 too", () => {
    const seam = compareFields(Float32Array.of(-0.5, 2.5), Float32Array.of(0.5, 1.5));
    expect(seam.difference).toBeCloseTo(1, 12);
    expect(seam.logRatio).toBe(0);
  });

  it("is 0 where both fields are equal and does not change when both are scaled", () => {
    const pixels = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(pixels, pixels, fc.integer({ min: 2, max: 50 }), (a, b, factor) => {
        expect(compareFields(Float32Array.from(a), Float32Array.from(a))).toEqual({ difference: 0, logRatio: 0 });
        const seam = compareFields(Float32Array.from(a), Float32Array.from(b));
        const scaled = compareFields(
          Float32Array.from(a, (v) => v * factor),
          Float32Array.from(b, (v) => v * factor),
        );
        expect(scaled.difference).toBeCloseTo(seam.difference, 9);
        expect(scaled.logRatio).toBeCloseTo(seam.logRatio, 9);
      }),
    );
  });
});
