/**
 * Tables of tiles as the mesoSPIM converter writes them: AnnData 0.8 on zarr 2, lengths in µm.
 * @see https://anndata.readthedocs.io/en/stable/fileformat-prose.html
 */
import { encodeJson, type JsonObject } from "../ngff/json.ts";
import type { Zyx } from "../shapes.ts";
import { ZarrArray } from "../zarr/array.ts";
import { encodeBytes } from "../zarr/codecs/codec.ts";
import type { BloscCodec } from "../zarr/metadata.ts";
import { serializeArrayMetadata } from "../zarr/metadata-v2.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import type { SyntheticLayout, SyntheticTile } from "./layout.ts";
import type { SyntheticOptions } from "./options.ts";

const regionColumns = [
  "x_micrometer",
  "y_micrometer",
  "z_micrometer",
  "len_x_micrometer",
  "len_y_micrometer",
  "len_z_micrometer",
];
const stageColumns = ["x_micrometer_original", "y_micrometer_original"];

const codec: BloscCodec = { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 0 };
const codecDocument = { id: "blosc", cname: "lz4", clevel: 5, shuffle: 1, blocksize: 0 };

interface Table {
  readonly names: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

/** Writes `tables/FOV_ROI_table`, the tiles, and `tables/well_ROI_table`, the mosaic as a whole, below an image. */
export async function writeRoiTables(
  store: WritableStore,
  image: string,
  options: SyntheticOptions,
  layout: SyntheticLayout,
): Promise<void> {
  const folder = joinKey(image, "tables");
  const { pixelSizeZyx, planes, tileShapeYx } = options;
  const tileShape: Zyx = [planes, ...tileShapeYx];
  await writeGroup(store, folder, { tables: ["FOV_ROI_table", "well_ROI_table"] });
  await writeTable(store, joinKey(folder, "FOV_ROI_table"), {
    names: layout.tiles.map((tile) => tile.name),
    columns: [...regionColumns, ...stageColumns],
    rows: layout.tiles.map((tile) => [
      ...regionUm([0, ...tile.mosaicYx], tileShape, pixelSizeZyx),
      ...stageOffsetUm(tile, layout.tiles[0]!, pixelSizeZyx),
    ]),
  });
  await writeTable(store, joinKey(folder, "well_ROI_table"), {
    names: ["well_0"],
    columns: regionColumns,
    rows: [regionUm([0, 0, 0], layout.mosaicShapeZyx, pixelSizeZyx)],
  });
}

function regionUm(start: Zyx, shape: Zyx, pixelSize: Zyx): number[] {
  const inUm = (zyx: Zyx) => zyx.map((length, axis) => length * pixelSize[axis]!).reverse();
  return [...inUm(start), ...inUm(shape)];
}

/** How far a tile lies from the first one on the stage, as x and y: without a sign, as the converter gives it. */
function stageOffsetUm(tile: SyntheticTile, first: SyntheticTile, pixelSize: Zyx): number[] {
  const offset = (axis: 0 | 1) => Math.abs(tile.stageYx[axis] - first.stageYx[axis]) * pixelSize[axis + 1]!;
  return [offset(1), offset(0)];
}

async function writeTable(store: WritableStore, key: string, table: Table): Promise<void> {
  await writeGroup(store, key, {
    ...encoding("anndata", "0.1.0"),
    fractal_table_version: "1",
    type: "roi_table",
  });
  await writeNumbers(store, joinKey(key, "X"), table);
  await writeIndex(store, joinKey(key, "obs"), table.names);
  await writeIndex(store, joinKey(key, "var"), table.columns);
  for (const empty of ["layers", "obsm", "obsp", "uns", "varm", "varp"]) {
    await writeGroup(store, joinKey(key, empty), encoding("dict", "0.1.0"));
  }
}

async function writeNumbers(store: WritableStore, key: string, { rows, columns }: Table): Promise<void> {
  const shape = [rows.length, columns.length];
  const array = new ZarrArray(store, key, {
    zarrFormat: 2,
    shape,
    chunkShape: shape,
    type: "float32",
    byteOrder: "little",
    order: "C",
    fillValue: 0,
    separator: ".",
    codec,
  });
  await store.set(joinKey(key, ".zarray"), serializeArrayMetadata(array.metadata));
  await store.set(joinKey(key, ".zattrs"), encodeJson(encoding("array", "0.2.0")));
  await store.set(array.chunkKey([0, 0]), await array.encodeChunk(Float32Array.from(rows.flat())));
}

/** A data frame without columns: only the names of its rows. */
async function writeIndex(store: WritableStore, key: string, names: readonly string[]): Promise<void> {
  await writeGroup(store, key, { _index: "_index", "column-order": [], ...encoding("dataframe", "0.2.0") });
  const array = joinKey(key, "_index");
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
  await store.set(joinKey(array, "0"), await encodeBytes(codec, encodeTexts(names), 1));
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
export async function writeGroup(store: WritableStore, key: string, attributes?: JsonObject): Promise<void> {
  await store.set(joinKey(key, ".zgroup"), encodeJson({ zarr_format: 2 }));
  if (attributes !== undefined) await store.set(joinKey(key, ".zattrs"), encodeJson(attributes));
}
