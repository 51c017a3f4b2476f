/** Texts and wide integers as zarr-python writes them, and what is refused. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { encodeJson, type JsonObject } from "../../src/zarr/json.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { readNumbers, readTexts } from "../../src/zarr/read-values.ts";

const folder = fileURLToPath(new URL("../fixtures/table-values", import.meta.url));
const store = new DirectoryStore(folder);
const values: Record<string, (string | number[])[]> = JSON.parse(readFileSync(`${folder}/values.json`, "utf8"));
const kindOf = (name: string) => name.replace(/-(gzip|plain|big|shards)$/, "");
const arrays = ["v2", "v3"].flatMap((version) => readdirSync(`${folder}/${version}`).map((name) => [version, name]));
const textKinds = ["texts", "code-points", "bytes"];

it.each(arrays.filter(([, name]) => textKinds.includes(kindOf(name!))))("%s/%s are read", async (version, name) => {
  expect(await readTexts(store, `${version}/${name}`)).toEqual(values[kindOf(name!)]);
});

it.each(arrays.filter(([, name]) => !textKinds.includes(kindOf(name!))))("%s/%s are read", async (version, name) => {
  const expected = values[kindOf(name!)] as number[][];
  expect(await readNumbers(store, `${version}/${name}`)).toEqual({ shape: [2, 3], values: expected.flat() });
});

/** An array of version 2, uncompressed, with other facts and other chunks. */
async function arrayOf(said: JsonObject, chunks: Readonly<Record<string, readonly number[]>>): Promise<MemoryStore> {
  const made = new MemoryStore("data");
  const plain = {
    zarr_format: 2,
    shape: [2],
    chunks: [2],
    order: "C",
    compressor: null,
    fill_value: "",
    filters: null,
  };
  await made.set("a/.zarray", encodeJson({ ...plain, ...said }));
  for (const [name, bytes] of Object.entries(chunks)) await made.set(`a/${name}`, Uint8Array.from(bytes));
  return made;
}

const objects = { dtype: "|O", filters: [{ id: "vlen-utf8" }] };

it("fills missing chunks with what stands for them", async () => {
  expect(await readTexts(await arrayOf({ ...objects, fill_value: "none" }, {}), "a")).toEqual(["none", "none"]);
  expect((await readNumbers(await arrayOf({ dtype: "<i8", fill_value: 0 }, {}), "a")).values).toEqual([0, 0]);
});

it.each<[string, JsonObject, Record<string, number[]>, string]>([
  ["missing texts that nothing stands for", { ...objects, fill_value: 0 }, {}, "corrupt"],
  ["fewer texts than the shape says", objects, { 0: [1, 0, 0, 0, 1, 0, 0, 0, 65] }, "corrupt"],
  ["texts that are cut short", objects, { 0: [2, 0, 0, 0, 1, 0, 0, 0, 65, 9, 0, 0, 0] }, "corrupt"],
  ["no UTF-8", objects, { 0: [2, 0, 0, 0, 1, 0, 0, 0, 65, 1, 0, 0, 0, 255] }, "corrupt"],
  ["code points that are none", { dtype: "<U1" }, { 0: [65, 0, 0, 0, 0, 0, 17, 0] }, "corrupt"],
  ["a chunk of another size", { dtype: "<U1" }, { 0: [65, 0, 0, 0] }, "corrupt"],
  ["pickled objects", { dtype: "|O", filters: [{ id: "pickle" }] }, {}, "unsupported"],
  ["dates", { dtype: "<M8[ns]" }, {}, "unsupported"],
  ["several axes", { ...objects, shape: [2, 2], chunks: [2, 2] }, {}, "corrupt"],
  ["a shape that no table has", { ...objects, shape: [2e9] }, {}, "corrupt"],
  ["no shape", { ...objects, shape: "2" }, {}, "corrupt"],
])("refuses %s", async (_, said, chunks, kind) => {
  await expect(readTexts(await arrayOf(said, chunks), "a")).rejects.toMatchObject({ name: "IsoluxError", kind });
});

it("refuses numbers that it cannot fill or that are texts", async () => {
  const filled = await arrayOf({ dtype: "<i8", fill_value: 7 }, {});
  await expect(readNumbers(filled, "a")).rejects.toMatchObject({ kind: "unsupported" });
  await expect(readNumbers(await arrayOf(objects, {}), "a")).rejects.toMatchObject({ kind: "unsupported" });
});
