/** The background that surveys of empty regions found, divided by a flat-field, and its percentile. */

import { KernelMemory, memoryOf } from "../kernels/kernel-memory.ts";
import { type PixelArray, pixelTypeOf, type Yx } from "../shapes.ts";
import type { PieceSurvey } from "./empty-survey.ts";
import { gatherLowest, type LowestPixels, setLimits } from "./lowest.ts";
import { interpolate, percentile, percentileBytes } from "./percentile.ts";
import { select } from "./select-median.ts";
import { baselineStep, thinArea, thinCount } from "./thin-planes.ts";

/** Added to the flat-field before dividing by it, as in the correction. */
export const divisorGuard = Math.fround(1e-6);

/** About this many pixels are looked at at a time. */
const valuesAtOnce = 1 << 19;

/** Every so many values one is looked at to guess what the lowest are: primes, so that it is none of the same column. */
const guessStep = 211;
const guessStepOfMany = 1009;
const many = 1 << 24;
/** With fewer values a guess is no better than going through all of them twice. */
const leastValues = 1 << 20;
/** So many times as many values as are needed are taken for the lowest, and there is room for as many again. */
const guessMargin = 1.3;
/** Percentiles up to this one are sought among the lowest values. */
const mostPercent = 1;

/** Surveys of all pieces of a field, and what their background is divided by. */
export interface EvenedSurveys {
  readonly surveys: readonly PieceSurvey[];
  readonly flatfield: Float32Array;
  readonly planeCount: number;
  readonly shapeYx: Yx;
  readonly cameraOffset: number;
}

/** An upper bound of what {@link evenedPercentile} allocates for a background of so many pixels. */
export function evenedBytes(valueCount: number, percent: number): number {
  const window = 14 * Math.min(valuesAtOnce, valueCount);
  return percentileBytes + window + 4 * mostLowest(valueCount, percent) + (4 * valueCount) / guessStep;
}

/**
 * The exact percentile of the background: from the lowest values alone, where it lies among them; else as
 * {@link percentile} finds it.
 */
export async function evenedPercentile(evened: EvenedSurveys, percent: number): Promise<number> {
  return percentileOfLowest(evened, percent) ?? (await percentile(() => evenedValues(evened), percent));
}

/** How many values there is room for where the lowest are gathered. */
function mostLowest(valueCount: number, percent: number): number {
  return Math.ceil((2 * guessMargin * percent * valueCount) / 100);
}

function percentileOfLowest(evened: EvenedSurveys, percent: number): number | undefined {
  const count = evened.surveys.reduce((sum, { background }) => sum + background.length, 0);
  if (count < leastValues) return undefined;
  const lowest = allUpTo(guessBound(evened, count, guessMargin * percent), evened, mostLowest(count, percent));
  const position = (percent / 100) * (count - 1);
  const [below, above] = [Math.floor(position), Math.ceil(position)];
  if (lowest === undefined || above >= lowest.length) return undefined;
  const low = select(lowest, below);
  return interpolate(low, above === below ? low : leastOf(lowest.subarray(above)), position - below);
}

/** The least of the values behind one that was selected is the next one in their order. */
function leastOf(values: Float32Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < values.length; at++) if (values[at]! < least) least = values[at]!;
  return least;
}

/** About the percentile, from few of the values; NaN where one of these is. */
function guessBound(evened: EvenedSurveys, count: number, percent: number): number {
  const { surveys, cameraOffset } = evened;
  const step = count < many ? guessStep : guessStepOfMany;
  const found = new Float32Array(Math.ceil(count / step) + surveys.length);
  let taken = 0;
  for (const survey of surveys) {
    const { background } = survey;
    const divisors = divisorsOf(evened, survey);
    const columns = columnsOf(survey);
    const ofRow = evened.planeCount * columns;
    for (let at = 0; at < background.length; at += step) {
      const pixel = Math.floor(at / ofRow) * columns + (at % columns);
      const value = Math.fround(background[at]! - cameraOffset) / divisors[pixel]!;
      if (Number.isNaN(value)) return Number.NaN;
      found[taken++] = value;
    }
  }
  return select(found.subarray(0, taken), Math.min(taken - 1, Math.ceil((percent / 100) * taken)));
}

/** All values up to the bound; `undefined` where there is no room for them, or one is NaN. */
function allUpTo(bound: number, evened: EvenedSurveys, most: number): Float32Array | undefined {
  if (Number.isNaN(bound)) return undefined;
  const memory = memoryOfAll(evened) ?? KernelMemory.open(4 * most + windowBytes(windowLength(evened)));
  const room = memory?.floats(most) ?? new Float32Array(most);
  let found = 0;
  const { cameraOffset } = evened;
  for (const { values, planes, pixels } of windowsOf(evened, memory && { memory, bound })) {
    const more = gatherLowest(values, planes, pixels, cameraOffset, bound, room.subarray(found));
    if (more < 0) return undefined;
    found += more;
  }
  return room.subarray(0, found);
}

