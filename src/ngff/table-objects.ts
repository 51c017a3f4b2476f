/**
 * Which objects the tables of an image consist of.
 * @see https://anndata.readthedocs.io/en/stable/fileformat-prose.html
 */
import { chunksTouching } from "../zarr/box.ts";
import { isJsonObject, type JsonObject, readJson } from "../zarr/json.ts";
import { joinKey, objectsBelow, type ReadableStore } from "../zarr/store.ts";
import { readGroup } from "./group.ts";

/** What a table has inside: AnnData, then the forms of ngio. */
const tableMembers = ["X", "layers", "obs", "obsm", "obsp", "uns", "var", "varm", "varp", "table"];
const tableFiles = ["table.csv", "table.parquet"];

/** The tables that there may be though no attributes name them. */
const usualTables = ["FOV_ROI_table"];

/** Tables may lie in groups within that of the tables, but not deeper than these. */
const mostDepth = 3;

/**
 * The names of the tables in a folder, as paths where they lie in groups of it: those that its attributes name or, where
 * the store can list, all there are.
 */
export async function tableNames(store: ReadableStore, folder: string, depth = 1): Promise<string[]> {
  const listed = await store.list(folder);
  if (listed === undefined) return await namedTables(store, folder);
  const names = listed.filter(({ kind }) => kind === "folder").map(({ name }) => name);
  const found = await Promise.all(
    names.map(async (name) => {
      const inside = ((await store.list(joinKey(folder, name))) ?? []).map((entry) => entry.name);
      const isTable = [...tableMembers, ...tableFiles].some((member) => inside.includes(member));
      const deeper = isTable || depth >= mostDepth ? [] : await tableNames(store, joinKey(folder, name), depth + 1);
      return deeper.length === 0 ? [name] : deeper.map((below) => `${name}/${below}`);
    }),
  );
  return found.flat();
}

async function namedTables(store: ReadableStore, folder: string): Promise<string[]> {
  const tables: unknown = (await readGroup(store, folder))?.attributes.tables;
  const paths: readonly unknown[] = Array.isArray(tables) ? tables : [];
  const named = paths.filter((path) => typeof path === "string" && namesOf(path.split("/")).join("/") === path);
  return [...new Set([...usualTables, ...(named as string[])])];
}

/**
 * The keys of all objects of the tables in a folder. Where the store cannot list, they follow from what the tables'
 * own attributes say; some of these keys may then have no object, and what is in `uns` stays unknown.
 */
export async function tableObjects(store: ReadableStore, folder: string): Promise<string[]> {
  const listed = await objectsBelow(store, folder);
  if (listed !== undefined) return listed;
  const names = await tableNames(store, folder);
  const tables = await Promise.all(names.map((name) => tableObjectsAt(store, joinKey(folder, name))));
  return [...groupDocuments(folder), ...tables.flat()];
}

async function tableObjectsAt(store: ReadableStore, key: string): Promise<string[]> {
  const members = await groupObjects(store, key, tableMembers);
  return [...members, ...tableFiles.map((name) => joinKey(key, name))];
}

async function groupObjects(store: ReadableStore, key: string, members: readonly string[]): Promise<string[]> {
  const inside = await Promise.all(members.map((name) => nodeObjects(store, joinKey(key, name))));
  return [...groupDocuments(key), ...inside.flat()];
}

async function nodeObjects(store: ReadableStore, key: string): Promise<string[]> {
  const array = await readJson(store, joinKey(key, ".zarray"));
  if (array !== undefined) return [".zarray", ".zattrs", ...chunkNames(array)].map((name) => joinKey(key, name));
  const node = await readJson(store, joinKey(key, "zarr.json"));
  if (node?.node_type === "array") return ["zarr.json", ...chunkNamesV3(node)].map((name) => joinKey(key, name));
  const attributes = (await readGroup(store, key))?.attributes;
  return attributes === undefined ? [] : groupObjects(store, key, membersOf(attributes));
}

function membersOf(attributes: JsonObject): string[] {
  switch (attributes["encoding-type"]) {
    case "categorical":
      return ["codes", "categories"];
    case "csr_matrix":
    case "csc_matrix":
      return ["data", "indices", "indptr"];
    case "nullable-integer":
    case "nullable-boolean":
      return ["values", "mask"];
    default:
      return [...namesOf([attributes._index]), ...namesOf(attributes["column-order"])];
  }
}

function chunkNames({ shape, chunks, dimension_separator }: JsonObject): string[] {
  const places = chunkPlaces(shape, chunks);
  return places === undefined ? ["0"] : places.map((place) => place.join(dimension_separator === "/" ? "/" : "."));
}

function chunkNamesV3({ shape, chunk_grid, chunk_key_encoding }: JsonObject): string[] {
  const encoding = isJsonObject(chunk_key_encoding) ? chunk_key_encoding : {};
  const isDefault = encoding.name !== "v2";
  const { separator = isDefault ? "/" : "." } = configurationOf(encoding);
  const places = chunkPlaces(shape, configurationOf(chunk_grid).chunk_shape) ?? [[]];
  if (places[0]?.length === 0) return [isDefault ? "c" : "0"];
  return places.map((place) => (isDefault ? ["c", ...place] : place).join(String(separator)));
}

function configurationOf(value: unknown): JsonObject {
  return isJsonObject(value) && isJsonObject(value.configuration) ? value.configuration : {};
}

/** Where the chunks of an array are in its grid; `undefined` for a single value, and where its shape cannot be used. */
function chunkPlaces(shape: unknown, chunks: unknown): (readonly number[])[] | undefined {
  const [extents, steps] = [sizesOf(shape), sizesOf(chunks)];
  if (extents.length === 0 || extents.length !== steps.length) return undefined;
  const zeros = extents.map(() => 0);
  return [...chunksTouching(steps, zeros, extents)];
}

/** Positive whole numbers, or none: an empty array has no chunks, and what else stands there is no size. */
function sizesOf(value: unknown): number[] {
  const isSizes = Array.isArray(value) && value.every((size) => Number.isInteger(size) && size > 0);
  return isSizes ? value : [];
}

function namesOf(value: unknown): string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [];
  return names.filter((name): name is string => typeof name === "string" && /^(?!\.\.?$)[^/]+$/.test(name));
}

function groupDocuments(key: string): string[] {
  return [".zgroup", ".zattrs", "zarr.json"].map((name) => joinKey(key, name));
}
