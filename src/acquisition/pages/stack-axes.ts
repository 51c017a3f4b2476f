/** Which channel, plane and time point each page of a TIFF file shows, by what OME, ImageJ and tifffile write. */
import { IsoluxError } from "../../errors.ts";
import { formatCount } from "../../quantities.ts";
import { formatShape } from "../../shapes.ts";
import { parseXml } from "../bdv/xml.ts";

/** The axes of the pages of a file besides rows and columns. */
export interface StackAxes {
  readonly channels: number;
  /** Planes of one channel at one time. */
  readonly planes: number;
  readonly times: number;
  /** Distances, in pages, between two that differ in the channel, the plane, or the time, only. */
  readonly channelStep: number;
  readonly planeStep: number;
  readonly timeStep: number;
  /** Names of the channels, if they have any. */
  readonly names: readonly (string | undefined)[];
}

/** The most channels that ImageJ shows at once: where some programs write more, they are planes. */
const mostChannels = 7;

/**
 * The axes by the description of a file's first page. Pages that nothing describes are planes of one channel.
 * @throws IsoluxError `unsupported` where the axes are unknown or do not fit the pages
 */
export function stackAxes(description: string, pageCount: number, where: string): StackAxes {
  const stated = description.startsWith("ImageJ=")
    ? axesOfImageJ(description)
    : isOmeXml(description)
      ? axesOfOme(description, where)
      : axesOfTifffile(description, where);
  const names = stated?.names.slice(0, 1) ?? [];
  const one: StackAxes = { channels: 1, planes: pageCount, times: 1, channelStep: 1, planeStep: 1, timeStep: 1, names };
  if (stated === undefined || (stated.channels === 1 && stated.times === 1)) return one;
  const { channels, planes, times } = stated;
  if (planes * times === 1 && channels > mostChannels && channels === pageCount) return one;
  if (channels * planes * times === pageCount) return stated;
  // A file of one channel may have lost planes; one of several says nothing then.
  if (channels === 1) return one;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The file does not have the planes that its description states",
    where,
    found: formatCount(pageCount, "plane"),
    expected: `${formatCount(channels, "channel")} of ${formatCount(planes * times, "plane")}`,
    advice: "Save one channel as a separate stack",
  });
}

/** Whether a description is OME-XML. */
export function isOmeXml(description: string): boolean {
  return /<(?:\w+:)?OME[\s>]/.test(description);
}

/** In ImageJ's files the order is channels, slices, frames. */
function axesOfImageJ(description: string): StackAxes {
  const count = (name: string) => Number(new RegExp(`^${name}=(\\d+)`, "m").exec(description)?.[1] ?? 1);
  const channels = count("channels");
  const [planes, times] = [count("slices"), count("frames")];
  return { channels, planes, times, channelStep: 1, planeStep: channels, timeStep: channels * planes, names: [] };
}

/** `DimensionOrder` names the axes from the one that changes fastest. */
function axesOfOme(description: string, where: string): StackAxes | undefined {
  const pixels = parseXml(description, where).first("OME", "Image", "Pixels");
  if (pixels === undefined) return undefined;
  const count = (axis: string) => Number(pixels.attribute(`Size${axis}`) ?? 1);
  const order = (pixels.attribute("DimensionOrder") ?? "XYCZT").slice(2);
  const stepOf = (axis: string) =>
    [...order.slice(0, Math.max(0, order.indexOf(axis)))].reduce((step, before) => step * count(before), 1);
  return {
    channels: count("C"),
    planes: count("Z"),
    times: count("T"),
    channelStep: stepOf("C"),
    planeStep: stepOf("Z"),
    timeStep: stepOf("T"),
    names: pixels.all("Channel").map((channel) => channel.attribute("Name")),
  };
}

/** tifffile writes the shape of an array, but not the meaning of axes beyond three. */
function axesOfTifffile(description: string, where: string): undefined {
  const shape = /^\{"shape": \[([\d, ]+)\]/.exec(description)?.[1]?.split(",").map(Number) ?? [];
  const stacked = shape.slice(0, -2).filter((extent) => extent !== 1);
  if (stacked.length < 2) return undefined;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The file does not say which axes its planes have",
    where,
    found: `the shape ${formatShape(shape)}`,
    expected: "n, y, x",
    advice: "Save one channel as a separate stack, or name the axes (OME-TIFF, ImageJ)",
  });
}
