/** Opens OME-Zarr images, and lists the objects of an acquisition. */
import { type ImageMetadata, nameChannels } from "../ngff/image.ts";
import { tableObjects } from "../ngff/table-objects.ts";
import { formatShape } from "../shapes.ts";
import { usablePositions } from "../tiles/stage-positions.ts";
import { type Remark, shownShape, type Tile } from "../tiles/tile.ts";
import { openArray, type ZarrArray } from "../zarr/array.ts";
import { spreadChunkKeys } from "../zarr/chunk-places.ts";
import { joinKey, objectsBelow, type ReadableStore } from "../zarr/store.ts";
import type { MosaicImage, SourceObjects, StoredFolder } from "./acquisition.ts";
import { readTileAttributes } from "./native/tile-attributes.ts";
import { openStoredImage } from "./open-levels.ts";
import { SplitLevel, sampled, tileOverTimes } from "./sampled-level.ts";
import { findTiles } from "./tile-table.ts";
import type { Note, TileView } from "./tile-view.ts";

/**
 * Opens a mosaic: an OME-Zarr image in which full tiles lie side by side, with a table of them.
 * @param tileTable the name of that table, where it is not the usual one; false where the tiles do not matter
 * @throws IsoluxError for everything that prevents reading the image
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
      table: found.table,
      remarks: remarks.map(({ text }) => text),
      otherTables: found.otherTables,
    },
    pixelSizeUmZyx,
    sourceObjects: () => listObjects(full.array, key, metadata),
  };
}

/** A sentence on which tiles show only a part of their field; `undefined` where none does. */
export function describeCropped(tiles: readonly Tile[]): string | undefined {
  const cropped = tiles.filter(({ fieldPart }) => fieldPart !== undefined);
  if (cropped.length === 0) return undefined;
  const shown = cropped.slice(0, 6).map((tile) => {
    const [y, x] = tile.fieldPart!.startYx;
    const [rows, columns] = shownShape(tile);
    return `${tile.name} (rows ${y}-${y + rows}, columns ${x}-${x + columns})`;
  });
  const more = cropped.length > shown.length ? ` and ${cropped.length - shown.length} more` : "";
  const field = formatShape(cropped[0]!.fieldPart!.fieldYx);
  return `Cropped tiles, which show a part of the field of ${field} px, according to their place: ${shown.join(", ")}${more}.`;
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

const isDocument = (name: string) => /(\.json|\.zattrs|\.zarray|\.zgroup|\.txt|\.xml)$/.test(name);
/** Notes and logs that users keep in the same folder, such as the log of this run, do not belong to an acquisition. */
const isRemark = (name: string) => /\.(txt|log)$/i.test(name) && !/_meta\.txt$/i.test(name);

/** All objects below a folder: metadata as documents, all others as pixels. */
export async function objectsWithin(store: ReadableStore, folder: string): Promise<SourceObjects> {
  const keys = ((await objectsBelow(store, folder)) ?? []).filter((key) => !isRemark(key));
  return { store, documents: keys.filter(isDocument), pixels: keys.filter((key) => !isDocument(key)) };
}

/** The files of a folder or, of a file, those beside it: an acquisition in files consists of all of them. */
export async function objectsBeside(store: ReadableStore, key: string): Promise<SourceObjects> {
  const isFile = (await store.facts(key)) !== undefined;
  const folder = isFile ? key.split("/").slice(0, -1).join("/") : key;
  const names = (await store.list(folder))?.filter(({ kind }) => kind === "object").map(({ name }) => name);
  const keys = names?.map((name) => joinKey(folder, name)) ?? [key];
  const pixels = keys.filter((name) => /\.(h5|hdf5|tiff?|btf|tf2|tf8|raw)$/i.test(name));
  const documents = keys.filter((name) => /\.(txt|xml)$/i.test(name) && !isRemark(name));
  return { store, documents, pixels };
}

/** The most chunks on a server whose size and date are requested: each is a request, and there may be a million. */
const remoteSample = 512;

/**
 * The objects of tiles in groups of one folder: all that it contains or, on a server, metadata and a sample of the
 * chunks, spread over the groups.
 * @param file another relevant file, in the folder's store
 * @param names the groups, where views do not tell
 */
export async function objectsOfTiles(
  views: readonly TileView[],
  { store, key }: StoredFolder,
  file?: string,
  names: readonly string[] = [...new Set(views.flatMap(({ group }) => (group === undefined ? [] : [group.name])))],
): Promise<SourceObjects> {
  const beside = file === undefined ? [] : [file];
  if (!store.isRemote) {
    const { documents, pixels } = await objectsWithin(store, key);
    return { store, documents: [...documents, ...beside], pixels };
  }
  const most = Math.ceil(remoteSample / names.length);
  const groups = await Promise.all(
    names.map(async (name) => {
      const { objects, array } = await objectsOfGroup(store, joinKey(key, name));
      const documents = [...objects, `${key}_${name}_meta.txt`];
      return { documents, pixels: array === undefined ? [] : spreadChunkKeys(array, most) };
    }),
  );
  return {
    store,
    documents: [...groups.flatMap(({ documents }) => documents), ...beside],
    pixels: groups.flatMap(({ pixels }) => pixels),
  };
}

async function objectsOfGroup(store: ReadableStore, group: string) {
  const attributes = await readTileAttributes(store, group);
  if (attributes === undefined) return { objects: [] };
  const array = await openArray(store, joinKey(group, attributes.levelPaths[0]!));
  const [own, ofArray] = array.metadata.zarrFormat === 2 ? [".zattrs", ".zarray"] : ["zarr.json", "zarr.json"];
  return { objects: [joinKey(group, own), joinKey(array.key, ofArray)], array };
}
