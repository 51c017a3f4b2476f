import { IsoluxError } from "../errors.ts";
import type { Profile } from "../profile/profile.ts";
import { elementCount, formatShape, type PixelArray } from "../shapes.ts";
import { correctionField } from "./field.ts";
import { correctRectangle } from "./kernel.ts";

/** What {@link correctPlane} may be told besides the profile. */
export interface CorrectPlaneOptions {
  /** Counts to subtract after the division, never below zero; 0 by default, which keeps the background. */
  readonly background?: number;
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
