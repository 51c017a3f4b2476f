import { describe, expect, it } from "vitest";
import { describeMissingTable } from "../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { writeRoiTable } from "../../src/ngff/write-roi-table.ts";
import { encodeJson } from "../../src/zarr/json.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import type { ZarrFormat } from "../../src/zarr/metadata/metadata.ts";
import { type ImageArray, writeGroup, writeImage } from "./write-image.ts";

type Box = readonly [y: number, x: number, rows: number, columns: number];

const columns = ["z", "y", "x"].flatMap((axis) => [`${axis}_micrometer`, `len_${axis}_micrometer`]);
const array: ImageArray = { shape: [4, 20, 16], chunkShape: [4, 20, 16] };
const tiles: readonly Box[] = [
  [0, 0, 10, 8],
  [10, 0, 10, 8],
  [0, 8, 10, 8],
  [10, 8, 10, 8],
];
const whole: readonly Box[] = [[0, 0, 20, 16]];

type TableForm = ZarrFormat | "csv";

/** An image with tables of regions: AnnData in a version of zarr, or CSV as ngio has it. */
async function imageWith(tables: Readonly<Record<string, readonly Box[]>>, form: TableForm = 2) {
  const store = new MemoryStore("data");
  await writeImage(store, "image", [array]);
  await writeGroup(store, "image/tables", { tables: Object.keys(tables) });
  for (const [name, boxes] of Object.entries(tables)) {
    const key = `image/tables/${name}`;
    const names = boxes.map((_, i) => `${name}_${i}`);
    const rows = boxes.map(([y, x, height, width]) => [0, 4, y, height, x, width]);
    if (form === "csv") {
      await writeGroup(store, key, { type: "roi_table", backend: "csv", index_key: "FieldIndex" });
      const lines = [["FieldIndex", ...columns], ...rows.map((row, i) => [names[i], ...row])];
      await store.set(`${key}/table.csv`, new TextEncoder().encode(lines.map((line) => `${line.join()}\n`).join("")));
    } else await writeRoiTable(store, key, { names, columns, rows }, form);
  }
  return store;
}

async function opened(store: MemoryStore, tileTable?: string | false) {
  const notes: string[] = [];
  const acquisition = await openMosaic(store, "image", (text) => notes.push(text), tileTable);
  return { acquisition, notes, names: acquisition.tiles.map(({ name }) => name) };
}

describe("the table of tiles", () => {
  it("is the usual one where that is there, whatever else is", async () => {
    const { names, notes, acquisition } = await opened(await imageWith({ FOV_ROI_table: tiles, other: tiles }));
    expect([names[0], notes, acquisition.tileSource?.table]).toEqual(["FOV_ROI_table_0", [], "FOV_ROI_table"]);
  });

  it.each<TableForm>([2, 3, "csv"])("is another whose rows are tiles, with its name (form %s)", async (form) => {
    const store = await imageWith({ well_ROI_table: whole, image_ROI_table: tiles }, form);
    const { names, notes, acquisition } = await opened(store);
    expect(names).toEqual([0, 1, 2, 3].map((i) => `image_ROI_table_${i}`));
    expect(notes).toEqual(["The image has no table FOV_ROI_table: its tiles are taken from image_ROI_table"]);
    expect(acquisition.hasTileTable).toBe(true);
  });

  it("is none of the image as a whole, of objects of different sizes, of boxes beyond it, or of a drawn grid", async () => {
    const objects: readonly Box[] = [
      [0, 0, 3, 4],
      [10, 8, 5, 6],
    ];
    const beyond = tiles.map(([y, x, rows, width]): Box => [3 * y, 3 * x, rows, width]);
    const store = await imageWith({ well: whole, objects, beyond, grid_ROI_table: tiles });
    const { names, notes, acquisition } = await opened(store);
    expect([names, notes, acquisition.hasTileTable]).toEqual([["image"], [], false]);
    expect(describeMissingTable(acquisition)).toBe(
      "The image has no table of tiles (FOV_ROI_table): all of it counts as one tile. beyond, grid_ROI_table, objects, well hold other regions than tiles.",
    );
  });

  it("is none of features or of masks, nor one that cannot be read", async () => {
    const store = await imageWith({ features: tiles, masks: tiles, broken: tiles });
    for (const [name, type] of [
      ["features", "feature_table"],
      ["masks", "masking_roi_table"],
    ] as const) {
      await store.set(`image/tables/${name}/.zattrs`, encodeJson({ type }));
    }
    await store.set("image/tables/broken/X/.zarray", encodeJson({}));
    const { names, acquisition } = await opened(store);
    expect([names, acquisition.tileSource!.otherTables]).toEqual([["image"], []]);
  });

  it("may stand there twice, but not in two versions", async () => {
    const same = await opened(await imageWith({ a: tiles, b: [...tiles].reverse() }));
    expect(same.acquisition.tileSource?.table).toBe("a");
    const halves: readonly Box[] = [
      [0, 0, 20, 8],
      [0, 8, 20, 8],
    ];
    const store = await imageWith({ a: tiles, b: halves });
    await expect(opened(store)).rejects.toMatchObject({
      kind: "invalid",
      found: "a, b",
      advice: "Say which: --tile-table a",
    });
    expect((await opened(store, "b")).names).toEqual(["b_0", "b_1"]);
    expect((await opened(store, false)).names).toEqual(["image"]);
  });

  it("is the one that is named, which must be there", async () => {
    const store = await imageWith({ FOV_ROI_table: tiles, all: whole });
    expect((await opened(store, "all")).names).toEqual(["all_0"]);
    await expect(opened(store, "none")).rejects.toMatchObject({ kind: "not-found", found: "FOV_ROI_table, all" });
  });

  it("that the attributes name must be there, unless another is, or tiles do not matter", async () => {
    const store = await imageWith({ all: whole });
    await writeGroup(store, "image/tables", { tables: ["FOV_ROI_table", "all"] });
    await expect(opened(store)).rejects.toThrow(
      /^The table of tiles that the image names is not there .*FOV_ROI_table\)/,
    );
    expect((await opened(store, false)).names).toEqual(["image"]);
    const other = await imageWith({ other: tiles });
    await writeGroup(other, "image/tables", { tables: ["FOV_ROI_table", "other"] });
    expect((await opened(other)).names[0]).toBe("other_0");
  });

  it("without rows is refused, be there others or not", async () => {
    const store = await imageWith({ FOV_ROI_table: [], other: tiles }, "csv");
    await expect(opened(store)).rejects.toThrow(
      /The table of tiles has no rows \(data\/image\/tables\/FOV_ROI_table\)/,
    );
  });
});
