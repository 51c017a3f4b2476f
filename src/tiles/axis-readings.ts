/**
 * Interprets the numbers of a table of tiles along one axis. They should be µm, but other programs write pixels, write
 * them for images of another pixel size, or count from another origin. An interpretation other than µm is used where
 * its tiles fill the axis from the first pixel to the last and those in µm do not.
 */

import { roundTiesToEven } from "../statistics.ts";

/** The start and end of every row of a table along an axis, in the table's unit. */
export interface AxisExtents {
  readonly starts: readonly number[];
  readonly stops: readonly number[];
}

/** Properties of an axis of the image. */
export interface ImageAxis {
  /** 0: planes, 1: rows, 2: columns. */
  readonly axis: 0 | 1 | 2;
  /** Size of a pixel in µm. */
  readonly scaleUm: number;
  /** In pixels. */
  readonly extent: number;
}

/** The kind of an interpretation of the table's numbers. */
export type ReadingKind = "as-stands" | "pixels" | "pixel-size" | "origin" | "cropped" | "one-plane" | "all-planes";

/** The rows of a table in whole pixels, by one interpretation. */
export interface AxisReading extends AxisExtents {
  readonly kind: ReadingKind;
  /** The table's size of a pixel in µm; the image's own except for tables of another pixel size, 1 for pixels. */
  readonly unitsPerPixel: number;
  /** The number in the table at which the image begins. */
  readonly origin: number;
  /** For each row, the pixels beyond the image that were cropped: before it, and behind it. */
  readonly cuts?: readonly (readonly [before: number, behind: number])[];
}

/**
 * The interpretations that fit: one where the table is clear, several where it is ambiguous, none where nothing fits.
 * @param hasOtherPixels the result of {@link haveOtherPixels}
 */
export function axisReadings(table: AxisExtents, image: ImageAxis, hasOtherPixels: boolean): AxisReading[] {
  const plain = plainReading(table, image);
  if (fills(plain, image.extent)) return [plain];
  if (image.axis === 0 && image.extent === 1) return [allPlanes("one-plane", table, image)];
  if (image.axis === 0 && isFlat(table, image)) return [allPlanes("all-planes", table, image)];
  const others = [
    fromOtherOrigin(table, image),
    inPixels(table, image),
    ofOtherPixels(table, image, hasOtherPixels),
    cropped(plain, image.extent),
    ...(isTooDeep(table, image) ? [allPlanes("all-planes", table, image)] : []),
  ].filter((reading) => reading !== undefined && fills(reading, image.extent)) as AxisReading[];
  const distinct = others.filter((one, index) => others.findIndex((other) => isSame(one, other)) === index);
  const even = distinct.filter(isEven);
  const best = even.length > 0 ? even : distinct;
  if (best.length > 0) return best;
  return isInside(plain, image.extent) ? [plain] : [];
}

/** The numbers as µm, whether that fits or not. */
export function plainReading(table: AxisExtents, { scaleUm }: ImageAxis): AxisReading {
  return toPixels(table, "as-stands", scaleUm);
}

/**
 * Whether a table seems to be for pixels of another size, along rows and columns alike: for binned ones, if it spans
 * the image a whole number of times (or such a fraction of it), or for another zoom, if its numbers are then whole
 * pixels but are not in µm.
 */
export function haveOtherPixels(tables: readonly AxisExtents[], images: readonly ImageAxis[]): boolean {
  const ratios = tables.map((table, index) => ratioOf(table, images[index]!));
  const [first] = ratios;
  if (first === undefined || ratios.some((ratio) => Math.abs(ratio / first - 1) >= roundedSize)) return false;
  // One tile that is a part of the image may be just that; several that fill exactly such a part are no coincidence.
  if (first < 1 && tables[0]!.starts.length < 2) return false;
  // Without tile edges within the image, whole pixels are no criterion.
  const haveEdges = tables.some(({ starts }) => starts.some((start) => start !== starts[0]));
  return isBinning(first) || (haveEdges && isZoom(tables, images));
}

