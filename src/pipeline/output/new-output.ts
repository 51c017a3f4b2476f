/**
 * Templates of outputs that do not mirror their source: mosaics made of tiles, and images in another version of
 * OME-Zarr.
 */
import type { StoredImage } from "../../acquisition/acquisition.ts";
import { isFolded } from "../../acquisition/array-axes.ts";
import type { Level } from "../../acquisition/level.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import { IsoluxError, passOver } from "../../errors.ts";
import { columnForm, copyColumnTable } from "../../ngff/column-table.ts";
import { attributesInVersion, readGroup } from "../../ngff/group.ts";
import { readRoiTable } from "../../ngff/roi-table.ts";
import { tableNames, tableObjects } from "../../ngff/table-objects.ts";
import { regionsWriter, type TableWriter, writeGroup, writeTables } from "../../ngff/write-roi-table.ts";
import { type Czyx, formatShape } from "../../shapes.ts";
import type { ZarrArray } from "../../zarr/array.ts";
import { copyObject } from "../../zarr/copy-object.ts";
import { encodeJson, isJsonObject, parseJson } from "../../zarr/json.ts";
import { writeArrayMetadata } from "../../zarr/metadata/document.ts";
import type { ArrayMetadata } from "../../zarr/metadata/metadata.ts";
import { joinKey, objectsBelow } from "../../zarr/store.ts";
import type { SourceLocation } from "../places/location.ts";
import { runConcurrently } from "../places/run-concurrently.ts";
import { chunksWithin, codecInVersion, newArray, type OutputForm, withAxes } from "./new-array.ts";
import type { OutputImage, OutputLevel } from "./template.ts";

/** The output for an image in another form: the same levels, attributes and tables of regions. */
export function transcoded(image: StoredImage, form: OutputForm): OutputImage {
  const { metadata } = image;
  const sourceLevels = [...image.levels.map(storedLevel), ...image.remade];
  const full = sourceLevels[0]!;
  const chunks = chunksWithin(full.chunkShapeCzyx);
  const { axes } = metadata;
  const levels = sourceLevels.map(({ array, factorsZyx, channelCount, timePoints, shapeZyx }): OutputLevel => {
    const codec = form.codec ?? codecInVersion(array.metadata.codec, form.zarrFormat);
    const shape: Czyx = [channelCount, ...shapeZyx];
    const plain = newArray(shape, [channelCount, ...full.shapeZyx], full.type, codec, form, chunks);
    const fitted = withAxes(plain, axes, timePoints);
    if (!isFolded(fitted, axes)) throw unusableShards(form, axes);
    return { path: pathIn(image.key, array), metadata: fitted, axes, factorsZyx };
  });
  return {
    key: "",
    source: { kind: "mosaic" },
    levels,
    zarrFormat: form.zarrFormat,
    attributes: attributesInVersion(metadata.attributes, form.zarrFormat),
    tablesKept: async () => Object.keys(await tableWriters(image)),
    async writeUnchanged({ store, key }) {
      await writeGroup(store, key, {}, form.zarrFormat);
      for (const { path, metadata: array } of levels) await writeArrayMetadata(store, joinKey(key, path), array);
      const tables = await tableWriters(image);
      if (Object.keys(tables).length > 0) await writeTables(store, key, tables, form.zarrFormat);
    },
  };
}

function unusableShards({ shardsCzyx }: OutputForm, axes: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "Shards of several channels do not fit the axes of the image",
    where: "--shards",
    found: `${formatShape(shardsCzyx ?? [])} for ${axes}`,
    expected: "shards of a single channel",
  });
}

/**
 * Writers for the tables of an image, in their own formats; of AnnData only tables of regions, as others differ between
 * versions.
 */
async function tableWriters({ store, key }: StoredImage): Promise<Record<string, TableWriter>> {
  const folder = joinKey(key, "tables");
  const tables: Record<string, TableWriter> = {};
  for (const name of await tableNames(store, folder)) {
    const table = { store, key: joinKey(folder, name) };
    const write = (await columnsWriter(table)) ?? (await regionsOf(table));
    if (write !== undefined) tables[name] = write;
  }
  return tables;
}

