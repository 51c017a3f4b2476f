/** Opens images where the user has them: at an address, in a folder, or as an example that is made on the spot. */
import {
  HttpStore,
  IsoluxError,
  MemoryStore,
  type MosaicImage,
  openMosaic,
  type ReadableStore,
  writeSyntheticAcquisition,
} from "isolux";
import { HandleStore, ListedStore } from "./folder-stores.ts";
import type { Source } from "./messages.ts";

/** Folders are looked through this deep for an image. */
const deepest = 3;

/** Opens a source. @throws IsoluxError where there is no image, or it cannot be read */
export async function openSource(source: Source, onNote: (text: string) => void): Promise<MosaicImage> {
  switch (source.kind) {
    case "address":
      // Retries are for runs of hours: a page shows the error at once
      return await openMosaic(new HttpStore(source.address, { tries: 2 }), "", onNote);
    case "folder":
      return await openIn(new HandleStore(source.handle), onNote);
    case "files":
      return await openIn(new ListedStore(source.name, source.files), onNote);
    case "example":
      return await openExample(onNote);
  }
}

/** Opens the image that a folder is or holds, at any depth that people drop. */
async function openIn(store: ReadableStore, onNote: (text: string) => void): Promise<MosaicImage> {
  const images = await imagesIn(store, "", 0);
  if (images.length === 0) {
    throw new IsoluxError({
      kind: "not-found",
      what: "There is no OME-Zarr image in this folder",
      where: store.location,
      advice:
        "Choose the folder of the image, such as raw_image in sample.zarr; other formats are read by the command line",
    });
  }
  const key = images.find((name) => /(^|\/)raw_image$/.test(name)) ?? images[0]!;
  if (images.length > 1) onNote(`The folder holds ${images.length} images; this is ${key || store.location}.`);
  return await openMosaic(store, key, onNote);
}

async function imagesIn(store: ReadableStore, folder: string, depth: number): Promise<string[]> {
  const entries = (await store.list(folder)) ?? [];
  const has = (name: string) => entries.some((entry) => entry.name === name);
  if (await isImage(store, folder, has)) return [folder];
  if (depth === deepest) return [];
  const below = entries.filter(({ kind, name }) => kind === "folder" && !/^(tables|labels|\..*)$/.test(name));
  const found = await Promise.all(
    below.map(({ name }) => imagesIn(store, folder === "" ? name : `${folder}/${name}`, depth + 1)),
  );
  return found.flat();
}

async function isImage(store: ReadableStore, folder: string, has: (name: string) => boolean): Promise<boolean> {
  const documents = [".zattrs", "zarr.json"].filter(has);
  for (const name of documents) {
    const bytes = await store.get(folder === "" ? name : `${folder}/${name}`);
    if (bytes !== undefined && new TextDecoder().decode(bytes).includes('"multiscales"')) return true;
  }
  return false;
}

/** Nine tiles with empty corners, of which the truth is known: small enough to be made in a second or two. */
async function openExample(onNote: (text: string) => void): Promise<MosaicImage> {
  const store = new MemoryStore("example");
  const { imageKey } = await writeSyntheticAcquisition(store, "example.zarr", {
    gridYx: [3, 3],
    tileShapeYx: [192, 192],
    planes: 24,
    emptyPlanesPerEnd: 3,
    darkfield: 12,
    vignetting: 0.35,
    sample: "grown",
    chunkShapeZyx: [8, 256, 256],
    levelCount: 3,
    channels: [
      { label: "MBP", wavelengthId: "488", color: "4FC3F7", background: 600, autofluorescence: 900, labelled: 4000 },
    ],
  });
  return await openMosaic(store, imageKey, onNote);
}