/** The background as single precision has it, some planes of a piece at a time. */
async function* evenedValues(evened: EvenedSurveys): AsyncGenerator<Float32Array> {
  const { cameraOffset } = evened;
  const room = new Float32Array(windowLength(evened));
  for (const { values, planes, pixels } of windowsOf(evened)) {
    const { divisors } = pixels;
    let at = 0;
    for (let plane = 0; plane < planes; plane++) {
      for (let pixel = 0; pixel < divisors.length; pixel++, at++) {
        room[at] = Math.fround(values[at]! - cameraOffset) / divisors[pixel]!;
      }
    }
    yield room.subarray(0, at);
  }
}

/** A row of a piece's background, of all planes or some, and what is known of its pixels. */
interface BackgroundWindow {
  readonly values: PixelArray;
  readonly planes: number;
  readonly pixels: LowestPixels;
}

/** The background window by window: for values up to a bound to be gathered in a memory, where one is given. */
function* windowsOf(
  evened: EvenedSurveys,
  gathering?: { readonly memory: KernelMemory; readonly bound: number },
): Generator<BackgroundWindow> {
  const { surveys, planeCount, cameraOffset } = evened;
  const memory = gathering?.memory;
  const empty = memory?.mark() ?? 0;
  for (const survey of surveys) {
    const divisors = broughtInto(memory, divisorsOf(evened, survey));
    const limits = memory?.pixels("uint16", divisors.length) as Uint16Array | undefined;
    const hasLimits = gathering && limits && setLimits(limits, divisors, cameraOffset, gathering.bound);
    const columns = columnsOf(survey);
    const filled = memory?.mark() ?? 0;
    for (const { at, planes } of rowsOf(survey, planeCount)) {
      const first = Math.floor(at / (planeCount * columns)) * columns;
      const row = { divisors: divisors.subarray(first, first + columns) };
      const pixels = hasLimits ? { ...row, limits: limits.subarray(first, first + columns) } : row;
      const values = survey.background.subarray(at, at + planes * columns);
      yield { values: broughtInto(memory, values), planes, pixels };
      memory?.release(filled);
    }
    memory?.release(empty);
  }
}

/** Where in a background each of its rows begins, and each part of it where it is of many planes. */
function* rowsOf(survey: PieceSurvey, planeCount: number): Generator<{ readonly at: number; readonly planes: number }> {
  const columns = columnsOf(survey);
  const planesAtOnce = Math.max(1, Math.floor(valuesAtOnce / Math.max(1, columns)));
  for (let row = 0; row < survey.background.length; row += planeCount * columns) {
    for (let plane = 0; plane < planeCount; plane += planesAtOnce)
      yield { at: row + plane * columns, planes: Math.min(planesAtOnce, planeCount - plane) };
  }
}

/** The memory in which all of the background lies, if it does. */
function memoryOfAll({ surveys }: EvenedSurveys): KernelMemory | undefined {
  const [first, ...others] = surveys.map(({ background }) => background);
  return first && memoryOf(first, ...others);
}

/** A copy in the memory, if they do not lie there; the very array where there is no memory, or none left. */
function broughtInto<Numbers extends PixelArray>(memory: KernelMemory | undefined, numbers: Numbers): Numbers {
  if (memory === undefined || memoryOf(numbers) === memory) return numbers;
  const copy = memory.pixels(pixelTypeOf(numbers), numbers.length);
  copy?.set(numbers);
  return (copy as Numbers | undefined) ?? numbers;
}

/** Values of the largest window, or pixels of the largest piece where these are more. */
function windowLength({ surveys, planeCount }: EvenedSurveys): number {
  const ofRow = planeCount * Math.max(...surveys.map(columnsOf));
  return Math.max(...surveys.map(areaOf), ...surveys.map(columnsOf), Math.min(valuesAtOnce, ofRow));
}

/** What windows take of the kernels' memory: values, and divisors and limits of a piece. */
function windowBytes(length: number): number {
  return (4 + 4 + 2) * length + 4 * 64;
}

/** What is needed of the memory in which a background of so many values lies, to gather the lowest of them there. */
export function gatheringBytes(valueCount: number, mostOfPiece: number): number {
  return 4 * mostLowest(valueCount, mostPercent) + windowBytes(mostOfPiece);
}

/** How many pixels of each plane count of a survey. */
function areaOf({ startYx, shapeYx }: PieceSurvey): number {
  return thinArea(startYx, shapeYx, baselineStep);
}

/** How many pixels of each row count of a survey. */
function columnsOf({ startYx, shapeYx }: PieceSurvey): number {
  return thinCount(startYx[1], startYx[1] + shapeYx[1], baselineStep);
}

/** What the pixels of a piece that count for the baseline are divided by. */
function divisorsOf({ flatfield, shapeYx: [, width] }: EvenedSurveys, survey: PieceSurvey): Float32Array {
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
