/**
 * What the OME-XML of TIFF files says of images: axes, sizes, channels, positions, and where each plane lies.
 * @see https://docs.openmicroscopy.org/ome-model/latest/ome-tiff/specification.html
 */
import { IsoluxError } from "../../errors.ts";
import { tooLarge } from "../../limits.ts";
import { formatCount } from "../../quantities.ts";
import { formatShape } from "../../shapes.ts";
import type { XmlElement } from "../bdv/xml.ts";

/** The size of a pixel, or a position, in µm along those axes along which it is known. */
export interface PixelSizeUm {
  readonly z?: number;
  readonly y?: number;
  readonly x?: number;
}

/** A page of a file; of the file that has the description where no other is named. */
interface OmePage {
  readonly file: string | undefined;
  readonly page: number;
}

/** One channel: its pages at the first time point, in the order of planes, and at those after it. */
export interface OmeChannel {
  readonly name: string | undefined;
  readonly pages: readonly OmePage[];
  readonly laterTimes: readonly (readonly OmePage[])[];
}

/** One image of a description. */
export interface OmeImage {
  readonly name: string;
  readonly times: number;
  readonly pixelSizeUm: PixelSizeUm;
  readonly shapeYx: readonly [number, number];
  /** Along those axes for which it is known. */
  readonly positionUm: PixelSizeUm;
  readonly channels: readonly OmeChannel[];
}

/** What becomes of the lengths that OME names, in µm. */
const micrometres: Readonly<Record<string, number>> = {
  µm: 1,
  μm: 1,
  um: 1,
  micron: 1,
  nm: 1e-3,
  mm: 1e3,
  cm: 1e4,
  dm: 1e5,
  m: 1e6,
  in: 25_400,
  ft: 304_800,
  thou: 25.4,
  Å: 1e-4,
  pm: 1e-6,
  "reference frame": 1,
};

/** Pages of one description: more than any acquisition has. */
const mostPages = 1_000_000;

/** A length in µm; `undefined` where it is not there, no number, or in a unit that is no length. */
function lengthOf(element: XmlElement, name: string, usualUnit = "µm"): number | undefined {
  const value = Number.parseFloat(element.attribute(name) ?? "");
  const factor = micrometres[element.attribute(`${name}Unit`) ?? usualUnit];
  return Number.isFinite(value) && factor !== undefined ? value * factor : undefined;
}

/** The size of pixels. */
export function sizeOfOmePixels(pixels: XmlElement): PixelSizeUm {
  const sizeOf = (axis: string) => {
    const size = lengthOf(pixels, `PhysicalSize${axis}`);
    return size !== undefined && size > 0 ? size : undefined;
  };
  return known({ z: sizeOf("Z"), y: sizeOf("Y"), x: sizeOf("X") });
}

function known({ z, y, x }: Readonly<Record<"z" | "y" | "x", number | undefined>>): PixelSizeUm {
  return { ...(z !== undefined && { z }), ...(y !== undefined && { y }), ...(x !== undefined && { x }) };
}

/** The images of a description, in its order. @throws IsoluxError `corrupt` where its numbers cannot be */
export function readOmeImages(document: XmlElement, where: string): OmeImage[] {
  const images = document.first("OME")?.all("Image") ?? [];
  return images.flatMap((image, index) => {
    const pixels = image.first("Pixels");
    if (pixels === undefined) return [];
    const axes = axesOf(pixels, where);
    const places = pagePlaces(pixels, axes, images.length === 1, where);
    const own = pixels.all("Channel");
    const pagesAt = (channel: number, time: number) =>
      Array.from({ length: axes.Z }, (_, plane) => places(plane, channel, time));
    return {
      name: image.attribute("Name") ?? image.attribute("ID") ?? `image ${index + 1}`,
      times: axes.T,
      pixelSizeUm: sizeOfOmePixels(pixels),
      shapeYx: [axes.Y, axes.X] as const,
      positionUm: positionOf(image, pixels),
      channels: Array.from({ length: axes.C }, (_, channel) => ({
        name: own[channel]?.attribute("Name") || own[channel]?.attribute("ExcitationWavelength"),
        pages: pagesAt(channel, 0),
        laterTimes: Array.from({ length: axes.T - 1 }, (_, time) => pagesAt(channel, time + 1)),
      })),
    };
  });
}

/** Extents by their names, and the planes' axes from the one that changes fastest. */
interface OmeAxes {
  readonly X: number;
  readonly Y: number;
  readonly Z: number;
  readonly C: number;
  readonly T: number;
  readonly order: readonly ("Z" | "C" | "T")[];
}

