import { omeAttributes } from "../ngff/group.ts";
import { type ImageMetadata, nameChannels, readImageMetadata } from "../ngff/image.ts";
import { tableObjects } from "../ngff/table-objects.ts";
import { describeCropped } from "../tiles/cropped-tiles.ts";
import { usablePositions } from "../tiles/stage-positions.ts";
import type { Remark } from "../tiles/tile.ts";
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
import { findTiles } from "./tile-table.ts";

/**
 * Opens a mosaic: an OME-Zarr image in which full tiles lie side by side, with a table of them.
 * @param tileTable the name of that table, where it is not the usual one; false where the tiles do not matter
 * @throws IsoluxError for everything that keeps the image from being read
 */
export async function openMosaic(
  store: ReadableStore,
  key: string,
  note: Note = () => undefined,
  tileTable?: string | false,
): Promise<MosaicImage> {
  const location = joinKey(store.location, key);
  const { metadata, levels, remade } = await openStoredImage(store, key, { note });
  const full = levels[0]!;
  const { timePoints, channelCount } = full;
  const pixelSizeUmZyx = metadata.levels[0]!.scaleZyx;
  const found = await findTiles(store, key, {
    scaleUmZyx: pixelSizeUmZyx,
    shapeZyx: full.shapeZyx,
    hasPlanes: metadata.axes.includes("z"),
    tileTable,
  });
  const cropped = describeCropped(found.tiles);
  const { tiles, remark } = usablePositions(found.tiles, [pixelSizeUmZyx[1], pixelSizeUmZyx[2]]);
  const remarks: Remark[] = [
    ...found.remarks,
    ...(cropped === undefined ? [] : [{ kind: "note" as const, text: cropped }]),
    ...(remark === undefined ? [] : [remark]),
  ];
  for (const { text, kind } of remarks) note(text, kind);
  return {
    location,
    store,
    key,
    metadata,
    type: sampled(full).type,
    channels: nameChannels(metadata.channelLabels, channelCount, metadata.wavelengthIds),
    levels: levels.map(sampled),
    remade,
    tiles: timePoints === 1 ? tiles : tiles.map((tile) => tileOverTimes(tile, full.shapeZyx[0], timePoints)),
    ...(timePoints === 1 ? {} : { tilesOfOneTime: tiles }),
    ...(full instanceof SplitLevel ? { readerBytes: full.wholeChunkBytes } : {}),
    hasTileTable: found.table !== undefined,
    tileSource: {
      ...(found.table !== undefined && { table: found.table }),
      remarks: remarks.map(({ text }) => text),
      otherTables: found.otherTables,
    },
    pixelSizeUmZyx,
    sourceObjects: () => listObjects(full.array, key, metadata),
  };
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
