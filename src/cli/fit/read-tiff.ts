/** Reads the planes of one channel from a TIFF file. */

import { basename, dirname } from "node:path";
import { parseXml, type XmlElement } from "../../acquisition/bdv/xml.ts";
import { isOmeXml, type StackAxes, stackAxes } from "../../acquisition/pages/stack-axes.ts";
import { descriptionOf } from "../../acquisition/pages/tiff-page.ts";
import { openTiffPlanes, type TiffPlanes } from "../../acquisition/pages/tiff-planes.ts";
import { IsoluxError } from "../../errors.ts";
import type { ImageStack } from "../../estimate/basic/parameters.ts";
import { formatCount } from "../../quantities.ts";
import { elementCount } from "../../shapes.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { fittablePixels } from "./fittable-stack.ts";

/** The limit of what is held of a stack, in bytes; or in planes, if those are more. */
const mostHeld = { bytes: 2 ** 29, planes: 200 } as const;

/** A stack of planes, and how many planes the file has of it. */
export interface SampledStack extends ImageStack {
  readonly planesInFile: number;
}

/** The pages of each channel, by their numbers in the file. */
interface ChannelPages {
  /** Names of the channels, if they have any; as many as channels. */
  readonly names: readonly (string | undefined)[];
  readonly pages: readonly (readonly number[])[];
}

/** An image of an OME-TIFF: its channels, and how its planes follow each other. */
interface Series {
  readonly channels: number;
  readonly planes: number;
  readonly names: StackAxes["names"];
  /** The steps of its axes in its planes, by their letters. */
  readonly steps: ReadonlyMap<string, number>;
  readonly data: readonly XmlElement[];
}

/**
 * Reads a TIFF or BigTIFF file with one page a plane, or as ImageJ writes it, one plane after another. Of more planes
 * than are held, evenly spread ones are read, so that memory does not grow with the file.
 * @param channel its name or number, from 1, where the file has several
 * @param most how much is held
 * @throws IsoluxError `usage` where a channel has to be chosen, `unsupported` for colour pages, `invalid` for pages of
 * different sizes, `corrupt` where the file cannot be read, `memory` where it is too large
 */
export async function readTiffStack(
  path: string,
  channel?: string,
  most: { readonly bytes: number; readonly planes: number } = mostHeld,
): Promise<SampledStack> {
  const file = await openTiffPlanes(new DirectoryStore(dirname(path)), basename(path));
  const { shapeYx, readRows } = file;
  const all = pagesOf(await channelsIn(file, path), channel, path);
  const planePixels = elementCount(shapeYx);
  const first = fittablePixels(await readRows(all[0]!, 0, shapeYx[0]));
  const planes = spread(all, Math.max(most.planes, Math.floor(most.bytes / first.byteLength)));
  const pixels = allocateLike(first, planes.length * planePixels, path);
  pixels.set(first);
  for (const [index, plane] of planes.entries()) {
    if (index > 0) pixels.set(fittablePixels(await readRows(plane, 0, shapeYx[0])), index * planePixels);
  }
  return { pixels, planeCount: planes.length, shapeYx, planesInFile: all.length };
}

/** At most `most` of the planes, evenly spread from the first on. */
function spread(planes: readonly number[], most: number): readonly number[] {
  if (planes.length <= most) return planes;
  return Array.from({ length: most }, (_, n) => planes[Math.floor((n * planes.length) / most)]!);
}

function allocateLike(pixels: ImageStack["pixels"], length: number, path: string): ImageStack["pixels"] {
  try {
    return new (pixels.constructor as new (length: number) => ImageStack["pixels"])(length);
  } catch (cause) {
    throw new IsoluxError({
      kind: "memory",
      what: "The file is too large to be held in memory",
      where: path,
      found: `${length * pixels.BYTES_PER_ELEMENT} bytes`,
      advice: "Fit fewer planes, or save them at a lower resolution",
      cause,
    });
  }
}

/** How often a file's channels are to be fitted one by one: the number of each, from 1; none where it has only one. */
export async function tiffChannels(path: string): Promise<string[]> {
  const file = await openTiffPlanes(new DirectoryStore(dirname(path)), basename(path));
  const { pages } = await channelsIn(file, path);
  return pages.length === 1 ? [] : pages.map((_, index) => String(index + 1));
}

async function channelsIn({ firstPage, planeCount }: TiffPlanes, path: string): Promise<ChannelPages> {
  return channelPages(await descriptionOf(firstPage), planeCount, basename(path), path);
}

/**
 * The pages of one channel.
 * @param channel a name, or a number from 1; needed where the file has several
 * @throws IsoluxError `usage` where a choice is needed or not possible
 */
export function pagesOf(found: ChannelPages, channel: string | undefined, where: string): readonly number[] {
  const { names, pages } = found;
  if (channel === undefined) {
    if (pages.length > 1) throw severalChannels(found, where);
    return pages[0]!;
  }
  const index = names.includes(channel) ? names.indexOf(channel) : Number(channel) - 1;
  const chosen = pages[index];
  if (chosen === undefined) throw unknownChannel(channel, found, where);
  return chosen;
}

