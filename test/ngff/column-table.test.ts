import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCsv, readColumnTable } from "../../src/ngff/column-table.ts";
import { tableObjects } from "../../src/ngff/table-objects.ts";
import { convertImage, openImage } from "../../src/node.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { objectsBelow, type ReadableStore } from "../../src/zarr/store.ts";

/** Images that ngio wrote, see `make_fixtures.py` there. */
const fixtures = fileURLToPath(new URL("../fixtures/ngio", import.meta.url));
const ofNgio = ["csv-0.4", "json-0.4", "json-0.5", "parquet-0.5", "anndata-0.5"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-columns-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The same without a list, as of a server that has none. */
function unlisted(store: ReadableStore): ReadableStore {
  return {
    location: store.location,
    get: (key) => store.get(key),
    getRange: (key, range) => store.getRange(key, range),
    facts: (key) => store.facts(key),
    list: async () => undefined,
  };
}

const box = (from: number, to: number) => ({ start: [0, 0, from], stop: [2, 8, to] });

describe("tables that ngio wrote", () => {
  it.each(ofNgio)("are read: %s", async (name) => {
    const { tiles, hasTileTable } = await openImage(join(fixtures, `${name}.zarr`));
    expect(hasTileTable).toBe(true);
    expect(tiles).toMatchObject([
      { number: 1, name: "FOV_1", box: box(0, 6), stagePositionUmYx: [0, 0] },
      { number: 2, name: 'FOV_2, "right"', box: box(6, 12), stagePositionUmYx: [0, 8.25] },
    ]);
  });

  it.each(ofNgio)("keep their form in an output of either version: %s", async (name) => {
    const image = join(fixtures, `${name}.zarr`);
    const form = name.split("-")[0]!;
    for (const omeVersion of ["0.4", "0.5"] as const) {
      const output = join(folder, `${name}-in-${omeVersion}.zarr`);
      await convertImage({ image, output, omeVersion, workers: 1 });
      expect((await openImage(output)).tiles).toEqual((await openImage(image)).tiles);
      const tables = new DirectoryStore(join(output, "tables"));
      const document = omeVersion === "0.4" ? ".zattrs" : "zarr.json";
      const group = JSON.parse(new TextDecoder().decode(await tables.get(`FOV_ROI_table/${document}`)));
      const attributes = omeVersion === "0.4" ? group : group.attributes;
      expect(attributes).toMatchObject({ type: "roi_table" });
      if (form === "anndata") continue;
      expect(attributes).toMatchObject({ backend: form, index_key: "FieldIndex", table_version: "1" });
      const file = form === "json" ? undefined : `plates/table.${form}`;
      if (file !== undefined)
        expect(await tables.get(file)).toEqual(await new DirectoryStore(join(image, "tables")).get(file));
    }
  });

  it.each(ofNgio)("are known by name where a server cannot list: %s", async (name) => {
    const store = new DirectoryStore(fixtures);
    const known = await tableObjects(unlisted(store), `${name}.zarr/tables`);
    const there = await objectsBelow(store, `${name}.zarr/tables`);
    expect(there!.length).toBeGreaterThan(4);
    expect(known).toEqual(expect.arrayContaining(there!));
  });
});

it("blank lines of a CSV table are no rows", async () => {
  const image = join(folder, "blank-lines.zarr");
  await cp(join(fixtures, "csv-0.4.zarr"), image, { recursive: true });
  const path = join(image, "tables/FOV_ROI_table/table.csv");
  const { tiles } = await openImage(image);
  await writeFile(path, `\ufeff${(await readFile(path, "utf8")).replaceAll("\n", "\r\n\r\n")}\r\n`);
  expect((await openImage(image)).tiles).toEqual(tiles);
});

/** Compared each with all before it, they would take hours. */
const lastName = "c799999";
const manyNames = Array.from({ length: 800_000 }, (_, column) => `c${column}`).join(",");

describe("a table in columns that is broken", () => {
  it.each([
    ["has no file", "csv-0.4", "table.csv", undefined, /not where its attributes say.*table\.csv/],
    ["has rows of other lengths", "csv-0.4", "table.csv", "FieldIndex,x\na,1,2\n", /found row 1 has 3 values for 2/],
    ["has a column twice", "csv-0.4", "table.csv", "FieldIndex,x,x\na,1,2\n", /found two columns x/],
    [
      "has many columns and the last one twice",
      "csv-0.4",
      "table.csv",
      `${manyNames},${lastName}`,
      /found two columns/,
    ],
    ["has no names of rows", "csv-0.4", "table.csv", "name,x\na,1\n", /expected columns of one length.*FieldIndex/],
    ["is no Parquet", "parquet-0.5", "table.parquet", "PAR1nothing at all", /table of tiles cannot be read/],
    ["has text for a number", "csv-0.4", "table.csv", "FieldIndex,x_micrometer\na,b\n", /lacks the column/],
    ["lacks a column", "json-0.5", "table/zarr.json", '{"attributes":{"FieldIndex":["a"]}}', /lacks the column/],
    [
      "differs in lengths",
      "json-0.5",
      "table/zarr.json",
      '{"attributes":{"FieldIndex":["a"],"x":[]}}',
      /of one length/,
    ],
  ] as const)("says so where it %s", async (what, name, file, content, message) => {
    const image = join(folder, `${what}.zarr`);
    await cp(join(fixtures, `${name}.zarr`), image, { recursive: true });
    const path = join(image, "tables/FOV_ROI_table", file);
    await readFile(path);
    if (content === undefined) await rm(path);
    else await writeFile(path, content);
    const opened = openImage(image);
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toMatchObject({ name: "IsoluxError" });
  });
});

it("a damaged Parquet file is refused by its name, whatever it breaks, and nothing is left to fail later", async () => {
  const source = new DirectoryStore(join(fixtures, "parquet-0.5.zarr"));
  const whole = (await source.get("tables/FOV_ROI_table/table.parquet"))!;
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  for (let bit = 3; bit < 8 * whole.length; bit += 97) {
    const bytes = whole.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    const store: ReadableStore = {
      location: "store",
      get: async () => bytes,
      getRange: async () => bytes,
      facts: async () => undefined,
      list: async () => [],
    };
    const error: unknown = await readColumnTable(store, "t", "parquet", {}).catch((reason: unknown) => reason);
    if (error instanceof Error) expect(error, `bit ${bit}`).toMatchObject({ name: "IsoluxError" });
    if (error instanceof Error) expect(error.message, `bit ${bit}`).toContain("store/t");
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
});

it("a table of more values than any is refused", () => {
  expect(() => parseCsv(`${"1,".repeat(2_000)}\n`.repeat(600))).toThrow("more than 1000000 values");
});
