/** Checks a profile before it is used, and normalises its flat-field to mean 1. */

import { IsoluxError } from "../errors.ts";
import { elementCount, formatShape, isSameShape, type Yx } from "../shapes.ts";
import { meanOf } from "../statistics.ts";
import { doubtsAbout } from "./doubts.ts";
import { mendImage } from "./mend.ts";
import type { NumericArray } from "./npy-elements.ts";
import type { Profile } from "./profile.ts";
import { removeRounding } from "./remove-rounding.ts";

/** An image as it was read, before any check. */
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

/** What to do with a flat-field of one value everywhere: it corrects nothing, but may accompany a dark-field. */
export type OneValuePolicy = "refuse" | "note" | ((shapeYx: Yx) => "refuse" | "note");

/** The caller's choices on profiles that are not quite as expected. */
interface NormalisationRules {
  readonly ofOneValue: OneValuePolicy;
  /** Whether to bring the mean to 1: a profile that Isolux saved is used again exactly as it was (`keep`). */
  readonly mean: "normalise" | "keep";
}

/** A profile that can be used, with `notes` for the user on what was changed, and warnings on what is doubtful. */
interface CheckedProfile {
  readonly profile: Profile;
  /** The mean that the flat-field had, where it is in counts and came without a dark-field. */
  readonly meanCounts?: number;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** Refuses an image that is far larger than its tiles. @throws IsoluxError `invalid` */
export function checkPixels(pixels: number, mostPixels: number, where: string): void {
  if (pixels <= mostPixels) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "The image of a profile has far more pixels than its tiles",
    where,
    found: String(pixels),
    expected: `at most ${mostPixels}`,
  });
}

/** A mean that differs from 1 by less does so by the rounding of float32. */
const meanTolerance = 1e-6;
/** A smaller deviation of the mean from 1 is not reported. */
const meanWorthTelling = 1e-3;

/**
 * Checks a profile, repairs its defects and brings its flat-field to mean 1; `whose` names it in messages. It is
 * divided by its mean m, and the baseline multiplied by it: the baseline is the corrected background, so its value in
 * raw counts, flat-field times baseline, stays the same. A profile that is kept unchanged is not repaired either.
 * @throws IsoluxError `invalid` where a part is no image, the shapes differ, a value is not finite, the flat-field has
 * zeros or negative values, or (policy `refuse`) but one value
 */
export function normaliseProfile(
  raw: RawProfile,
  whose: string,
  rules: NormalisationRules = { ofOneValue: "refuse", mean: "normalise" },
): CheckedProfile {
  const shapeYx = imageShape(raw.flatfield, "flat-field", whose);
  const isOwn = rules.mean === "keep";
  const mended = isOwn ? { data: raw.flatfield.data, done: [] } : mendImage(raw.flatfield.data, shapeYx, lightRules);
  checkEvery(mended.data, shapeYx, notPositive, whose, 0);
  const { data: values, told } = isOwn ? { data: mended.data, told: undefined } : removeRounding(mended.data, shapeYx);
  const mean = meanOf(values);
  const rescaled = !isOwn && Math.abs(mean - 1) > meanTolerance;
  const flatfield = rescaled ? dividedBy(values, mean) : new Float32Array(values);
  // Positive values may become 0 when rounded to float32
  if (rescaled || !(values instanceof Float32Array)) checkFlatfield(flatfield, shapeYx, whose);
  const baseline = (raw.baseline ?? 0) * (rescaled ? mean : 1);
  if (!Number.isFinite(baseline)) throw invalid("The baseline is not a number", whose, String(raw.baseline), "counts");
  const dark = darkfieldOf(raw, shapeYx, whose);
  const profile = { shapeYx, flatfield, darkfield: dark.darkfield, baseline };
  const isTold = rescaled && Math.abs(mean - 1) > meanWorthTelling;
  const notes = isTold ? [rescaleNote(values, mean, raw.baseline, whose)] : [];
  const facts = { mean, hasDarkfield: raw.darkfield !== undefined };
  const { doubts, ...counts } = isOwn ? { doubts: [] } : doubtsAbout(mended.data, shapeYx, facts, whose);
  const repairs = mended.done.map((done) => `The flat-field of ${whose} has ${done}.`);
  if (told !== undefined) repairs.push(`The flat-field of ${whose} ${told}.`);
  const warnings = [...repairs, ...doubts, ...dark.warnings];
  if (!flatfield.every((value) => value === flatfield[0])) return { profile, ...counts, notes, warnings };
  const even = oneValue(whose, shapeYx, values[0]!, rules.ofOneValue);
  return { profile, notes: [...notes, ...even.notes], warnings: [...warnings, ...even.warnings] };
}

const lightRules = {
  isMissing: (value: number) => !(value > 0 && value < Number.POSITIVE_INFINITY),
  areOutliersMended: true,
} as const;
/** Single bright pixels of a dark-field are no defects: a pixel of a camera may show more counts than others. */
const darkRules = { isMissing: (value: number) => !Number.isFinite(value), areOutliersMended: false } as const;

/**
 * Checks that an estimated flat-field can be used: reading it again would be refused otherwise.
 * @throws IsoluxError `estimation` with what was found and what to do
 */
