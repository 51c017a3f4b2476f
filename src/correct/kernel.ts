/** Corrects rectangles of pixels by a correction field. */
import { IsoluxError } from "../errors.ts";
import { reading, strideOf, writingRows } from "../kernels/addresses.ts";
import { resultOfKernel, runKernel } from "../kernels/bind.ts";
import { areForKernels } from "../kernels/kernel-functions.ts";
import type { Profile } from "../profile/profile.ts";
import {
  elementCount,
  formatShape,
  isFloating,
  largestPixel,
  type PixelArray,
  pixelTypeOf,
  smallestPixel,
} from "../shapes.ts";
import { roundTiesToEven } from "../statistics.ts";
import { type CorrectionField, sharedFloats } from "./field.ts";

// The correction of pixels: `v = (I - D) / (F + 1e-6)`, times the scale of the tile (1 unless it has a gain), minus
// the background if it is subtracted (never below zero), clipped to the pixel type and rounded to nearest, ties to
// even. Floating-point pixels keep their values, whatever they are; only a subtracted background has its floor of zero.
// Single precision at every step; a scale of 1 changes nothing.

/**
 * Corrects a rectangle of one plane in place and adds to `clipped`. An empty one is none.
 *
 * @throws RangeError where it reaches beyond the pixels or the field
 */
export function correctRectangle(
  pixels: PixelArray,
  rectangle: KernelRectangle,
  field: CorrectionField,
  clipped: ClipCounts,
): void {
  const { rows, columns, start, stride, profileStart, profileStride } = rectangle;
  if (rows <= 0 || columns <= 0) return;
  if (!areForKernels(pixels)) {
    correctRarePixels(pixels, rectangle, field, clipped);
    return;
  }
  const { scale, background } = brightnessOf(rectangle, field.background);
  const corrected = writingRows(pixels, start, [rows, columns, stride]);
  // Dark-field and divisor are each passed as one contiguous part, so that their stride is the same for both
  const ofProfile = (rows - 1) * profileStride + columns;
  const dark = reading(field.dark, profileStart, ofProfile);
  const divisor = reading(field.divisor, profileStart, ofProfile);
  runKernel(
    "correctRectangle",
    ...([corrected, pixels.BYTES_PER_ELEMENT, rows, columns, strideOf(corrected)] as const),
    ...([dark, divisor, profileStride, scale, background] as const),
  );
  clipped[0]! += resultOfKernel(0);
  clipped[1]! += resultOfKernel(1);
}

/** Options of {@link correctPlane}. */
export interface CorrectPlaneOptions {
  /** Counts to subtract after the division, never below zero; 0 by default, which keeps the background. */
  readonly background?: number;
}

/** Added to the flat-field before dividing by it, as the reference task does. */
const divisorGuard = 1e-6;

/** Makes a correction field from a profile of the tile's shape. @param use the tiles that it is for */
export function correctionField(
  profile: Profile,
  background: number,
  use: Partial<Pick<CorrectionField, "slot" | "side" | "gains">> = {},
): CorrectionField {
  const { shapeYx, flatfield, darkfield } = profile;
  const dark = sharedFloats(flatfield.length);
  dark.set(darkfield);
  const divisor = sharedFloats(flatfield.length);
  const guard = Math.fround(divisorGuard);
  let isPositive = true;
  for (let i = 0; i < divisor.length; i++) {
    const guarded = Math.fround(flatfield[i]! + guard);
    divisor[i] = guarded;
    if (!(guarded > 0)) isPositive = false;
  }
  if (!isPositive) throw new IsoluxError({ kind: "invalid", what: "A flat-field is not positive everywhere" });
  return { slot: 0, ...use, shapeYx, dark, divisor, background: Math.fround(background) };
}

/**
 * Corrects a plane in place: `(I - D) / F`, rounded to nearest and clipped to the pixel type.
 *
 * @param pixels rows x columns of the profile's shape
 * @returns how many pixels were clipped at either end
 * @throws IsoluxError `invalid` where the plane has another shape than the profile, or the flat-field is not positive
 */
export function correctPlane(
  pixels: PixelArray,
  profile: Profile,
  { background = 0 }: CorrectPlaneOptions = {},
): { readonly clippedLow: number; readonly clippedHigh: number } {
  const [rows, columns] = profile.shapeYx;
  if (pixels.length !== elementCount(profile.shapeYx)) {
    throw new IsoluxError({
      kind: "invalid",
      what: "A plane does not have the shape of the profile",
      found: `${pixels.length} pixels`,
      expected: formatShape(profile.shapeYx),
    });
  }
  const clipped = new Float64Array(2);
  const whole = { rows, columns, start: 0, stride: columns, profileStart: 0, profileStride: columns };
  correctRectangle(pixels, whole, correctionField(profile, background), clipped);
  return { clippedLow: clipped[0]!, clippedHigh: clipped[1]! };
}

// The correction of pixel types that no camera writes: signed and wide integers, and doubles. The same formula as the
// kernels', in double precision, as single precision cannot hold 32 bits.

/**
 * Corrects a rectangle of one plane in place and adds to `clipped`. Integers are rounded to nearest, ties to even, and
 * clipped to what their type holds; doubles keep their values, and a subtracted background has its floor of zero.
 */
function correctRarePixels(
  pixels: PixelArray,
  rectangle: KernelRectangle,
  field: CorrectionField,
  clipped: ClipCounts,
): void {
  const { rows, columns, start, stride, profileStart, profileStride } = rectangle;
  const { dark, divisor } = field;
  const { scale, background } = brightnessOf(rectangle, field.background);
  const type = pixelTypeOf(pixels);
  const isDouble = isFloating(type);
  const least = isDouble && background !== 0 ? 0 : smallestPixel(type);
  const largest = largestPixel(type);
  for (let row = 0; row < rows; row++) {
    let p = profileStart + row * profileStride;
    const first = start + row * stride;
    for (let i = first; i < first + columns; i++, p++) {
      const value = ((pixels[i]! - dark[p]!) / divisor[p]!) * scale - background;
      if (value < least) clipped[0]!++;
      if (value > largest) clipped[1]!++;
      const inRange = Math.max(least, Math.min(value, largest));
      pixels[i] = isDouble ? inRange : roundTiesToEven(inRange);
    }
  }
}

/** A rectangle of a plane: where its pixels lie in a chunk and where its part of the profile begins. */
export interface KernelRectangle {
  readonly rows: number;
  readonly columns: number;
  /** Index of the first pixel. */
  readonly start: number;
  /** Pixels from one row to the next. */
  readonly stride: number;
  /** Index of the first element of the profile. */
  readonly profileStart: number;
  /** Profile elements from one row to the next. */
  readonly profileStride: number;
  /** Brightness of its tile relative to the others; corrected pixels are divided by it. 1 by default. */
  readonly gain?: number;
}

/**
 * The factor of corrected pixels, and the background to subtract afterwards: single precision, as the kernels take
 * them.
 */
interface Brightness {
  readonly scale: number;
  readonly background: number;
}

/**
 * The scale of a tile with some gain. A background is subtracted before the division by the gain, as the gain is one of
 * light.
 */
function brightnessOf({ gain = 1 }: KernelRectangle, background: number): Brightness {
  return { scale: Math.fround(1 / gain), background: Math.fround(background / gain) };
}

/** Numbers of clipped pixels, `[low, high]`, to which the kernels add. */
export type ClipCounts = Float64Array;
