import { describe, expect, it } from "vitest";
import { findOverlaps } from "../../src/tiles/overlaps.ts";
import { followMosaic } from "../../src/tiles/stage-positions.ts";
import type { Tile } from "../../src/tiles/tile.ts";

/** 2 x 3 tiles of 100 px that overlap by 10 px on a stage of 2 µm a pixel, which runs in these directions. */
function grid(directionYx: readonly [number, number], originUm = 0): Tile[] {
  return [0, 1].flatMap((row) =>
    [0, 1, 2].map((column): Tile => {
      const [y, x] = [100 * row, 100 * column];
      return {
        number: 2 * column + row + 1,
        name: `FOV_${2 * column + row}`,
        box: { start: [0, y, x], stop: [1, y + 100, x + 100] },
        stagePositionUmYx: [originUm + directionYx[0] * 180 * row, originUm + directionYx[1] * 180 * column],
      };
    }),
  );
}

const windowsOf = (tiles: readonly Tile[]) =>
  findOverlaps(tiles, [2, 2], 900).map(({ first, second, inFirst, inSecond }) => [
    `${first.number}-${second.number}`,
    inFirst,
    inSecond,
  ]);

describe("stage positions", () => {
  it.each([
    [1, 1],
    [-1, 1],
    [1, -1],
    [-1, -1],
  ])("in directions %i, %i give the same overlaps, at the edges that lie side by side", (y, x) => {
    const overlaps = windowsOf(followMosaic(grid([y, x], 777)));
    expect(overlaps).toHaveLength(7);
    expect(overlaps).toEqual(windowsOf(grid([1, 1])));
  });

  it("that grow, are the same everywhere or are not known stay as they are", () => {
    expect(followMosaic(grid([1, 1], -500))).toEqual(grid([1, 1], -500));
    expect(followMosaic(grid([0, 0], -5))).toEqual(grid([0, 0], -5));
    const unknown = grid([1, 1]).map(({ stagePositionUmYx: _, ...tile }) => tile);
    expect(followMosaic(unknown)).toEqual(unknown);
  });
});
