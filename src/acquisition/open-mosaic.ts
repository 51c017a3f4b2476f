import { IsoluxError } from "../errors.ts";
import { zyxOf } from "../ngff/axes.ts";
import { omeAttributes } from "../ngff/group.ts";
import { type ImageMetadata, nameChannels, readImageMetadata } from "../ngff/image.ts";
import { readRoiTable } from "../ngff/roi-table.ts";
import { tableObjects } from "../ngff/table-objects.ts";
import { formatShape, mapAxes, type Zyx } from "../shapes.ts";
import { levelFactors } from "../tiles/levels.ts";
import { placeTiles, type RegionUm, wholeImageTile } from "../tiles/place-tiles.ts";
import { usablePositions } from "../tiles/stage-positions.ts";
import { openArray, type ZarrArray } from "../zarr/array.ts";
import { checkChunkNames, checkExtents } from "../zarr/chunk-names.ts";
import type { JsonObject } from "../zarr/json.ts";
import { objectsBelow } from "../zarr/objects-below.ts";
import { spreadChunkKeys } from "../zarr/spread-chunks.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import type { MosaicImage, SourceObjects, StoredImage } from "./acquisition.ts";
import { checkAxes, extentAlong } from "./array-axes.ts";
import { Level } from "./level.ts";
import type { Note } from "./note.ts";
import { sampled, tileOverTimes } from "./sampled-level.ts";
import { remoteSample } from "./source-objects.ts";

/** The table that says where the tiles are, below an image. */
export const tileTableKey = "tables/FOV_ROI_table";

/**
 * Opens a mosaic: an OME-Zarr image in which full tiles lie side by side, with a table of them.
 * @throws IsoluxError for everything that keeps the image from being read
 */
export async function openMosaic(
  store: ReadableStore,
  key: string,
  note: Note = () => undefined,
): Promise<MosaicImage> {
  const location = joinKey(store.location, key);
  const { metadata, levels } = await openStoredImage(store, key);
  const full = levels[0]!;
  const { timePoints, channelCount } = full;
  const pixelSizeUmZyx = metadata.levels[0]!.scaleZyx;
  const table = await readRoiTable(store, joinKey(key, tileTableKey));
  const regions = metadata.axes.includes("z") ? table : table?.map(inPlane);
  const where = `${location}/${tileTableKey}`;
  const placed =
    regions === undefined ? [wholeImageTile(full.shapeZyx)] : placeTiles(regions, pixelSizeUmZyx, full.shapeZyx, where);
  const { tiles, remark } = usablePositions(placed, [pixelSizeUmZyx[1], pixelSizeUmZyx[2]]);
  if (remark !== undefined) note(remark.text, remark.kind);
  return {
    location,
    store,
    key,
    metadata,
    type: sampled(full).type,
    channels: nameChannels(metadata.channelLabels, channelCount, location, metadata.wavelengthIds),
    levels: levels.map(sampled),
    tiles: timePoints === 1 ? tiles : tiles.map((tile) => tileOverTimes(tile, full.shapeZyx[0], timePoints)),
    ...(timePoints === 1 ? {} : { tilesOfOneTime: tiles }),
    hasTileTable: regions !== undefined,
    pixelSizeUmZyx,
    sourceObjects: () => listObjects(full.array, key, metadata),
  };
}

/** A region of an image without planes: what its table says of z, if anything, has nothing to tell. */
function inPlane({ name, values }: RegionUm): RegionUm {
  return { name, values: new Map([...values, ["z_micrometer", 0], ["len_z_micrometer", 1]]) };
}

/**
 * Opens an OME-Zarr image by itself.
 * @param depth only so many levels, where coarser ones that its attributes name are not there
 * @throws IsoluxError for everything that keeps it from being read
 */
export async function openStoredImage(store: ReadableStore, key: string, depth?: number): Promise<StoredImage> {
  const all = await readImageMetadata(store, key);
  const metadata = depth === undefined || depth >= all.levels.length ? all : finestLevels(all, depth);
  return { store, key, metadata, levels: await openLevels(store, key, metadata, joinKey(store.location, key)) };
}

/** An image's metadata with its coarser levels left out. */
function finestLevels(metadata: ImageMetadata, depth: number): ImageMetadata {
  const attributes = structuredClone(metadata.attributes);
  const multiscale = (omeAttributes(attributes).multiscales as JsonObject[])[0]!;
  multiscale.datasets = (multiscale.datasets as unknown[]).slice(0, depth);
  return { ...metadata, attributes, levels: metadata.levels.slice(0, depth) };
}

async function listObjects(array: ZarrArray, key: string, metadata: ImageMetadata): Promise<SourceObjects> {
  const { store } = array;
  const [group, document] = metadata.zarrFormat === 2 ? [".zattrs", ".zarray"] : ["zarr.json", "zarr.json"];
  const names = [group, ...metadata.levels.map(({ path }) => `${path}/${document}`)];
  return {
    store,
    documents: [...names.map((name) => joinKey(key, name)), ...(await tableObjects(store, joinKey(key, "tables")))],
    pixels: (store.isRemote ? undefined : await objectsBelow(store, array.key)) ?? spreadChunkKeys(array, remoteSample),
  };
}

async function openLevels(
  store: ReadableStore,
  key: string,
  metadata: ImageMetadata,
  location: string,
): Promise<Level[]> {
  const levels: Level[] = [];
  for (const { path } of metadata.levels) {
    const array = await openArray(store, joinKey(key, path), metadata.zarrFormat);
    checkLevel(array, metadata, levels[0], `${location}/${path}`);
    checkExtents(array);
    await checkChunkNames(array);
    const factorsZyx = cumulativeFactors(array, metadata, levels.at(-1), `${location}/${path}`);
    levels.push(new Level(array, factorsZyx, metadata.axes));
  }
  return levels;
}

function cumulativeFactors(array: ZarrArray, { axes }: ImageMetadata, finer: Level | undefined, where: string): Zyx {
  if (finer === undefined) return [1, 1, 1];
  const shape = zyxOf(axes, array.metadata.shape, 1);
  const step = levelFactors(finer.shapeZyx, shape, where);
  return mapAxes(finer.factorsZyx, (factor, axis) => factor * step[axis]!);
}

function checkLevel(array: ZarrArray, metadata: ImageMetadata, full: Level | undefined, where: string): void {
  const { shape, type } = array.metadata;
  if (shape.length !== metadata.axes.length) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "An array does not have the axes that the image's attributes name",
      where,
      found: formatShape(shape),
      expected: metadata.axes,
    });
  }
  if (shape.some((extent) => extent === 0)) {
    throw new IsoluxError({ kind: "invalid", what: "An array has no pixels", where, found: formatShape(shape) });
  }
  checkAxes(array.metadata, metadata.axes, where);
  if (full === undefined) return;
  if (type !== full.type) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "A resolution level has another pixel type than the first",
      where,
      found: type,
      expected: full.type,
    });
  }
  for (const [axis, name, expected] of [
    ["c", "channels", full.channelCount],
    ["t", "time points", full.timePoints],
  ] as const) {
    const found = extentAlong(axis, shape, metadata.axes);
    if (found === expected) continue;
    const what = `A resolution level has another number of ${name} than the first`;
    throw new IsoluxError({ kind: "corrupt", what, where, found: String(found), expected: String(expected) });
  }
}
