/** What to say of a correction that took the picture away. */
import { formatShare } from "../quantities.ts";
import { boxShape, elementCount } from "../shapes.ts";
import type { ChannelProfile } from "./channel-profile.ts";
import { targetName } from "./profile-target.ts";
import type { CorrectedChannel } from "./provenance.ts";

const mostAtZero = 0.01;
const mostAtTop = 0.05;

/** How many pixels a profile corrects. */
export function pixelsOf({ target }: ChannelProfile): number {
  return target.tiles.reduce((sum, { box }) => sum + elementCount(boxShape(box)), 0);
}

/** Sentences about channels of which a part was cut off below, or much above. */
export function clippingWarnings(corrected: readonly CorrectedChannel[]): string[] {
  return corrected.flatMap(({ profile, background, clippedLow, clippedHigh }) => {
    const [low, high] = [clippedLow, clippedHigh].map((count) => count / pixelsOf(profile));
    const channel = `Channel ${targetName(profile.target)}`;
    const atZero = `${channel}: ${formatShare(low!)} of the pixels would be negative and are 0 now: ${subtracted(profile, background)} is more than they show.`;
    const atTop = `${channel}: ${formatShare(high!)} of the pixels exceed what the pixel type holds: the profile is too dark there, or the image is saturated.`;
    return [...(low! > mostAtZero ? [atZero] : []), ...(high! > mostAtTop ? [atTop] : [])];
  });
}

function subtracted({ profile }: ChannelProfile, background: number): string {
  const hasDarkfield = profile.darkfield.some((dark) => dark > 0);
  const taken = `the background of ${Math.round(background)} counts (--background keep leaves it)`;
  if (background === 0) return "the dark-field";
  return hasDarkfield ? `the dark-field with ${taken}` : taken;
}
