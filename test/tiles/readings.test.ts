import { describe, expect, it } from "vitest";
import type { Zyx } from "../../src/shapes.ts";
import { placeTiles } from "../../src/tiles/place-tiles.ts";
import type { RegionUm } from "../../src/tiles/tile.ts";

/** How a table is written: rows and columns of tiles of so many pixels, its numbers for so many µm. */
interface TableForm {
  readonly grid?: readonly [rows: number, columns: number];
  readonly tile?: Zyx;
  /** What one pixel is in the table's numbers, along z, y, x. */
  readonly unit?: Zyx;
  readonly origin?: Zyx;
  /** Pixels by which neighbours overlap on the stage. */
  readonly overlap?: number;
  /** What one pixel is in the stage positions. */
  readonly stageUnit?: number;
  readonly change?: (row: Record<string, number>, row_: number, column: number) => Record<string, number>;
}

function tableOf({
  grid = [2, 3],
  tile = [10, 40, 30],
  unit = [5, 0.5, 0.5],
  origin = [0, 0, 0],
  overlap = 4,
  stageUnit = 0.5,
  change = (row) => row,
}: TableForm): RegionUm[] {
  const places = Array.from({ length: grid[0] * grid[1] }, (_, i) => [i % grid[0], Math.floor(i / grid[0])] as const);
  return places.map(([row, column], i) => {
    const values = {
      z_micrometer: origin[0],
      y_micrometer: origin[1] + row * tile[1] * unit[1],
      x_micrometer: origin[2] + column * tile[2] * unit[2],
      len_z_micrometer: tile[0] * unit[0],
      len_y_micrometer: tile[1] * unit[1],
      len_x_micrometer: tile[2] * unit[2],
      y_micrometer_original: row * (tile[1] - overlap) * stageUnit,
      x_micrometer_original: column * (tile[2] - overlap) * stageUnit,
    };
    return { name: `FOV_${i}`, values: new Map(Object.entries(change(values, row, column))) };
  });
}

const scale: Zyx = [5, 0.5, 0.5];
const shape: Zyx = [10, 80, 90];
const place = (form: TableForm, imageScale: Zyx = scale, imageShape: Zyx = shape) =>
  placeTiles(tableOf(form), imageScale, imageShape, "table");
const boxes = ({ tiles }: ReturnType<typeof place>) => tiles.map(({ box }) => [...box.start, ...box.stop]);
/** The places that are meant: tiles of 10 x 40 x 30 pixels, one column after the other. */
const meant = [0, 1, 2].flatMap((column) =>
  [0, 1].map((row) => [0, 40 * row, 30 * column, 10, 40 * row + 40, 30 * column + 30]),
);
const texts = ({ remarks }: ReturnType<typeof place>) => remarks.map(({ text }) => text);

