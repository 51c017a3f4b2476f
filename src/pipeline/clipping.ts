/** What to say of a correction that took the picture away. */
import { formatShare } from "../quantities.ts";
import { boxShape, elementCount } from "../shapes.ts";
import type { ChannelProfile } from "./channel-profile.ts";
import { targetName } from "./profile-target.ts";
import type { CorrectedChannel } from "./provenance.ts";

/** To take BaSiC's baseline off, as the reference task does, sets half of an empty image to 0. */
const mostAtZero = 0.75;
const mostAtTop = 0.05;

/** How many pixels a profile corrects. */
export function pixelsOf({ target }: ChannelProfile): number {
  return target.tiles.reduce((sum, { box }) => sum + elementCount(boxShape(box)), 0);
}

/** Sentences about channels of which most was cut off below, or much above. */
export function clippingWarnings(corrected: readonly CorrectedChannel[]): string[] {
  return corrected.flatMap(({ profile, clippedLow, clippedHigh }) => {
    const [low, high] = [clippedLow, clippedHigh].map((count) => count / pixelsOf(profile));
    const channel = `Channel ${targetName(profile.target)}`;
    const atZero = `${channel}: ${formatShare(low!)} of the pixels would be negative and are 0 now: what is subtracted, dark-field or baseline, does not fit these pixels.`;
    const atTop = `${channel}: ${formatShare(high!)} of the pixels exceed what the pixel type holds: the profile is too dark there, or the image is saturated.`;
    return [...(low! > mostAtZero ? [atZero] : []), ...(high! > mostAtTop ? [atTop] : [])];
  });
}
