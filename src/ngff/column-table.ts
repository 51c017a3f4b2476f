/**
 * Tables in the forms that ngio gives them beside AnnData: columns by name in CSV, in Parquet, or as attributes (JSON).
 * @see https://biovisioncenter.github.io/ngio/stable/table_specs/backend/
 */

import { IsoluxError } from "../errors.ts";
import type { JsonObject } from "../zarr/json.ts";
import type { ZarrFormat } from "../zarr/metadata.ts";
import { joinKey, type ReadableStore, type WritableStore } from "../zarr/store.ts";
import { parseCsv } from "./csv.ts";
import { readGroup } from "./group.ts";
import { writeGroup } from "./write-roi-table.ts";

const forms = ["csv", "json", "parquet"] as const;
/** How a table's columns are stored. */
export type ColumnForm = (typeof forms)[number];

/** A table's columns, and which of them names its rows. */
export interface ColumnTable {
  readonly indexKey: string;
  readonly columns: ReadonlyMap<string, readonly unknown[]>;
}

/** The form that a table's attributes name, also as early versions of ngio did; `undefined` for AnnData and others. */
export function columnForm({ backend }: JsonObject): ColumnForm | undefined {
  return forms.find((form) => backend === form || backend === `experimental_${form}_v1`);
}

/**
 * Reads the columns of the table at `key`.
 * @throws IsoluxError `corrupt` where what its form asks for is missing or broken
 */
export async function readColumnTable(
  store: ReadableStore,
  key: string,
  form: ColumnForm,
  attributes: JsonObject,
): Promise<ColumnTable> {
  const indexKey = typeof attributes.index_key === "string" ? attributes.index_key : "FieldIndex";
  const columns = form === "json" ? await readJsonColumns(store, key) : await readFileColumns(store, key, form);
  const names = columns.get(indexKey);
  const isWhole = names !== undefined && [...columns.values()].every(({ length }) => length === names.length);
  if (isWhole) return { indexKey, columns };
  throw new IsoluxError({
    kind: "corrupt",
    what: "A table of tiles cannot be read",
    where: joinKey(store.location, key),
    found: [...columns].map(([name, { length }]) => `${name} with ${length} values`).join(", ") || "no columns",
    expected: `columns of one length, among them ${indexKey}`,
  });
}

const nameOfFile = { csv: "table.csv", parquet: "table.parquet" } as const;
/** Where the attributes are that hold the columns. */
const jsonGroup = "table";

async function readJsonColumns(store: ReadableStore, key: string): Promise<Map<string, unknown[]>> {
  const group = await readGroup(store, joinKey(key, jsonGroup));
  if (group === undefined) throw missing(store, joinKey(key, jsonGroup));
  return new Map(Object.entries(group.attributes).map(([name, values]) => [name, Array.isArray(values) ? values : []]));
}

async function readFileColumns(
  store: ReadableStore,
  key: string,
  form: keyof typeof nameOfFile,
): Promise<Map<string, unknown[]>> {
  const file = joinKey(key, nameOfFile[form]);
  const bytes = await store.get(file);
  if (bytes === undefined) throw missing(store, file);
  try {
    return form === "csv" ? csvColumns(bytes) : await parquetColumns(bytes);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    const where = joinKey(store.location, file);
    throw new IsoluxError({ kind: "corrupt", what: "A table of tiles cannot be read", where, found, cause });
  }
}

function csvColumns(bytes: Uint8Array): Map<string, unknown[]> {
  const [names = [], ...rows] = parseCsv(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  const odd = rows.findIndex((row) => row.length !== names.length);
  if (odd >= 0) throw new Error(`row ${odd + 1} has ${rows[odd]!.length} values for ${names.length} columns`);
  return new Map(names.map((name, column) => [name, rows.map((row) => row[column])]));
}

async function parquetColumns(bytes: Uint8Array): Promise<Map<string, unknown[]>> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const buffer = bytes.slice().buffer;
  const file = {
    byteLength: buffer.byteLength,
    slice: (start: number, end?: number) => buffer.slice(start, end),
  };
  const metadata = await parquetMetadataAsync(file);
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const rows = await parquetReadObjects({ file, metadata });
  return new Map(names.map((name) => [name, rows.map((row) => row[name])]));
}

function missing(store: ReadableStore, key: string): IsoluxError {
  const where = joinKey(store.location, key);
  return new IsoluxError({ kind: "corrupt", what: "A table of tiles is not where its attributes say", where });
}

/** Writes a table as it is, columns and attributes, into an image that may be of another version of zarr. */
export async function copyColumnTable(
  source: { readonly store: ReadableStore; readonly key: string },
  form: ColumnForm,
  target: { readonly store: WritableStore; readonly key: string },
  zarrFormat: ZarrFormat,
): Promise<void> {
  const attributes = (await readGroup(source.store, source.key))?.attributes;
  await writeGroup(target.store, target.key, attributes, zarrFormat);
  if (form === "json") {
    const columns = (await readGroup(source.store, joinKey(source.key, jsonGroup)))?.attributes;
    await writeGroup(target.store, joinKey(target.key, jsonGroup), columns, zarrFormat);
    return;
  }
  const bytes = await source.store.get(joinKey(source.key, nameOfFile[form]));
  if (bytes !== undefined) await target.store.set(joinKey(target.key, nameOfFile[form]), bytes);
}
