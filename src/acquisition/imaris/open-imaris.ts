/** Opens Imaris files: a file as one image, or a folder of them as the tiles of an acquisition. */
import { IsoluxError } from "../../errors.ts";
import { umPerUnit } from "../../ngff/axes.ts";
import { channelNames } from "../../ngff/channel-label.ts";
import { mapAxes, type Zyx } from "../../shapes.ts";
import { joinKey, keyName, type ReadableStore } from "../../zarr/store.ts";
import type { Acquisition } from "../acquisition.ts";
import { Hdf5Pixels } from "../bdv/bdv-pixels.ts";
import { Hdf5File } from "../bdv/hdf5-file.ts";
import { hdf5Bytes, type OpenSynchronously } from "../bdv/hdf5-module.ts";
import { mosaicOfPlaced, type PlacingOptions } from "../mosaic-of-placed.ts";
import type { TileView } from "../tile-view.ts";

/** The names of the Imaris files that `key` stands for: itself, or those in the folder; none where it is neither. */
export async function imarisFiles(store: ReadableStore, key: string): Promise<string[]> {
  if (isImaris(keyName(key))) return [key];
  const entries = (await store.list(key)) ?? [];
  return entries.flatMap(({ name, kind }) => (kind === "object" && isImaris(name) ? [joinKey(key, name)] : []));
}

function isImaris(name: string): boolean {
  return /\.ims$/i.test(name) && !name.startsWith(".");
}

/**
 * Opens the Imaris file at `key`, or those in that folder as tiles; `undefined` where there are none. No pixel is read. A
 * file tells where it lies in the directions of the image, unless the user says that its axes run otherwise; on the stage, of
 * which views tell, these are the other way round.
 * @throws IsoluxError `invalid` where several files lie in one place, `corrupt`, `unsupported`, `storage`
 */
export async function openImaris(
  store: ReadableStore,
  key: string,
  { openFile, ...options }: PlacingOptions & { readonly openFile: OpenSynchronously },
): Promise<Acquisition | undefined> {
  const keys = await imarisFiles(store, key);
  if (keys.length === 0) return undefined;
  const images: { readonly key: string; readonly image: ImarisImage }[] = [];
  for (const one of keys) {
    const file = await Hdf5File.open(openFile(joinKey(store.location, one)));
    images.push({ key: one, image: readImarisImage(file) });
  }
  const places = new Set(images.map(({ image }) => image.originUmZyx.slice(1).join()));
  if (images.length > 1 && places.size === 1) throw inOnePlace(store, keys);
  const views = images.flatMap((one) => viewsOf(keyName(one.key), one.image, options.hints?.pixelSizeUmZyx));
  const objects = async () => ({ store, documents: [], pixels: keys });
  const where = joinKey(store.location, key);
  const acquisition = mosaicOfPlaced(views, where, objects, options, ["pixelSizeUmZyx", "stageAxes"]);
  return { ...acquisition, readerBytes: hdf5Bytes };
}

function viewsOf(name: string, image: ImarisImage, given: Zyx | undefined): TileView[] {
  const { originUmZyx, pixelSizeUmZyx, metadata, channels } = image;
  const [z, y, x] = originUmZyx;
  const labels = channelNames(channels.map((channel) => channel.name));
  return channels.map(
    ({ levelsOfTimes }, index): TileView => ({
      name: channels.length === 1 ? name : `${name}, channel ${index + 1}`,
      channel: labels[index]!,
      side: undefined,
      rotation: 0,
      stageUmZyx: [z, 0 - y, 0 - x],
      pixelSizeUmZyx: given ?? pixelSizeUmZyx,
      levels: levelsOfTimes[0]!,
      ...(levelsOfTimes.length > 1 && { levelsOfTimes }),
      metadata,
    }),
  );
}

function inOnePlace(store: ReadableStore, keys: readonly string[]): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: "The Imaris files of the folder all begin in the same place, so that nothing says where each lies",
    where: joinKey(store.location, keys[0]!),
    found: `${keys.length} files with the same ExtMin0 and ExtMin1`,
    advice: "Write them again with the positions of the stage, or give one file, which is then a separate image",
  });
}

