import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Yx } from "../../src/shapes.ts";
import { findOverlaps } from "../../src/tiles/overlaps.ts";
import { usablePositions } from "../../src/tiles/stage-positions.ts";
import type { Tile } from "../../src/tiles/tile.ts";

/** Tiles of 100 x 80 px of 2 µm whose neighbours overlap by a tenth. */
const [tilePx, pixelUm]: [Yx, Yx] = [
  [100, 80],
  [2, 2],
];
const stepUm: Yx = [180, 144];

/** A tile in its place of the mosaic, in the order of the table, with its stage position. */
function tile(index: number, row: number, column: number, stagePositionUmYx?: Yx): Tile {
  const [y, x] = [row * tilePx[0], column * tilePx[1]];
  return {
    number: index + 1,
    name: `FOV_${index}`,
    box: { start: [0, y, x], stop: [3, y + tilePx[0], x + tilePx[1]] },
    ...(stagePositionUmYx === undefined ? {} : { stagePositionUmYx }),
  };
}

/** Rows of the true grid, column by column, down each: the order of converters. */
type Columns = readonly (readonly number[])[];
const placesOf = (columns: Columns) => columns.flatMap((rows, column) => rows.map((row): Yx => [row, column]));
const trueUm = ([row, column]: Yx): Yx => [row * stepUm[0], column * stepUm[1]];

/** What a table says of positions: counted from the first tile with a sign or without, or from the corner of them all. */
function offsets(columns: Columns, sign: "signed" | "unsigned" | "from the corner"): Yx[] {
  const all = placesOf(columns).map(trueUm);
  const top = sign === "from the corner" ? Math.min(...all.map(([y]) => y)) : all[0]![0];
  return all.map(([y, x]) => {
    const [dy, dx] = [y - top, x - all[0]![1]];
    return sign === "unsigned" ? [Math.abs(dy), Math.abs(dx)] : [dy, dx];
  });
}

/** Tiles where they are in truth, as Isolux places them. */
function wellPlaced(columns: Columns, positions: readonly Yx[]): Tile[] {
  return placesOf(columns).map(([row, column], index) => tile(index, row, column, positions[index]));
}

/**
 * Tiles where the reference's converter puts them: its row moves on with every other stage position, and begins anew
 * after as many as there are positions.
 */
function placedByCounting(columns: Columns, positions: readonly Yx[]): Tile[] {
  const places = placesOf(columns);
  const count = new Set(places.map(([row]) => row)).size;
  let row = 0;
  return places.map(([at, column], index) => {
    if (index > 0 && at !== places[index - 1]![0]) row = (row + 1) % count;
    return tile(index, row, column, positions[index]);
  });
}

const positionsOf = (tiles: readonly Tile[]) => tiles.map(({ stagePositionUmYx }) => stagePositionUmYx);
const usable = (tiles: readonly Tile[]) => usablePositions(tiles, pixelUm);
const overlapsOf = (tiles: readonly Tile[]) =>
  findOverlaps(tiles, pixelUm, 300).map(({ first, second, inFirst, inSecond }) => ({
    pair: `${first.number}-${second.number}`,
    inFirst,
    inSecond,
  }));
const pairsOf = (tiles: readonly Tile[]) => overlapsOf(tiles).map(({ pair }) => pair);

/** Columns without gaps, each with a row in common with the one before. */
const anyColumns = fc
  .array(fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 5 })
  .map(connected);

function connected(wanted: readonly (readonly [number, number])[]): Columns {
  let [from, to] = [4, 5];
  return wanted.map(([shift, length]) => {
    from = Math.max(from - length + 1, Math.min(to - 1, from - 2 + shift));
    to = from + length;
    return Array.from({ length }, (_, n) => from + n);
  });
}

/** A round sample: the first column lacks its corners. */
const round: Columns = [
  [1, 2],
  [0, 1, 2, 3],
  [1, 2],
];

