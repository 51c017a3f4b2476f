/** Opens the acquisition at a location, whatever its format is. */
import { IsoluxError } from "../errors.ts";
import { readCollection } from "../ngff/image-collections.ts";
import { hasObjects } from "../zarr/chunk-places.ts";
import { readN5Attributes } from "../zarr/n5/n5-array.ts";
import { joinKey, keyName, type ReadableStore } from "../zarr/store.ts";
import { ZipStore } from "../zarr/zip/zip-store.ts";
import type { Acquisition, MosaicImage } from "./acquisition.ts";
import { hdf5Bytes, type OpenSynchronously } from "./bdv/hdf5-module.ts";
import { openImaris } from "./imaris/open-imaris.ts";
import { openListed } from "./listed/open-listed.ts";
import type { TileHints } from "./listed/stage-axes.ts";
import { arePicturesStray } from "./listed/unknown-folder.ts";
import { mosaicOfPlaced } from "./mosaic-of-placed.ts";
import { mosaicOfViews } from "./mosaic-of-views.ts";
import { isNativeOmeZarr, openNativeOmeZarr } from "./native/native-omezarr.ts";
import { isProxy, openProxy } from "./native/proxy.ts";
import { mosaicOfGroups, openGroupsWithin, openNamedGroups, xmlOf } from "./open-groups.ts";
import { objectsBeside, objectsOfTiles, objectsWithin, openMosaic } from "./open-mosaic.ts";
import { openPages } from "./pages/open-pages.ts";
import { hasPageFiles } from "./pages/page-files.ts";
import { openPooledFields } from "./pooled-fields.ts";
import { openSeries } from "./series/open-series.ts";
import { pageReaderBytes, SourceCache } from "./source-cache.ts";
import type { Note } from "./tile-view.ts";
import { openOverTimes } from "./time-points.ts";

/** An acquisition with its source: a mosaic can be mirrored, tiles are assembled into a mosaic. */
export type OpenedAcquisition =
  | { readonly kind: "mosaic"; readonly acquisition: MosaicImage }
  | { readonly kind: "tiles"; readonly acquisition: Acquisition };

/** Access to files outside of a store. */
export interface FileAccess {
  /** A store that begins at the folder of that absolute path. */
  readonly openFolder?: (path: string) => ReadableStore;
  /** Opens a file that is read synchronously, for HDF5. */
  readonly openFile?: OpenSynchronously;
}

/** Access beyond the store, and options of opening an acquisition. */
interface OpenOptions extends FileAccess {
  /** Called with what a user should know. */
  readonly note?: Note;
  /** Which tiles of a microscope, by rotation in degrees, where there are several. */
  readonly rotation?: number;
  /**
   * The table with the positions of a mosaic's tiles, where it is not the usual one; false where they do not matter.
   */
  readonly tileTable?: string | false;
  /** Whether the fields of a plate or a well are opened as tiles of one acquisition: for profiles, which they share. */
  readonly isPooled?: boolean;
  /** What the user says of stacks and planes in files. */
  readonly hints?: TileHints;
}

/**
 * Opens what is at `key`: a mosaic, the tiles of a mesoSPIM acquisition as the microscope wrote them (OME-Zarr, HDF5,
 * TIFF, BigTIFF, RAW), or a proxy that stands for these.
 * @throws IsoluxError for everything that prevents reading it
 */
