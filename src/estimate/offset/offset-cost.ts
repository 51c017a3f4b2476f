/** What an offset of the camera that is not known costs a profile, as a figure and as a sentence. */
import type { Profile } from "../../profile/profile.ts";
import { meanOf } from "../../statistics.ts";

/** The offset that is looked at, in counts: about that of most cameras. */
const usualOffset = 100;

/** By how much a profile is too flat, on average, if its planes contain 100 counts beside light. */
export function costOfUsualOffset({ flatfield, baseline }: Pick<Profile, "flatfield" | "baseline">): number {
  const light = Math.max(usualOffset, baseline - usualOffset);
  const depth = flatfield.reduce((sum, value) => sum + Math.abs(value - 1), 0) / flatfield.length;
  return (depth * usualOffset) / light;
}

/** The cost as a sentence, with what to do. */
export function unknownOffset(cost: number): string {
  return (
    `The camera offset stays unknown: if it is ${usualOffset} counts, the flat-field is off by ` +
    `${(100 * cost).toPrecision(3)} % for that; give it by --camera-offset.`
  );
}

/**
 * The sentence on a profile of BaSiC to which no offset was given; `undefined` where its dark-field holds as much as an
 * offset.
 */
export function unknownOffsetOf(profile: Pick<Profile, "flatfield" | "darkfield" | "baseline">): string | undefined {
  if (meanOf(profile.darkfield) > usualOffset / 2) return undefined;
  return unknownOffset(costOfUsualOffset(profile));
}
