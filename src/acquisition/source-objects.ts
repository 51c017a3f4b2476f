import { openArray } from "../zarr/array.ts";
import { objectsBelow } from "../zarr/objects-below.ts";
import { spreadChunkKeys } from "../zarr/spread-chunks.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import type { SourceObjects, StoredFolder } from "./acquisition.ts";
import { readTileAttributes } from "./native/tile-attributes.ts";
import type { TileView } from "./tile-view.ts";

const isDocument = (name: string) => /(\.json|\.zattrs|\.zarray|\.zgroup|\.txt|\.xml)$/.test(name);

/** All objects below a folder: metadata, and what is not metadata as pixels. */
export async function objectsWithin(store: ReadableStore, folder: string): Promise<SourceObjects> {
  const keys = (await objectsBelow(store, folder)) ?? [];
  return { store, documents: keys.filter(isDocument), pixels: keys.filter((key) => !isDocument(key)) };
}

/** The files of a folder or, of a file, those beside it: an acquisition in files is all that lies together. */
export async function objectsBeside(store: ReadableStore, key: string): Promise<SourceObjects> {
  const isFile = (await store.facts(key)) !== undefined;
  const folder = isFile ? key.split("/").slice(0, -1).join("/") : key;
  const names = (await store.list(folder))?.filter(({ kind }) => kind === "object").map(({ name }) => name);
  const keys = names?.map((name) => joinKey(folder, name)) ?? [key];
  const pixels = keys.filter((name) => /\.(h5|hdf5|tiff?|btf|tf2|tf8|raw)$/i.test(name));
  return { store, documents: keys.filter((name) => /\.(txt|xml)$/i.test(name)), pixels };
}

/** Of so many chunks on a server the facts are asked for: each is a request, and there may be a million. */
export const remoteSample = 512;

/**
 * The objects of tiles in groups of one folder: all that is in it or, on a server, metadata and a sample of the chunks,
 * spread over the groups.
 * @param file what else matters, in the folder's store
 */
export async function objectsOfTiles(
  views: readonly TileView[],
  { store, key }: StoredFolder,
  file?: string,
): Promise<SourceObjects> {
  const beside = file === undefined ? [] : [file];
  if (!store.isRemote) {
    const { documents, pixels } = await objectsWithin(store, key);
    return { store, documents: [...documents, ...beside], pixels };
  }
  const names = [...new Set(views.flatMap(({ group }) => (group === undefined ? [] : [group.name])))];
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