describe("a table of tiles", () => {
  it("is read as it stands without a word where it fills the image", () => {
    expect(boxes(place({}))).toEqual(meant);
    expect(place({}).remarks).toEqual([]);
  });

  it("is read as it stands where tiles do not fill the image and nothing else fits", () => {
    const lone = place({ grid: [1, 1], tile: [10, 33, 21] });
    expect([boxes(lone), lone.remarks]).toEqual([[[0, 0, 0, 10, 33, 21]], []]);
    const shallow = place({ tile: [7, 40, 30] });
    expect(shallow.tiles.map(({ box }) => box.stop[0])).toEqual([7, 7, 7, 7, 7, 7]);
  });

  it.each<[string, TableForm, string]>([
    ["planes", { unit: [1, 0.5, 0.5] }, "along z are read as planes, not µm"],
    ["pixels", { unit: [5, 1, 1], stageUnit: 1 }, "along y and x are read as pixels, not µm"],
    ["planes and pixels", { unit: [1, 1, 1], stageUnit: 1 }, "along y and x are read as pixels, not µm"],
    ["pixels along one axis", { unit: [5, 0.5, 1] }, "along x are read as pixels, not µm"],
    ["µm for binned pixels", { unit: [5, 2, 2], stageUnit: 2 }, "µm for pixels of 2 µm, where the image says 0.5 µm"],
    ["µm for finer pixels", { unit: [5, 0.25, 0.25], stageUnit: 0.25 }, "µm for pixels of 0.25 µm"],
    ["µm for pixels a third as wide", { unit: [5, 1 / 6, 1 / 6], stageUnit: 1 / 6 }, "µm for pixels of 0.1667 µm"],
    ["µm for a size rounded otherwise", { tile: [10, 40, 30], unit: [5, 0.502, 0.5] }, ""],
    ["places on the stage", { origin: [-3000, 250, -4000] }, "along x are read as µm counted from -4000"],
    [
      "µm of another zoom",
      { unit: [5, 0.64, 0.64], stageUnit: 0.64 },
      "µm for pixels of 0.64 µm, where the image says 0.5",
    ],
    [
      "µm of a closer zoom",
      { unit: [5, 0.32, 0.32], stageUnit: 0.32 },
      "along y and x are read as µm for pixels of 0.32",
    ],
    ["too much depth", { unit: [12, 0.5, 0.5] }, "along z are read as a depth of 120 µm in place of 50 µm"],
    ["half the depth", { unit: [2.5, 0.5, 0.5] }, "along z are read as µm for pixels of 2.5 µm"],
  ])("may hold %s", (_, form, words) => {
    const placed = place(form);
    expect(boxes(placed)).toEqual(meant);
    if (words !== "") expect(texts(placed).join("\n")).toContain(words);
    if (words !== "") expect(placed.remarks.every(({ kind }) => kind === "warning")).toBe(true);
  });

  it("says what speaks against its numbers as they stand", () => {
    expect(texts(place({ unit: [1, 0.5, 0.5] }))).toEqual([
      "The numbers of the table of tiles along z are read as planes, not µm: so they fill the image, and as µm they would leave out 8 of its 10 planes",
    ]);
    expect(texts(place({ unit: [5, 1, 1], stageUnit: 1 }))[0]).toMatch(/as µm they would reach beyond it$/);
  });

  it("of a size rounded otherwise is followed over thousands of pixels", () => {
    const form: TableForm = { grid: [1, 8], tile: [1, 500, 2000], unit: [5, 0.5, 0.5004] };
    const placed = place(form, scale, [1, 500, 16_000]);
    expect(placed.tiles.map(({ box }) => box.start[2])).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => 2000 * i));
    expect(texts(placed)[0]).toContain("µm for pixels of 0.5004 µm, where the image says 0.5 µm");
    // An image that was cropped by as much is no sign of other pixels: its table has whole ones.
    const cropped = place({ ...form, unit: [5, 0.5, 0.5] }, scale, [1, 500, 15_988]);
    expect(cropped.tiles.at(-1)).toMatchObject({ fieldPart: { fieldYx: [500, 2000], startYx: [0, 0] } });
  });

  it("of another form is for an image of one plane too", () => {
    for (const depth of [0, 1, 50]) {
      const placed = place({ change: (row) => ({ ...row, len_z_micrometer: depth }) }, scale, [1, 80, 90]);
      expect(placed.tiles.every(({ box }) => box.start[0] === 0 && box.stop[0] === 1)).toBe(true);
    }
  });

  it.each([0, 1, 5])("with a depth of %s µm, that of one plane, is for all planes", (depth) => {
    const placed = place({ change: (row) => ({ ...row, len_z_micrometer: depth }) });
    expect(boxes(placed)).toEqual(meant);
    expect(placed.remarks).toMatchObject([
      { kind: "warning", text: expect.stringContaining("each tile has all 10 planes") },
    ]);
  });

  it("whose tiles end beyond the image is cropped to it", () => {
    const longer = (row: Record<string, number>, y: number, x: number) => ({
      ...row,
      len_y_micrometer: 20 + (y === 1 ? 3 : 0),
      len_x_micrometer: 15 + (x === 2 ? 2 : 0),
    });
    const placed = place({ change: longer });
    expect(boxes(placed)).toEqual(meant);
    expect(placed.tiles.some((tile) => "fieldPart" in tile)).toBe(false);
    expect(placed.remarks).toEqual([
      {
        kind: "note",
        text: "Tiles of the table reach beyond the image (y by up to 6, x by up to 4 pixels): they are cropped at its edge",
      },
    ]);
  });

  it("of whole tiles tells which part of the field cropped ones show", () => {
    const placed = place({ origin: [0, -6, 0] }, scale, [10, 68, 90]);
    expect(placed.tiles.slice(0, 2)).toMatchObject([
      { box: { start: [0, 0, 0], stop: [10, 28, 30] }, fieldPart: { fieldYx: [40, 30], startYx: [12, 0] } },
      { box: { start: [0, 28, 0], stop: [10, 68, 30] } },
    ]);
    expect(placed.tiles[1]).not.toHaveProperty("fieldPart");
  });

  it("with rows that stand twice is read once", () => {
    const rows = tableOf({});
    const { tiles, remarks } = placeTiles([...rows, { ...rows[1]!, name: "again" }], scale, shape, "");
    expect(tiles.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(remarks).toEqual([
      { kind: "note", text: "Tile 7 of the table has the place of 2 once more: it is left out" },
    ]);
  });

  it("with two tiles in one place and none in another is refused", () => {
    const rows = tableOf({});
    const wrong = { name: "FOV_1", values: new Map([...rows[1]!.values, ["y_micrometer", 0]]) };
    expect(() => placeTiles(rows.with(1, wrong), scale, shape, "")).toThrow(
      /Tiles 1 \(FOV_0\) and 2 \(FOV_1\) overlap/,
    );
    // The very same row again is a copy, also where a place of the grid is without a tile.
    const { tiles } = placeTiles([...rows.slice(0, 5), rows[0]!], scale, shape, "");
    expect(tiles).toHaveLength(5);
  });

  it("may give the places on the stage, in an image of whole tiles side by side", () => {
    const rows = tableOf({}).map(({ name, values }) => ({
      name,
      values: new Map(
        [...values]
          .filter(([column]) => !column.endsWith("original"))
          .map(([column, value]) => {
            const isPlace = column === "y_micrometer" || column === "x_micrometer";
            return [column, isPlace ? values.get(`${column}_original`)! : value] as const;
          }),
      ),
    }));
    const { tiles, remarks } = placeTiles(rows, scale, shape, "");
    expect(tiles.map(({ box }) => [...box.start, ...box.stop])).toEqual(meant);
    expect(tiles.map(({ stagePositionUmYx }) => stagePositionUmYx)).toEqual(
      [0, 1, 2].flatMap((column) => [0, 1].map((row) => [row * 18, column * 13])),
    );
    expect(remarks).toMatchObject([{ kind: "warning", text: expect.stringContaining("side by side") }]);
  });

  it("is refused where tiles overlap, with what would make it right", () => {
    const onStage = tableOf({}).map(({ name, values }) => ({
      name,
      values: new Map([...values, ["x_micrometer", values.get("x_micrometer_original")!]]),
    }));
    expect(() => placeTiles(onStage, scale, [10, 80, 82], "")).toThrow(
      /Tiles 1 \(FOV_0\) and 3 \(FOV_2\) overlap .* correct the tiles before they are put together\. If it holds whole tiles/,
    );
  });

  it("is refused where nothing fits, with what was tried", () => {
    expect(() => place({ unit: [5, 0.8, 0.9] })).toThrow(/reaches beyond .* do not fill the image as µm, as pixels/);
    // Two tiles where one axis alone seems to be binned: no camera does that.
    expect(() => place({ unit: [5, 1.5, 0.5] })).toThrow(/reaches beyond/);
  });

  it("is refused where it fits in two ways", () => {
    // As pixels the tiles fill the image; as µm they do too once the last one is cropped.
    const rows = [0, 40, 100].map((start, i) => ({
      name: `t${i}`,
      values: new Map(
        Object.entries({
          ...{ z_micrometer: 0, y_micrometer: 0, x_micrometer: start },
          ...{ len_z_micrometer: 10, len_y_micrometer: 10, len_x_micrometer: i === 0 ? 40 : 60 },
        }),
      ),
    }));
    expect(() => placeTiles(rows, [1, 1, 0.9], [10, 10, 160], "")).toThrow(
      /several things along x.*pixels, not µm.*crops/,
    );
  });

  it("whose places are in pixels may have its stage positions in µm", () => {
    const stages = (form: TableForm) => place(form).tiles.map(({ stagePositionUmYx }) => stagePositionUmYx);
    const um = [0, 1, 2].flatMap((column) => [0, 1].map((row) => [row * 18, column * 13]));
    expect(stages({})).toEqual(um);
    expect(stages({ unit: [5, 1, 1], stageUnit: 1 })).toEqual(um);
    expect(stages({ unit: [5, 1, 1], stageUnit: 0.5 })).toEqual(um);
    // Neighbours that would overlap by three quarters, or lie apart, are none.
    expect(stages({ unit: [5, 1, 1], stageUnit: 0.2 })).toEqual(um.map(() => undefined));
  });
});
