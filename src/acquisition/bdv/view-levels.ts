/** Opens the pixels of the views of a project, in each of its formats. */
import { IsoluxError, unreachable } from "../../errors.ts";
import { isCameraType, type PixelType, pixelTypes } from "../../shapes.ts";
import type { ZarrArray } from "../../zarr/array.ts";
import { openN5Array, readN5Attributes } from "../../zarr/n5/n5-array.ts";
import { joinKey } from "../../zarr/store.ts";
import type { StoredFolder } from "../acquisition.ts";
import { readTileAttributes } from "../native/tile-attributes.ts";
import { openIfPresent, pixelsAt } from "../native/tile-group.ts";
import type { TilePixels } from "../tile-view.ts";
import { readLevels } from "./bdv-pixels.ts";
import { dataPlaces, isAtAddress, lastName, type NamedPlace, type OpenFolder } from "./data-places.ts";
import { Hdf5File } from "./hdf5-file.ts";
import type { OpenSynchronously } from "./hdf5-module.ts";
import type { ImageLoader, Partition, ViewGroup } from "./image-loader.ts";
import type { ViewId } from "./project-xml.ts";

/** The pixels of a view. */
export interface ViewPixels {
  /** Where they are, below the project's data. */
  readonly name: string;
  /** Finest first, at least one. */
  readonly levels: readonly TilePixels[];
  /** The array of the full resolution, where it is one of a store. */
  readonly array?: ZarrArray;
}

/** The data of a project. */
export interface ProjectData {
  /** The folder or file with the data, or the first of several files. */
  readonly place: StoredFolder;
  /** Opens the pixels of a view; `undefined` where it has none. @throws IsoluxError `corrupt`, `unsupported` */
  open(view: ViewId): Promise<ViewPixels | undefined>;
}

/** How data are opened. */
export interface DataAccess {
  readonly openFolder?: OpenFolder | undefined;
  readonly openFile?: OpenSynchronously | undefined;
}

/**
 * Opens the data of a project.
 * @param file the location of the XML file
 * @throws IsoluxError `not-found` where they are neither where the file says nor beside it
 */
export async function openData(file: StoredFolder, loader: ImageLoader, access: DataAccess): Promise<ProjectData> {
  switch (loader.kind) {
    case "hdf5":
      return await openHdf5(file, loader.data, loader.partitions, access);
    case "n5": {
      const place = await foundPlace(file, loader.data, access, [
        "attributes.json",
        "setup0/attributes.json",
        "setup00/attributes.json",
        ".zgroup",
        "zarr.json",
      ]);
      return {
        place,
        open: async (view) => (await openN5View(place, view)) ?? (await openN5View(place, view, [2, 5])),
      };
    }
    case "zarr": {
      const groups = new Map(loader.groups.map((group) => [`${group.time} ${group.setup}`, group]));
      const signs = [
        ".zgroup",
        ".zattrs",
        "zarr.json",
        ...loader.groups.slice(0, 4).flatMap(({ path }) => signsOf(path)),
      ];
      const place = await foundPlace(file, loader.data, access, signs);
      return { place, open: async (view) => await openGroupView(place, groups.get(`${view.time} ${view.setup}`)) };
    }
    default:
      return unreachable(loader);
  }
}

function signsOf(path: string): string[] {
  return [".zgroup", ".zattrs", "zarr.json"].map((name) => joinKey(path, name));
}

/** The place that has one of several documents or folders. */
async function foundPlace(
  file: StoredFolder,
  data: NamedPlace,
  { openFolder }: DataAccess,
  signs: readonly string[],
): Promise<StoredFolder> {
  const places = dataPlaces(file, data, openFolder);
  for (const place of places) {
    for (const sign of signs) {
      const key = joinKey(place.key, sign);
      if ((await place.store.facts(key)) !== undefined) return place;
      if (((await place.store.list(key)) ?? []).length > 0) return place;
    }
  }
  throw missing(file, data, places);
}

function missing(file: StoredFolder, data: NamedPlace, places: readonly StoredFolder[]): IsoluxError {
  const tried = places.map(({ store, key }) => joinKey(store.location, key)).join(" or ");
  return new IsoluxError({
    kind: "not-found",
    what: "The data that the XML file names are not there",
    where: joinKey(file.store.location, file.key),
    found: isAtAddress(data)
      ? `the address ${data.path}, and no ${lastName(data)} beside the XML file`
      : `no data in ${tried || data.path}`,
    advice: isAtAddress(data)
      ? `Copy the XML file to where the data are, beside ${lastName(data)}, and give its address there; or put the data beside the XML file`
      : `Put ${lastName(data) || "them"} beside the XML file`,
  });
}

/**
 * Setups, time points and levels by their numbers: `setup0/timepoint0/s0`; in N5 or, as some programs do, in Zarr.
 * @param digits to which the numbers of setups and time points are padded, `setup00/timepoint00000`, as the format's
 *   description has them
 */