describe("distances without a sign", () => {
  it("are taken as they are where the first tile is a corner", () => {
    const corner: Columns = [[0, 1, 2], [0], [0, 1]];
    const tiles = wellPlaced(corner, offsets(corner, "unsigned"));
    expect(usable(tiles)).toEqual({ tiles });
  });

  it("get the signs that the mosaic tells", () => {
    const folded = wellPlaced(round, offsets(round, "unsigned"));
    // As the table has them, tiles 3 and 5 lie in one place.
    expect(folded[2]!.stagePositionUmYx).toEqual(folded[4]!.stagePositionUmYx);
    const { tiles, remark } = usable(folded);
    expect(positionsOf(tiles)).toEqual(offsets(round, "signed"));
    expect(remark).toEqual({ kind: "note", text: expect.stringContaining("their directions follow from the mosaic") });
    expect(overlapsOf(tiles)).toEqual(overlapsOf(wellPlaced(round, offsets(round, "signed"))));
  });

  it("get those that the table's order tells, where the converter misplaced tiles", () => {
    const { tiles, remark } = usable(placedByCounting(round, offsets(round, "unsigned")));
    expect(positionsOf(tiles)).toEqual(offsets(round, "signed"));
    expect(remark).toEqual({ kind: "note", text: expect.stringContaining("order of the table") });
  });

  it("are left out where nothing tells the signs", () => {
    // The last column lies above the first tile, and neither the mosaic nor the order says so.
    const unclear: Columns = [[1, 2], [0, 1, 2], [0]];
    const { tiles, remark } = usable(placedByCounting(unclear, offsets(unclear, "unsigned")));
    expect(positionsOf(tiles)).toEqual(unclear.flat().map(() => undefined));
    expect(remark).toEqual({
      kind: "warning",
      text: expect.stringMatching(/cannot be true, as tiles \d .* are not used/),
    });
    expect(pairsOf(tiles)).toEqual([]);
  });

  it("never give an overlap that is none", () => {
    fc.assert(
      fc.property(anyColumns, fc.boolean(), (columns, isCounted) => {
        const truth = overlapsOf(wellPlaced(columns, offsets(columns, "signed")));
        const place = isCounted ? placedByCounting : wellPlaced;
        const { tiles } = usable(place(columns, offsets(columns, "unsigned")));
        const isUsed = tiles.some(({ stagePositionUmYx }) => stagePositionUmYx !== undefined);
        if (isUsed || !isCounted) expect(overlapsOf(tiles)).toEqual(truth);
      }),
      { numRuns: 300 },
    );
  });
});

describe("distances from the corner of all tiles", () => {
  it("are taken as they are, wherever the converter put the tiles", () => {
    fc.assert(
      fc.property(anyColumns, fc.boolean(), (columns, isCounted) => {
        const place = isCounted ? placedByCounting : wellPlaced;
        const tiles = place(columns, offsets(columns, "from the corner"));
        expect(usable(tiles)).toEqual({ tiles });
      }),
      { numRuns: 300 },
    );
  });
});

describe("other stage positions", () => {
  it("that a table keeps as the stage had them follow the mosaic", () => {
    const raw = placesOf(round).map(([row, column]): Yx => [-5000 - row * stepUm[0], 300 - column * stepUm[1]]);
    const { tiles, remark } = usable(wellPlaced(round, raw));
    expect(overlapsOf(tiles)).toEqual(overlapsOf(wellPlaced(round, offsets(round, "signed"))));
    expect(remark).toBeUndefined();
  });

  it("that fall and end at 0 follow the mosaic", () => {
    const grid: Columns = [
      [0, 1],
      [0, 1],
    ];
    const raw = placesOf(grid).map(([row, column]): Yx => [(1 - row) * stepUm[0], (1 - column) * stepUm[1]]);
    const { tiles, remark } = usable(wellPlaced(grid, raw));
    expect(positionsOf(tiles)[3]).toEqual([0, 0]);
    expect(pairsOf(tiles)).toEqual(["1-2", "1-3", "2-4", "3-4"]);
    expect(remark).toBeUndefined();
  });

  it("two of which are one are left out, and so are those that a table gives as 0", () => {
    const doubled = wellPlaced(
      [[0, 1]],
      [
        [100, 7],
        [110, 0],
      ],
    );
    expect(usable(doubled).remark?.text).toContain("tiles 1 (FOV_0) and 2 (FOV_1) would lie in one place");
    const zeros = wellPlaced(
      round,
      placesOf(round).map((): Yx => [0, 0]),
    );
    expect(positionsOf(usable(zeros).tiles)).toEqual(zeros.map(() => undefined));
  });

  it("of a single tile, or of none, are no matter for doubt", () => {
    expect(usable([tile(0, 0, 0, [0, 0])])).toEqual({ tiles: [tile(0, 0, 0, [0, 0])] });
    expect(usable([tile(0, 0, 0), tile(1, 0, 1)])).toEqual({ tiles: [tile(0, 0, 0), tile(1, 0, 1)] });
  });

  it("that some tiles lack are used for the others", () => {
    const some = [tile(0, 0, 0, [-180, 3]), tile(1, 1, 0, [0, 0]), tile(2, 0, 1), tile(3, 1, 1, [2, 144])];
    expect(usable(some)).toEqual({ tiles: some });
  });
});
