import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrangeViews } from "../../src/acquisition/arrange-views.ts";
import type { TilePixels, TileView } from "../../src/acquisition/tile-view.ts";
import type { PixelType, Yx, Zyx } from "../../src/shapes.ts";

const pixelSizeUmZyx: Zyx = [5, 1.1, 1.1];
const shapeZyx: Zyx = [10, 2048, 1024];
/** As the tiling wizard has it: 10 % overlap, whole µm. */
const stepUmYx: Yx = [2027, 1013];

function level(shape: Zyx, type: PixelType): TilePixels {
  const read = () => Promise.reject(new Error("pixels are not read to arrange tiles"));
  return { type, shapeZyx: shape, chunkShapeZyx: shape, read };
}

function view(name: string, yx: Yx | undefined, more: Partial<TileView> & { shape?: Zyx; type?: PixelType } = {}) {
  const { shape = shapeZyx, type = "uint16", ...fields } = more;
  const stageUmZyx: Zyx | undefined = yx && [0, ...yx];
  const levels = [level(shape, type)];
  const usual = { channel: "488", side: "Left", rotation: 0, metadata: {} } as const;
  return { name, ...usual, stageUmZyx, pixelSizeUmZyx, levels, ...fields } satisfies TileView;
}

/** Stage positions in the order of the wizard: ascending, down a column of the stage, then the next. */
const positions = (rows: number, columns: number, [y0, x0]: Yx = [-5000, 300]): Yx[] =>
  Array.from({ length: rows * columns }, (_, n) => [
    y0 + (n % rows) * stepUmYx[0],
    x0 + Math.floor(n / rows) * stepUmYx[1],
  ]);

const grid = (rows: number, columns: number) => positions(rows, columns).map((yx, n) => view(`Tile${n}`, yx));

