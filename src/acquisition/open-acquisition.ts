import { IsoluxError } from "../errors.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import type { Acquisition, MosaicImage } from "./acquisition.ts";
import { hdf5Bytes } from "./bdv/hdf5-module.ts";
import type { OpenSynchronously } from "./bdv/synchronous-file.ts";
import { mosaicOfViews } from "./mosaic-of-views.ts";
import { isNativeOmeZarr, openNativeOmeZarr } from "./native/native-omezarr.ts";
import { isProxy, openProxy } from "./native/proxy.ts";
import type { Note } from "./note.ts";
import { openMosaic } from "./open-mosaic.ts";
import { openPages } from "./pages/open-pages.ts";
import { hasPageFiles } from "./pages/page-files.ts";
import { SourceCache } from "./source-cache.ts";
import { objectsBeside, objectsWithin } from "./source-objects.ts";
import type { TileView } from "./tile-view.ts";

/** An acquisition with what it was read from: a mosaic can be mirrored, of tiles a mosaic is made. */
export type OpenedAcquisition =
  | { readonly kind: "mosaic"; readonly acquisition: MosaicImage }
  | { readonly kind: "tiles"; readonly acquisition: Acquisition };

/** Ways to files that a store does not give. */
export interface FileAccess {
  /** A store that begins at the folder of that absolute path. */
  readonly openFolder?: (path: string) => ReadableStore;
  /** A file whose bytes come at once, for HDF5. */
  readonly openFile?: OpenSynchronously;
}

/** How an acquisition may reach beyond its store, and tell what it found. */
export interface OpenOptions extends FileAccess {
  /** Told what a user should know of. */
  readonly note?: Note;
  /** Which tiles of a microscope, in degrees, where there are several rotations. */
  readonly rotation?: number;
}

/**
 * Opens what lies at `key`: a mosaic, the tiles of a mesoSPIM acquisition as the microscope wrote them (OME-Zarr, HDF5,
 * TIFF, BigTIFF, RAW), or a proxy that stands for these.
 * @throws IsoluxError for everything that keeps it from being read
 */
export async function openAcquisition(
  store: ReadableStore,
  key: string,
  options: OpenOptions = {},
): Promise<OpenedAcquisition> {
  const { note = () => undefined, openFile, rotation } = options;
  const location = joinKey(store.location, key);
  const tilesWithin = (views: readonly TileView[]) =>
    tiles(mosaicOfViews(views, location, () => objectsWithin(store, key), rotation));
  if (/\.(h5|hdf5|xml)$/i.test(key)) {
    if (openFile === undefined) throw noFiles(location);
    // Loaded where it is needed: every thread of a run opens its source
    const { openBdv } = await import("./bdv/open-bdv.ts");
    const views = await openBdv(store, key, openFile, note);
    return tiles({ ...mosaicOfViews(views, location, () => objectsBeside(store, key)), readerBytes: hdf5Bytes });
  }
  if (await isProxy(store, key)) {
    let objects = () => objectsWithin(store, key);
    const onSource = (place: ReadableStore, folder: string) => {
      objects = () => objectsWithin(place, folder);
    };
    const views = await openProxy(store, key, { ...options, onSource });
    return tiles(mosaicOfViews(views, location, () => objects(), rotation));
  }
  if (await isNativeOmeZarr(store, key)) return tilesWithin(await openNativeOmeZarr(store, key, note));
  if (await hasPageFiles(store, key)) {
    const cache = new SourceCache();
    const views = await openPages(store, key, note, cache);
    return tiles({ ...mosaicOfViews(views, location, () => objectsBeside(store, key), rotation), cache });
  }
  const acquisition = await openMosaic(store, key, note).catch(async (error: unknown) => {
    throw await orUnlisted(store, key, error);
  });
  if (rotation !== undefined) throw noRotations(location);
  return { kind: "mosaic", acquisition };
}

function noRotations(where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "Only tiles as the microscope wrote them are chosen by rotation, and this is a mosaic",
    where,
    advice: "Leave out --rotation",
  });
}

/** What is not there may only be out of sight: the tiles of a microscope are found by listing their folder. */
async function orUnlisted(store: ReadableStore, key: string, error: unknown): Promise<unknown> {
  if (!(error instanceof IsoluxError) || error.kind !== "not-found") return error;
  if ((await store.list(key)) !== undefined) return error;
  const { kind, what, where = joinKey(store.location, key), found, advice } = error;
  const unlisted =
    "Tiles as a microscope writes them are found by listing their folder, which this server does not do: " +
    "copy them to a disk or a bucket";
  const advices = advice === undefined ? unlisted : `${advice}. ${unlisted}`;
  return new IsoluxError({
    kind,
    what,
    where,
    ...(found === undefined ? {} : { found }),
    advice: advices,
    cause: error,
  });
}

function tiles(acquisition: Acquisition): OpenedAcquisition {
  return { kind: "tiles", acquisition };
}

function noFiles(where: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "HDF5 files are read from a disk only",
    where,
    advice: "Copy the file to this computer first",
  });
}