export async function openAcquisition(
  store: ReadableStore,
  key: string,
  options: OpenOptions = {},
): Promise<OpenedAcquisition> {
  const { note = () => undefined, rotation, tileTable } = options;
  const location = joinKey(store.location, key);
  if (/\.(h5|hdf5|xml)$/i.test(key)) return await openFile(store, key, options);
  if (isZipName(key)) return await openZipped(store, key, options);
  if (/\.ims$/i.test(key)) return tiles((await openImaris(store, key, { openFile: noFiles, ...options }))!);
  if (await isProxy(store, key)) {
    let objects = () => objectsWithin(store, key);
    const onSource = (place: ReadableStore, folder: string) => {
      objects = () => objectsWithin(place, folder);
    };
    const views = await openProxy(store, key, { ...options, onSource });
    return tiles(mosaicOfViews(views, location, () => objects(), { rotation, note }));
  }
  if (await isNativeOmeZarr(store, key)) {
    const open = (one: string, once: Note) => openNativeOmeZarr(store, one, once);
    const views = await openOverTimes(store, key, "folder", note, open);
    const objects = () => objectsOfTiles(views, { store, key }, xmlOf(views));
    return tiles(mosaicOfGroups(views, location, objects, options));
  }
  const areStray = options.hints?.pattern === undefined && (await arePicturesStray(store, key, note));
  const listed = areStray ? undefined : await openListed(store, key, options.hints ?? {}, note);
  if (listed !== undefined) {
    const { views, objects, ...rest } = listed;
    return tiles({ ...mosaicOfViews(views, location, objects, { rotation, note }), ...rest });
  }
  if (!areStray && (await hasPageFiles(store, key))) {
    const cache = new SourceCache();
    const views = await openPages(store, key, note, cache).catch((error: unknown) => refuse(store, key, error, true));
    const mosaic = mosaicOfViews(views, location, () => objectsBeside(store, key), { rotation, note });
    return tiles({ ...mosaic, cache, readerBytes: pageReaderBytes });
  }
  const pooled = options.isPooled ? await openPooledFields(store, key, note) : undefined;
  if (pooled !== undefined) return tiles(pooled);
  try {
    const collection = await readCollection(store, key);
    const names = collection?.kind === "series" ? collection.images : [];
    if (names.length > 1) return tiles(await openSeries({ store, key }, names, options));
    const series = onlySeries(key, names, note);
    const acquisition = await openMosaic(store, series ?? key, note, tileTable);
    await warnOfNothing(acquisition, note);
    if (rotation === undefined) return { kind: "mosaic", acquisition };
  } catch (error) {
    return await orUnlisted(store, key, options, error);
  }
  throw noRotations(location);
}

/** Whether a name is that of a zip archive. */
export function isZipName(name: string): boolean {
  return /\.(ozx|zip)$/i.test(name);
}

/** The key of what a zip archive holds: its root or, where it holds a single folder and no group, that folder. */
export async function rootOfZip(store: ZipStore): Promise<string> {
  const entries = await store.list("");
  const folders = entries.filter(({ kind }) => kind === "folder");
  const isGroup = entries.some(({ name }) => /^(\.zgroup|\.zattrs|zarr\.json)$/.test(name));
  return !isGroup && folders.length === 1 ? folders[0]!.name : "";
}

/** The key of the only image in a folder of series. */
function onlySeries(key: string, [name]: readonly string[], note: Note): string | undefined {
  if (name === undefined) return undefined;
  note(`Opened the only series in it: ${name}`);
  return joinKey(key, name);
}

async function warnOfNothing({ levels }: MosaicImage, note: Note): Promise<void> {
  const { array } = levels[0]!;
  if (await hasObjects(array)) return;
  note(`No chunk of ${array.location} is stored: all pixels are read as ${array.fillValue}`, "warning");
}

/** Opens an HDF5 file, or what an XML file describes: such a file, or tiles in groups. */
async function openFile(store: ReadableStore, key: string, options: OpenOptions): Promise<OpenedAcquisition> {
  const { note = () => undefined, rotation } = options;
  const location = joinKey(store.location, key);
  const named = /\.xml$/i.test(key) ? await openNamedGroups(store, key, options) : undefined;
  if (named !== undefined) return tiles(named);
  const { openProject, readProject } = await import("./bdv/open-project.ts");
  const project = await readProject(store, key);
  if (project !== undefined) {
    const { views, source, sourceObjects } = await openProject(project, { ...options, note });
    const bytes = project.project.loader.kind === "hdf5" ? { readerBytes: hdf5Bytes } : {};
    const mosaic = mosaicOfPlaced(views, location, sourceObjects, options, ["pixelSizeUmZyx", "stageAxes"]);
    return tiles({ ...mosaic, ...bytes, project: source });
  }
  // Loaded only when needed, as every thread of a run opens its source
  const { openBdv } = await import("./bdv/open-bdv.ts");
  const open = (one: string, once: Note) => openBdv(store, one, options.openFile ?? noFiles, once);
  const views = await openOverTimes(store, key, "object", note, open);
  return tiles({
    ...mosaicOfViews(views, location, () => objectsBeside(store, key), { rotation, note }),
    readerBytes: hdf5Bytes,
  });
}