/** The image of an Imaris file. */
interface ImarisImage {
  /** At full resolution, in µm. */
  readonly pixelSizeUmZyx: Zyx;
  /** Where the first pixel begins, in µm, in the directions of the image. */
  readonly originUmZyx: Zyx;
  readonly channels: readonly ImarisChannel[];
  /** What is noted of the microscope. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** One channel. */
interface ImarisChannel {
  readonly name: string | undefined;
  /** At each time point the levels, finest first. */
  readonly levelsOfTimes: readonly (readonly Hdf5Pixels[])[];
}

const image = "/DataSetInfo/Image";
/** Attributes with the extent of a level. */
const ofExtent = ["ImageSizeZ", "ImageSizeY", "ImageSizeX"] as const;
/** Attributes that tell where the image lies, and how large it is. */
const ofPlace = [
  "Unit",
  "X",
  "Y",
  "Z",
  ...["ExtMin", "ExtMax"].flatMap((name) => [0, 1, 2].map((axis) => `${name}${axis}`)),
];
/** Attributes that tell of the microscope, not of the picture on the screen. */
const ofMicroscope = ["LensPower", "NumericalAperture", "RecordingDate", "MicroscopeMode", "Description"];

/**
 * Reads the image of a file. No pixel is read.
 * @throws IsoluxError `corrupt`, `unsupported` (pixel type, compression, unit), `storage`
 */
function readImarisImage(file: Hdf5File): ImarisImage {
  const roots = file.names("/");
  if (!roots.includes("DataSet") || !roots.includes("DataSetInfo")) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "The file holds no image of Imaris",
      where: file.location,
      found: roots.length === 0 ? "an empty file" : roots.slice(0, 5).join(", "),
      expected: "the groups DataSet and DataSetInfo",
    });
  }
  const texts = file.texts(image, [...ofPlace, ...ofMicroscope]);
  const times = numbered(file, "/DataSet/ResolutionLevel 0", "TimePoint");
  const time = times[0];
  const channels = time === undefined ? [] : numbered(file, `/DataSet/ResolutionLevel 0/${time}`, "Channel");
  if (time === undefined || channels.length === 0) {
    const where = `${file.location}/DataSet/ResolutionLevel 0`;
    throw new IsoluxError({ kind: "corrupt", what: "The Imaris file has no pixels", where });
  }
  const shapeZyx = extentOf(texts, ["Z", "Y", "X"]);
  return {
    ...placeOf(texts, shapeZyx, file.location),
    channels: channels.map((name) => channelOf(file, times, name, shapeZyx)),
    metadata: Object.fromEntries(
      ofMicroscope.flatMap((name) => (texts.get(name) ? [[name, texts.get(name)!] as const] : [])),
    ),
  };
}

/** The names `NAME 0`, `NAME 1`, ... in a group, by their numbers. */
function numbered(file: Hdf5File, group: string, name: string): string[] {
  const numbers = file.names(group).flatMap((entry) => {
    const [word, number = "", ...more] = entry.split(" ");
    return word === name && /^\d{1,9}$/.test(number) && more.length === 0 ? [Number(number)] : [];
  });
  return numbers.sort((a, b) => a - b).map((number) => `${name} ${number}`);
}

/** An extent that attributes give as texts; `undefined` where one of them is missing or no whole number. */
function extentOf(texts: ReadonlyMap<string, string>, names: readonly [string, string, string]): Zyx | undefined {
  const [z, y, x] = names.map((name) => Number(texts.get(name) || Number.NaN));
  return [z, y, x].every((extent) => Number.isSafeInteger(extent)) ? [z!, y!, x!] : undefined;
}

/** The size of pixels and the first one's place, by the corners of the image; x is the axis 0 of the file. */
function placeOf(
  texts: ReadonlyMap<string, string>,
  shapeZyx: Zyx | undefined,
  location: string,
): Pick<ImarisImage, "pixelSizeUmZyx" | "originUmZyx"> {
  const corner = (name: string) => [2, 1, 0].map((axis) => Number(texts.get(`${name}${axis}`) || Number.NaN));
  const [least, most] = [corner("ExtMin"), corner("ExtMax")];
  // Files without a unit count micrometres
  const unit = texts.get("Unit") || "um";
  const um = umPerUnit(unit);
  const sizes = shapeZyx?.map((extent, axis) => ((most[axis]! - least[axis]!) / extent) * (um ?? 1)) ?? [];
  if (um !== undefined && sizes.length === 3 && sizes.every((size) => size > 0 && Number.isFinite(size))) {
    return {
      pixelSizeUmZyx: mapAxes(sizes as unknown as Zyx, rounded),
      originUmZyx: mapAxes(least as unknown as Zyx, (at) => at * um),
    };
  }
  throw new IsoluxError({
    kind: um === undefined ? "unsupported" : "corrupt",
    what: "The Imaris file does not say how large its pixels are",
    where: location + image,
    found: `Unit ${JSON.stringify(unit)}, X, Y, Z ${shapeZyx?.toReversed().join(", ") ?? "unknown"}, from ${least.toReversed().join(", ")} to ${most.toReversed().join(", ")}`,
    expected: "ExtMin and ExtMax in a unit of length",
  });
}

/** Corners are written with few digits: a picometre is no difference. */
function rounded(um: number): number {
  return Math.round(um * 1e6) / 1e6 || um;
}

function channelOf(
  file: Hdf5File,
  times: readonly string[],
  channel: string,
  shapeZyx: Zyx | undefined,
): ImarisChannel {
  const groups = file.names("/DataSetInfo");
  const name = groups.includes(channel) ? file.texts(`/DataSetInfo/${channel}`, ["Name"]).get("Name") : undefined;
  return { name: name || undefined, levelsOfTimes: times.map((time) => levelsOf(file, time, channel, shapeZyx)) };
}

function levelsOf(file: Hdf5File, time: string, channel: string, shapeZyx: Zyx | undefined): Hdf5Pixels[] {
  const levels: Hdf5Pixels[] = [];
  for (const level of numbered(file, "/DataSet", "ResolutionLevel")) {
    const group = `/DataSet/${level}/${time}/${channel}`;
    const stated = extentOf(file.texts(group, ofExtent), ofExtent);
    // Arrays are padded to whole chunks: of a level of an unknown extent nothing states what is padding
    const extent = stated ?? (levels.length === 0 ? shapeZyx : undefined);
    if (extent === undefined) break;
    levels.push(new Hdf5Pixels(file, `${group}/Data`, extent));
  }
  if (levels.length > 0) return levels;
  const where = `${file.location}/DataSet`;
  throw new IsoluxError({ kind: "corrupt", what: "The Imaris file does not say how large its image is", where });
}
