/**
 * What the attributes of an OME-Zarr image say: axes, resolution levels, channels.
 * The seam for further versions: every reader yields an {@link ImageMetadata}.
 * @see https://ngff.openmicroscopy.org/0.4/
 */

import { IsoluxError } from "../errors.ts";
import { limits, tooLarge } from "../limits.ts";
import { isJsonObject, type JsonObject } from "../zarr/json.ts";
import type { ZarrFormat } from "../zarr/metadata/metadata.ts";
import { joinKey, keyName, type ReadableStore } from "../zarr/store.ts";
import { type Axes, namesOfAxes, parseAxes, unitsOf, zyxOf } from "./axes.ts";
import { channelNames } from "./channel-label.ts";
import type { WindowSetting } from "./channel-settings.ts";
import { noGroup, noMultiscales } from "./explain-no-image.ts";
import { type OmeVersion, omeAttributes, omeVersion, readGroup } from "./group.ts";
import { inKnownForm } from "./other-versions.ts";

/** One resolution level as the attributes describe it. */
interface LevelMetadata {
  /** The array's key below the image. */
  readonly path: string;
  /**
   * Size of a pixel along z, y, x in µm, z 1 where there is none or it is 0; where the axes name no unit of length, their
   * numbers are taken for µm.
   */
  readonly scaleZyx: readonly [number, number, number];
  /** Whether the distance of planes is said to be 0, so that it counts as 1 µm. */
  readonly hasNoZStep?: boolean;
  /** Why a coarser level cannot belong to the image; it has the first level's scale then. */
  readonly misfit?: string;
}

/** One channel as the attributes describe it. */
export interface ChannelMetadata {
  /** Its place in the arrays. */
  readonly index: number;
  /** The wavelength that the attributes name it by, where they do. */
  readonly wavelengthId?: string;
  /** How a user wants it shown; absent where the user gave none. */
  readonly display?: { readonly color?: string; readonly window?: WindowSetting };
  /** Its name, unique in the image, which can name a folder; `channel_1`, `channel_2`, ... where the attributes name none. */
  readonly label: string;
  /** The label that the attributes give it, where that is another than its name. */
  readonly ownLabel?: string;
}

/** An OME-Zarr image's metadata, of whatever version. */
export interface ImageMetadata {
  readonly version: OmeVersion;
  /** The version of zarr that it is stored in. */
  readonly zarrFormat: ZarrFormat;
  readonly name: string;
  readonly axes: Axes;
  readonly levels: readonly LevelMetadata[];
  /** What the attributes say of the channels, in order; empty where they say nothing. */
  readonly channelLabels: readonly (string | undefined)[];
  /** The channels' wavelength ids in the same way. */
  readonly wavelengthIds: readonly (string | undefined)[];
  /** The attributes as they stand, or in the form of `version`, where they were written in another. */
  readonly attributes: JsonObject;
  /** The version that they were written in, where that is another. */
  readonly writtenIn?: string;
  /** Whether the size of pixels is unknown, so that they count as 1 µm. */
  readonly isUnscaled?: boolean;
}

/**
 * Reads the metadata of the OME-Zarr image at `key`.
 * @throws IsoluxError `not-found` (no such path, no image there), `unsupported` (version, axes), `corrupt`
 */
export async function readImageMetadata(store: ReadableStore, key: string): Promise<ImageMetadata> {
  const where = joinKey(store.location, key);
  const group = await readGroup(store, key);
  if (group === undefined) throw await noGroup(store, key, where);
  const { zarrFormat } = group;
  const { attributes, writtenIn, isUnscaled } = await inKnownForm(store, key, group);
  const ome = omeAttributes(attributes);
  const multiscales = ome.multiscales;
  if (!Array.isArray(multiscales) || !isJsonObject(multiscales[0])) {
    throw await noMultiscales(store, key, where);
  }
  const multiscale = multiscales[0];
  const version = omeVersion(zarrFormat);
  checkVersion(zarrFormat === 2 ? multiscale.version : ome.version, version, where);
  const axes = readAxes(multiscale.axes, where);
  const levels = readLevels(multiscale, axes, where);
  return {
    version,
    zarrFormat,
    name: typeof multiscale.name === "string" ? multiscale.name : keyName(key),
    axes,
    levels,
    channelLabels: readTexts(ome, "label"),
    wavelengthIds: readTexts(ome, "wavelength_id"),
    attributes,
    writtenIn,
    ...(isUnscaled === true && { isUnscaled }),
  };
}

function checkVersion(version: unknown, expected: OmeVersion, where: string): void {
  if (version === expected || (version === undefined && expected === "0.4")) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The image has a version of OME-Zarr that Isolux does not read",
    where,
    found: version === undefined ? "none" : JSON.stringify(version),
    expected: expected === "0.4" ? `"0.1" to "0.4" in Zarr format 2` : `"0.5" or "0.6" in Zarr format 3`,
  });
}

