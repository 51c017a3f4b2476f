/**
 * Tables in the forms that ngio gives them beside AnnData: columns by name in CSV, in Parquet, or as attributes (JSON).
 * @see https://biovisioncenter.github.io/ngio/stable/table_specs/backend/
 */
import { type Fault, IsoluxError } from "../errors.ts";
import { limits } from "../limits.ts";
import { wait } from "../wait.ts";
import type { JsonObject } from "../zarr/json.ts";
import type { ZarrFormat } from "../zarr/metadata/metadata.ts";
import { joinKey, type ReadableStore, type WritableStore } from "../zarr/store.ts";
import { readGroup } from "./group.ts";
import { writeGroup } from "./write-roi-table.ts";

const forms = ["csv", "json", "parquet"] as const;
/** How a table's columns are stored. */
type ColumnForm = (typeof forms)[number];

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
  throw unreadableTable({
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
  const bytes = await store.get(file, { mostBytes: limits.table });
  if (bytes === undefined) throw missing(store, file);
  try {
    return form === "csv" ? csvColumns(bytes) : await parquetColumns(bytes);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    const where = joinKey(store.location, file);
    throw unreadableTable({ what: "A table of tiles cannot be read", where, found, cause });
  }
}

function csvColumns(bytes: Uint8Array): Map<string, unknown[]> {
  const [names = [], ...lines] = parseCsv(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  // Blank lines are none, as other readers have it
  const rows = names.length === 1 ? lines : lines.filter((row) => row.length > 1 || row[0] !== "");
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw new Error(`two columns ${twice}`);
  const odd = rows.findIndex((row) => row.length !== names.length);
  if (odd >= 0) throw new Error(`row ${odd + 1} has ${rows[odd]!.length} values for ${names.length} columns`);
  return new Map(names.map((name, column) => [name, rows.map((row) => row[column])]));
}

async function parquetColumns(bytes: Uint8Array): Promise<Map<string, unknown[]>> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const buffer = bytes.slice().buffer;
  const whole = {
    byteLength: buffer.byteLength,
    slice: (start: number, end?: number) => buffer.slice(start, end),
  };
  const metadata = await parquetMetadataAsync(whole);
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const count = Number(metadata.num_rows) * names.length;
  if (!(count <= limits.tableValues)) throw new Error(`${count} values, of at most ${limits.tableValues}`);
  const [opened, open] = gate();
  const slice = async (start: number, end?: number) => {
    await opened;
    return whole.slice(start, end);
  };
  const reading = parquetReadObjects({ file: { byteLength: whole.byteLength, slice }, metadata });
  // The library asks for all columns before it looks whether it can put them together: where it cannot, nothing waits for
  // them any more, and what goes wrong in them would end the program. So bytes come only once it has looked.
  await Promise.race([reading, wait(0)]);
  open();
  const rows = await reading;
  return new Map(names.map((name) => [name, rows.map((row) => row[name])]));
}

function gate(): [opened: Promise<void>, open: () => void] {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}

function missing(store: ReadableStore, key: string): IsoluxError {
  const where = joinKey(store.location, key);
  return unreadableTable({ what: "A table of tiles is not where its attributes say", where });
}

/** The error for a table of tiles that cannot be read: the image may have others. */
export function unreadableTable({ what, ...more }: Omit<Fault, "kind" | "advice">): IsoluxError {
  return new IsoluxError({
    ...more,
    kind: "corrupt",
    what,
    advice: "Write the table again, or name another with --tile-table",
  });
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
  const bytes = await source.store.get(joinKey(source.key, nameOfFile[form]), { mostBytes: limits.table });
  if (bytes !== undefined) await target.store.set(joinKey(target.key, nameOfFile[form]), bytes);
}

/**
 * The rows of a CSV text: values between commas, in quotes where they hold commas, quotes or line breaks. A value may be as
 * long as the text.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function parseCsv(text: string, separator: "," | ";" | "\t" = ","): string[][] {
  const rows: string[][] = [[]];
  let count = 0;
  for (let at = 0; at < text.length; ) {
    const isQuoted = text[at] === '"';
    const end = isQuoted ? endOfQuotes(text, at) : endOfPlain(text, at, separator);
    const step = text[end] === separator ? 1 : lineBreakAt(text, end);
    if (end < 0 || (step === 0 && end < text.length)) throw new Error(`no value at character ${at}`);
    rows.at(-1)!.push(isQuoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end));
    if (++count > limits.tableValues) throw new Error(`more than ${limits.tableValues} values`);
    if (text[end] !== separator) rows.push([]);
    at = end + step;
    if (step === 0) break;
  }
  if (text.endsWith(separator)) rows.at(-1)!.push("");
  return rows.filter((row) => row.length > 0);
}

/** The place after the closing quotes; below 0 where there are none. */
function endOfQuotes(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at + 1;
  }
  return -1;
}

function endOfPlain(text: string, start: number, separator: string): number {
  let end = start;
  while (end < text.length && !`${separator}"\r\n`.includes(text[end]!)) end++;
  return end;
}

/** The length of a line break; 0 where there is none. */
function lineBreakAt(text: string, at: number): number {
  if (text[at] === "\n") return 1;
  return text[at] === "\r" && text[at + 1] === "\n" ? 2 : 0;
}
