/** Which pages of a TIFF file show which channel, also where an OME-TIFF holds several images (series) of the same channels. */
import { IsoluxError } from "../../errors.ts";
import { parseXml, type XmlElement } from "../bdv/xml.ts";
import { isOmeXml, type StackAxes, stackAxes } from "./stack-axes.ts";

/** The pages of each channel, by their numbers in the file. */
export interface ChannelPages {
  /** Names of the channels, if they have any; as many as channels. */
  readonly names: readonly (string | undefined)[];
  readonly pages: readonly (readonly number[])[];
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
