/**
 * Tables of regions of interest: the tiles of a mosaic with their places in micrometres. They are AnnData on zarr or
 * columns in one of the forms of ngio.
 * @see https://fractal-analytics-platform.github.io/fractal-tasks-core/tables/
 * @see https://anndata.readthedocs.io/en/stable/fileformat-prose.html
 */
import * as zarr from "zarrita";
import { IsoluxError } from "../errors.ts";
import { elementCount } from "../shapes.ts";
import { openArray } from "../zarr/array.ts";
import { readJson } from "../zarr/json.ts";
import { namesIn } from "../zarr/known-names.ts";
import { readBox } from "../zarr/read-box.ts";
import { joinKey, keyName, type ReadableStore } from "../zarr/store.ts";
import { lendBloscToZarrita } from "../zarr/zarrita-blosc.ts";
import { ZarritaStore } from "../zarr/zarrita-store.ts";
import { type ColumnTable, columnForm, readColumnTable } from "./column-table.ts";
import { readGroup } from "./group.ts";

/** One region: its name and its numbers by column name. */
export interface RoiRow {
  readonly name: string;
  readonly values: ReadonlyMap<string, number>;
}

/** A table of a hundred thousand tiles has fewer values. */
const mostValues = 10_000_000;

/** What shows that there is a table of some form, in a store that cannot list. */
const signsOfTable = [".zgroup", ".zattrs", "zarr.json", ".zarray", "table.csv", "table.parquet"];

/**
 * Reads a ROI table, or `undefined` where there is none.
 * @throws IsoluxError `corrupt` where the table cannot be read, `unsupported` where its folder holds something else
 */
export async function readRoiTable(store: ReadableStore, key: string): Promise<RoiRow[] | undefined> {
  const where = joinKey(store.location, key);
  const isV3 = (await readJson(store, joinKey(key, "X", "zarr.json"))) !== undefined;
  if (!isV3 && (await readJson(store, joinKey(key, "X", ".zarray"))) === undefined) {
    const attributes = (await readGroup(store, key))?.attributes ?? {};
    const form = columnForm(attributes);
    if (form !== undefined) return rowsOfColumns(await readColumnTable(store, key, form, attributes));
    const inside = await namesIn(store, key, signsOfTable);
    if (inside.length === 0) return undefined;
    throw notReadable(inside, where);
  }
  lendBloscToZarrita();
  try {
    const group = zarr.root(new ZarritaStore(store, key));
    const columns = await readStrings(group, "var", await indexName(store, key, "var"));
    const names = await readStrings(group, "obs", await indexName(store, key, "obs"));
    const { shape, values } = await readNumbers(store, joinKey(key, "X"), group);
    return rowsOf(names, columns, shape, values, where);
  } catch (cause) {
    if (cause instanceof IsoluxError) throw cause;
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new IsoluxError({ kind: "corrupt", what: "A table of tiles cannot be read", where, found, cause });
  }
}

function rowsOfColumns({ indexKey, columns }: ColumnTable): RoiRow[] {
  const others = [...columns].filter(([name]) => name !== indexKey);
  return columns.get(indexKey)!.map((name, row) => ({
    name: String(name),
    values: new Map(others.map(([column, values]) => [column, numberOf(values[row])])),
  }));
}

/** A value of a column as a number; NaN where it is none. */
function numberOf(value: unknown): number {
  return value === "" || value === null || value === undefined ? Number.NaN : Number(value);
}

/** A table that is there but cannot be read must not pass for none: the tiles would count as one. */
function notReadable(inside: readonly string[], where: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "A table of tiles is not of the form that Isolux reads",
    where,
    found: inside.join(", "),
    expected: "AnnData, with an array X, or a backend of ngio: csv, json or parquet",
  });
}

/** Our own reader notices broken chunks; zarrita reads the types that ours does not, such as float64. */
async function readNumbers(store: ReadableStore, key: string, root: zarr.Location<zarr.AsyncReadable>) {
  try {
    const array = await openArray(store, key);
    const { shape } = array.metadata;
    if (isEmpty(shape, key)) return { shape, values: [] };
    const origin = shape.map(() => 0);
    return { shape, values: Array.from(await readBox(array, origin, shape)) };
  } catch (error) {
    if (!(error instanceof IsoluxError) || error.kind !== "unsupported") throw error;
    const array = await zarr.open(root.resolve("X"), { kind: "array" });
    if (isEmpty(array.shape, key)) return { shape: array.shape, values: [] };
    const { shape, data } = await zarr.get(array);
    return { shape, values: Array.from(data as ArrayLike<number>, Number) };
  }
}

/**
 * Whether an array holds nothing. A shape is a claim: one that no table of tiles can have is not read, which would take
 * all time and memory there are.
 */
function isEmpty(shape: readonly number[], key: string): boolean {
  const count = elementCount(shape);
  if (count > mostValues) throw new Error(`${keyName(key)} is said to hold ${count} values, more than ${mostValues}`);
  return count === 0;
}

async function indexName(store: ReadableStore, key: string, group: "obs" | "var"): Promise<string> {
  const attributes = (await readGroup(store, joinKey(key, group)))?.attributes;
  return typeof attributes?._index === "string" ? attributes._index : "_index";
}

async function readStrings(root: zarr.Location<zarr.AsyncReadable>, group: string, name: string): Promise<string[]> {
  const array = await zarr.open(root.resolve(`${group}/${name}`), { kind: "array" });
  if (isEmpty(array.shape, `${group}/${name}`)) return [];
  const texts = Array.from((await zarr.get(array)).data as ArrayLike<unknown>);
  if (texts.includes(undefined)) throw new Error(`${group}/${name} holds fewer texts than its shape says`);
  return texts.map(String);
}

function rowsOf(
  names: readonly string[],
  columns: readonly string[],
  shape: readonly number[],
  values: readonly number[],
  where: string,
): RoiRow[] {
  if (shape.length !== 2 || shape[0] !== names.length || shape[1] !== columns.length) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "A table of tiles does not fit its own index",
      where,
      found: `values of shape ${shape.join(" x ")}`,
      expected: `${names.length} x ${columns.length}`,
    });
  }
  return names.map((name, row) => ({
    name,
    values: new Map(columns.map((column, i) => [column, values[row * columns.length + i]!])),
  }));
}
