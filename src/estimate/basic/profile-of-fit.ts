import type { Profile } from "../../profile/profile.ts";
import type { BasicFit } from "./fit.ts";

/** The profile that a fit found; its baseline is the median brightness of the background. */
export function profileOfFit({ shapeYx, flatfield, darkfield, baseline }: BasicFit): Profile {
  return { shapeYx, flatfield: Float32Array.from(flatfield), darkfield: Float32Array.from(darkfield), baseline };
}
