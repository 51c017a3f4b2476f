import { IsoluxError } from "../errors.ts";
import type { Profile } from "../profile/profile.ts";
import type { Yx } from "../shapes.ts";

/** Added to the flat-field before dividing by it, as the reference task does. */
const divisorGuard = 1e-6;

/**
 * A profile made ready for the kernels: what to subtract and what to divide by, per pixel of a tile.
 * Lies in shared memory where there is any, so that worker threads use one copy.
 */
export interface CorrectionField {
  readonly shapeYx: Yx;
  /** The dark-field, in counts. */
  readonly dark: Float32Array;
  /** The flat-field plus the guard against division by zero. */
  readonly divisor: Float32Array;
  /** Subtracted after the division, with a floor of zero; 0 to keep the background. */
  readonly background: number;
}

/** Makes a correction field of a profile of the tile's shape. */
export function correctionField(profile: Profile, background: number): CorrectionField {
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
  return { shapeYx, dark, divisor, background: Math.fround(background) };
}

/** The memory a correction field of `shapeYx` takes. */
export function correctionFieldBytes(shapeYx: Yx): number {
  return 2 * 4 * shapeYx[0] * shapeYx[1];
}

function sharedFloats(length: number): Float32Array {
  const shared = typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;
  return new Float32Array(shared ? new SharedArrayBuffer(4 * length) : new ArrayBuffer(4 * length));
}
