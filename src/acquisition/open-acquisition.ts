import { IsoluxError } from "../errors.ts";
import { readCollection } from "../ngff/image-collections.ts";
import { hasObjects } from "../zarr/chunk-names.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import type { Acquisition, MosaicImage } from "./acquisition.ts";
import { hdf5Bytes } from "./bdv/hdf5-module.ts";
import type { OpenSynchronously } from "./bdv/synchronous-file.ts";
import { mosaicOfViews } from "./mosaic-of-views.ts";
import { isNativeOmeZarr, openNativeOmeZarr } from "./native/native-omezarr.ts";
import { isProxy, openProxy } from "./native/proxy.ts";
import { openXmlTiles } from "./native/xml-tiles.ts";
import type { Note } from "./note.ts";
import { openMosaic } from "./open-mosaic.ts";
import { openPages } from "./pages/open-pages.ts";
import { hasPageFiles } from "./pages/page-files.ts";
import { openPooledFields } from "./pooled-fields.ts";
import { SourceCache } from "./source-cache.ts";
import { objectsBeside, objectsOfTiles, objectsWithin } from "./source-objects.ts";
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
  /** The table of a mosaic that says where its tiles are, where it is not the usual one; false where they do not matter. */
  readonly tileTable?: string | false;
  /** Whether the fields of a plate or a well are opened as tiles of one acquisition: for profiles, which they share. */
  readonly isPooled?: boolean;
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
  const { note = () => undefined, rotation, tileTable } = options;
  const location = joinKey(store.location, key);
  if (/\.(h5|hdf5|xml)$/i.test(key)) return await openFile(store, key, options);
  if (await isProxy(store, key)) {
    let objects = () => objectsWithin(store, key);
    const onSource = (place: ReadableStore, folder: string) => {
      objects = () => objectsWithin(place, folder);
    };
    const views = await openProxy(store, key, { ...options, onSource });
    return tiles(mosaicOfViews(views, location, () => objects(), { rotation, note }));
  }
  if (await isNativeOmeZarr(store, key)) {
    const views = await openNativeOmeZarr(store, key, note);
    return tiles(
      mosaicOfViews(views, location, () => objectsOfTiles(views, { store, key }, xmlOf(views)), { rotation, note }),
    );
  }
  if (await hasPageFiles(store, key)) {
    const cache = new SourceCache();
    const views = await openPages(store, key, note, cache);
    return tiles({ ...mosaicOfViews(views, location, () => objectsBeside(store, key), { rotation, note }), cache });
  }
  const pooled = options.isPooled ? await openPooledFields(store, key, note) : undefined;
  if (pooled !== undefined) return tiles(pooled);
  try {
    const series = await onlySeries(store, key, note);
    const acquisition = await openMosaic(store, series ?? key, note, tileTable);
    await warnOfNothing(acquisition, note);
    if (rotation === undefined) return { kind: "mosaic", acquisition };
  } catch (error) {
    return await orUnlisted(store, key, options, error);
  }
  throw noRotations(location);
}

/** The key of the only image in a folder of series. */
async function onlySeries(store: ReadableStore, key: string, note: Note): Promise<string | undefined> {
  const collection = await readCollection(store, key);
  if (collection?.kind !== "series" || collection.images.length !== 1) return undefined;
  note(`Opened the only series in it: ${collection.images[0]}`);
  return joinKey(key, collection.images[0]!);
}

async function warnOfNothing({ levels }: MosaicImage, note: Note): Promise<void> {
  const { array } = levels[0]!;
  if (await hasObjects(array)) return;
  note(`No chunk of ${array.location} is stored: all pixels count as ${array.fillValue}`, "warning");
}

/** Opens an HDF5 file, or what an XML file tells of: such a file, or tiles in groups. */
async function openFile(store: ReadableStore, key: string, options: OpenOptions): Promise<OpenedAcquisition> {
  const { note = () => undefined, rotation } = options;
  const location = joinKey(store.location, key);
  const named = /\.xml$/i.test(key) ? await openNamedTiles(store, key, options) : undefined;
  if (named !== undefined) return named;
  const refuse: OpenSynchronously = () => {
    throw noFiles(location);
  };
  // Loaded where it is needed: every thread of a run opens its source
  const { openBdv } = await import("./bdv/open-bdv.ts");
  const views = await openBdv(store, key, options.openFile ?? refuse, note);
  return tiles({
    ...mosaicOfViews(views, location, () => objectsBeside(store, key), { rotation, note }),
    readerBytes: hdf5Bytes,
  });
}

/** The tiles that an XML file names, `undefined` where there is no file or it tells of something else. */
async function openNamedTiles(
  store: ReadableStore,
  key: string,
  { note = () => undefined, openFolder, rotation }: OpenOptions,
): Promise<OpenedAcquisition | undefined> {
  const { readTilesXml } = await import("./bdv/zarr-loader.ts");
  const xml = await readTilesXml(store, key);
  if (xml === undefined) return undefined;
  const views = await openXmlTiles({ store, key }, xml, { openFolder, note });
  const { folder } = views[0]!.group!;
  const objects = () => objectsOfTiles(views, folder, folder.store === store ? key : undefined);
  return tiles(mosaicOfViews(views, joinKey(store.location, key), objects, { rotation, note }));
}

function noRotations(where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "Only tiles as the microscope wrote them are chosen by rotation, and this is a mosaic",
    where,
    advice: "Leave out --rotation",
  });
}

/**
 * What is not there may only be out of sight: the tiles of a microscope are found by listing their folder, or by the XML
 * file of the same name.
 */
async function orUnlisted(
  store: ReadableStore,
  key: string,
  options: OpenOptions,
  error: unknown,
): Promise<OpenedAcquisition> {
  if (!(error instanceof IsoluxError) || error.kind !== "not-found") throw error;
  if ((await store.list(key)) !== undefined) return (await openPlaced(store, key, options)) ?? refuse(error);
  const named = await openNamedTiles(store, `${key}.xml`, options);
  if (named !== undefined) return named;
  const { kind, what, where = joinKey(store.location, key), found, advice } = error;
  const unlisted =
    "Tiles as a microscope writes them are found by listing their folder, which this server does not do, or by the XML " +
    "file that BigStitcher reads: give the address of that file, or copy the tiles to a disk or a bucket";
  throw new IsoluxError({
    kind,
    what,
    where,
    ...(found === undefined ? {} : { found }),
    advice: advice === undefined ? unlisted : `${advice}. ${unlisted}`,
    cause: error,
  });
}

/** Tiles of another microscope in the groups of a folder, `undefined` where it holds something else. */
async function openPlaced(
  store: ReadableStore,
  key: string,
  { note = () => undefined, rotation }: OpenOptions,
): Promise<OpenedAcquisition | undefined> {
  const { openPlacedGroups } = await import("./native/placed-groups.ts");
  const views = await openPlacedGroups({ store, key }, note);
  const objects = () => objectsOfTiles(views!, { store, key }, xmlOf(views!));
  return views && tiles(mosaicOfViews(views, joinKey(store.location, key), objects, { rotation, note }));
}

/** The file in the folder above through which tiles were understood. */
function xmlOf(views: readonly TileView[]): string | undefined {
  return views[0]?.group?.folder.openedThrough?.key;
}

function refuse(error: IsoluxError): never {
  throw error;
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
