/**
 * Tables of regions of interest: the tiles of a mosaic with their places in micrometres. They are AnnData on zarr or
 * columns in one of the forms of ngio.
 * @see https://fractal-analytics-platform.github.io/fractal-tasks-core/tables/
 * @see https://anndata.readthedocs.io/en/stable/fileformat-prose.html
 */
import { IsoluxError } from "../errors.ts";
import { readJson } from "../zarr/json.ts";
import { readNumbers, readTexts } from "../zarr/read-values.ts";
import { joinKey, namesIn, type ReadableStore } from "../zarr/store.ts";
import { type ColumnTable, columnForm, readColumnTable, unreadableTable } from "./column-table.ts";
import { readGroup } from "./group.ts";

/** One region: its name and its numbers by column name. */
export interface RoiRow {
  readonly name: string;
  readonly values: ReadonlyMap<string, number>;
}

/** What shows that there is a table of some form, in a store that cannot list. */
const signsOfTable = [".zgroup", ".zattrs", "zarr.json", ".zarray", "table.csv", "table.parquet"];

/**
 * Reads a ROI table, or `undefined` where there is none.
 * @throws IsoluxError `corrupt` where the table cannot be read, `unsupported` where its folder holds something else
 */
export async function readRoiTable(store: ReadableStore, key: string): Promise<RoiRow[] | undefined> {
  const where = joinKey(store.location, key);
  const [ofVersion3, ofVersion2] = await inOrder([
    readJson(store, joinKey(key, "X", "zarr.json")),
    readJson(store, joinKey(key, "X", ".zarray")),
  ]);
  if (ofVersion3 === undefined && ofVersion2 === undefined) {
    const attributes = (await readGroup(store, key))?.attributes ?? {};
    const form = columnForm(attributes);
    if (form !== undefined) return rowsOfColumns(await readColumnTable(store, key, form, attributes));
    const inside = await namesIn(store, key, signsOfTable);
    if (inside.length === 0) return undefined;
    throw notReadable(inside, where);
  }
  const [columns, names, { shape, values }] = await inOrder([
    readIndex(store, key, "var"),
    readIndex(store, key, "obs"),
    readNumbers(store, joinKey(key, "X")),
  ]);
  return rowsOf(names, columns, shape, values, where);
}

/** What was begun at a time, so that a server that is far away is waited for once; of several faults the first one. */
async function inOrder<Results extends readonly unknown[]>(
  begun: {
    readonly [At in keyof Results]: Promise<Results[At]>;
  },
): Promise<Results> {
  await Promise.allSettled(begun);
  const results: unknown[] = [];
  for (const one of begun) results.push(await one);
  return results as unknown as Results;
}

/** The names of the rows, `obs`, or of the columns, `var`. */
async function readIndex(store: ReadableStore, key: string, group: "obs" | "var"): Promise<string[]> {
  try {
    return await readTexts(store, joinKey(key, group, await indexName(store, key, group)));
  } catch (cause) {
    if (!(cause instanceof IsoluxError) || cause.kind !== "not-found") throw cause;
    const where = joinKey(store.location, key);
    throw unreadableTable({ what: "A table of tiles has no index", where, found: group, cause });
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
    what: "The table of tiles is in a format that Isolux does not read",
    where,
    found: inside.join(", "),
    expected: "AnnData, with an array X, or a backend of ngio: csv, json or parquet",
  });
}

async function indexName(store: ReadableStore, key: string, group: "obs" | "var"): Promise<string> {
  const attributes = (await readGroup(store, joinKey(key, group)))?.attributes;
  return typeof attributes?._index === "string" ? attributes._index : "_index";
}

function rowsOf(
  names: readonly string[],
  columns: readonly string[],
  shape: readonly number[],
  values: readonly number[],
  where: string,
): RoiRow[] {
  if (shape.length !== 2 || shape[0] !== names.length || shape[1] !== columns.length) {
    throw unreadableTable({
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