/** The largest factor of binning of a camera. */
const mostBinning = 16;
/** Pixel sizes are rounded when written: the table's and the image's may differ by this fraction. */
const roundedSize = 0.005;
/** How close to whole pixels numbers must be, in pixels: µm are written with two decimals. */
const nearlyWhole = 0.1;

/** The extent of a table relative to the image's. */
function ratioOf(table: AxisExtents, image: ImageAxis): number {
  const [low, high] = spanOf(table, image);
  return (high - low) / (image.scaleUm * image.extent);
}

function isBinning(ratio: number): boolean {
  const times = Math.max(ratio, 1 / ratio);
  return Math.round(times) >= 2 && times <= mostBinning && Math.abs(times / Math.round(times) - 1) < roundedSize;
}

function isZoom(tables: readonly AxisExtents[], images: readonly ImageAxis[]): boolean {
  const areWhole = (unitOf: (table: AxisExtents, image: ImageAxis) => number) =>
    tables.every((table, index) => {
      const image = images[index]!;
      return isWhole(table, unitOf(table, image), spanOf(table, image)[0]);
    });
  return !areWhole((_, { scaleUm }) => scaleUm) && areWhole((table, image) => ratioOf(table, image) * image.scaleUm);
}

/** The span of a table: from 0, unless it begins elsewhere by a pixel or more. */
function spanOf(table: AxisExtents, { scaleUm }: Pick<ImageAxis, "scaleUm">): readonly [low: number, high: number] {
  const low = least(table.starts);
  return [Math.abs(low) < scaleUm / 2 ? 0 : low, most(table.stops)];
}

function inPixels(table: AxisExtents, { extent }: ImageAxis): AxisReading | undefined {
  const [origin, high] = spanOf(table, { scaleUm: 1 });
  const reading = toPixels(table, "pixels", 1, origin);
  return Math.round(high - origin) === extent && isWhole(table, 1, origin) ? reading : undefined;
}

/** A table for images of other pixels: binned ones, or ones whose size was rounded differently. */
function ofOtherPixels(table: AxisExtents, image: ImageAxis, isCertain: boolean): AxisReading | undefined {
  const [origin, high] = spanOf(table, image);
  const unit = (high - origin) / image.extent;
  const reading = () => toPixels(table, "pixel-size", unit, origin);
  if (isCertain) return reading();
  const isRounded = Math.abs(unit / image.scaleUm - 1) < roundedSize;
  return isRounded && isWhole(table, unit, origin) && !isWhole(table, image.scaleUm, origin) ? reading() : undefined;
}

function fromOtherOrigin(table: AxisExtents, image: ImageAxis): AxisReading | undefined {
  const [origin] = spanOf(table, image);
  return origin === 0 ? undefined : toPixels(table, "origin", image.scaleUm, origin);
}

/** Where a table has no usable depth: in an image of one plane, with none in a stack, or with too much. */
function allPlanes(kind: ReadingKind, { starts, stops }: AxisExtents, { extent }: ImageAxis): AxisReading {
  const unitsPerPixel = (stops[0]! - starts[0]!) / extent;
  return { kind, starts: starts.map(() => 0), stops: stops.map(() => extent), unitsPerPixel, origin: 0 };
}

/** A table made for one plane: all rows begin and end together, at most a plane or 1 µm apart. */
function isFlat(table: AxisExtents, { scaleUm }: ImageAxis): boolean {
  const stop = table.stops[0]!;
  return isOneDepth(table) && table.starts[0] === 0 && stop >= 0 && stop <= Math.max(1, scaleUm);
}

/** All rows begin and end together, but the image has fewer planes: they can only have all planes that there are. */
function isTooDeep(table: AxisExtents, { axis, scaleUm, extent }: ImageAxis): boolean {
  return axis === 0 && isOneDepth(table) && table.starts[0] === 0 && table.stops[0]! > extent * scaleUm;
}

