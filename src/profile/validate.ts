/** Checks of a profile before it corrects anything, and its normalisation to mean 1. */

import { IsoluxError } from "../errors.ts";
import { elementCount, formatShape, type Yx } from "../shapes.ts";
import type { NumericArray } from "./npy-elements.ts";
import type { Profile } from "./profile.ts";

/** An image as it was read, not yet known to be one. */
export interface RawImage {
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

/** The parts of a profile as they were read. */
export interface RawProfile {
  readonly flatfield: RawImage;
  /** Counts; all 0 where it is not given. */
  readonly darkfield?: RawImage;
  /** Counts; 0 where it is not given. */
  readonly baseline?: number;
}

/** What to do with a flat-field of one value everywhere: it corrects nothing, but may be meant for its dark-field. */
export type OneValuePolicy = "refuse" | "note" | ((shapeYx: Yx) => "refuse" | "note");

/** What a caller decides about profiles that are not quite what is expected. */
export interface NormalisationRules {
  readonly ofOneValue: OneValuePolicy;
  /** Whether to bring the mean to 1: a profile that Isolux saved is used again exactly as it was (`keep`). */
  readonly mean: "normalise" | "keep";
}

/** A mean this close to 1 is left as it is: the bits of a profile survive being saved and given again. */
const meanTolerance = 0.01;

/**
 * Checks a profile and brings its flat-field to mean 1; `whose` names it in messages. A flat-field whose mean is off by
 * more than 1 % (one with maximum 1, or counts) is divided by its mean m, and the baseline multiplied by it: the baseline
 * is the corrected background, so what it stands for in raw counts, flat-field times baseline, stays the same.
 * @throws IsoluxError `invalid` where a part is no image, the shapes differ, a value is not finite, the flat-field has
 *   zeros or negative values, or (policy `refuse`) but one value
 */
export function normaliseProfile(
  raw: RawProfile,
  whose: string,
  rules: NormalisationRules = { ofOneValue: "refuse", mean: "normalise" },
): { readonly profile: Profile; readonly notes: readonly string[] } {
  const shapeYx = imageShape(raw.flatfield, "flat-field", whose);
  const values = raw.flatfield.data;
  checkEvery(values, shapeYx, notPositive, whose, 0);
  const mean = meanOf(values);
  const rescaled = rules.mean === "normalise" && Math.abs(mean - 1) > meanTolerance;
  const flatfield = rescaled ? dividedBy(values, mean) : new Float32Array(values);
  // What is positive need not be so once it is rounded to float32
  if (rescaled || !(values instanceof Float32Array)) checkFlatfield(flatfield, shapeYx, whose);
  const baseline = (raw.baseline ?? 0) * (rescaled ? mean : 1);
  if (!Number.isFinite(baseline)) throw invalid("The baseline is not a number", whose, String(raw.baseline), "counts");
  const profile = { shapeYx, flatfield, darkfield: darkfieldOf(raw, shapeYx, whose), baseline };
  const notes = rescaled ? [rescaleNote(values, mean, raw.baseline, whose)] : [];
  if (flatfield.every((value) => value === flatfield[0])) notes.push(...oneValue(whose, shapeYx, rules.ofOneValue));
  return { profile, notes };
}

/**
 * Checks that every pixel of a flat-field can be divided by.
 * @throws IsoluxError `invalid` with the number of zero, negative and non-finite pixels and the place of the first
 */
export function checkFlatfield(flatfield: Float32Array, shapeYx: Yx, whose: string): void {
  checkEvery(flatfield, shapeYx, notPositive, whose, 0);
}

/** The pixels of a flat-field that cannot be divided by, their number and the first of them; `undefined` without any. */
export function describeUnusablePixels(flatfield: Float32Array, shapeYx: Yx): string | undefined {
  return describeBadPixels(flatfield, shapeYx, 0);
}

const notPositive = "The flat-field has values that are not finite and positive";

function darkfieldOf(raw: RawProfile, shapeYx: Yx, whose: string): Float32Array {
  if (raw.darkfield === undefined) return new Float32Array(elementCount(shapeYx));
  const darkShape = imageShape(raw.darkfield, "dark-field", whose);
  if (darkShape[0] !== shapeYx[0] || darkShape[1] !== shapeYx[1]) {
    const expected = `${formatShape(shapeYx)} as the flat-field`;
    throw invalid("The dark-field has another shape than the flat-field", whose, formatShape(darkShape), expected);
  }
  const darkfield = new Float32Array(raw.darkfield.data);
  checkEvery(darkfield, shapeYx, "The dark-field has values that are not finite", whose, Number.NEGATIVE_INFINITY);
  return darkfield;
}

/** Rows and columns; axes of extent 1 before them are dropped. */
function imageShape({ shape }: RawImage, part: string, whose: string): Yx {
  const leading = shape.slice(0, -2);
  const [height, width] = shape.slice(-2);
  if (height === undefined || width === undefined || leading.some((extent) => extent !== 1) || height * width === 0) {
    const found = shape.length === 0 ? "a single number" : `shape ${formatShape(shape)}`;
    throw invalid(`The ${part} is not an image`, whose, found, "rows x columns");
  }
  return [height, width];
}

/** Refuses values that are not finite, or not more than `least`. */
function checkEvery(values: NumericArray, shapeYx: Yx, what: string, whose: string, least: number): void {
  const found = describeBadPixels(values, shapeYx, least);
  if (found === undefined) return;
  throw invalid(what, whose, found, undefined, "Fill such pixels from their neighbours, or measure the profile again");
}

/** Pixels that are not finite or not more than `least`. */
function describeBadPixels(values: NumericArray, shapeYx: Yx, least: number): string | undefined {
  let bad = 0;
  let first = 0;
  for (let at = values.length - 1; at >= 0; at--) {
    const value = values[at]!;
    if (value > least && value < Number.POSITIVE_INFINITY) continue;
    bad++;
    first = at;
  }
  if (bad === 0) return undefined;
  const place = `(y, x) = (${Math.floor(first / shapeYx[1])}, ${first % shapeYx[1]})`;
  return `${bad} of ${values.length} pixels, the first ${values[first]} at ${place}`;
}

/** Divided before they are rounded to float32: counts and tiny values keep their digits. */
function dividedBy(values: NumericArray, divisor: number): Float32Array {
  const quotients = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) quotients[at] = values[at]! / divisor;
  return quotients;
}

