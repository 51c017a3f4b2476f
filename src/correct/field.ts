/** Correction fields: profiles prepared for the kernels, as one array to subtract and one to divide by. */
import { unreachable } from "../errors.ts";
import type { BaselineMeaning, Profile } from "../profile/profile.ts";
import type { Yx } from "../shapes.ts";
import type { IlluminationSide } from "../tiles/tile.ts";

/** The most profiles of a channel for which clipped pixels are counted: one for each side. */
export const slotsPerChannel = 2;

/**
 * A profile prepared for the kernels: what to subtract and what to divide by, per pixel of a tile. It is for the tiles of
 * a channel that have its shape and, where it has one, its side. Lies in shared memory where there is any, so that worker
 * threads use one copy.
 */
export interface CorrectionField {
  readonly shapeYx: Yx;
  /** The dark-field, in counts, `[y, x]`. */
  readonly dark: Float32Array;
  /** The flat-field plus the guard against division by zero, `[y, x]`. */
  readonly divisor: Float32Array;
  /** Subtracted after the division, with a floor of zero, in counts; 0 to keep the background. */
  readonly background: number;
  /** Index of its profile among those of the channel, by which clipped pixels are counted. */
  readonly slot: number;
  readonly side?: IlluminationSide;
  /** Numbers of the tiles that it is for, where tiles of one shape have different ones: at coarse levels. */
  readonly tiles?: ReadonlySet<number>;
  /** Brightness of single tiles relative to the others, by number; 1 where a tile is missing from it. */
  readonly gains?: ReadonlyMap<number, number>;
}

/** The bytes of a correction field of `shapeYx`. */
export function correctionFieldBytes(shapeYx: Yx): number {
  return 2 * 4 * shapeYx[0] * shapeYx[1];
}

/** Floats that worker threads use without a copy, where memory can be shared. */
export function sharedFloats(length: number): Float32Array {
  const shared = typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;
  return new Float32Array(shared ? new SharedArrayBuffer(4 * length) : new ArrayBuffer(4 * length));
}

/** What happens to a profile's baseline: subtracted, kept, or subtracted only where it is an offset without light. */
export type BackgroundChoice = "auto" | "keep" | "subtract";

/** The counts to subtract from the corrected pixels. */
export function backgroundToSubtract(profile: Profile, meaning: BaselineMeaning, choice: BackgroundChoice): number {
  switch (choice) {
    case "keep":
      return 0;
    case "subtract":
      return profile.baseline;
    case "auto":
      return meaning === "offset" ? profile.baseline : 0;
    default:
      return unreachable(choice);
  }
}
