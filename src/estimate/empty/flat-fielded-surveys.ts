/** The percentile of the background that surveys of empty regions gathered, after division by a flat-field. */

import { KernelMemory } from "../../kernels/kernel-memory.ts";
import { floats, layoutOf, pixels } from "../../kernels/layout.ts";
import type { PixelArray, Yx } from "../../shapes.ts";
import { select } from "../../statistics.ts";
import { gatherLowest, interpolate, type LowestPixels, percentile, percentileBytes } from "./percentile.ts";
import { baselineStep, subsampledArea, subsampledCount } from "./planes.ts";
import type { PieceSurvey } from "./survey.ts";

/** Added to the flat-field before dividing by it, as in the correction. */
export const divisorGuard = Math.fround(1e-6);

/** About this many pixels are processed at a time. */
const valuesAtOnce = 1 << 19;

/**
 * The step of the values that the lowest ones are guessed from: a prime, so that they are not all of the same column.
 */
const guessStep = 211;
const guessStepOfMany = 1009;
const many = 1 << 24;
/** With fewer values a guess is no faster than reading all of them twice. */
const leastValues = 1 << 20;
/** How many times the needed number of values is gathered as the lowest, and how much more memory there is for them. */
const guessMargin = 1.3;

/** Surveys of all pieces of a field, and the flat-field to divide their background by. */
interface FlatFieldedSurveys {
  readonly surveys: readonly PieceSurvey[];
  readonly flatfield: Float32Array;
  readonly planeCount: number;
  readonly shapeYx: Yx;
  readonly cameraOffset: number;
}

/** An upper bound of the memory of {@link flatFieldedPercentile} for a background of a number of pixels. */
export function flatFieldedBytes(valueCount: number, percent: number): number {
  const window = 14 * Math.min(valuesAtOnce, valueCount);
  return percentileBytes + window + 4 * mostLowest(valueCount, percent) + (4 * valueCount) / guessStep;
}

/**
 * The exact percentile of the background: from the lowest values alone, if it is among them; else by {@link
 * percentile}.
 */
export async function flatFieldedPercentile(flatFielded: FlatFieldedSurveys, percent: number): Promise<number> {
  return percentileOfLowest(flatFielded, percent) ?? (await percentile(() => flatFieldedValues(flatFielded), percent));
}

/** The most values that fit where the lowest are gathered. */
function mostLowest(valueCount: number, percent: number): number {
  return Math.ceil((2 * guessMargin * percent * valueCount) / 100);
}

function percentileOfLowest(flatFielded: FlatFieldedSurveys, percent: number): number | undefined {
  const count = flatFielded.surveys.reduce((sum, { background }) => sum + background.length, 0);
  if (count < leastValues) return undefined;
  const lowest = allUpTo(
    guessBound(flatFielded, count, guessMargin * percent),
    flatFielded,
    mostLowest(count, percent),
  );
  const position = (percent / 100) * (count - 1);
  const [below, above] = [Math.floor(position), Math.ceil(position)];
  if (lowest === undefined || above >= lowest.length) return undefined;
  const low = select(lowest, below);
  return interpolate(low, above === below ? low : leastOf(lowest.subarray(above)), position - below);
}

/** The smallest of the values after a selected one is the next in order. */
function leastOf(values: Float32Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < values.length; at++) if (values[at]! < least) least = values[at]!;
  return least;
}

/** An estimate of the percentile from few of the values; NaN where one of these is. */
function guessBound(flatFielded: FlatFieldedSurveys, count: number, percent: number): number {
  const { surveys, cameraOffset } = flatFielded;
  const step = count < many ? guessStep : guessStepOfMany;
  const found = new Float32Array(Math.ceil(count / step) + surveys.length);
  let taken = 0;
  for (const survey of surveys) {
    const { background } = survey;
    const divisors = divisorsOf(flatFielded, survey);
    const columns = columnsOf(survey);
    const ofRow = flatFielded.planeCount * columns;
    for (let at = 0; at < background.length; at += step) {
      const pixel = Math.floor(at / ofRow) * columns + (at % columns);
      const value = Math.fround(background[at]! - cameraOffset) / divisors[pixel]!;
      if (Number.isNaN(value)) return Number.NaN;
      found[taken++] = value;
    }
  }
  return select(found.subarray(0, taken), Math.min(taken - 1, Math.ceil((percent / 100) * taken)));
}

/** All values up to the bound; `undefined` where they do not fit, or one is NaN. */
function allUpTo(bound: number, flatFielded: FlatFieldedSurveys, most: number): Float32Array | undefined {
  if (Number.isNaN(bound)) return undefined;
  const { surveys, cameraOffset } = flatFielded;
  const area = Math.max(...surveys.map(areaOf));
  const layout = layoutOf({ lowest: floats(most), divisors: floats(area), limits: pixels("uint16", area) });
  // Memory for the values of a window is added: they may have to be copied
  const memory = KernelMemory.need(layout.bytes + floats(windowLength(flatFielded)).bytes);
  const { lowest, divisors, limits } = layout.take(memory);
  let found = 0;
  for (const window of windowsOf(flatFielded, { divisors, limits: limits as Uint16Array, bound })) {
    const { values, planes, pixels } = window;
    const more = gatherLowest(values, planes, pixels, cameraOffset, bound, lowest.subarray(found));
    if (more < 0) return undefined;
    found += more;
  }
  return lowest.subarray(0, found);
}