function severalChannels(found: ChannelPages, where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "The file holds several channels, each with its own illumination",
    where,
    found: listed(found),
    advice: "Name one with --channel, or fit all into files of ASHLAR with --output NAME-ffp.tif",
  });
}

function unknownChannel(channel: string, found: ChannelPages, where: string): IsoluxError {
  const what = "The file has no such channel";
  return new IsoluxError({ kind: "usage", what, where, found: `--channel ${channel}`, expected: listed(found) });
}

function listed({ names, pages }: ChannelPages): string {
  const each = names.map((name, index) => (name === undefined ? String(index + 1) : `${index + 1} (${name})`));
  return `channel${pages.length === 1 ? "" : "s"} ${each.join(", ")} of ${formatCount(pages[0]!.length, "plane")}`;
}

/**
 * The pages of each channel by the description of a file's first page. Pages that nothing describes are planes of one
 * channel.
 * @param fileName the file's name, for descriptions of several files
 * @throws IsoluxError `unsupported` where the axes are unknown or do not fit the pages
 */
export function channelPages(description: string, pageCount: number, fileName: string, where: string): ChannelPages {
  const ofSeries = isOmeXml(description) ? pagesOfSeries(description, pageCount, fileName, where) : undefined;
  if (ofSeries !== undefined) return ofSeries;
  const { channels, channelStep, names } = stackAxes(description, pageCount, where);
  const channelOf = (page: number) => Math.floor(page / channelStep) % channels;
  return collected(
    channels,
    names,
    Array.from({ length: pageCount }, (_, page) => channelOf(page)),
  );
}

function collected(channels: number, names: StackAxes["names"], channelOf: readonly number[]): ChannelPages {
  const pages = Array.from({ length: channels }, (): number[] => []);
  for (const [page, channel] of channelOf.entries()) pages[channel]!.push(page);
  return { names: pages.map((_, channel) => names[channel]), pages };
}

/**
 * The pages as `TiffData` elements name them, or where there are none one image after the other.
 * @returns `undefined` where these are not just the pages of the file
 * @see https://docs.openmicroscopy.org/ome-model/latest/ome-tiff/specification.html
 */
function pagesOfSeries(description: string, pageCount: number, fileName: string, where: string) {
  const series = (parseXml(description, where).first("OME")?.all("Image") ?? []).flatMap(seriesOf);
  const [first] = series;
  if (first === undefined) return undefined;
  const other = series.find(({ channels }) => channels !== first.channels);
  if (other !== undefined) {
    throw new IsoluxError({
      kind: "unsupported",
      what: "The images in the file do not have the same channels",
      where,
      found: `${first.channels} and ${other.channels} channels`,
      advice: "Save one channel as a separate stack",
    });
  }
  const channelOf = new Array<number>(pageCount).fill(-1);
  const isOwn = ownData(series, fileName);
  let next = 0;
  for (const one of series) {
    const data = one.data.length === 0 ? [{ page: next, plane: 0, count: one.planes }] : rangesOf(one, isOwn);
    next += one.planes;
    for (const { page, plane, count } of data) {
      if (!(page >= 0 && count >= 0 && page + count <= pageCount)) return undefined;
      for (let n = 0; n < count; n++) {
        if (channelOf[page + n] !== -1) return undefined;
        channelOf[page + n] = Math.floor((plane + n) / one.steps.get("C")!) % one.channels;
      }
    }
  }
  return channelOf.includes(-1) ? undefined : collected(first.channels, first.names, channelOf);
}

function seriesOf(image: XmlElement): Series[] {
  const pixels = image.first("Pixels");
  if (pixels === undefined) return [];
  const steps = new Map<string, number>();
  let planes = 1;
  for (const axis of (pixels.attribute("DimensionOrder") ?? "XYCZT").slice(2)) {
    steps.set(axis, planes);
    planes *= Number(pixels.attribute(`Size${axis}`) ?? 1);
  }
  if (!steps.has("C")) return [];
  const channels = Number(pixels.attribute("SizeC") ?? 1);
  const names = pixels.all("Channel").map((channel) => channel.attribute("Name"));
  return [{ channels, planes, names, steps, data: pixels.all("TiffData") }];
}

/** Which elements are about this file: all where they name no file, or only one, which may have been renamed. */
function ownData(series: readonly Series[], fileName: string): (data: XmlElement) => boolean {
  const nameOf = (data: XmlElement) => data.first("UUID")?.attribute("FileName");
  const files = new Set(series.flatMap(({ data }) => data.map(nameOf)).filter((name) => name !== undefined));
  return (data) => files.size <= 1 || nameOf(data) === undefined || nameOf(data) === fileName;
}

/** Pages that follow each other, and the first one's plane. */
function rangesOf({ data, steps, planes }: Series, isOwn: (data: XmlElement) => boolean) {
  const numberOf = (element: XmlElement, name: string, otherwise: number) =>
    Number(element.attribute(name) ?? otherwise);
  return data.filter(isOwn).map((element) => ({
    page: numberOf(element, "IFD", 0),
    plane: [...steps].reduce((plane, [axis, step]) => plane + step * numberOf(element, `First${axis}`, 0), 0),
    count: numberOf(element, "PlaneCount", element.attribute("IFD") === undefined ? planes : 1),
  }));
}