function isOneDepth({ starts, stops }: AxisExtents): boolean {
  return starts.every((start) => start === starts[0]) && stops.every((stop) => stop === stops[0]);
}

/**
 * Tiles that reach beyond the image by less than half of their size, cropped at its edge. Cropped tiles must have the
 * size of the others, before or after cropping; otherwise the table does not fit.
 */
function cropped(plain: AxisReading, extent: number): AxisReading | undefined {
  const cuts = plain.starts.map((start, row) => {
    return [Math.max(0, 0 - start), Math.max(0, plain.stops[row]! - extent)] as const;
  });
  const lengths = lengthsOf(plain);
  const isCut = (row: number) => cuts[row]![0] + cuts[row]![1] > 0;
  const starts = plain.starts.map((start) => Math.max(0, start));
  const stops = plain.stops.map((stop) => Math.min(extent, stop));
  const reading: AxisReading = { ...plain, kind: "cropped", starts, stops, cuts };
  const left = lengthsOf(reading);
  const whole = lengths.filter((_, row) => !isCut(row));
  const size = whole.length > 0 ? most(whole) : undefined;
  const isCrop = lengths.every((length, row) => {
    if (!isCut(row)) return true;
    return left[row]! > length / 2 && (size === undefined || isNear(left[row]!, size) || isNear(length, size));
  });
  const isAlike = size !== undefined || isEven(reading) || isEven(plain);
  return cuts.some((_, row) => isCut(row)) && isCrop && isAlike ? reading : undefined;
}

function toPixels({ starts, stops }: AxisExtents, kind: ReadingKind, unit: number, origin = 0): AxisReading {
  const pixel = (value: number) => roundTiesToEven((value - origin) / unit) + 0;
  return { kind, starts: starts.map(pixel), stops: stops.map(pixel), unitsPerPixel: unit, origin };
}

function isWhole({ starts, stops }: AxisExtents, unit: number, origin: number): boolean {
  return [...starts, ...stops].every((value) => {
    const pixels = (value - origin) / unit;
    return Math.abs(pixels - Math.round(pixels)) < nearlyWhole;
  });
}

/** Whether all rows have pixels, all of them within the image. */
function isInside({ starts, stops }: AxisExtents, extent: number): boolean {
  return starts.every((start, row) => start >= 0 && start < stops[row]! && stops[row]! <= extent);
}

/** Whether rows lie inside and together cover the axis from the first pixel to the last. */
function fills(reading: AxisExtents, extent: number): boolean {
  return isInside(reading, extent) && leftOut(reading, extent).length === 0;
}

/** The half-open ranges along an axis that no row covers. */
export function leftOut({ starts, stops }: AxisExtents, extent: number): [start: number, stop: number][] {
  const order = [...starts.keys()].sort((a, b) => starts[a]! - starts[b]!);
  const gaps: [number, number][] = [];
  let reached = 0;
  for (const row of order) {
    if (starts[row]! > reached) gaps.push([reached, starts[row]!]);
    reached = Math.max(reached, stops[row]!);
  }
  if (reached < extent) gaps.push([reached, extent]);
  return gaps;
}

/** Whether all rows have one length, up to one pixel of rounding. */
function isEven(reading: AxisExtents): boolean {
  const lengths = lengthsOf(reading);
  return isNear(least(lengths), most(lengths));
}

function lengthsOf({ starts, stops }: AxisExtents): number[] {
  return starts.map((start, row) => stops[row]! - start);
}

function isNear(length: number, other: number): boolean {
  return Math.abs(length - other) <= 1;
}

function isSame(one: AxisExtents, other: AxisExtents): boolean {
  return one.starts.every((start, row) => start === other.starts[row] && one.stops[row] === other.stops[row]);
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
