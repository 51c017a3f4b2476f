/** Finds single pixels, lines and stripes of a profile that stand out, and tells whether an image has the same. */
import type { Yx } from "../shapes.ts";
import { medianOf, upperMedianOf } from "../statistics.ts";
import type { NumericArray } from "./npy-elements.ts";

/** In smaller images pixels and lines may be part of the light. */
const leastExtent = 16;
/** What stands out does so by this many times the noise. */
const noiseMultiple = 8;
/** The least that counts: of light as logarithms, of counts without light as shares of their median. */
const [leastOfLight, shareOfDark] = [0.1, 0.1];
/** The same of lines and of stripes, as multiples: many pixels tell what one does not. */
const least = { light: { lines: 0.7, stripes: 0.4 }, dark: { lines: 1, stripes: 0.4 } } as const;
/** Stripes are in more than this share of the rows or columns, lines in less; the most pixels of each that are examined. */
const [stripedShare, mostPlaces] = [0.2, 32];
/** The parts of an image that a finding is looked for in, and the pixels of each along a line. */
const [probeCount, probeLength] = [12, 32];

/** A pixel of the field, and those around it that it is compared with, as distances. */
interface Place {
  readonly y: number;
  readonly x: number;
  readonly others: readonly Yx[];
}

type PixelAt = (y: number, x: number) => number;

interface Probe {
  /** The part, from its first pixel on and up to that before `stopYx`. */
  readonly startYx: Yx;
  readonly stopYx: Yx;
  /**
   * Which share of the finding an image shows: 1 where it has the same, 0 where it has nothing of it.
   * @param pixelAt counts; where the finding is of light, without what the camera shows without it
   */
  readonly shareIn: (pixelAt: PixelAt) => number;
}

interface Finding {
  /** A noun with how it differs. */
  readonly what: string;
  /** The first pixel of it. */
  readonly firstYx: Yx;
  readonly probes: readonly Probe[];
}

/** An image in which differences of pixels are those that another image would have. */
interface Part {
  readonly kind: keyof typeof least;
  readonly shapeYx: Yx;
  readonly values: Float64Array;
  readonly noise: number;
  readonly least: number;
  readonly scaled: (counts: number) => number;
  readonly describe: (difference: number) => string;
}

/**
 * The stripes of an image, else its lines, else its single pixels that differ from those around.
 * @param image a flat-field (`light`, positive) or a dark-field in counts, C order
 * @param leastCounts differences of a dark-field below this are none
 */
export function standingOut(
  image: NumericArray,
  shapeYx: Yx,
  kind: "light" | "dark",
  leastCounts = 0,
): readonly Finding[] {
  if (Math.min(...shapeYx) < leastExtent) return [];
  const part = kind === "light" ? partOfLight(image, shapeYx) : partOfDark(image, shapeYx, leastCounts);
  for (const isRow of [false, true]) {
    const stripes = stripesOf(part, isRow);
    if (stripes !== undefined) return [stripes];
  }
  const lines = [true, false].map((isRow) => linesOf(part, isRow)).filter((found) => found !== undefined);
  return lines.length > 0 ? lines : pixelsOf(part);
}

function partOfLight(image: NumericArray, shapeYx: Yx): Part {
  const scaled = (value: number) => (value > 0 ? Math.log(value) : Number.NaN);
  const values = new Float64Array(image as ArrayLike<number>).map(scaled);
  const times = (difference: number) => Math.exp(Math.abs(difference)).toPrecision(2);
  return {
    ...{ kind: "light", shapeYx, values, noise: noiseOf(values, shapeYx), least: leastOfLight, scaled },
    describe: (difference) => `${times(difference)} times ${difference > 0 ? "brighter" : "dimmer"}`,
  };
}

function partOfDark(image: NumericArray, shapeYx: Yx, leastCounts: number): Part {
  const values = new Float64Array(image as ArrayLike<number>);
  const leastHere = Math.max(leastCounts, shareOfDark * Math.abs(medianOf(values.slice())));
  const counts = (difference: number) => `${Number(Math.abs(difference).toPrecision(3))} counts`;
  return {
    ...{ kind: "dark", shapeYx, values, noise: noiseOf(values, shapeYx), least: leastHere, scaled: (value) => value },
    describe: (difference) => `${counts(difference)} ${difference > 0 ? "brighter" : "dimmer"}`,
  };
}

