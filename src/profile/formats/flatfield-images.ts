/** Flat-fields as the images that Fractal's task, CellProfiler and people take, each on the scale it is expected on. */

import { encodeNpy } from "../npy.ts";
import type { Profile } from "../profile.ts";
import { encodeMat } from "./mat.ts";
import { encodePng } from "./png.ts";
import { encodeTiff } from "./tiff.ts";

/** A file to write: none where the key is `undefined`. */
export type Encoding = readonly [key: string | undefined, encode: () => Uint8Array];

/** Files to write, and what was lost or changed in them, in sentences. */
export interface Encodings {
  readonly encodings: readonly Encoding[];
  readonly notes: readonly string[];
}

const mostOf16Bits = 65535;

/**
 * For fractal-tasks-core: the flat-field with maximum 1, which the task brings it to anyway, and the dark-field, where
 * there is one, for its background correction. PNG where `main` ends so, else TIFF.
 */
export function encodeFractal(main: string, second: string | undefined, profile: Profile): Encodings {
  const { flatfield, darkfield, shapeYx } = profile;
  const largest = largestOf(flatfield);
  const isPng = /\.png$/i.test(main);
  const hasDark = darkfield.some((value) => value !== 0);
  const notes = [`The flat-field was divided by its maximum ${noteOf(largest)}.`];
  if (isPng) notes.push("PNG holds whole numbers of 16 bits: the flat-field was rounded to 1/65535, counts to 1.");
  if (hasDark) notes.push(`Give ${second} to the task as its background correction.`);
  const flat = isPng
    ? () => encodePng(wholeNumbers(flatfield, mostOf16Bits / largest), shapeYx)
    : () => encodeTiff([flatfield.map((value) => value / largest)], shapeYx);
  const dark = isPng ? () => encodePng(wholeNumbers(darkfield, 1), shapeYx) : () => encodeTiff([darkfield], shapeYx);
  return { encodings: [[main, flat], ...(hasDark ? [[second, dark] as const] : [])], notes };
}

/** For CellProfiler: an illumination function to divide by, with minimum 1 as it rescales its own, in doubles. */
export function encodeFunction(main: string, profile: Profile): Encodings {
  const { flatfield, shapeYx } = profile;
  const least = flatfield.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const data = Float64Array.from(flatfield, (value) => value / least);
  const encode = () => (/\.mat$/i.test(main) ? encodeMat(data, shapeYx) : encodeNpy({ shape: shapeYx, data }));
  const note = `The flat-field was divided by its minimum ${noteOf(least)}: a function for Divide.`;
  return { encodings: [[main, encode]], notes: [note, ...lostDarkfield(profile)] };
}

/** The flat-field as an image: float32 with mean 1 in TIFF, 16 bits with maximum 65535 in PNG. */
export function encodeImage(main: string, profile: Profile): Encodings {
  const { flatfield, shapeYx } = profile;
  const lost = lostDarkfield(profile);
  if (!/\.png$/i.test(main)) return { encodings: [[main, () => encodeTiff([flatfield], shapeYx)]], notes: lost };
  const encode = () => encodePng(wholeNumbers(flatfield, mostOf16Bits / largestOf(flatfield)), shapeYx);
  const note = "PNG holds whole numbers of 16 bits: the maximum of the flat-field became 65535.";
  return { encodings: [[main, encode]], notes: [note, ...lost] };
}

/** A number in a note, with four figures. */
export function noteOf(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function lostDarkfield({ darkfield }: Profile): string[] {
  if (darkfield.every((value) => value === 0)) return [];
  const mean = darkfield.reduce((sum, value) => sum + value, 0) / darkfield.length;
  return [`The format has no dark-field: it was left out, and the images keep about ${noteOf(mean)} counts of it.`];
}

function wholeNumbers(image: Float32Array, scale: number): Uint16Array {
  return Uint16Array.from(image, (value) => Math.max(0, Math.min(mostOf16Bits, Math.round(value * scale))));
}

function largestOf(image: Float32Array): number {
  return image.reduce((most, value) => Math.max(most, value), 0);
}
