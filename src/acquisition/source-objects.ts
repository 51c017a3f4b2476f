import { objectsBelow } from "../zarr/objects-below.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import type { SourceObjects } from "./acquisition.ts";

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
