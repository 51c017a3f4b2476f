import type { Profile } from "../../profile/profile.ts";

/** An offset is at most this share of the brightness that an estimate was made from. */
const largestShare = 0.82;
/** A flat-field does not become darker than this. */
const leastLight = 0.05;

/**
 * The profile that an estimate stands for if it took so many counts of offset for light. With an offset O in planes of
 * brightness B an estimate finds (S·(B - O) + O) / B in place of S: the same shape, flatter.
 */
export function stretched({ shapeYx, flatfield, darkfield, baseline }: Profile, offset: number): Profile {
  const counts = Math.min(offset, largestShare * Math.max(0, baseline));
  const contrast = counts > 0 ? baseline / (baseline - counts) : 1;
  return {
    shapeYx,
    flatfield: flatfield.map((light) => Math.max(leastLight, 1 + contrast * (light - 1))),
    darkfield: darkfield.map((dark) => dark + offset),
    baseline: baseline - counts,
  };
}
