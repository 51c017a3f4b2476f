/**
 * What is brighter than the sample is no background: to take it off would set the sample to 0. So before a baseline is
 * taken off unasked, a few planes of all tiles show how much would become 0.
 */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { type BackgroundChoice, backgroundToSubtract } from "../../correct/field.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { Profile } from "../../profile/profile.ts";
import { formatShare } from "../../quantities.ts";
import type { MemoryStack } from "../../sample/plane-stack.ts";
import { readPreview } from "../../sample/preview.ts";
import { elementCount } from "../../shapes.ts";
import type { ChannelProfile } from "../profiles/channel-profile.ts";
import { profileAtField, targetName } from "../profiles/channel-profile.ts";

/** Where more than this share of the pixels would become 0 the baseline is no background. */
const mostZeroed = 0.05;

/** What decides what is taken off. */
export interface BackgroundRequest {
  readonly background: BackgroundChoice;
  readonly seed: number;
}

/**
 * Profiles whose baseline is taken off only where it is a background: where `auto` would set much of a channel to 0, the
 * baseline counts as a brightness, which is kept, and a warning says so. Deterministic; reads a few MB at the coarsest
 * level, and nothing where nothing is to be taken off.
 * @throws IsoluxError as reading does
 */
export async function keepBrightBackgrounds(
  acquisition: Acquisition,
  profiles: readonly ChannelProfile[],
  { background, seed }: BackgroundRequest,
  hooks: RunHooks,
): Promise<ChannelProfile[]> {
  const judged: ChannelProfile[] = [];
  for (const profile of profiles) {
    const counts = backgroundToSubtract(profile.profile, profile.baselineMeaning, background);
    const isAsked = background !== "auto" || counts === 0;
    const zeroed = isAsked ? 0 : await zeroedShare(acquisition, profile, counts, seed, hooks);
    judged.push(zeroed > mostZeroed ? { ...profile, baselineMeaning: "brightness" } : profile);
    if (zeroed <= mostZeroed) continue;
    const text =
      `Channel ${targetName(profile.target)}: the background of ${Math.round(counts)} counts is brighter than ` +
      `${formatShare(zeroed)} of the pixels, which would become 0: it is not subtracted. --background subtract does so.`;
    hooks.report({ kind: "warning", text });
  }
  return judged;
}

/** Which part of the pixels of a few planes would be below 0. */
async function zeroedShare(
  acquisition: Acquisition,
  profile: ChannelProfile,
  background: number,
  seed: number,
  { signal }: RunHooks,
): Promise<number> {
  const { channel, tiles } = profile.target;
  const stack = await readPreview(acquisition, { channel: channel.index, tiles, seed }, signal);
  const shading = profileAtField(profile, stack.shapeYx);
  return shareBelowZero(stack, shading, background);
}

/** Which part of the pixels above 0 a correction takes below it. */
function shareBelowZero({ pixels, shapeYx }: MemoryStack, shading: Profile, background: number): number {
  const { flatfield, darkfield } = shading;
  const fieldPx = elementCount(shapeYx);
  let below = 0;
  for (let i = 0; i < pixels.length; i++) {
    const at = i % fieldPx;
    const value = (pixels[i]! - darkfield[at]!) / flatfield[at]! - background;
    if (pixels[i]! > 0 && Math.round(value) < 0) below++;
  }
  return below / pixels.length;
}