describe("arrangeViews", () => {
  it("puts the largest position at the top left and counts down the columns", () => {
    const [arrangement] = arrangeViews(grid(3, 2), "data").arrangements;
    expect(arrangement).toMatchObject({ rotation: 0, rows: 3, columns: 2, type: "uint16", channels: ["488"] });
    expect(arrangement).toMatchObject({ tileShapeZyx: shapeZyx, pixelSizeUmZyx });
    const found = arrangement!.tiles.map((tile) => [
      tile.number,
      tile.row,
      tile.column,
      tile.views.get("488")![0]!.name,
    ]);
    expect(found).toEqual([
      [1, 0, 0, "Tile5"],
      [2, 1, 0, "Tile4"],
      [3, 2, 0, "Tile3"],
      [4, 0, 1, "Tile2"],
      [5, 1, 1, "Tile1"],
      [6, 2, 1, "Tile0"],
    ]);
    expect(arrangement!.tiles[0]!.stageUmYx).toEqual([-5000 + 2 * 2027, 300 + 1013]);
  });

  it("lists channels, sides and rotations in order of appearance", () => {
    const acquired = positions(2, 2).flatMap((yx, n) =>
      ["640", "488"].map((channel) => view(`Tile${n}_Ch${channel}`, yx, { channel, side: n < 2 ? "Right" : "Left" })),
    );
    const arranged = arrangeViews(acquired, "data");
    expect(arranged).toMatchObject({ channels: ["640", "488"], sides: ["Right", "Left"], rotations: [0] });
    // Automatic sides: each tile is lit from one.
    const sides = arranged.arrangements[0]!.tiles.map(({ views }) =>
      [...views.values()].flat().map(({ side }) => side),
    );
    expect(sides).toEqual([
      ["Left", "Left"],
      ["Left", "Left"],
      ["Right", "Right"],
      ["Right", "Right"],
    ]);
  });

  it("holds both sides of a tile as two views of one place, left before right", () => {
    const both = positions(2, 1).flatMap((yx, n) =>
      (["Right", "Left"] as const).map((side) => view(`Tile${n}_${side}`, yx, { side })),
    );
    const { tiles } = arrangeViews(both, "data").arrangements[0]!;
    expect(tiles.map(({ views }) => views.get("488")!.map(({ name }) => name))).toEqual([
      ["Tile1_Left", "Tile1_Right"],
      ["Tile0_Left", "Tile0_Right"],
    ]);
  });

  it("leaves gaps where a grid is ragged, and where a channel was not acquired", () => {
    const views = [
      ...grid(3, 3).filter((_, n) => n !== 0 && n !== 5),
      view("red", positions(3, 3)[8]!, { channel: "561" }),
    ];
    const { rows, columns, tiles } = arrangeViews(views, "data").arrangements[0]!;
    expect([rows, columns, tiles.length]).toEqual([3, 3, 7]);
    expect(tiles.map(({ number, row, column }) => [number, row, column])).toEqual([
      [1, 0, 0],
      [2, 1, 0],
      [3, 2, 0],
      [4, 1, 1],
      [5, 2, 1],
      [6, 0, 2],
      [7, 1, 2],
    ]);
    expect(tiles.map(({ views: here }) => [...here.keys()])[0]).toEqual(["488", "561"]);
    expect(tiles.slice(1).every(({ views: here }) => !here.has("561"))).toBe(true);
  });

  it("arranges each rotation on its own", () => {
    const turned = positions(1, 3, [0, 0]).map((yx, n) => view(`Turned${n}`, yx, { rotation: 90.001 }));
    const { arrangements, rotations } = arrangeViews([...grid(2, 2), ...turned], "data");
    expect(rotations).toEqual([0, 90]);
    expect(arrangements.map(({ rows, columns, tiles }) => [rows, columns, tiles.length])).toEqual([
      [2, 2, 4],
      [1, 3, 3],
    ]);
    expect(arrangeViews([view("a", [0, 0], { rotation: -0 })], "data").rotations).toEqual([0]);
  });

  it("takes a single tile whose position nothing tells, in all its channels and sides", () => {
    const views = ["488", "561"].flatMap((channel) =>
      (["Left", "Right"] as const).map((side) => view(`${channel}${side}`, undefined, { channel, side })),
    );
    const { tiles } = arrangeViews(views, "data").arrangements[0]!;
    expect(tiles).toMatchObject([{ number: 1, row: 0, column: 0, stageUmYx: [0, 0] }]);
    expect([...tiles[0]!.views.values()].map((here) => here.length)).toEqual([2, 2]);
  });

  it("is not misled by jitter, by the order of the list or by missing tiles", () => {
    const scenes = fc.record({
      rows: fc.integer({ min: 1, max: 6 }),
      columns: fc.integer({ min: 1, max: 6 }),
      order: fc.array(fc.integer(), { minLength: 36, maxLength: 36 }),
      jitterUm: fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 72, maxLength: 72 }),
      present: fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }),
    });
    fc.assert(
      fc.property(scenes, ({ rows, columns, order, jitterUm, present }) => {
        const all = positions(rows, columns).map(([y, x], n) =>
          view(`Tile${n}`, [y + jitterUm[2 * n]!, x + jitterUm[2 * n + 1]!]),
        );
        // The margins stay, so that rows and columns are those of the full grid.
        const isMargin = (n: number) => n < rows || n % rows === 0;
        const views = all.filter((_, n) => isMargin(n) || present[n]);
        const shuffled = views.map((one, n) => ({ one, key: order[n]! })).sort((a, b) => a.key - b.key);
        const { tiles, ...found } = arrangeViews(
          shuffled.map(({ one }) => one),
          "data",
        ).arrangements[0]!;
        expect([found.rows, found.columns, tiles.length]).toEqual([rows, columns, views.length]);
        for (const { row, column, views: here } of tiles) {
          expect(here.get("488")![0]!.name).toBe(`Tile${(columns - 1 - column) * rows + (rows - 1 - row)}`);
        }
        expect(tiles.map(({ number }) => number)).toEqual(tiles.map((_, n) => n + 1));
        const places = tiles.map(({ row, column }) => column * rows + row);
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  it("keeps tiles apart that overlap by half", () => {
    const views = [0, 1, 2].map((n) => view(`Tile${n}`, [n * 1024 * 1.1, n * 512 * 1.1]));
    expect(arrangeViews(views, "data").arrangements[0]).toMatchObject({ rows: 3, columns: 3 });
  });

  it.each<[string, Partial<TileView> & { shape?: Zyx; type?: PixelType }, RegExp]>([
    ["shape", { shape: [10, 2048, 1000] }, /another shape .*\(data\/odd\): found 2048 x 1000, expected 2048 x 1024/],
    ["pixel type", { type: "uint8" }, /another pixel type .*\(data\/odd\): found uint8, expected uint16/],
    ["pixel size", { pixelSizeUmZyx: [5, 1.2, 1.1] }, /another pixel size .*\(data\/odd\): found 5 x 1.2 x 1.1 µm/],
  ])("names the tile of another %s, wherever it stands", (_, more, message) => {
    const odd = view("odd", [9000, 9000], more);
    const views = grid(2, 1);
    for (const list of [
      [odd, ...views],
      [...views, odd],
    ])
      expect(() => arrangeViews(list, "data")).toThrow(message);
    // Another rotation may differ.
    expect(arrangeViews([{ ...odd, rotation: 90 }, ...views], "data").arrangements).toHaveLength(2);
  });

  it("refuses a tile of an extent that no image has, of which planes could not be listed", () => {
    const shape: Zyx = [2 ** 40, 64, 64];
    expect(() => arrangeViews([view("A", [0, 0], { shape })], "data")).toThrow(
      expect.objectContaining({ kind: "unsupported", found: "1099511627776 x 64 x 64 of A" }),
    );
  });

  it("takes pixel sizes for equal that were rounded differently", () => {
    const views = grid(2, 1).map((one, n) => ({ ...one, pixelSizeUmZyx: [5, 1.1 + n * 1e-5, 1.1] as const }));
    expect(arrangeViews(views, "data").arrangements[0]!.rows).toBe(2);
  });

  it.each([
    [
      "two views in one place",
      [...grid(2, 1), view("Again", [-4999.5, 301])],
      /channel 488 and side Left .*Tile0 .*Again/,
    ],
    [
      "a tile without a position",
      [...grid(2, 1), view("Lost", undefined)],
      /stage position of a tile is not known.*\(data\/Lost\)/,
    ],
    ["no tiles", [], /has no tiles \(data\)/],
  ])("refuses %s", (_, views, message) => {
    const fault = { name: "IsoluxError", kind: "invalid", message: expect.stringMatching(message) };
    expect(() => arrangeViews(views, "data")).toThrow(expect.objectContaining(fault));
  });
});