function axesOf(pixels: XmlElement, where: string): OmeAxes {
  const extent = (axis: string) => Number(pixels.attribute(`Size${axis}`) ?? 1);
  const [X, Y, Z, C, T] = [extent("X"), extent("Y"), extent("Z"), extent("C"), extent("T")];
  const order = (pixels.attribute("DimensionOrder") ?? "XYZCT").slice(2).split("");
  const isWhole = [X, Y, Z, C, T].every((value) => Number.isInteger(value) && value > 0) && Z * C * T <= mostPages;
  const isOrder = [...order].sort().join("") === "CTZ";
  if (isWhole && isOrder) return { X, Y, Z, C, T, order: order as OmeAxes["order"] };
  throw new IsoluxError({
    kind: "corrupt",
    what: "The OME-XML has no usable axes",
    where,
    found: `${formatShape([T, C, Z, Y, X])}, ${order.join("")}`,
    expected: `extents as whole numbers and the order of Z, C and T, at most ${mostPages} planes`,
  });
}

/**
 * Where planes lie: pages one after the other, but for what `TiffData` says.
 * @param isAlone whether all pages are this image's: of several images the page that would follow may be another's
 * @throws IsoluxError `corrupt` where nothing says where a plane lies
 */
function pagePlaces(
  pixels: XmlElement,
  axes: OmeAxes,
  isAlone: boolean,
  where: string,
): (plane: number, channel: number, time: number) => OmePage {
  const total = axes.Z * axes.C * axes.T;
  const steps = stepsOf(axes);
  const indexOf = (z: number, c: number, t: number) => z * steps.Z + c * steps.C + t * steps.T;
  const stated = new Map<number, OmePage>();
  let named = 0;
  for (const data of pixels.all("TiffData")) {
    const number = (name: string) => Number(data.attribute(name) ?? 0);
    const first = indexOf(number("FirstZ"), number("FirstC"), number("FirstT"));
    const asked = data.attribute("PlaneCount") ?? (data.attribute("IFD") === undefined ? total : 1);
    const file = data.first("UUID")?.attribute("FileName");
    const page = number("IFD");
    const count = Math.max(0, Math.min(Number(asked) || 0, total - first));
    named += count;
    if (named > 2 * mostPages) throw tooLarge("The OME-XML names too many pages", where, mostPages);
    for (let n = 0; n < count; n++) stated.set(first + n, { file, page: page + n });
  }
  if (stated.size > 0 && stated.size < total && !(isAlone && [...stated].every(isInOrder))) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "The OME-XML does not say where all planes of an image lie",
      where,
      found: `${stated.size} of ${formatCount(total, "plane")}, as its SizeZ, SizeC and SizeT state`,
      advice: "If its acquisition was aborted, leave the image out, or save it again with the planes that it has",
    });
  }
  return (plane, channel, time) => {
    const index = indexOf(plane, channel, time);
    return stated.get(index) ?? { file: undefined, page: index };
  };
}

function isInOrder([index, { file, page }]: readonly [number, OmePage]): boolean {
  return file === undefined && page === index;
}

function stepsOf({ order, ...extents }: OmeAxes): Record<"Z" | "C" | "T", number> {
  const steps = { Z: 1, C: 1, T: 1 };
  let step = 1;
  for (const axis of order) {
    steps[axis] = step;
    step *= extents[axis];
  }
  return steps;
}

/** The position of the first plane that has one, else that of the stage label. */
function positionOf(image: XmlElement, pixels: XmlElement): PixelSizeUm {
  const placed = pixels.all("Plane").filter((plane) => plane.attribute("PositionX") !== undefined);
  const first = placed.find((plane) => Number(plane.attribute("TheZ") ?? 0) === 0) ?? placed[0];
  const usual = "reference frame";
  if (first !== undefined) {
    const sizes = sizeOfOmePixels(pixels);
    const at = (axis: "X" | "Y" | "Z") => {
      const isInPixels = first.attribute(`Position${axis}Unit`) === "pixel";
      const size = sizes[axis.toLowerCase() as keyof PixelSizeUm] ?? 1;
      return isInPixels ? size * Number(first.attribute(`Position${axis}`)) : lengthOf(first, `Position${axis}`, usual);
    };
    return known({ z: at("Z"), y: at("Y"), x: at("X") });
  }
  const label = image.first("StageLabel");
  const at = (axis: string) => label && lengthOf(label, axis, usual);
  return known({ z: at("Z"), y: at("Y"), x: at("X") });
}
