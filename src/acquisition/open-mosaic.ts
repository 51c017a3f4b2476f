import { omeAttributes } from "../ngff/group.ts";
import { type ImageMetadata, nameChannels, readImageMetadata } from "../ngff/image.ts";
import { readRoiTable } from "../ngff/roi-table.ts";
import { tableObjects } from "../ngff/table-objects.ts";
import { placeTiles, type RegionUm, wholeImageTile } from "../tiles/place-tiles.ts";
import { usablePositions } from "../tiles/stage-positions.ts";
import type { ZarrArray } from "../zarr/array.ts";
import type { JsonObject } from "../zarr/json.ts";
import { objectsBelow } from "../zarr/objects-below.ts";
import { spreadChunkKeys } from "../zarr/spread-chunks.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import type { MosaicImage, SourceObjects, StoredImage } from "./acquisition.ts";
import type { Note } from "./note.ts";
import { openLevels } from "./open-levels.ts";
import { sampled, tileOverTimes } from "./sampled-level.ts";
import { remoteSample } from "./source-objects.ts";
import { SplitLevel } from "./split-level.ts";

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
  const { metadata, levels, remade } = await openStoredImage(store, key, { note });
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
    remade,
    tiles: timePoints === 1 ? tiles : tiles.map((tile) => tileOverTimes(tile, full.shapeZyx[0], timePoints)),
    ...(timePoints === 1 ? {} : { tilesOfOneTime: tiles }),
    ...(full instanceof SplitLevel ? { readerBytes: full.wholeChunkBytes } : {}),
    hasTileTable: regions !== undefined,
    pixelSizeUmZyx,
    sourceObjects: () => listObjects(full.array, key, metadata),
  };
}

/** A region of an image without planes: what its table says of z, if anything, has nothing to tell. */
function inPlane({ name, values }: RegionUm): RegionUm {
  return { name, values: new Map([...values, ["z_micrometer", 0], ["len_z_micrometer", 1]]) };
}

/** How an image is opened. */
interface OpenImageOptions {
  /** Only so many levels, where coarser ones that its attributes name are not there. */
  readonly depth?: number;
  readonly note?: Note;
}

/** Opens an OME-Zarr image by itself. @throws IsoluxError for everything that keeps it from being read */
export async function openStoredImage(
  store: ReadableStore,
  key: string,
  { depth, note = () => undefined }: OpenImageOptions = {},
): Promise<StoredImage> {
  const all = await readImageMetadata(store, key);
  const metadata = depth === undefined || depth >= all.levels.length ? all : finestLevels(all, depth);
  const { levels, remade } = await openLevels(store, key, metadata, note);
  // The attributes keep what they say of all levels, as the output will have them
  return { store, key, metadata: { ...metadata, levels: metadata.levels.slice(0, levels.length) }, levels, remade };
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