/** Robust, by how far pixels at some thousand places are from the mean of those two before and after. */
function noiseOf(values: Float64Array, [, width]: Yx): number {
  const apart: number[] = [];
  for (let at = 2, step = Math.max(1, Math.floor(values.length / 20_000)); at + 2 < values.length; at += step) {
    if (at % width > 1 && (at % width) + 2 < width) {
      apart.push(Math.abs(values[at]! - (values[at - 2]! + values[at + 2]!) / 2));
    }
  }
  return (1.4826 * (upperMedianOf(apart) ?? 0)) / Math.sqrt(1.5);
}

/** The difference of a pixel from the median of others; NaN where one of them has no value. */
function differenceAt(value: PixelAt, { y, x, others }: Place): number {
  const around = Float64Array.from(others, ([dy, dx]) => value(y + dy, x + dx));
  return around.every((other) => Number.isFinite(other)) ? value(y, x) - medianOf(around) : Number.NaN;
}

function placeAt([height, width]: Yx, [y, x]: Yx, others: readonly Yx[]): Place {
  const isInside = ([dy, dx]: Yx) => y + dy >= 0 && y + dy < height && x + dx >= 0 && x + dx < width;
  return { y, x, others: others.filter(isInside) };
}

const valueIn =
  ({ values, shapeYx }: Part): PixelAt =>
  (y, x) =>
    values[y * shapeYx[1] + x]!;

/** A probe that compares a few places together. */
function probeOf(part: Part, places: readonly Place[]): Probe {
  const ys = places.flatMap(({ y, others }) => [y, ...others.map(([dy]) => y + dy)]);
  const xs = places.flatMap(({ x, others }) => [x, ...others.map(([, dx]) => x + dx)]);
  return {
    startYx: [Math.min(...ys), Math.min(...xs)],
    stopYx: [Math.max(...ys) + 1, Math.max(...xs) + 1],
    shareIn: (pixelAt) => {
      const shown = places.map((place) => differenceAt((y, x) => part.scaled(pixelAt(y, x)), place));
      const own = places.map((place) => differenceAt(valueIn(part), place));
      const sumOf = (values: readonly number[]) =>
        values.reduce((sum, value, at) => sum + (Number.isFinite(shown[at]) ? value * own[at]! : 0), 0);
      return sumOf(shown) / sumOf(own);
    },
  };
}

/** How far each row or column is from those at a distance on both sides, and the least that this tells. */
function lineDifferences(part: Part, isRow: boolean, distance: number, leastTold: number) {
  const [height, width] = part.shapeYx;
  const [lines, length] = isRow ? [height, width] : [width, height];
  const others: readonly Yx[] = [-distance, distance].map((step): Yx => (isRow ? [step, 0] : [0, step]));
  const step = Math.max(1, Math.floor(length / mostPlaces));
  const count = Math.floor((length - 1) / step) + 1;
  const [acrossBy, alongBy] = isRow ? [width, step] : [1, width * step];
  // How much darker the line at this distance after each is.
  const darker = Array.from({ length: lines - distance }, (_, line) => {
    const apart = new Float64Array(count);
    for (let n = 0, at = line * acrossBy; n < count; n++, at += alongBy) {
      apart[n] = part.values[at]! - part.values[at + distance * acrossBy]!;
    }
    return medianOf(apart);
  });
  const differences = Array.from({ length: lines }, (_, line) => {
    const [before, after] = [line - distance, line];
    // At an edge light goes on as it does beside it.
    if (before < 0) return nearer(darker[after]!, darker[after]! - darker[after + distance]!);
    if (after >= lines - distance) return nearer(-darker[before]!, darker[before - distance]! - darker[before]!);
    return nearer(-darker[before]!, darker[after]!);
  });
  const least = Math.max(leastTold * part.least, (2 * noiseMultiple * part.noise) / Math.sqrt(count));
  const probesOf = (found: readonly number[]) => {
    const extent = Math.min(probeLength, length);
    return Array.from({ length: probeCount }, (_, n) => {
      const line = found[Math.floor((n * found.length) / probeCount)]!;
      const start = Math.floor(((length - extent) * n) / (probeCount - 1));
      const places = Array.from({ length: extent }, (_, along) =>
        placeAt(part.shapeYx, isRow ? [line, start + along] : [start + along, line], others),
      );
      return probeOf(part, places);
    });
  };
  return { differences, least, probesOf };
}