function readAxes(axes: unknown, where: string): Axes {
  const known = parseAxes(Array.isArray(axes) ? axes : []);
  if (known !== undefined) return known;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The image has axes that Isolux does not read",
    where,
    found: namesOfAxes(axes).join(", ") || "none",
    expected: "y and x, before them some of t, c and z",
  });
}

function readLevels(multiscale: JsonObject, axes: Axes, where: string): LevelMetadata[] {
  const datasets = multiscale.datasets;
  if (!Array.isArray(datasets) || datasets.length === 0) {
    throw new IsoluxError({ kind: "corrupt", what: "The image has no resolution levels: no datasets", where });
  }
  if (datasets.length > limits.levels) {
    throw tooLarge("The image has too many resolution levels", where, limits.levels, String(datasets.length));
  }
  const common = scaleOf(multiscale, axes, where) ?? axes.split("").map(() => 1);
  const units = unitsOf(multiscale.axes).um;
  const paths = new Set<string>();
  return datasets.map((dataset: unknown, index) => {
    if (!isJsonObject(dataset) || typeof dataset.path !== "string" || dataset.path === "") {
      throw new IsoluxError({ kind: "corrupt", what: "A resolution level has no path", where });
    }
    if (paths.has(dataset.path)) {
      const what = `Two resolution levels have the same path ${dataset.path}`;
      throw new IsoluxError({ kind: "corrupt", what, where });
    }
    paths.add(dataset.path);
    const misfit = index === 0 ? undefined : misfitOf(dataset, axes, where);
    const scale = scaleOf(misfit === undefined ? dataset : datasets[0], axes, where);
    if (scale === undefined) {
      throw new IsoluxError({ kind: "corrupt", what: `Resolution level ${dataset.path} has no scale`, where });
    }
    const inUm = scale.map((value, axis) => value * common[axis]! * units[axis]!);
    const [z, y, x] = zyxOf(axes, inUm, 1);
    return {
      path: dataset.path,
      scaleZyx: [z || 1, y, x],
      ...(z === 0 && { hasNoZStep: true }),
      ...(misfit && { misfit }),
    };
  });
}

/** What is wrong with the scale of a coarser level, which can be left out. */
function misfitOf(dataset: JsonObject, axes: Axes, where: string): string | undefined {
  try {
    return scaleOf(dataset, axes, where) === undefined ? "it has no scale" : undefined;
  } catch (error) {
    if (error instanceof IsoluxError) return `its scale is ${error.found}, not ${error.expected}`;
    throw error;
  }
}

/** Steps of time and channels do not matter, and that of a single plane may be 0: only pixels need a size. */
function scaleOf(holder: JsonObject, axes: Axes, where: string): number[] | undefined {
  const transformations = Array.isArray(holder.coordinateTransformations) ? holder.coordinateTransformations : [];
  const found: unknown = transformations.find((entry) => isJsonObject(entry) && entry.type === "scale");
  if (!isJsonObject(found)) return undefined;
  const scale = found.scale;
  const valid =
    Array.isArray(scale) &&
    scale.length === axes.length &&
    scale.every((value, at) => Number.isFinite(value) && (value > 0 || (value === 0 && !"yx".includes(axes[at]!))));
  if (valid) return scale as number[];
  throw new IsoluxError({
    kind: "corrupt",
    what: "A resolution level has an unusable scale",
    where,
    found: JSON.stringify(scale),
    expected: `${axes.length} positive numbers`,
  });
}

function readTexts({ omero }: JsonObject, name: "label" | "wavelength_id"): (string | undefined)[] {
  const channels = isJsonObject(omero) && Array.isArray(omero.channels) ? omero.channels : [];
  return channels.map((channel: unknown) => {
    const value = isJsonObject(channel) ? channel[name] : undefined;
    // A laser line may be a number in JSON.
    const text = typeof value === "number" ? String(value) : value;
    return typeof text === "string" && text !== "" ? text : undefined;
  });
}

/**
 * The channels of an image of `channelCount` channels. Labels serve as names in options and as names of folders: where
 * they cannot, because two are equal or hold a slash, a channel has a name of its own beside its label.
 */
export function nameChannels(
  labels: readonly (string | undefined)[],
  channelCount: number,
  wavelengthIds: readonly (string | undefined)[] = [],
): ChannelMetadata[] {
  if (channelCount > limits.channels) {
    throw new IsoluxError({
      kind: "unsupported",
      what: "The image has more channels than are read",
      found: String(channelCount),
      expected: `at most ${limits.channels}`,
    });
  }
  const own = Array.from({ length: channelCount }, (_, index) => labels[index]);
  return channelNames(own).map((label, index): ChannelMetadata => {
    const [ownLabel, wavelengthId] = [own[index], wavelengthIds[index]];
    return {
      index,
      label,
      ...(ownLabel !== undefined && ownLabel !== "" && ownLabel !== label && { ownLabel }),
      wavelengthId,
    };
  });
}
