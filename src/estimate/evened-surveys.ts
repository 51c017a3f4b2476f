/** The background that surveys of empty regions found, divided by a flat-field, and its percentile. */

import type { Yx } from "../shapes.ts";
import { backgroundCount, baselineStep, type PieceSurvey } from "./empty-survey.ts";
import { interpolate, percentile, percentileBytes } from "./percentile.ts";

/** Added to the flat-field before dividing by it, as in the correction. */
export const divisorGuard = Math.fround(1e-6);

/** About this many evened pixels are made at a time. */
const valuesAtOnce = 1 << 18;

/** Every so many values one is looked at to guess what the lowest are: a prime, so that it is none of the same column. */
const guessStep = 211;
/** With fewer values a guess is no better than going through all of them twice. */
const leastValues = 1 << 20;
/** So many times as many values as are needed are taken for the lowest, and there is room for as many again. */
const guessMargin = 1.3;

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
  return percentileBytes + 4 * valuesAtOnce + 4 * mostLowest(valueCount, percent) + (4 * valueCount) / guessStep;
}

/**
 * The exact percentile of the background: of integers from the lowest values alone, found by comparing integers, where
 * it lies among them; else as {@link percentile} finds it.
 */
export async function evenedPercentile(evened: EvenedSurveys, percent: number): Promise<number> {
  return percentileOfLowest(evened, percent) ?? (await percentile(() => evenedValues(evened), percent));
}

/** How many values there is room for where the lowest are gathered. */
function mostLowest(valueCount: number, percent: number): number {
  return Math.ceil((2 * guessMargin * percent * valueCount) / 100);
}

function percentileOfLowest(evened: EvenedSurveys, percent: number): number | undefined {
  const { surveys } = evened;
  const count = surveys.reduce((sum, { background }) => sum + background.length, 0);
  if (count < leastValues || surveys.some(({ background }) => background instanceof Float32Array)) return undefined;
  const guess = guessBound(evened, guessMargin * percent);
  const lowest = gatherLowest(evened, guess, new Float32Array(mostLowest(count, percent)));
  const position = (percent / 100) * (count - 1);
  const [below, above] = [Math.floor(position), Math.ceil(position)];
  if (lowest === undefined || above >= lowest.length) return undefined;
  lowest.sort();
  return interpolate(lowest[below]!, lowest[above]!, position - below);
}

/** About the percentile, from few of the values. */
function guessBound({ surveys, flatfield, shapeYx, cameraOffset }: EvenedSurveys, percent: number): number {
  const found: number[] = [];
  for (const survey of surveys) {
    const { background } = survey;
    const divisors = divisorsOf(flatfield, shapeYx[1], survey.startYx, survey.shapeYx);
    for (let at = 0; at < background.length; at += guessStep) {
      found.push(Math.fround(Math.fround(background[at]! - cameraOffset) / divisors[at % divisors.length]!));
    }
  }
  const sorted = Float32Array.from(found).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length))]!;
}

/** All values up to the bound; `undefined` where there is no room for them. */
function gatherLowest(
  { surveys, flatfield, planeCount, shapeYx, cameraOffset }: EvenedSurveys,
  bound: number,
  room: Float32Array,
): Float32Array | undefined {
  let found = 0;
  for (const { startYx, shapeYx: pieceYx, background } of surveys) {
    const divisors = divisorsOf(flatfield, shapeYx[1], startYx, pieceYx);
    const limits = Int32Array.from(divisors, (divisor) => largestWithin(bound, divisor, cameraOffset));
    for (let plane = 0, from = 0; plane < planeCount; plane++) {
      for (let at = 0; at < limits.length; at++) {
        const value = background[from++]!;
        if (value > limits[at]!) continue;
        if (found === room.length) return undefined;
        room[found++] = Math.fround(value - cameraOffset) / divisors[at]!;
      }
    }
  }
  return room.subarray(0, found);
}

/** The largest whole number that, evened, is no more than the bound; -1 where none is that an integer pixel holds. */
function largestWithin(bound: number, divisor: number, cameraOffset: number): number {
  const isWithin = (value: number) => Math.fround(Math.fround(value - cameraOffset) / divisor) <= bound;
  let value = Math.max(-1, Math.min(0xffff, Math.floor(bound * divisor + cameraOffset)));
  while (value >= 0 && !isWithin(value)) value--;
  while (value < 0xffff && isWithin(value + 1)) value++;
  return value;
}

/** The background as single precision has it, some planes of a piece at a time. */
async function* evenedValues({
  surveys,
  flatfield,
  planeCount,
  shapeYx: [, width],
  cameraOffset,
}: EvenedSurveys): AsyncGenerator<Float32Array> {
  for (const { startYx, shapeYx, background } of surveys) {
    const divisors = divisorsOf(flatfield, width, startYx, shapeYx);
    const planesAtOnce = Math.max(1, Math.floor(valuesAtOnce / Math.max(1, divisors.length)));
    const values = new Float32Array(planesAtOnce * divisors.length);
    for (let plane = 0; plane < planeCount; plane += planesAtOnce) {
      const planes = Math.min(planesAtOnce, planeCount - plane);
      let [from, to] = [plane * divisors.length, 0];
      for (let n = 0; n < planes; n++) {
        for (let at = 0; at < divisors.length; at++) {
          values[to++] = Math.fround(background[from++]! - cameraOffset) / divisors[at]!;
        }
      }
      yield values.subarray(0, to);
    }
  }
}

/** What the pixels of a piece that count for the baseline are divided by. */
function divisorsOf(flatfield: Float32Array, width: number, [y0, x0]: Yx, [rows, columns]: Yx): Float32Array {
  const divisors = new Float32Array(backgroundCount(y0, y0 + rows) * backgroundCount(x0, x0 + columns));
  let to = 0;
  for (let y = Math.ceil(y0 / baselineStep) * baselineStep; y < y0 + rows; y += baselineStep) {
    for (let x = Math.ceil(x0 / baselineStep) * baselineStep; x < x0 + columns; x += baselineStep) {
      divisors[to++] = flatfield[y * width + x]! + divisorGuard;
    }
  }
  return divisors;
}
