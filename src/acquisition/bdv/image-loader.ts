/** Reads where the pixels of a project of BigStitcher are, and in which format. */
import { IsoluxError } from "../../errors.ts";
import { type NamedPlace, namedPlace } from "./data-places.ts";
import type { XmlElement } from "./xml.ts";

/** Which views an HDF5 file contains, where a project has several: those of its time points and setups. */
export interface Partition {
  readonly file: NamedPlace;
  /** By id in the project, the id in the file. */
  readonly times: ReadonlyMap<number, number>;
  readonly setups: ReadonlyMap<number, number>;
}

/** An OME-Zarr image with the pixels of a view. */
export interface ViewGroup {
  readonly time: number;
  readonly setup: number;
  /** Its path in the folder of all groups; empty for that folder. */
  readonly path: string;
  /** The view's places along the axes before z, the last axis first; `undefined` where they are not given. */
  readonly indices?: readonly number[];
}

/** Where the pixels are. */
export type ImageLoader =
  | { readonly kind: "hdf5"; readonly data: NamedPlace; readonly partitions: readonly Partition[] }
  | { readonly kind: "n5"; readonly data: NamedPlace }
  | { readonly kind: "zarr"; readonly data: NamedPlace; readonly groups: readonly ViewGroup[] };

/** Formats of loaders around another one that corrects its pixels by BigStitcher's flat-field images. */
const flatfieldFormats = /^spimreconstruction\.wrapped\.flatfield\./;

/** Whether a loader corrects pixels by flat-field images that the project names. */
export function hasFlatfields(loader: XmlElement): boolean {
  return flatfieldFormats.test(loader.attribute("format") ?? "");
}

/**
 * Reads the element `ImageLoader`, or the one that it wraps.
 * @param base the element `BasePath`
 * @throws IsoluxError `corrupt`, `unsupported`
 */
export function readLoader(element: XmlElement, base: XmlElement | undefined, where: string): ImageLoader {
  const wrapped = hasFlatfields(element) ? element.first("WrappedImgLoader", "ImageLoader") : undefined;
  const loader = wrapped ?? element;
  const format = loader.attribute("format") ?? "no format";
  switch (format) {
    case "bdv.hdf5":
      return { kind: "hdf5", data: dataOf(loader, "hdf5", base, where), partitions: partitionsOf(loader, base, where) };
    case "bdv.n5":
    // The same data, read by another library
    case "bdv.n5.cloud":
      return { kind: "n5", data: dataOf(loader, "n5", base, where) };
    case "bdv.multimg.zarr":
      return { kind: "zarr", data: dataOf(loader, "zarr", base, where), groups: groupsOf(loader, where) };
    default:
      throw unread(format, where, loader.text("Url")?.trim());
  }
}

/** @param image what the loader names, where that is an image by itself */
function unread(format: string, where: string, image: string | undefined): IsoluxError {
  const isSplit = format.startsWith("split.");
  const isOfFiles = format.startsWith("spimreconstruction.");
  return new IsoluxError({
    kind: "unsupported",
    what: isSplit
      ? "The views of the XML file are parts of tiles, into which BigStitcher has split them"
      : "The pixels that the XML file describes are not read through it",
    where,
    found: format,
    expected: "bdv.hdf5, bdv.n5 or bdv.multimg.zarr",
    advice: image
      ? `It names one image in OME-Zarr or N5. If that is OME-Zarr, give that image instead of the XML file: ${image}`
      : /\.s3$/.test(format)
        ? "It names pixels in a bucket: copy them to a disk, and name them there as bdv.n5 does"
        : isSplit
          ? "Give the XML file from before the splitting"
          : isOfFiles
            ? "Save the project again in BigStitcher, as HDF5, N5 or OME-Zarr, and give the new XML file; or give the files themselves"
            : "Save the project again in BigStitcher, as HDF5, N5 or OME-Zarr, and give the new XML file",
  });
}

function dataOf(loader: XmlElement, name: string, base: XmlElement | undefined, where: string): NamedPlace {
  const element = loader.first(name);
  const bucket = loader.text("s3bucket")?.trim();
  if (bucket) {
    const path = `s3://${bucket}/${(element?.text() ?? "").trim()}`;
    return { path, isAbsolute: true };
  }
  if (element?.text()?.trim()) return namedPlace([base, element]);
  throw new IsoluxError({ kind: "corrupt", what: `The XML file does not name its ${name} data`, where });
}

function partitionsOf(loader: XmlElement, base: XmlElement | undefined, where: string): Partition[] {
  return loader.all("partition").map((partition) => ({
    file: dataOf(partition, "path", base, where),
    times: mappedIds(partition, "timepoints", where),
    setups: mappedIds(partition, "setups", where),
  }));
}

function mappedIds(partition: XmlElement, name: string, where: string): Map<number, number> {
  const ids = partition.numbers(name) ?? [];
  const inFile = partition.numbers(`${name}Mapped`) ?? ids;
  if (ids.length > 0 && ids.length === inFile.length) return new Map(ids.map((id, index) => [id, inFile[index]!]));
  throw new IsoluxError({ kind: "corrupt", what: `A partition of the XML file does not list its ${name}`, where });
}

function groupsOf(loader: XmlElement, where: string): ViewGroup[] {
  return (loader.first("zgroups")?.all("zgroup") ?? []).map((entry) => {
    // Versions of the format, and programs, write values as attributes or as elements.
    const value = (...names: readonly string[]) => {
      const name = names.find((one) => entry.attribute(one) !== undefined) ?? names.find((one) => entry.first(one));
      return name === undefined ? "" : (entry.attribute(name) ?? entry.text(name) ?? "").trim();
    };
    const path = value("path")
      .replaceAll("\\", "/")
      .replace(/^(\.\/)+|\/+$/g, "");
    const indices = value("indicies", "indices").replace(/^\[|\]$/g, "");
    const numbers = indices.split(/[\s,]+/).filter((text) => text !== "");
    const [time, setup] = [Number(value("tp", "timepoint") || 0), Number(value("setup") || Number.NaN)];
    const isValid =
      [time, setup, ...numbers.map(Number)].every((number) => Number.isInteger(number) && number >= 0) &&
      !path.split("/").includes("..") &&
      !path.startsWith("/");
    if (isValid) return { time, setup, path, ...(numbers.length > 0 && { indices: numbers.map(Number) }) };
    const found = JSON.stringify({ setup: value("setup"), path }).slice(0, 200);
    throw new IsoluxError({
      kind: "corrupt",
      what: "The XML file does not name groups of tiles in its folder",
      where,
      found,
    });
  });
}
