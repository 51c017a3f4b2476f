/**
 * Templates of outputs that do not mirror their source: mosaics made of tiles, and images in another version of
 * OME-Zarr.
 */

import { type Acquisition, fullResolution, type StoredImage } from "../../acquisition/acquisition.ts";
import { isFolded } from "../../acquisition/array-axes.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import { IsoluxError } from "../../errors.ts";
import { columnForm, copyColumnTable } from "../../ngff/column-table.ts";
import { attributesInVersion, readGroup } from "../../ngff/group.ts";
import { newChannels } from "../../ngff/new-channels.ts";
import {
  newImageAttributes,
  regionsWriter,
  type TableWriter,
  writeMosaicTables,
  writeTables,
} from "../../ngff/new-image.ts";
import { readRoiTable } from "../../ngff/roi-table.ts";
import { tableNames } from "../../ngff/table-objects.ts";
import { writeGroup } from "../../ngff/write-roi-table.ts";
import { type Czyx, formatShape } from "../../shapes.ts";
import { writeArrayMetadata } from "../../zarr/metadata/document.ts";
import { joinKey } from "../../zarr/store.ts";
import type { SourceLocation } from "../places/location.ts";
import { pathIn } from "./mirror-output.ts";
import {
  chunksWithin,
  codecInVersion,
  newArray,
  type OutputForm,
  planPyramid,
  usualCodec,
  withAxes,
} from "./new-array.ts";
import type { OutputImage, OutputLevel } from "./template.ts";

/** The output for tiles as a microscope wrote them: a mosaic with tables, as the reference's converter writes it. */
export function newMosaic(acquisition: Acquisition, name: string, form: OutputForm): OutputImage {
  const { channels, type, pixelSizeUmZyx, tiles: ofAllTimes, tilesOfOneTime: tiles = ofAllTimes } = acquisition;
  const { timePoints = 1 } = fullResolution(acquisition);
  const { shapeZyx } = storedLevel(fullResolution(acquisition));
  const shapeCzyx: Czyx = [channels.length, ...shapeZyx];
  const axes = timePoints === 1 ? "czyx" : "tczyx";
  const { codec = usualCodec } = form;
  const levels = planPyramid(shapeCzyx, pixelSizeUmZyx, type).map(
    ({ shape, factorsZyx }, index): OutputLevel => ({
      path: String(index),
      metadata: withAxes(newArray(shape, shapeCzyx, type, codec, form), axes, timePoints),
      axes,
      factorsZyx,
    }),
  );
  const attributes = newImageAttributes({ name, channels: newChannels(channels), pixelSizeUmZyx, levels, axes });
  return {
    key: "",
    source: { kind: "mosaic" },
    levels,
    zarrFormat: form.zarrFormat,
    attributes: attributesInVersion(attributes, form.zarrFormat),
    async writeUnchanged({ store, key }) {
      await writeGroup(store, key, {}, form.zarrFormat);
      for (const { path, metadata } of levels) await writeArrayMetadata(store, joinKey(key, path), metadata);
      await writeMosaicTables(store, key, tiles, shapeZyx, pixelSizeUmZyx, form.zarrFormat);
    },
  };
}

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
  const rows = await readRoiTable(store, key).catch(() => undefined);
  if (rows === undefined || rows.length === 0) return undefined;
  const columns = [...rows[0]!.values.keys()];
  return regionsWriter({
    names: rows.map((row) => row.name),
    columns,
    rows: rows.map(({ values }) => columns.map((column) => values.get(column)!)),
  });
}