function meanOf(values: NumericArray): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return sum / values.length;
}

function rescaleNote(values: NumericArray, mean: number, baseline: number | undefined, whose: string): string {
  const also = baseline === undefined || baseline === 0 ? "" : ", and the baseline was multiplied by it";
  const scale = `${scaleOf(values)}mean ${mean.toPrecision(4)}`;
  return `The flat-field of ${whose} had ${scale}: it was divided by its mean${also}.`;
}

/** Other programs bring the maximum or the minimum of a flat-field to 1. */
function scaleOf(values: NumericArray): string {
  let [least, largest] = [Number.POSITIVE_INFINITY, 0];
  for (let at = 0; at < values.length; at++) {
    least = Math.min(least, values[at]!);
    largest = Math.max(largest, values[at]!);
  }
  const isOne = (value: number) => Math.abs(value - 1) < 1e-4;
  return isOne(largest) ? "maximum 1 and " : isOne(least) ? "minimum 1 and " : "";
}

function oneValue(whose: string, shapeYx: Yx, policy: OneValuePolicy): string[] {
  if ((typeof policy === "function" ? policy(shapeYx) : policy) === "note")
    return [`The flat-field of ${whose} has one value everywhere: it corrects nothing.`];
  throw invalid(
    "The flat-field has one value everywhere",
    whose,
    undefined,
    undefined,
    "A profile of one value corrects nothing: give another, or leave it out",
  );
}

function invalid(what: string, where: string, found?: string, expected?: string, advice?: string): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what,
    where,
    ...(found === undefined ? {} : { found }),
    ...(expected === undefined ? {} : { expected }),
    ...(advice === undefined ? {} : { advice }),
  });
}