async function openN5View(
  { store, key }: StoredFolder,
  { time, setup }: ViewId,
  digits: readonly [setup: number, time: number] = [1, 1],
): Promise<ViewPixels | undefined> {
  const folder = `setup${String(setup).padStart(digits[0], "0")}`;
  const name = `${folder}/timepoint${String(time).padStart(digits[1], "0")}`;
  const { downsamplingFactors: factors } = (await readN5Attributes(store, joinKey(key, folder))) ?? {};
  const count = Array.isArray(factors) ? factors.length : Number.POSITIVE_INFINITY;
  const arrays: ZarrArray[] = [];
  while (arrays.length < count) {
    const level = joinKey(key, name, `s${arrays.length}`);
    const array = (await openN5Array(store, level)) ?? (await openIfPresent(store, level));
    if (array === undefined) break;
    arrays.push(array);
  }
  return viewOf(name, arrays, []);
}

async function openGroupView(
  { store, key }: StoredFolder,
  group: ViewGroup | undefined,
): Promise<ViewPixels | undefined> {
  if (group === undefined) return undefined;
  const folder = joinKey(key, group.path);
  const attributes = await readTileAttributes(store, folder);
  if (attributes === undefined) return undefined;
  const arrays: ZarrArray[] = [];
  for (const path of attributes.levelPaths) {
    const array = await openIfPresent(store, joinKey(folder, path), attributes.zarrFormat);
    if (array === undefined) break;
    arrays.push(array);
  }
  const { length } = attributes.leadingAxes;
  // The file gives them from inner to outer, and for images without such axes, too.
  const given = group.indices === undefined ? undefined : [...group.indices].reverse();
  const place: readonly number[] = length === 0 ? [] : (given?.slice(-length) ?? Array(length).fill(0));
  const full = arrays[0]?.metadata.shape.slice(0, length) ?? [];
  const isThere = place.length === length && place.every((index, axis) => index < full[axis]!);
  if (arrays.length > 0 && (!isThere || (group.indices === undefined && full.some((extent) => extent > 1)))) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "The XML file does not say which part of an image a view is",
      where: joinKey(store.location, folder),
      found: group.indices === undefined ? "no indices" : `the indices ${group.indices.join(" ")}`,
      expected: `places along ${attributes.leadingAxes}, of ${full.join(" x ")}`,
    });
  }
  return viewOf(group.path, arrays, place);
}

function viewOf(name: string, arrays: readonly ZarrArray[], place: readonly number[]): ViewPixels | undefined {
  const [array] = arrays;
  if (array === undefined) return undefined;
  for (const one of arrays) checkArray(one, place.length);
  return { name, levels: arrays.map((one) => pixelsAt(one, place)), array };
}

function checkArray({ metadata: { shape, type }, location }: ZarrArray, leading: number): void {
  if (shape.length !== leading + 3 || shape.includes(0)) {
    const found = `shape [${shape.join(", ")}]`;
    throw new IsoluxError({ kind: "corrupt", what: "A view is not a stack of planes", where: location, found });
  }
  if (isCameraType(type)) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The pixel type of a view is not read",
    where: location,
    found: type,
    expected: pixelTypes.filter((one: PixelType) => isCameraType(one)).join(", "),
  });
}

/** One file, or several: each with the views of its partition. Files are opened when a view of them is. */
async function openHdf5(
  file: StoredFolder,
  data: NamedPlace,
  partitions: readonly Partition[],
  { openFolder, openFile }: DataAccess,
): Promise<ProjectData> {
  const where = joinKey(file.store.location, file.key);
  if (openFile === undefined) {
    const advice = "Copy the project to this computer first";
    throw new IsoluxError({ kind: "unsupported", what: "HDF5 files are read from a disk only", where, advice });
  }
  const opened = new Map<string, Promise<Hdf5File>>();
  const listed = new Map<Hdf5File, Map<string, ReadonlySet<string>>>();
  const namesIn = (hdf5: Hdf5File, group: string) => {
    const known = listed.get(hdf5) ?? new Map<string, ReadonlySet<string>>();
    const names = known.get(group) ?? new Set(hdf5.names(group));
    listed.set(hdf5, known.set(group, names));
    return names;
  };
  const open = (named: NamedPlace) => {
    const places = dataPlaces(file, named, openFolder);
    const known = opened.get(named.path);
    const one = known ?? openFirst(places, openFile, () => missing(file, named, places));
    opened.set(named.path, one);
    return one;
  };
  return {
    place: dataPlaces(file, data, openFolder)[0]!,
    open: async ({ time, setup }) => {
      const partition = partitions.find(({ times, setups }) => times.has(time) && setups.has(setup));
      const hdf5 = await open(partition?.file ?? data);
      const [inTime, inSetup] = [partition?.times.get(time) ?? time, partition?.setups.get(setup) ?? setup];
      const group = `t${String(inTime).padStart(5, "0")}`;
      const view = `s${String(inSetup).padStart(2, "0")}`;
      const isThere = namesIn(hdf5, "/").has(group) && namesIn(hdf5, `/${group}`).has(view);
      return isThere ? { name: `${group}/${view}`, levels: readLevels(hdf5, `/${group}/${view}`) } : undefined;
    },
  };
}

async function openFirst(
  places: readonly StoredFolder[],
  openFile: OpenSynchronously,
  notFound: () => IsoluxError,
): Promise<Hdf5File> {
  for (const { store, key } of places) {
    if ((await store.facts(key)) === undefined) continue;
    return await Hdf5File.open(openFile(joinKey(store.location, key)));
  }
  throw notFound();
}