/** The background in single precision, some planes of a piece at a time. */
async function* flatFieldedValues(flatFielded: FlatFieldedSurveys): AsyncGenerator<Float32Array> {
  const { cameraOffset } = flatFielded;
  const buffer = new Float32Array(windowLength(flatFielded));
  for (const { values, planes, pixels } of windowsOf(flatFielded)) {
    const { divisors } = pixels;
    let at = 0;
    for (let plane = 0; plane < planes; plane++) {
      for (let pixel = 0; pixel < divisors.length; pixel++, at++) {
        buffer[at] = Math.fround(values[at]! - cameraOffset) / divisors[pixel]!;
      }
    }
    yield buffer.subarray(0, at);
  }
}

/** A row of a piece's background, of all planes or some, with the divisors of its pixels. */
interface BackgroundWindow {
  readonly values: PixelArray;
  readonly planes: number;
  readonly pixels: LowestPixels;
}

/** To gather values up to a bound: arrays for the divisors and limits of the pixels of a piece. */
interface Gathering {
  readonly divisors: Float32Array;
  readonly limits: Uint16Array;
  readonly bound: number;
}

/** The background window by window. */
function* windowsOf(flatFielded: FlatFieldedSurveys, gathering?: Gathering): Generator<BackgroundWindow> {
  const { surveys, planeCount, cameraOffset } = flatFielded;
  for (const survey of surveys) {
    const columns = columnsOf(survey);
    const { divisors, limits } = pixelsOf(divisorsOf(flatFielded, survey), cameraOffset, gathering);
    for (const { at, planes } of rowsOf(survey, planeCount)) {
      const first = Math.floor(at / (planeCount * columns)) * columns;
      const row = <Numbers extends PixelArray>(numbers: Numbers) => numbers.subarray(first, first + columns) as Numbers;
      const values = survey.background.subarray(at, at + planes * columns);
      yield { values, planes, pixels: { divisors: row(divisors), limits: limits && row(limits) } };
    }
  }
}

/** The divisors of pixels and, where each has one, the limit up to which its values are gathered. */
function pixelsOf(divisors: Float32Array, cameraOffset: number, gathering: Gathering | undefined): LowestPixels {
  if (gathering === undefined) return { divisors };
  const [placed, limits] = [
    gathering.divisors.subarray(0, divisors.length),
    gathering.limits.subarray(0, divisors.length),
  ];
  placed.set(divisors);
  return setLimits(limits, placed, cameraOffset, gathering.bound) ? { divisors: placed, limits } : { divisors: placed };
}

/** Where in a background each of its rows begins, and each part of a row with many planes. */
function* rowsOf(survey: PieceSurvey, planeCount: number): Generator<{ readonly at: number; readonly planes: number }> {
  const columns = columnsOf(survey);
  const planesAtOnce = Math.max(1, Math.floor(valuesAtOnce / Math.max(1, columns)));
  for (let row = 0; row < survey.background.length; row += planeCount * columns) {
    for (let plane = 0; plane < planeCount; plane += planesAtOnce)
      yield { at: row + plane * columns, planes: Math.min(planesAtOnce, planeCount - plane) };
  }
}

/** Values of the largest window. */
function windowLength({ surveys, planeCount }: FlatFieldedSurveys): number {
  const columns = Math.max(...surveys.map(columnsOf));
  return Math.max(columns, Math.min(valuesAtOnce, planeCount * columns));
}

/** How many pixels of each plane a survey counts for the baseline. */
function areaOf({ startYx, shapeYx }: PieceSurvey): number {
  return subsampledArea(startYx, shapeYx, baselineStep);
}

/** How many pixels of each row a survey counts for the baseline. */
function columnsOf({ startYx, shapeYx }: PieceSurvey): number {
  return subsampledCount(startYx[1], startYx[1] + shapeYx[1], baselineStep);
}

/** The divisors of the pixels of a piece that count for the baseline. */
function divisorsOf({ flatfield, shapeYx: [, width] }: FlatFieldedSurveys, survey: PieceSurvey): Float32Array {
  const [y0, x0] = survey.startYx;
  const [rows, columns] = survey.shapeYx;
  const divisors = new Float32Array(areaOf(survey));
  let to = 0;
  for (let y = Math.ceil(y0 / baselineStep) * baselineStep; y < y0 + rows; y += baselineStep) {
    for (let x = Math.ceil(x0 / baselineStep) * baselineStep; x < x0 + columns; x += baselineStep) {
      divisors[to++] = flatfield[y * width + x]! + divisorGuard;
    }
  }
  return divisors;
}

/**
 * Sets, for each pixel, the largest whole number that is within the bound once it is flat-fielded. The flat-fielded
 * value grows with the number, as all divisors are positive. Returns whether there is one for every pixel.
 */
export function setLimits(limits: Uint16Array, divisors: Float32Array, offset: number, bound: number): boolean {
  for (let pixel = 0; pixel < divisors.length; pixel++) {
    const divisor = divisors[pixel]!;
    let value = Math.max(0, Math.min(0xffff, Math.floor(bound * divisor + offset)));
    while (value > 0 && Math.fround(Math.fround(value - offset) / divisor) > bound) value--;
    while (value < 0xffff && Math.fround(Math.fround(value + 1 - offset) / divisor) <= bound) value++;
    if (!(divisor > 0) || !(Math.fround(Math.fround(value - offset) / divisor) <= bound)) return false;
    limits[pixel] = value;
  }
  return true;
}
