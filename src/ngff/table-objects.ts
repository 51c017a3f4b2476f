/**
 * Which objects the tables of an image consist of.
 * @see https://anndata.readthedocs.io/en/stable/fileformat-prose.html
 */
import { chunksTouching } from "../zarr/chunk-grid.ts";
import { objectsBelow } from "../zarr/objects-below.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import { type JsonObject, readJson } from "./json.ts";

/** What a table of AnnData has inside. */
const tableMembers = ["X", "layers", "obs", "obsm", "obsp", "uns", "var", "varm", "varp"];

/** The tables that there may be though no attributes name them. */
const usualTables = ["FOV_ROI_table"];

/**
 * The keys of all objects of the tables in a folder. Where the store cannot list, they follow from what the tables'
 * own attributes say; some of these keys may then have no object, and what is in `uns` stays unknown.
 */
export async function tableObjects(store: ReadableStore, folder: string): Promise<string[]> {
  const listed = await objectsBelow(store, folder);
  if (listed !== undefined) return listed;
  const named = namesOf((await readJson(store, joinKey(folder, ".zattrs")))?.tables);
  const tables = await Promise.all(
    [...new Set([...usualTables, ...named])].map((name) => groupObjects(store, joinKey(folder, name), tableMembers)),
  );
  return [...groupDocuments(folder), ...tables.flat()];
}

async function groupObjects(store: ReadableStore, key: string, members: readonly string[]): Promise<string[]> {
  const inside = await Promise.all(members.map((name) => nodeObjects(store, joinKey(key, name))));
  return [...groupDocuments(key), ...inside.flat()];
}

async function nodeObjects(store: ReadableStore, key: string): Promise<string[]> {
  const array = await readJson(store, joinKey(key, ".zarray"));
  if (array !== undefined) return [".zarray", ".zattrs", ...chunkNames(array)].map((name) => joinKey(key, name));
  const attributes = await readJson(store, joinKey(key, ".zattrs"));
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
  const [extents, steps] = [sizesOf(shape), sizesOf(chunks)];
  if (extents.length === 0 || extents.length !== steps.length) return ["0"];
  const zeros = extents.map(() => 0);
  const names = [...chunksTouching(steps, zeros, extents)];
  return names.map((coords) => coords.join(dimension_separator === "/" ? "/" : "."));
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
  return [joinKey(key, ".zgroup"), joinKey(key, ".zattrs")];
}
