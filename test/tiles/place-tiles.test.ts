import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wholeImageTile } from "../../src/acquisition/tile-table.ts";
import type { Zyx } from "../../src/shapes.ts";
import { distinctFieldShapes, placeTiles } from "../../src/tiles/place-tiles.ts";
import { usablePositions } from "../../src/tiles/stage-positions.ts";
import { fieldShape, type RegionUm } from "../../src/tiles/tile.ts";
import { processorMs } from "../support/processor-time.ts";
import { tileAt } from "./tile-maker.ts";

/** A row of a table: start and length in µm along z, y, x. */
function region(name: string, startUm: Zyx, lengthUm: Zyx, more: Record<string, number> = {}): RegionUm {
  const [z, y, x] = startUm;
  const [lengthZ, lengthY, lengthX] = lengthUm;
  const values = {
    x_micrometer: x,
    y_micrometer: y,
    z_micrometer: z,
    len_x_micrometer: lengthX,
    len_y_micrometer: lengthY,
    len_z_micrometer: lengthZ,
    ...more,
  };
  return { name, values: new Map(Object.entries(values)) };
}

function without(row: RegionUm, column: string): RegionUm {
  return { name: row.name, values: new Map([...row.values].filter(([name]) => name !== column)) };
}

const place = (regions: readonly RegionUm[], scale: Zyx = [1, 1, 1], shape: Zyx = [10, 100, 100]) =>
  placeTiles(regions, scale, shape, "demo.zarr/table").tiles;

