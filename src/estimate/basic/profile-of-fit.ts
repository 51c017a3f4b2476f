import type { Profile } from "../../profile/profile.ts";
import type { BasicFit } from "./fit.ts";

/** The profile that a fit found; its baseline is the median brightness of the background. */
export function profileOfFit({ shapeYx, flatfield, darkfield, baseline }: BasicFit): Profile {
  return { shapeYx, flatfield: Float32Array.from(flatfield), darkfield: Float32Array.from(darkfield), baseline };
}

/** A profile of planes from which an offset was taken off, for the planes as they are. */
export function withDarkness(profile: Profile, offset: number): Profile {
  return { ...profile, darkfield: profile.darkfield.map((dark) => dark + offset) };
}
