import { describe, expect, it } from "vitest";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { type NewTile, writeMosaicTables } from "../../src/ngff/new-image.ts";
import { readRoiTable } from "../../src/ngff/roi-table.ts";
import { writeRoiTable } from "../../src/ngff/write-roi-table.ts";
import type { Yx } from "../../src/shapes.ts";
import { findOverlaps } from "../../src/tiles/overlaps.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { writeImage } from "../acquisition/write-image.ts";

/** Tiles of 20 x 16 px of 1 µm that overlap by a tenth; the first column lacks its corners, so no tile is the corner. */
const places: readonly Yx[] = [[1, 0], ...[0, 1, 2].map((row): Yx => [row, 1]), [1, 2]];
const tiles = places.map(([row, column], index): NewTile => {
  const [y, x] = [20 * row, 16 * column];
  const stagePositionUmYx: Yx = [-700 + 18 * row, 450.25 + 14.4 * column];
  return { name: `FOV_${index}`, box: { start: [0, y, x], stop: [4, y + 20, x + 16] }, stagePositionUmYx };
});
const mosaicShape = [4, 60, 48] as const;

async function image(): Promise<MemoryStore> {
  const store = new MemoryStore("data");
  await writeImage(store, "image", [{ shape: [1, ...mosaicShape], chunkShape: [1, 4, 32, 32] }]);
  return store;
}

async function opened(store: MemoryStore) {
  const notes: (readonly [string, string | undefined])[] = [];
  const { tiles: found } = await openMosaic(store, "image", (text, kind) => notes.push([text, kind]));
  return { found, notes };
}

const overlaps = (found: Awaited<ReturnType<typeof opened>>["found"]) =>
  findOverlaps(found, [1, 1], 12).map(({ first, second, inFirst }) => [first.number, second.number, inFirst.startYx]);

describe("the table of tiles of a new mosaic", () => {
  it("tells how far each tile lies from the first one, negative above it", async () => {
    const store = await image();
    await writeMosaicTables(store, "image", tiles, mosaicShape, [1, 1, 1]);
    const rows = (await readRoiTable(store, `image/tables/FOV_ROI_table`))!;
    const stage = rows.map(({ values }) => [
      values.get("y_micrometer_original"),
      Math.round(values.get("x_micrometer_original")! * 10) / 10,
    ]);
    expect(stage).toEqual([
      [0, 0],
      [-18, 14.4],
      [0, 14.4],
      [18, 14.4],
      [0, 28.8],
    ]);
    const { found, notes } = await opened(store);
    expect(notes).toEqual([]);
    expect(overlaps(found).map(([first, second]) => `${first}-${second}`)).toEqual(["1-3", "2-3", "3-4", "3-5"]);
  });

  it("claims no position where nothing tells it", async () => {
    const store = await image();
    const unknown = tiles.map(({ stagePositionUmYx: _, ...tile }) => tile);
    await writeMosaicTables(store, "image", unknown, mosaicShape, [1, 1, 1]);
    const { found, notes } = await opened(store);
    expect(found.every(({ stagePositionUmYx }) => stagePositionUmYx === undefined)).toBe(true);
    expect(notes).toEqual([]);
  });

  it.each([
    ["in a mosaic with every tile in its place", places, /their directions follow from the mosaic/],
    // The converter goes on counting rows: column 0 has row 0; column 1 rows 1, 2, 0; column 2 row 1.
    [
      "in a mosaic of the converter",
      [
        [0, 0],
        [1, 1],
        [2, 1],
        [0, 1],
        [1, 2],
      ],
      /follow from the order of the table/,
    ],
  ] as const)("without signs, %s, opens with the same overlaps", async (_, laid, message) => {
    const signed = await image();
    await writeMosaicTables(signed, "image", tiles, mosaicShape, [1, 1, 1]);
    const rows = (await readRoiTable(signed, `image/tables/FOV_ROI_table`))!;
    const store = await image();
    const columns = [...rows[0]!.values.keys()];
    await writeRoiTable(store, `image/tables/FOV_ROI_table`, {
      names: rows.map(({ name }) => name),
      columns,
      rows: rows.map(({ values }, index) => {
        const [row, column] = laid[index]!;
        const moved = new Map([...values, ["x_micrometer", 16 * column], ["y_micrometer", 20 * row]] as const);
        return columns.map((name) => Math.abs(moved.get(name)!));
      }),
    });
    const { found, notes } = await opened(store);
    expect(notes).toEqual([[expect.stringMatching(message), "note"]]);
    expect(overlaps(found)).toEqual(overlaps((await opened(signed)).found));
  });
});
