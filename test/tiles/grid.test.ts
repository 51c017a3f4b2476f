import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cornerTiles, gridPlaces, type Tile } from "../../src/tiles/tile.ts";
import { tileAt } from "./tile-maker.ts";

/** Tiles at the given places of a grid of 10 x 8 px, numbered in the order given. */
const tilesAt = (places: readonly (readonly [row: number, column: number])[], originY = 0, originX = 0): Tile[] =>
  places.map(([row, column], index) => tileAt(index + 1, originY + row * 10, originX + column * 8));

const fullGrid = (rows: number, columns: number) =>
  Array.from({ length: rows * columns }, (_, i) => [i % rows, Math.floor(i / rows)] as const);

const numbers = (tiles: readonly Tile[]) => tiles.map((tile) => tile.number);

describe("gridPlaces", () => {
  it("counts rows and columns from the top left, whatever the order of the tiles", () => {
    const places = gridPlaces(
      tilesAt(
        [
          [1, 2],
          [0, 0],
          [2, 1],
        ],
        100,
        30,
      ),
    );
    expect(places.map(({ row, column }) => [row, column])).toEqual([
      [1, 2],
      [0, 0],
      [2, 1],
    ]);
  });

  it("takes begins that a few pixels part for one row, and leaves out rows without tiles", () => {
    const tiles = [tileAt(1, 0, 0), tileAt(2, 1, 8), tileAt(3, 40, 2), tileAt(4, 39, 9)];
    expect(gridPlaces(tiles).map(({ row, column }) => [row, column])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
  });

  it("bears jitter below half a tile, at any origin", () => {
    const jitter = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
      minLength: 12,
      maxLength: 12,
    });
    fc.assert(
      fc.property(jitter, fc.nat(1000), (offsets, origin) => {
        const grid = fullGrid(3, 4);
        const tiles = grid.map(([row, column], i) =>
          tileAt(i + 1, origin + row * 10 + offsets[i]![0], origin + column * 8 + offsets[i]![1]),
        );
        expect(gridPlaces(tiles).map(({ row, column }) => [row, column])).toEqual(grid);
      }),
    );
  });
});

describe("cornerTiles", () => {
  it.each([
    ["a full grid", fullGrid(3, 3), [1, 3, 7, 9]],
    ["a grid of 2 x 2", fullGrid(2, 2), [1, 2, 3, 4]],
    ["one row", fullGrid(1, 5), [1, 5]],
    ["one column", fullGrid(4, 1), [1, 4]],
    ["a single tile", fullGrid(1, 1), [1]],
    ["a grid that lacks a corner", fullGrid(3, 3).slice(1), [2, 6, 8]],
    [
      "a cross, which has no corner",
      [
        [0, 1],
        [1, 0],
        [1, 1],
        [1, 2],
        [2, 1],
      ] as const,
      [],
    ],
  ])("of %s, each once", (_, places, wanted) => {
    expect(numbers(cornerTiles(tilesAt(places)))).toEqual(wanted);
    expect(numbers(cornerTiles(tilesAt(places, 500, 300)))).toEqual(wanted);
  });
});
