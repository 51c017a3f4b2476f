import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readRoiTable } from "../../src/ngff/roi-table.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { encodeJson, type JsonObject } from "../../src/zarr/json.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

const table = "demo.zarr/raw_image/tables/FOV_ROI_table";

async function storeWithTable(): Promise<MemoryStore> {
  const store = new MemoryStore("data");
  await writeSyntheticAcquisition(store, "demo.zarr", {
    gridYx: [2, 1],
    tileShapeYx: [10, 20],
    planes: 4,
    noise: false,
  });
  return store;
}

async function json(store: MemoryStore, key: string): Promise<JsonObject> {
  return JSON.parse(new TextDecoder().decode(await store.get(key)));
}

/** Has an array of the table say other things of itself. */
function claim(array: string, said: JsonObject) {
  const key = `${table}/${array}/.zarray`;
  return async (store: MemoryStore) => store.set(key, encodeJson({ ...(await json(store, key)), ...said }));
}

describe("readRoiTable", () => {
  it("gives the rows by name and their numbers by column", async () => {
    const rows = await readRoiTable(await storeWithTable(), table);
    expect(rows!.map((row) => row.name)).toEqual(["FOV_0", "FOV_1"]);
    const values = Object.fromEntries(rows![1]!.values);
    expect(values).toEqual({
      x_micrometer: 0,
      y_micrometer: 11,
      z_micrometer: 0,
      len_x_micrometer: 22,
      len_y_micrometer: 11,
      len_z_micrometer: 20,
      x_micrometer_original: 0,
      y_micrometer_original: Math.fround(9.9),
    });
  });

  it("reads texts and numbers in shards, as ngio has anndata write them", async () => {
    const store = new DirectoryStore(fileURLToPath(new URL("../fixtures/roi-tables", import.meta.url)));
    const rows = (await readRoiTable(store, "sharded"))!;
    expect(rows.map(({ name }) => name)).toEqual(["FOV_0", "FOV_1", "FOV_2"]);
    expect([...rows[2]!.values.keys()]).toEqual(
      ["", "len_"].flatMap((kind) => [..."xyz"].map((axis) => `${kind}${axis}_micrometer`)),
    );
    expect([...rows[2]!.values.values()]).toEqual([0, 24, 0, 20, 24, 30]);
  });

  it("says that texts are broken", async () => {
    const store = new MemoryStore("data");
    await writeSyntheticAcquisition(store, "demo.zarr", {
      gridYx: [8, 4],
      tileShapeYx: [8, 8],
      planes: 1,
      noise: false,
    });
    const key = `${table}/obs/_index/0`;
    for (const length of [40, 15, 0]) {
      await store.set(key, (await store.get(key))!.slice(0, length));
      await expect(readRoiTable(store, table)).rejects.toMatchObject({ kind: "corrupt" });
    }
  });

  it("follows the index that the attributes name", async () => {
    const store = await storeWithTable();
    await store.move(`${table}/obs/_index`, `${table}/obs/FieldIndex`);
    await store.set(`${table}/obs/.zattrs`, encodeJson({ _index: "FieldIndex", "column-order": [] }));
    expect((await readRoiTable(store, table))!.map((row) => row.name)).toEqual(["FOV_0", "FOV_1"]);
  });

  it("goes by the names of the columns, not by their order", async () => {
    const store = await storeWithTable();
    // The stage columns first: as many columns, in another order.
    const key = `${table}/var/_index`;
    const names = [
      "x_micrometer_original",
      "y_micrometer_original",
      "len_x_micrometer",
      "len_y_micrometer",
      "len_z_micrometer",
      "z_micrometer",
      "x_micrometer",
      "y_micrometer",
    ];
    const bytes = new TextEncoder();
    const parts = names.map((name) => [...new Uint8Array(Uint32Array.of(name.length).buffer), ...bytes.encode(name)]);
    await store.set(`${key}/.zarray`, encodeJson({ ...(await json(store, `${key}/.zarray`)), compressor: null }));
    await store.set(`${key}/0`, Uint8Array.from([8, 0, 0, 0, ...parts.flat()]));
    const [, second] = (await readRoiTable(store, table))!;
    expect(second!.values.get("x_micrometer_original")).toBe(0);
    expect(second!.values.get("y_micrometer_original")).toBe(11);
    expect(second!.values.get("z_micrometer")).toBe(20);
  });

  it("has no rows where the table has none", async () => {
    const store = await storeWithTable();
    await claim("X", { shape: [0, 8] })(store);
    await claim("obs/_index", { shape: [0] })(store);
    expect(await readRoiTable(store, table)).toEqual([]);
  });

  it("is undefined where there is no table", async () => {
    expect(await readRoiTable(await storeWithTable(), "demo.zarr/raw_image/tables/other")).toBeUndefined();
  });

  it("does not take a table of another form for none: the tiles would count as one", async () => {
    const store = await storeWithTable();
    await store.remove(`${table}/X`);
    await expect(readRoiTable(store, table)).rejects.toMatchObject({
      kind: "unsupported",
      where: `data/${table}`,
      found: expect.stringContaining("obs"),
    });
  });

  it.each([
    ["an index is gone", (store: MemoryStore) => store.remove(`${table}/obs/_index`)],
    ["there is no chunk of names", (store: MemoryStore) => store.set(`${table}/obs/_index/0`, Uint8Array.of(9))],
    ["metadata are no JSON", (store: MemoryStore) => store.set(`${table}/X/.zarray`, Uint8Array.of(123))],
    [
      "the numbers do not fit the index",
      async (store: MemoryStore) => {
        const shape = { shape: [1, 8], chunks: [1, 8], compressor: null };
        await store.set(`${table}/X/.zarray`, encodeJson({ ...(await json(store, `${table}/X/.zarray`)), ...shape }));
        await store.set(`${table}/X/0.0`, new Uint8Array(32));
      },
    ],
    // Reading would go on for ever, or ask for more memory than there is.
    ["there are said to be billions of names", claim("obs/_index", { shape: [2e9], chunks: [1] })],
    ["there are said to be billions of rows", claim("X", { shape: [1e9, 8], chunks: [1e9, 8] })],
  ])("says so where %s", async (_, breakIt) => {
    const store = await storeWithTable();
    await breakIt(store);
    await expect(readRoiTable(store, table)).rejects.toMatchObject({ name: "IsoluxError", kind: "corrupt" });
  });
});