export function checkEstimatedFlatfield(flatfield: Float32Array, shapeYx: Yx): void {
  const found = describeUnusablePixels(flatfield, shapeYx);
  if (found === undefined) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "The flat-field that was estimated has values that are not finite and positive: no light is left there",
    found,
    advice:
      "If an offset or a background was subtracted from the planes, add it back (a smaller or negative camera offset); else choose brighter planes",
  });
}

/**
 * Checks that every pixel of a flat-field can be divided by.
 * @throws IsoluxError `invalid` with the number of zero, negative and non-finite pixels and the position of the first
 */
export function checkFlatfield(flatfield: Float32Array, shapeYx: Yx, whose: string): void {
  checkEvery(flatfield, shapeYx, notPositive, whose, 0);
}

/**
 * Describes the pixels of a flat-field that cannot be divided by: their number and the first of them; `undefined`
 * without any.
 */
export function describeUnusablePixels(flatfield: Float32Array, shapeYx: Yx): string | undefined {
  return describeBadPixels(flatfield, shapeYx, 0);
}

const notPositive = "The flat-field has values that are not finite and positive";

/** The dark-field in the shape of the flat-field; a constant one may have any shape. */
function darkfieldOf({ darkfield: raw }: RawProfile, shapeYx: Yx, whose: string) {
  if (raw === undefined) return { darkfield: new Float32Array(elementCount(shapeYx)), warnings: [] };
  const isOneValue = raw.data.length > 0 && raw.data.every((value) => value === raw.data[0]);
  const darkShape = isOneValue ? shapeYx : imageShape(raw, "dark-field", whose);
  if (!isSameShape(darkShape, shapeYx)) {
    const expected = `${formatShape(shapeYx)} as the flat-field, or one value`;
    throw invalid("The dark-field has another shape than the flat-field", whose, formatShape(darkShape), expected);
  }
  const mended = isOneValue ? undefined : mendImage(raw.data, shapeYx, darkRules);
  const darkfield = mended ? new Float32Array(mended.data) : new Float32Array(elementCount(shapeYx)).fill(raw.data[0]!);
  checkEvery(darkfield, shapeYx, "The dark-field has values that are not finite", whose, Number.NEGATIVE_INFINITY);
  const warnings = (mended?.done ?? []).map((done) => `The dark-field of ${whose} has ${done}.`);
  const mean = meanOf(darkfield);
  const isNegative = mean < -1;
  const negative = `The dark-field of ${whose} is negative (${mean.toPrecision(4)} counts on average): subtracting it makes the image brighter.`;
  return { darkfield, warnings: isNegative ? [...warnings, negative] : warnings };
}

/** Rows and columns; leading axes of extent 1 are dropped. */
function imageShape({ shape }: RawImage, part: string, whose: string): Yx {
  const leading = shape.slice(0, -2);
  const [height, width] = shape.slice(-2);
  if (height === undefined || width === undefined || leading.some((extent) => extent !== 1) || height * width === 0) {
    const found = shape.length === 0 ? "a single number" : `shape ${formatShape(shape)}`;
    const advice =
      shape.length > 2 ? "Take one of several images, or their mean (NumPy: images.mean(axis=0))" : undefined;
    throw invalid(`The ${part} is not an image`, whose, found, "rows x columns", advice);
  }
  return [height, width];
}

/** Refuses values that are not finite, or not more than `least`. */
function checkEvery(values: NumericArray, shapeYx: Yx, what: string, whose: string, least: number): void {
  const found = describeBadPixels(values, shapeYx, least);
  if (found === undefined) return;
  const advice =
    "They are too many, or too close together, to be filled from their neighbours: measure the profile again, or crop it and the tiles";
  throw invalid(what, whose, found, undefined, advice);
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

/** Divided before rounding to float32, so that large and tiny values keep their precision. */
function dividedBy(values: NumericArray, divisor: number): Float32Array {
  const quotients = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) quotients[at] = values[at]! / divisor;
  return quotients;
}

function rescaleNote(values: NumericArray, mean: number, baseline: number | undefined, whose: string): string {
  const also = baseline === undefined || baseline === 0 ? "" : ", and the baseline was multiplied by it";
  const scale = `${scaleOf(values)}mean ${mean.toPrecision(4)}`;
  return `The flat-field of ${whose} had ${scale}: it was divided by its mean${also}.`;
}

/** Describes the scale: other programs bring the maximum or the minimum of a flat-field to 1. */
function scaleOf(values: NumericArray): string {
  let [least, largest] = [Number.POSITIVE_INFINITY, 0];
  for (let at = 0; at < values.length; at++) {
    least = Math.min(least, values[at]!);
    largest = Math.max(largest, values[at]!);
  }
  const isOne = (value: number) => Math.abs(value - 1) < 1e-4;
  return isOne(largest) ? "maximum 1 and " : isOne(least) ? "minimum 1 and " : "";
}

/**
 * A flat-field of ones is written by pipelines to switch the correction off, one of another value is a failed
 * measurement.
 */
function oneValue(whose: string, shapeYx: Yx, value: number, policy: OneValuePolicy) {
  const text = `The flat-field of ${whose} has one value everywhere: it corrects nothing.`;
  if ((typeof policy === "function" ? policy(shapeYx) : policy) === "note") return { notes: [text], warnings: [] };
  if (value === 1) return { notes: [], warnings: [text] };
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
    found,
    expected,
    advice,
  });
}
