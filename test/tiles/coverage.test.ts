import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BoxZyx, Zyx } from "../../src/shapes.ts";
import { coverageOf, describeCoverage, shareLeftOut, uncoveredPlanes } from "../../src/tiles/coverage.ts";
import type { Tile } from "../../src/tiles/tile.ts";

const tile = (start: Zyx, stop: Zyx, number = 1): Tile => ({ number, name: `t${number}`, box: { start, stop } });

/** Tiles of 10 x 8 px side by side, but for places that lack one. */
function grid(rows: number, columns: number, planes: readonly [number, number], missing: readonly string[] = []) {
  const places = Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns] as const);
  return places
    .filter(([row, column]) => !missing.includes(`${row},${column}`))
    .map(([row, column], i) =>
      tile([planes[0], 10 * row, 8 * column], [planes[1], 10 * row + 10, 8 * column + 8], i + 1),
    );
}

/** The same figures by looking at each pixel. */
function counted(boxes: readonly BoxZyx[], [planes, rows, columns]: Zyx) {
  const covers = (z: number, y: number, x: number) =>
    boxes.some(({ start, stop }) => [z, y, x].every((at, axis) => start[axis]! <= at && at < stop[axis]!));
  const areas = Array.from({ length: planes }, () => 0);
  let place = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const here = areas.map((_, z) => covers(z, y, x));
      for (const [z, is] of here.entries()) areas[z]! += is ? 1 : 0;
      if (here.includes(true)) place++;
    }
  }
  return { pixels: areas.reduce((a, b) => a + b, 0), areas, place };
}

describe("coverageOf", () => {
  it("says so where all pixels lie in tiles", () => {
    const coverage = coverageOf(grid(2, 3, [0, 5]), [5, 20, 24]);
    expect(coverage).toEqual({ share: 1, planes: 5, planesWithoutTiles: [], planesInPart: [], gapShare: 0 });
    expect(describeCoverage(coverage, "none")).toEqual([]);
  });

  it("counts the planes that no tile has", () => {
    const coverage = coverageOf(grid(2, 3, [1, 4]), [10, 20, 24]);
    expect(coverage).toMatchObject({
      share: 0.3,
      planesWithoutTiles: [
        [0, 0],
        [4, 9],
      ],
      gapShare: 0,
    });
    expect([uncoveredPlanes(coverage), shareLeftOut(coverage)]).toEqual([7, 0.7]);
    expect(describeCoverage(coverage, "copied")).toEqual([
      {
        kind: "warning",
        text: "NOT ALL PLANES ARE CORRECTED: 7 of 10 planes (0, 4-9) lie in no tile, as the table of tiles has it. 70.00 % of the pixels where tiles lie are copied as they are.",
      },
    ]);
  });

  it("takes places of the grid without a tile for what they are", () => {
    const coverage = coverageOf(grid(3, 3, [0, 4], ["1,1"]), [4, 30, 24]);
    expect(coverage).toMatchObject({ placesWithoutTile: 1, planesWithoutTiles: [], planesInPart: [] });
    expect(coverage.gapShare).toBeCloseTo(1 / 9, 12);
    expect(shareLeftOut(coverage)).toBeCloseTo(0, 12);
    expect(describeCoverage(coverage, "copied").map(({ kind }) => kind)).toEqual(["note"]);
    expect(describeCoverage({ ...coverage, lightInGaps: 0 }, "copied").map(({ kind }) => kind)).toEqual(["note"]);
    expect(describeCoverage({ ...coverage, lightInGaps: 0.5 }, "copied")).toEqual([
      {
        kind: "warning",
        text: "NOT ALL PIXELS ARE CORRECTED: 1 place of the grid (11.11 % of each plane) has no tile in the table of tiles, and 50.00 % of that shows light: pixels there are copied as they are, not corrected.",
      },
    ]);
    expect(describeCoverage(coverage, "zero")[0]!.text).toContain(
      "1 place of the grid (11.11 % of each plane) has no tile",
    );
  });

  it("warns of gaps that are no places of a grid", () => {
    const coverage = coverageOf([tile([0, 5, 5], [4, 15, 13]), tile([0, 20, 10], [4, 30, 18], 2)], [4, 40, 40]);
    expect(coverage).not.toHaveProperty("placesWithoutTile");
    expect(describeCoverage(coverage, "copied")).toMatchObject([
      { kind: "warning", text: expect.stringContaining("90.00 % of each plane lies between or beside tiles") },
    ]);
    expect(shareLeftOut(coverage)).toBe(0);
    expect(shareLeftOut(coverage, 0.5)).toBeCloseTo(0.45 / 0.55, 12);
    expect(shareLeftOut(coverage, 1)).toBeCloseTo(0.9, 12);
  });

  it("tells the planes that single tiles lack", () => {
    const tiles = [tile([0, 0, 0], [6, 10, 8]), tile([0, 0, 8], [4, 10, 16], 2)];
    const coverage = coverageOf(tiles, [6, 10, 16]);
    expect(coverage).toMatchObject({ planesWithoutTiles: [], planesInPart: [[4, 5]], gapShare: 0 });
    expect(shareLeftOut(coverage)).toBeCloseTo(1 / 6, 12);
    // Of tiles that are stacks of their own the shorter one has no such planes.
    expect(describeCoverage(coverage, "zero")).toEqual([
      { kind: "note", text: "2 of 6 planes (4-5) are not in all tiles: 0 is written there." },
    ]);
  });

  it("counts what looking at each pixel counts", () => {
    const shape: Zyx = [6, 12, 12];
    const range = (most: number) =>
      fc.tuple(fc.nat(most - 1), fc.nat(most - 1)).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
    const boxes = fc.array(fc.tuple(range(6), range(12), range(12)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(boxes, (given) => {
        const tiles: Tile[] = [];
        for (const [z, y, x] of given) {
          const one = tile([z[0], y[0], x[0]], [z[1], y[1], x[1]], tiles.length + 1);
          const meets = ({ box }: Tile) =>
            [0, 1, 2].every((axis) => {
              return box.start[axis]! < one.box.stop[axis]! && one.box.start[axis]! < box.stop[axis]!;
            });
          if (!tiles.some(meets)) tiles.push(one);
        }
        const coverage = coverageOf(tiles, shape);
        const { pixels, areas, place } = counted(
          tiles.map(({ box }) => box),
          shape,
        );
        expect(coverage.share).toBeCloseTo(pixels / (6 * 144), 12);
        expect(coverage.gapShare).toBeCloseTo(1 - place / 144, 12);
        const inRanges = (ranges: readonly (readonly [number, number])[], z: number) =>
          ranges.some(([first, last]) => first <= z && z <= last);
        expect(areas.map((_, z) => inRanges(coverage.planesWithoutTiles, z))).toEqual(areas.map((area) => area === 0));
        expect(areas.map((_, z) => inRanges(coverage.planesInPart, z))).toEqual(
          areas.map((area) => area > 0 && area < place),
        );
      }),
    );
  });
});
