import { describe, expect, it } from "vitest";
import { describeCropped } from "../../src/acquisition/open-mosaic.ts";
import type { Yx } from "../../src/shapes.ts";
import { wholeTiles, withFieldParts } from "../../src/tiles/cropped-tiles.ts";
import type { Tile } from "../../src/tiles/tile.ts";

/** Tiles side by side, in rows and columns of these extents. */
function gridOf(rows: readonly number[], columns: readonly number[]): Tile[] {
  const starts = (extents: readonly number[]) =>
    extents.map((_, at) => extents.slice(0, at).reduce((sum, extent) => sum + extent, 0));
  return starts(rows).flatMap((y, r) =>
    starts(columns).map((x, c): Tile => {
      const number = r * columns.length + c + 1;
      return { number, name: `T${number}`, box: { start: [0, y, x], stop: [5, y + rows[r]!, x + columns[c]!] } };
    }),
  );
}

const startsOf = (tiles: readonly Tile[]): (Yx | undefined)[] =>
  withFieldParts(tiles).map(({ fieldPart }) => fieldPart?.startYx);

describe("tiles at the edge of a cropped mosaic", () => {
  it("show the first part of the field at its end, the last part at its beginning", () => {
    expect(startsOf(gridOf([40, 40, 25], [60, 30]))).toEqual([undefined, [0, 0], undefined, [0, 0], [0, 0], [0, 0]]);
    expect(startsOf(gridOf([15, 40], [20, 60, 60]))).toEqual([
      [25, 40],
      [25, 0],
      [25, 0],
      [0, 40],
      undefined,
      undefined,
    ]);
  });

  it("are named with what they show", () => {
    const tiles = withFieldParts(gridOf([40, 40], [20, 60]));
    expect(tiles[0]!.fieldPart).toEqual({ startYx: [0, 40], fieldYx: [40, 60] });
    expect(describeCropped(tiles)).toBe(
      "Cropped tiles, which show a part of the field of 40 x 60 px, according to their place: T1 (rows 0-40, columns 40-60), T3 (rows 0-40, columns 40-60).",
    );
    expect(wholeTiles(tiles).map(({ number }) => number)).toEqual([2, 4]);
  });
});

describe("tiles that the grid tells nothing of", () => {
  it("keep their shape: between others, or without any whole one", () => {
    expect(startsOf(gridOf([40], [60, 30, 60]))).toEqual([undefined, undefined, undefined]);
    expect(startsOf(gridOf([40, 20], [60])).slice(1)).toEqual([[0, 0]]);
    // The one is higher, the other wider: neither shows all.
    const odd = gridOf([40], [60, 30]).map((tile, at): Tile => {
      return at === 1 ? { ...tile, box: { start: tile.box.start, stop: [5, 50, 90] } } : tile;
    });
    expect(startsOf(odd)).toEqual([undefined, undefined]);
  });

  it("that differ by the rounding of a pixel are whole", () => {
    const tiles = withFieldParts(gridOf([40, 41], [60, 59]));
    expect(describeCropped(tiles)).toBeUndefined();
    expect(wholeTiles(tiles)).toHaveLength(4);
  });
});
