/** Which planes of a TIFF file show which channel, as OME-TIFF, ImageJ and tifffile describe it. */
import { parseXml } from "../acquisition/bdv/xml.ts";
import { IsoluxError } from "../errors.ts";
import { formatShape } from "../shapes.ts";

/** The axes of the planes of a file besides rows and columns. */
interface PlaneAxes {
  readonly channels: number;
  /** Planes of one channel. */
  readonly planes: number;
  /** How far apart two planes are that differ in the channel only. */
  readonly channelStep: number;
  /** What the channels are called, where they are. */
  readonly names: readonly (string | undefined)[];
}

/** ImageJ shows no more channels at once: what some programs call so are planes. */
const mostChannels = 7;

/**
 * The planes of a file that belong to one channel, by their number; all where it has only one.
 * @param description what describes the first page
 * @param channel a name, or a number from 1; needed where the file has several
 * @throws IsoluxError `usage` where a choice is needed or not possible, `unsupported` where nothing tells the axes
 */
export function planesOfChannel(
  description: string,
  planeCount: number,
  channel: string | undefined,
  where: string,
): number[] {
  const axes = axesOf(description, planeCount, where);
  const all = Array.from({ length: planeCount }, (_, plane) => plane);
  if (axes.channels === 1) {
    if (channel === undefined || channel === "1" || axes.names.includes(channel)) return all;
    throw unknownChannel(channel, axes, where);
  }
  if (channel === undefined) throw severalChannels(axes, where);
  const index = axes.names.includes(channel) ? axes.names.indexOf(channel) : Number(channel) - 1;
  if (!(Number.isInteger(index) && index >= 0 && index < axes.channels)) throw unknownChannel(channel, axes, where);
  return all.filter((plane) => Math.floor(plane / axes.channelStep) % axes.channels === index);
}

function axesOf(description: string, planeCount: number, where: string): PlaneAxes {
  const told = description.startsWith("ImageJ=")
    ? axesOfImageJ(description)
    : /<OME[\s>]/.test(description)
      ? axesOfOme(description, where)
      : axesOfTifffile(description, where);
  const one: PlaneAxes = { channels: 1, planes: planeCount, channelStep: 1, names: told?.names.slice(0, 1) ?? [] };
  if (told === undefined || told.channels === 1) return one;
  if (told.planes === 1 && told.channels > mostChannels && told.channels === planeCount) return one;
  if (told.channels * told.planes === planeCount) return told;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The file does not have the planes that its description tells of",
    where,
    found: `${planeCount} planes`,
    expected: `${told.channels} channels of ${told.planes} planes`,
    advice: "Save one channel as a stack of its own",
  });
}

/** In ImageJ's files channels come first, then slices, then frames. */
function axesOfImageJ(description: string): PlaneAxes {
  const count = (name: string) => Number(new RegExp(`^${name}=(\\d+)`, "m").exec(description)?.[1] ?? 1);
  return { channels: count("channels"), planes: count("slices") * count("frames"), channelStep: 1, names: [] };
}

/** `DimensionOrder` names the axes from the one that changes fastest. */
function axesOfOme(description: string, where: string): PlaneAxes | undefined {
  const pixels = parseXml(description, where).first("OME", "Image", "Pixels");
  if (pixels === undefined) return undefined;
  const count = (axis: string) => Number(pixels.attribute(`Size${axis}`) ?? 1);
  const order = (pixels.attribute("DimensionOrder") ?? "XYCZT").slice(2);
  const before = [...order.slice(0, Math.max(0, order.indexOf("C")))];
  return {
    channels: count("C"),
    planes: count("Z") * count("T"),
    channelStep: before.reduce((step, axis) => step * count(axis), 1),
    names: pixels.all("Channel").map((channel) => channel.attribute("Name")),
  };
}

/** tifffile tells the shape of an array; what axes beyond three are it does not tell. */
function axesOfTifffile(description: string, where: string): undefined {
  const shape = /^\{"shape": \[([\d, ]+)\]/.exec(description)?.[1]?.split(",").map(Number) ?? [];
  const stacked = shape.slice(0, -2).filter((extent) => extent !== 1);
  if (stacked.length < 2) return undefined;
  throw new IsoluxError({
    kind: "unsupported",
    what: "Nothing tells which axes the planes of the file have",
    where,
    found: `the shape ${formatShape(shape)}`,
    expected: "n, y, x",
    advice: "Save one channel as a stack of its own, or name the axes (OME-TIFF, ImageJ)",
  });
}

function severalChannels(axes: PlaneAxes, where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "The file holds several channels, each with light of its own",
    where,
    found: listed(axes),
    advice: "Name one with --channel, and fit each to a profile of its own",
  });
}

function unknownChannel(channel: string, axes: PlaneAxes, where: string): IsoluxError {
  const what = "The file has no such channel";
  return new IsoluxError({ kind: "usage", what, where, found: `--channel ${channel}`, expected: listed(axes) });
}

function listed({ channels, names, planes }: PlaneAxes): string {
  const each = Array.from({ length: channels }, (_, index) =>
    names[index] === undefined ? String(index + 1) : `${index + 1} (${names[index]})`,
  );
  return `channel${channels === 1 ? "" : "s"} ${each.join(", ")} of ${planes} planes`;
}
