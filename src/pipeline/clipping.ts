/** What to say of a correction that took the picture away. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { formatShare } from "../quantities.ts";
import { lookQuickly } from "../sample/quick-look.ts";
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

/**
 * Sentences about channels of which a part was cut off below, or much above.
 * @param zerosOf the share of a channel's pixels that were 0 before: these lose nothing
 */
export async function clippingWarnings(
  corrected: readonly CorrectedChannel[],
  zerosOf: (profile: ChannelProfile) => Promise<number>,
): Promise<string[]> {
  const texts: string[] = [];
  for (const { profile, background, clippedLow, clippedHigh } of corrected) {
    const [all, high] = [clippedLow, clippedHigh].map((count) => count / pixelsOf(profile));
    const low = all! > mostAtZero ? all! - (await zerosOf(profile)) : all!;
    const channel = `Channel ${targetName(profile.target)}`;
    const atZero = `${channel}: ${formatShare(low)} of the pixels would be negative and are 0 now: ${subtracted(profile, background)} is more than they show.`;
    const atTop = `${channel}: ${formatShare(high!)} of the pixels exceed what the pixel type holds: the profile is too dark there, or the image is saturated.`;
    texts.push(...(low > mostAtZero ? [atZero] : []), ...(high! > mostAtTop ? [atTop] : []));
  }
  return texts;
}

/** Which part of the pixels of a channel's tiles is 0, as a look at a few planes tells. @throws IsoluxError as reading does */
export async function shareOfZeros(
  acquisition: Acquisition,
  { target: { channel, tiles } }: ChannelProfile,
  seed: number,
  signal: AbortSignal,
): Promise<number> {
  const { pixels } = await lookQuickly(acquisition, { channel: channel.index, tiles, seed }, signal);
  let zeros = 0;
  for (let i = 0; i < pixels.length; i++) if (pixels[i] === 0) zeros++;
  return zeros / pixels.length;
}

function subtracted({ profile }: ChannelProfile, background: number): string {
  const hasDarkfield = profile.darkfield.some((dark) => dark > 0);
  const taken = `the background of ${Math.round(background)} counts (--background keep leaves it)`;
  if (background === 0) return "the dark-field";
  return hasDarkfield ? `the dark-field with ${taken}` : taken;
}