/** The smaller of two differences of one direction; 0 of two, as at a step. */
function nearer(one: number, other: number): number {
  if (!(one * other > 0)) return 0;
  return Math.abs(one) < Math.abs(other) ? one : other;
}

function stripesOf(part: Part, isRow: boolean): Finding | undefined {
  const { differences, least: most, probesOf } = lineDifferences(part, isRow, 1, least[part.kind].stripes);
  const last = differences.length - 1;
  const lines = [...differences.keys()].filter((line) => Math.abs(differences[line]!) > most && line % last > 0);
  if (lines.length < stripedShare * differences.length) return undefined;
  const typical = medianOf(Float64Array.from(lines, (line) => Math.abs(differences[line]!)));
  return {
    what: `${lines.length} ${isRow ? "rows" : "columns"} brighter or dimmer than both beside them, typically ${part.describe(typical)}`,
    firstYx: isRow ? [lines[0]!, 0] : [0, lines[0]!],
    probes: probesOf(lines),
  };
}

function linesOf(part: Part, isRow: boolean): Finding | undefined {
  const { differences, least: most, probesOf } = lineDifferences(part, isRow, 2, least[part.kind].lines);
  const far = (line: number) => Math.abs(differences[line] ?? 0);
  // Next to a line that stands out far, others seem to stand out the other way.
  const lines = [...differences.keys()].filter(
    (line) =>
      far(line) > most &&
      far(line) >= far(line - 2) &&
      far(line) >= far(line + 2) &&
      (line > 1 || far(line) > far(line + 2)),
  );
  const [first] = lines;
  if (first === undefined || lines.length >= stripedShare * differences.length) return undefined;
  const name = isRow ? "row" : "column";
  const which = lines.length === 1 ? `${name} ${first}` : `${lines.length} ${name}s, the first ${name} ${first}`;
  return {
    what: `${which}, ${part.describe(differences[first]!)} than those around it`,
    firstYx: isRow ? [first, 0] : [0, first],
    probes: probesOf(lines),
  };
}

const square = (reach: number): Yx[] =>
  [-reach, 0, reach].flatMap((y) => [-reach, 0, reach].map((x): Yx => [y, x])).filter(([y, x]) => y !== 0 || x !== 0);
const ring = square(2);
const near = [...square(1), ...ring];
/** As many of those around a pixel may be as it is: it is no speck or line. */
const mostAlike = 1;

/** How far a pixel is from nearly all around it; 0 where it is between them. */
function farFromAround(value: PixelAt, shapeYx: Yx, y: number, x: number): number {
  const { others } = placeAt(shapeYx, [y, x], near);
  const sorted = Float64Array.from(others, ([dy, dx]) => value(y, x) - value(y + dy, x + dx)).sort();
  const [above, below] = [sorted[mostAlike]!, sorted[sorted.length - 1 - mostAlike]!];
  return above > 0 ? above : Math.min(below, 0);
}

function pixelsOf(part: Part): Finding[] {
  const { values, shapeYx } = part;
  const width = shapeYx[1];
  const most = Math.max(part.least, noiseMultiple * part.noise);
  const found: { readonly place: Place; readonly by: number }[] = [];
  for (let at = 0; at < values.length; at++) {
    const [above, below] = [values[at - 2 * width], values[at + 2 * width]];
    // Most pixels are close to one of those above and below.
    if (Math.abs(values[at]! - (above ?? below!)) <= most || Math.abs(values[at]! - (below ?? above!)) <= most)
      continue;
    const [y, x] = [Math.floor(at / width), at % width];
    const by = farFromAround(valueIn(part), shapeYx, y, x);
    if (Math.abs(by) > most) found.push({ place: placeAt(shapeYx, [y, x], ring), by });
  }
  const largest = found.sort((a, b) => Math.abs(b.by) - Math.abs(a.by)).slice(0, probeCount);
  const [first] = largest;
  if (first === undefined) return [];
  const { y, x } = first.place;
  const which = found.length === 1 ? "a pixel" : `${found.length} pixels, the first`;
  const probes = Array.from({ length: probeCount }, (_, n) => probeOf(part, [largest[n % largest.length]!.place]));
  const what = `${which} at (y, x) = (${y}, ${x}), ${part.describe(first.by)} than those around it`;
  return [{ what, firstYx: [y, x], probes }];
}