function noRotations(where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "This image is a mosaic, which has no rotations to choose from",
    where,
    advice: "Leave out --rotation",
  });
}

/**
 * Tries other ways to open what is no image: as tiles of another microscope in a folder or, where the store cannot
 * list, as those that a scene, the XML file of the same name or a list of stacks name.
 * @throws IsoluxError the given one; where the store cannot list, it explains that
 */
async function orUnlisted(
  store: ReadableStore,
  key: string,
  options: OpenOptions,
  error: unknown,
): Promise<OpenedAcquisition> {
  if (!(error instanceof IsoluxError) || error.kind !== "not-found") throw error;
  if (/\.n5$/i.test(key) && (await readN5Attributes(store, key)) !== undefined) throw withoutXml(store, key);
  if ((await store.list(key)) !== undefined) {
    const imaris = await openImaris(store, key, { openFile: noFiles, ...options });
    if (imaris !== undefined) return tiles(imaris);
    const placed = await openGroupsWithin(store, key, options);
    return placed === undefined ? await refuse(store, key, error) : tiles(placed);
  }
  const named = (await openGroupsWithin(store, key, options)) ?? (await openNamedGroups(store, `${key}.xml`, options));
  if (named !== undefined) return tiles(named);
  for (const name of ["tiles.csv", "TileConfiguration.registered.txt", "TileConfiguration.txt"]) {
    const list = joinKey(key, name);
    if ((await store.facts(list)) !== undefined) return await openAcquisition(store, list, options);
  }
  const { kind, what, where = joinKey(store.location, key), found, advice } = error;
  const unlisted =
    "Tiles as a microscope writes them are found by listing their folder, which this server does not do, by the XML file " +
    "that BigStitcher reads, or by a tiles.csv or TileConfiguration.txt beside stacks: give the address of such a file, or copy the tiles to a disk " +
    "or a bucket";
  throw new IsoluxError({
    kind,
    what,
    where,
    found,
    advice: advice === undefined ? unlisted : `${advice}. ${unlisted}`,
    cause: error,
  });
}

function withoutXml(store: ReadableStore, key: string): IsoluxError {
  return new IsoluxError({
    kind: "not-found",
    what: "The folder holds arrays of N5, and only the XML file of their project says which tiles they are",
    where: joinKey(store.location, key),
    advice: `Give the XML file, such as ${keyName(key).replace(/\.n5$/i, ".xml")}`,
  });
}

/** @throws IsoluxError that says what is there instead, and how it could be read */
async function refuse(store: ReadableStore, key: string, error: unknown, isOfPages = false): Promise<never> {
  const { refuseFolder, refusePages } = await import("./listed/unknown-folder.ts");
  return await (isOfPages ? refusePages : refuseFolder)(store, key, error);
}

function tiles(acquisition: Acquisition): OpenedAcquisition {
  return { kind: "tiles", acquisition };
}

/** What a zip archive holds. */
async function openZipped(store: ReadableStore, key: string, options: OpenOptions): Promise<OpenedAcquisition> {
  const zip = await ZipStore.open(store, key);
  return await openAcquisition(zip, await rootOfZip(zip), options);
}

function noFiles(where: string): never {
  throw new IsoluxError({
    kind: "unsupported",
    what: "HDF5 files are read from a disk only",
    where,
    advice: "Copy the file to this computer first",
  });
}
