/**
 * Tables of regions of interest as the mesoSPIM converter writes them, AnnData 0.8 on zarr 2, or as AnnData writes them
 * on zarr 3.
 * @see https://anndata.readthedocs.io/en/stable/fileformat-prose.html
 */
import { ZarrArray } from "../zarr/array.ts";
import { encodeBytes } from "../zarr/codecs/codec.ts";
import { encodeJson, type JsonObject } from "../zarr/json.ts";
import { writeArrayMetadata } from "../zarr/metadata/document.ts";
import type { BloscCodec, ZarrFormat } from "../zarr/metadata/metadata.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import { attributesDocument } from "./group.ts";

const codec: BloscCodec = { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 0 };
const zstd = { kind: "zstd", level: 3 } as const;
const codecDocument = { id: "blosc", cname: "lz4", clevel: 5, shuffle: 1, blocksize: 0 };

/** A table of numbers: rows and columns with their names. */
export interface RoiTable {
  readonly names: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

/** Writes a table of regions at `key`, in zarr version 2 or 3. */
export async function writeRoiTable(
  store: WritableStore,
  key: string,
  table: RoiTable,
  zarrFormat: ZarrFormat = 2,
): Promise<void> {
  await writeGroup(
    store,
    key,
    { ...encoding("anndata", "0.1.0"), fractal_table_version: "1", type: "roi_table" },
    zarrFormat,
  );
  await writeNumbers(store, joinKey(key, "X"), table, zarrFormat);
  await writeIndex(store, joinKey(key, "obs"), table.names, zarrFormat);
  await writeIndex(store, joinKey(key, "var"), table.columns, zarrFormat);
  for (const empty of ["layers", "obsm", "obsp", "uns", "varm", "varp"]) {
    await writeGroup(store, joinKey(key, empty), encoding("dict", "0.1.0"), zarrFormat);
  }
}

async function writeNumbers(
  store: WritableStore,
  key: string,
  { rows, columns }: RoiTable,
  zarrFormat: ZarrFormat,
): Promise<void> {
  const shape = [rows.length, columns.length];
  const attributes = encoding("array", "0.2.0");
  const array = new ZarrArray(store, key, {
    zarrFormat,
    shape,
    chunkShape: shape,
    type: "float32",
    byteOrder: "little",
    order: "C",
    fillValue: 0,
    ...(zarrFormat === 2 ? { separator: "." } : { separator: "/", keyEncoding: "default", attributes }),
    codec: zarrFormat === 2 ? codec : zstd,
  });
  await writeArrayMetadata(store, key, array.metadata);
  if (zarrFormat === 2) await store.set(joinKey(key, ".zattrs"), encodeJson(attributes));
  await store.set(array.chunkKey([0, 0]), await array.encodeChunk(Float32Array.from(rows.flat())));
}

/** A data frame without columns: only the names of its rows. */
async function writeIndex(
  store: WritableStore,
  key: string,
  names: readonly string[],
  zarrFormat: ZarrFormat,
): Promise<void> {
  const frame = { _index: "_index", "column-order": [], ...encoding("dataframe", "0.2.0") };
  await writeGroup(store, key, frame, zarrFormat);
  const array = joinKey(key, "_index");
  const texts = encodeTexts(names);
  if (zarrFormat === 3) {
    await store.set(joinKey(array, "zarr.json"), encodeJson(textsDocumentV3(names.length)));
    await store.set(joinKey(array, "c/0"), await encodeBytes(zstd, texts, 1));
    return;
  }
  const document = {
    chunks: [names.length],
    compressor: codecDocument,
    dtype: "|O",
    fill_value: 0,
    filters: [{ id: "vlen-utf8" }],
    order: "C",
    shape: [names.length],
    zarr_format: 2,
  };
  await store.set(joinKey(array, ".zarray"), encodeJson(document));
  await store.set(joinKey(array, ".zattrs"), encodeJson(encoding("string-array", "0.2.0")));
  await store.set(joinKey(array, "0"), await encodeBytes(codec, texts, 1));
}

/** Strings in zarr 3, as zarr-python and AnnData write them. */
function textsDocumentV3(count: number): JsonObject {
  return {
    zarr_format: 3,
    node_type: "array",
    shape: [count],
    data_type: "string",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [count] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: "",
    codecs: [{ name: "vlen-utf8" }, { name: "zstd", configuration: { level: zstd.level, checksum: false } }],
    attributes: encoding("string-array", "0.2.0"),
    storage_transformers: [],
  };
}

/** numcodecs' vlen-utf8: the number of texts, then each after its length in bytes; uint32, little-endian. */
function encodeTexts(texts: readonly string[]): Uint8Array {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const bytes = new Uint8Array(encoded.reduce((sum, text) => sum + 4 + text.length, 4));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, texts.length, true);
  let offset = 4;
  for (const text of encoded) {
    view.setUint32(offset, text.length, true);
    bytes.set(text, offset + 4);
    offset += 4 + text.length;
  }
  return bytes;
}

function encoding(type: string, version: string): JsonObject {
  return { "encoding-type": type, "encoding-version": version };
}

/** Writes a zarr group and its attributes, where it has any. */
export async function writeGroup(
  store: WritableStore,
  key: string,
  attributes?: JsonObject,
  zarrFormat: ZarrFormat = 2,
): Promise<void> {
  if (zarrFormat === 2) await store.set(joinKey(key, ".zgroup"), encodeJson({ zarr_format: 2 }));
  if (zarrFormat === 2 && attributes === undefined) return;
  const { name, bytes } = attributesDocument({ zarrFormat, attributes: attributes ?? {} });
  await store.set(joinKey(key, name), bytes);
}

/** Writes one table at a key. */
export type TableWriter = (store: WritableStore, key: string, zarrFormat: ZarrFormat) => Promise<void>;

/** Writes a table of regions as AnnData. */
export function regionsWriter(table: RoiTable): TableWriter {
  return (store, key, zarrFormat) => writeRoiTable(store, key, table, zarrFormat);
}

/** Writes tables below an image, by their names. */
export async function writeTables(
  store: WritableStore,
  image: string,
  tables: Readonly<Record<string, TableWriter>>,
  zarrFormat: ZarrFormat,
): Promise<void> {
  const folder = joinKey(image, "tables");
  await writeGroup(store, folder, { tables: Object.keys(tables) }, zarrFormat);
  for (const [name, write] of Object.entries(tables)) await write(store, joinKey(folder, name), zarrFormat);
}