describe("placeTiles", () => {
  it("places as many tiles as there may be in time, and refuses more", () => {
    const grid = (rows: number, columns: number) =>
      Array.from({ length: rows * columns }, (_, n) => {
        return region(`${n}`, [0, 4 * Math.floor(n / columns), 4 * (n % columns)], [10, 4, 4]);
      });
    const ms = processorMs(() => expect(place(grid(140, 142), [1, 1, 1], [10, 560, 568])).toHaveLength(19_880));
    expect(ms).toBeLessThan(10_000);
    expect(() => place(grid(250, 200), [1, 1, 1], [10, 1000, 800])).toThrow("found 50000, expected at most 20000");
  });

  it("numbers the tiles from 1 in the order of the table and keeps their names", () => {
    const tiles = place([region("right", [0, 0, 50], [10, 20, 50]), region("left", [0, 0, 0], [10, 20, 50])]);
    expect(tiles.map(({ number, name }) => [number, name])).toEqual([
      [1, "right"],
      [2, "left"],
    ]);
    expect(tiles[0]!.box).toEqual({ start: [0, 0, 50], stop: [10, 20, 100] });
  });

  it("rounds start and stop separately, ties to even", () => {
    const boxOf = (startY: number, lengthY: number) => {
      const { start, stop } = place([region("a", [0, startY, 0], [10, lengthY, 100])])[0]!.box;
      return [start[1], stop[1]];
    };
    expect(boxOf(0.5, 10)).toEqual([0, 10]);
    expect(boxOf(1.5, 10)).toEqual([2, 12]);
    expect(boxOf(2.5, 10.9)).toEqual([2, 13]);
    expect(boxOf(0.4, 10.4)).toEqual([0, 11]);
    expect(boxOf(0.6, 10.8)).toEqual([1, 11]);
    expect(boxOf(-0.5, 10)).toEqual([0, 10]);
  });

  it("finds whole pixels behind the float32 µm of a large mosaic", () => {
    const sizes = fc.constantFrom(0.2125, 0.275, 0.65, 0.85, 1.1, 2.75, 5.5);
    const pixel = fc.integer({ min: 0, max: 200_000 });
    fc.assert(
      fc.property(sizes, pixel, fc.integer({ min: 1, max: 5056 }), (size, start, length) => {
        const [startUm, lengthUm] = [Math.fround(start * size), Math.fround(length * size)];
        const row = region("a", [0, startUm, 0], [10, lengthUm, 1]);
        const { box } = place([row], [1, size, 1], [10, 300_000, 1])[0]!;
        expect([box.start[1], box.stop[1]]).toEqual([start, start + length]);
      }),
    );
  });

  it("keeps the stage position where the table knows both of its numbers", () => {
    const stage = { x_micrometer_original: -1200.5, y_micrometer_original: 300.25 };
    const [known] = place([region("a", [0, 0, 0], [10, 20, 20], stage)]);
    expect(known!.stagePositionUmYx).toEqual([300.25, -1200.5]);
    const half = without(region("a", [0, 0, 0], [10, 20, 20], stage), "x_micrometer_original");
    expect(place([half])[0]?.stagePositionUmYx).toBeUndefined();
    const unknown = region("a", [0, 0, 0], [10, 20, 20], { ...stage, y_micrometer_original: Number.NaN });
    expect(place([unknown])[0]?.stagePositionUmYx).toBeUndefined();
  });

  it("ignores columns it does not know", () => {
    expect(place([region("a", [0, 0, 0], [10, 20, 20], { score: Number.NaN })])).toHaveLength(1);
  });

  it("refuses an empty table", () => {
    expect(() => place([])).toThrow("The table of tiles has no rows (demo.zarr/table).");
  });

  it.each([["z_micrometer"], ["y_micrometer"], ["len_z_micrometer"], ["len_x_micrometer"]])(
    "names %s where it is missing",
    (column) => {
      expect(() => place([without(region("a", [0, 0, 0], [1, 1, 1]), column)])).toThrow(
        expect.objectContaining({ kind: "invalid", what: expect.stringContaining(column) }),
      );
    },
  );

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY]])("refuses %s µm and names tile and column", (value) => {
    expect(() => place([region("FOV_7", [0, value, 0], [1, 1, 1])])).toThrow(
      /^Tile FOV_7 has no usable y_micrometer \(demo\.zarr\/table\): found (NaN|Infinity), expected a length in µm\.$/,
    );
  });

  it.each([
    ["reaches beyond", region("a", [0, 90, 0], [10, 11, 10])],
    ["reaches beyond", region("a", [0, 0, -1], [10, 10, 10])],
    ["reaches beyond", region("a", [0, 0, 95], [10, 10, 10])],
    ["is empty", region("a", [0, 5, 5], [10, 0.4, 10])],
    ["is empty", region("a", [0, 5, 5], [10, -3, 10])],
  ])("refuses a tile that %s", (words, row) => {
    expect(() => place([row])).toThrow(words);
  });

  it("names two tiles that overlap, by number and name", () => {
    const rows = [
      region("a", [0, 0, 0], [10, 50, 50]),
      region("b", [0, 0, 50], [10, 50, 50]),
      region("c", [0, 49, 49], [10, 50, 50]),
    ];
    expect(() => place(rows)).toThrow(/Tiles 1 \(a\) and 3 \(c\) overlap/);
  });

  it("finds every overlap and no other", () => {
    const boxes = fc.array(
      fc.record({
        y: fc.nat(20),
        x: fc.nat(20),
        rows: fc.integer({ min: 1, max: 8 }),
        columns: fc.integer({ min: 1, max: 8 }),
      }),
      { minLength: 1, maxLength: 7 },
    );
    fc.assert(
      fc.property(boxes, (given) => {
        const rows = given.map(({ y, x, rows, columns }, i) => region(`t${i}`, [0, y, x], [10, rows, columns]));
        const apart = given.every((a, i) =>
          given.every(
            (b, j) =>
              i === j || a.y + a.rows <= b.y || b.y + b.rows <= a.y || a.x + a.columns <= b.x || b.x + b.columns <= a.x,
          ),
        );
        if (apart) expect(place(rows)).toHaveLength(given.length);
        else expect(() => place(rows)).toThrow(/overlap/);
      }),
    );
  });

  it.each([1, 100, 10_000])("places ten thousand tiles in %i columns without comparing each with each", (columns) => {
    const rows = Array.from({ length: 10_000 }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      const stage = { y_micrometer_original: row * 18, x_micrometer_original: column * 27 };
      return region(`FOV_${i}`, [0, row * 20, column * 30], [5, 20, 30], stage);
    });
    const ms = processorMs(() => {
      const { tiles } = placeTiles(rows, [1, 1, 1], [5, 200_000, 300_000], "");
      const { remark } = usablePositions(tiles, [1, 1]);
      expect([tiles.length, remark]).toEqual([10_000, undefined]);
    });
    // Far from what it needs, and farther from what comparing all pairs takes.
    expect(ms).toBeLessThan(8000);
  });
});

describe("wholeImageTile", () => {
  it("is the image", () => {
    expect(wholeImageTile([3, 40, 50])).toEqual({
      number: 1,
      name: "image",
      box: { start: [0, 0, 0], stop: [3, 40, 50] },
    });
  });
});

describe("distinctFieldShapes", () => {
  it("lists every shape once, the most frequent first", () => {
    const tiles = [tileAt(1, 0, 0, 10, 9), tileAt(2, 10, 0, 10, 8), tileAt(3, 20, 0, 10, 8), tileAt(4, 30, 0, 9, 10)];
    expect(distinctFieldShapes(tiles)).toEqual([
      [10, 8],
      [10, 9],
      [9, 10],
    ]);
    expect(fieldShape(tiles[3]!)).toEqual([9, 10]);
  });
});
