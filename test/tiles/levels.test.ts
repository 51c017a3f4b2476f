import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boxShape, type Zyx } from "../../src/shapes.ts";
import { fieldShapeAtLevel, reductionFactor, tileBoxAtLevel } from "../../src/tiles/levels.ts";
import type { Tile } from "../../src/tiles/tile.ts";
import { tileAt } from "./tile-maker.ts";

describe("reductionFactor", () => {
  it.each([
    ["a writer that rounds up", Math.ceil],
    ["a writer that rounds down", Math.floor],
  ])("finds what %s did, beyond a few pixels", (_, round) => {
    const factor = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(fc.integer({ min: 18, max: 50_000 }), factor, (extent, divisor) => {
        expect(reductionFactor(extent, round(extent / divisor))).toBe(divisor);
      }),
    );
  });

  it("explains an extent of a few pixels by the smallest factor", () => {
    expect([reductionFactor(3, 1), reductionFactor(3, 2), reductionFactor(2, 1), reductionFactor(1, 1)]).toEqual([
      2, 2, 2, 1,
    ]);
  });

  it("answers at once for whatever extents metadata claim", () => {
    expect([reductionFactor(1e12, 48), reductionFactor(1e12, 5e11), reductionFactor(1e12, 1e12 - 1)]).toEqual([
      20408163266,
      2,
      undefined,
    ]);
  });

  it("has no factor for a level that is finer, or empty, or not a reduction", () => {
    expect([reductionFactor(10, 11), reductionFactor(10, 9), reductionFactor(100, 60), reductionFactor(10, 0)]).toEqual(
      [undefined, undefined, undefined, undefined],
    );
  });
});

describe("fieldShapeAtLevel", () => {
  it("is what every tile has at least", () => {
    const tiles = [tileAt(1, 0, 0, 30, 21), tileAt(2, 30, 0, 27, 25)];
    expect(fieldShapeAtLevel(tiles, [1, 1, 1])).toEqual([27, 21]);
    expect(fieldShapeAtLevel(tiles, [1, 4, 2])).toEqual([6, 10]);
    expect(fieldShapeAtLevel(tiles, [1, 64, 64])).toEqual([1, 1]);
  });
});

/** A grid of tiles, none of them aligned to anything, and the factors of a level that shows at least a pixel of each. */
const mosaics = fc
  .record({
    tile: fc.tuple(fc.integer({ min: 8, max: 40 }), fc.integer({ min: 8, max: 40 })),
    grid: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    origin: fc.tuple(fc.nat(20), fc.nat(20)),
    exponent: fc.integer({ min: 0, max: 3 }),
    factorZ: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ tile: [rows, columns], grid, origin, exponent, factorZ }) => {
    const tiles: Tile[] = Array.from({ length: grid[0] * grid[1] }, (_, i) =>
      tileAt(i + 1, origin[0] + (i % grid[0]) * rows, origin[1] + Math.floor(i / grid[0]) * columns, rows, columns),
    );
    const shape: Zyx = [3, origin[0] + grid[0] * rows, origin[1] + grid[1] * columns];
    const factors: Zyx = [factorZ, 2 ** exponent, 2 ** exponent];
    return { tiles, shape, factors };
  });

describe("tileBoxAtLevel", () => {
  it("has the field's shape, lies in the level and over its tile, within a pixel of its centre", () => {
    fc.assert(
      fc.property(mosaics, fc.constantFrom(Math.ceil, Math.floor), ({ tiles, shape, factors }, round) => {
        const levelShape = shape.map((n, axis) => Math.max(1, round(n / factors[axis]!))) as unknown as Zyx;
        const fieldYx = fieldShapeAtLevel(tiles, factors);
        for (const tile of tiles) {
          const box = tileBoxAtLevel(tile, factors, fieldYx, levelShape);
          expect(boxShape(box).slice(1)).toEqual(fieldYx);
          for (const axis of [1, 2] as const) {
            expect(box.start[axis]).toBeGreaterThanOrEqual(0);
            expect(box.stop[axis]).toBeLessThanOrEqual(levelShape[axis]);
            const centre = (tile.box.start[axis] + tile.box.stop[axis]) / 2 / factors[axis];
            expect(Math.abs((box.start[axis] + box.stop[axis]) / 2 - centre)).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  it("is the tile at full resolution", () => {
    const tile = tileAt(1, 13, 7);
    expect(tileBoxAtLevel(tile, [1, 1, 1], [10, 8], [3, 50, 50])).toEqual(tile.box);
  });

  it("holds the planes that lie wholly in the tile, and a shorter one at the end of the stack", () => {
    const deep = (start: number, stop: number): Tile => ({
      number: 1,
      name: "a",
      box: { start: [start, 0, 0], stop: [stop, 8, 8] },
    });
    const planes = (tile: Tile, factorZ: number, depth: number) => {
      const { start, stop } = tileBoxAtLevel(tile, [factorZ, 1, 1], [8, 8], [depth, 8, 8]);
      return [start[0], stop[0]];
    };
    expect(planes(deep(0, 10), 2, 5)).toEqual([0, 5]);
    expect(planes(deep(0, 9), 2, 5)).toEqual([0, 5]);
    expect(planes(deep(0, 9), 2, 4)).toEqual([0, 4]);
    expect(planes(deep(3, 9), 2, 5)).toEqual([2, 5]);
    // Plane 2 covers 4 and 5, and the tile ends at 5.
    expect(planes(deep(0, 5), 2, 5)).toEqual([0, 2]);
    expect(planes(deep(5, 6), 4, 5)).toEqual([2, 2]);
  });
});