async function columnsWriter(table: SourceLocation): Promise<TableWriter | undefined> {
  const form = columnForm((await readGroup(table.store, table.key))?.attributes ?? {});
  if (form === undefined) return undefined;
  return (store, key, zarrFormat) => copyColumnTable(table, form, { store, key }, zarrFormat);
}

async function regionsOf({ store, key }: SourceLocation): Promise<TableWriter | undefined> {
  const rows = await readRoiTable(store, key).catch(passOver);
  if (rows === undefined || rows.length === 0) return undefined;
  const columns = [...rows[0]!.values.keys()];
  return regionsWriter({
    names: rows.map((row) => row.name),
    columns,
    rows: rows.map(({ values }) => columns.map((column) => values.get(column)!)),
  });
}

// The template of an output with the same arrays, groups and tables as its source.

/** Number of small objects that are copied at a time. */
const copiesAtOnce = 16;

/**
 * The output that mirrors an image: the same arrays; groups, array metadata, tables and label images byte for byte,
 * except that missing chunks of an array are defined to read as 0.
 */
export function mirrorOf({ store, key, metadata, levels, remade }: StoredImage): OutputImage {
  const stored = levels.map(storedLevel);
  const all = [...stored, ...remade];
  const ownArrays = [...stored.filter(isAnother), ...remade];
  const copied = async () => {
    const tables = await tableObjects(store, joinKey(key, "tables"));
    const labels = (await objectsBelow(store, joinKey(key, "labels"))) ?? [];
    return [...tables, ...labels].map((object) => (key === "" ? object : object.slice(key.length + 1)));
  };
  return {
    key: "",
    source: { kind: "mosaic" },
    zarrFormat: metadata.zarrFormat,
    attributes: metadata.attributes,
    copiesLabels: true,
    levels: all.map(({ array, factorsZyx, axes, mirrored }) => {
      return { path: pathIn(key, array), metadata: withIndexAtEnd(mirrored), axes, factorsZyx };
    }),
    copied,
    async writeUnchanged(image, without) {
      const documents = metadata.zarrFormat === 2 ? [".zarray", ".zattrs"] : ["zarr.json"];
      const arrays = metadata.levels.flatMap(({ path }) => documents.map((name) => `${path}/${name}`));
      const names = [".zgroup", ...arrays, ...(without === "copies" ? [] : await copied())];
      await runConcurrently(copiesAtOnce, names, undefined, async (name) => {
        const [from, to] = [joinKey(key, name), joinKey(image.key, name)];
        if (!arrays.includes(name)) {
          await copyObject({ store, key: from }, { store: image.store, key: to });
          return;
        }
        const bytes = await store.get(from);
        if (bytes !== undefined) await image.store.set(to, withFill(bytes, name));
      });
      for (const { array, mirrored } of ownArrays) {
        const level = joinKey(image.key, pathIn(key, array));
        await writeArrayMetadata(image.store, level, withIndexAtEnd(mirrored));
      }
    },
  };
}

/** An array's document with a fill value of 0: without one it is undefined how missing chunks read. */
function withFill(bytes: Uint8Array, name: string): Uint8Array {
  const document = parseJson(bytes, { kind: "corrupt", what: "An array's metadata cannot be read", where: name });
  const isWithout = isJsonObject(document) && document.fill_value === null;
  return isWithout ? encodeJson({ ...document, fill_value: 0 }) : bytes;
}

/** Whether the metadata of an output's array differ from its source's. */
function isAnother({ array, mirrored }: Level): boolean {
  return mirrored !== array.metadata || mirrored.indexLocation === "start";
}

/** The path of an array in its image. */
function pathIn(key: string, array: ZarrArray): string {
  return key === "" ? array.key : array.key.slice(key.length + 1);
}

/** Shards are written as they grow, so their index is only known at the end; its position makes no other difference. */
function withIndexAtEnd(metadata: ArrayMetadata): ArrayMetadata {
  return metadata.indexLocation === "start" ? { ...metadata, indexLocation: "end" } : metadata;
}
