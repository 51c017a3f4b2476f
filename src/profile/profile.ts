/** Illumination profiles: flat-field, dark-field and baseline of a field. */

import type { Yx } from "../shapes.ts";
import { sha256 } from "../zarr/codecs/sha256.ts";
import { littleEndianBytes } from "./npy-elements.ts";

/**
 * An illumination profile: the relative brightness with which each pixel of the field shows the same amount of light.
 * `flatfield` and `darkfield` are C-order images of `shapeYx`.
 */
export interface Profile {
  /** Rows and columns of both fields. */
  readonly shapeYx: Yx;
  /** Relative sensitivity `[y, x]` in C order, mean 1. */
  readonly flatfield: Float32Array;
  /** What the camera shows without light, in counts, `[y, x]`. */
  readonly darkfield: Float32Array;
  /** A level to subtract after the division, in counts: an offset or a brightness, see {@link BaselineMeaning}. */
  readonly baseline: number;
}

/** The meaning of a baseline: an offset without light, or the typical brightness of the background. */
export type BaselineMeaning = "offset" | "brightness";

/**
 * How a profile lies over a tile of another shape: with the centres of its corner pixels on those of the tile
 * (`corners`: a profile of another program), or as a pyramid level lies over level 0 (`centres`), where each of its
 * pixels covers `factorYx` pixels of the tile: from its first pixel on where it is binned, else with equal centres.
 */
export type ProfileAlignment =
  | { readonly kind: "corners" }
  | { readonly kind: "centres"; readonly factorYx: Yx; readonly from?: "first" };

/** The smallest and the largest value of a flat-field or dark-field, and their mean. */
export interface FieldRange {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** The range of a field's values, for a summary. */
export function fieldRange(values: Float32Array | Float64Array): FieldRange {
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, max, mean: sum / values.length };
}

/**
 * The SHA-256 of a profile, as 64 hexadecimal digits: over the bytes of its flat-field and dark-field (float32) and of
 * its baseline (float64), little-endian, one after the other.
 */
export function profileChecksum({ flatfield, darkfield, baseline }: Profile): string {
  return sha256(...[flatfield, darkfield, Float64Array.of(baseline)].map(littleEndianBytes));
}
