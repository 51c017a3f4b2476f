/** Warnings, before anything is written, of what a profile will take away of the image; it is used, as its source was named. */
import { type Acquisition, fullResolution } from "../../acquisition/acquisition.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import { type BackgroundChoice, backgroundToSubtract } from "../../correct/field.ts";
import { IsoluxError } from "../../errors.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { fieldRange, type Profile } from "../../profile/profile.ts";
import { formatShare } from "../../quantities.ts";
import type { MemoryStack } from "../../sample/plane-stack.ts";
import { readPreview } from "../../sample/read-planes.ts";
import { boxShape, elementCount, isFloating, type PixelType, smallestPixel } from "../../shapes.ts";
import { type ChannelProfile, profileAtField, targetName } from "../profiles/channel-profile.ts";
import type { CorrectedChannel } from "./provenance.ts";

/** From this share of a channel on the warning is in capitals. */
const muchOfPicture = 0.05;
/** A dark-field of less is no rounding of 0. */
const leastNegative = -1;
/** Noise around an offset is no lost picture: a pixel is lost where it falls below 0 by more than this many times the noise. */
const noiseMultiple = 3;
/** The number of places where it is looked for. */
const noisePlaces = 200_000;

/**
 * Warns where profiles take away what was above 0. Deterministic; reads a few MB at the coarsest level, and nothing where
 * nothing is to be subtracted.
 * @param profiles whose baselines are taken off as `background` says, see `keepBrightBackgrounds`
 * @throws IsoluxError as reading does
 */
export async function reportLosses(
  acquisition: Acquisition,
  profiles: readonly ChannelProfile[],
  { background, seed, isDarkRefused }: BackgroundRequest & { readonly isDarkRefused?: boolean },
  { report, signal }: RunHooks,
): Promise<void> {
  // Rare pixel types are sampled as floats, and written as they are.
  const { type } = storedLevel(fullResolution(acquisition));
  for (const profile of profiles) {
    const counts = backgroundToSubtract(profile.profile, profile.baselineMeaning, background);
    if (counts === 0 && !profile.profile.darkfield.some((dark) => dark > 0)) continue;
    const { channel, tiles } = profile.target;
    const stack = await readPreview(acquisition, { channel: channel.index, tiles, seed }, signal);
    const shading = profileAtField(profile, stack.shapeYx);
    const lost = lostShare(stack, shading, counts);
    if (isDarkRefused && lost > muchOfPicture) refuseDark(acquisition, profile, lostShare(stack, shading, 0));
    const much = lost > muchOfPicture ? "MUCH OF THE PICTURE IS LOST. " : "";
    for (const text of lossTexts(profile, counts, lost, keepsNegative(type, counts))) {
      report({ kind: "warning", text: `${much}${text}` });
    }
  }
}

/**
 * The same for profiles that were given, whose backgrounds are still to be assessed.
 * @param isDarkRefused whether a dark-field that cannot be that of the image's camera is an error
 * @throws IsoluxError `invalid` for such a dark-field; as reading does
 */
export async function reportLossesOfGiven(
  acquisition: Acquisition,
  given: readonly ChannelProfile[],
  request: BackgroundRequest & { readonly isDarkRefused: boolean },
  hooks: RunHooks,
): Promise<void> {
  const isUnsigned = smallestPixel(storedLevel(fullResolution(acquisition)).type) === 0;
  if (isUnsigned && request.isDarkRefused) given.forEach(refuseNegative);
  const assessed = await keepBrightBackgrounds(acquisition, given, request, { ...hooks, report: () => {} });
  await reportLosses(acquisition, assessed, request, hooks);
}

const asItIs = "or give --trust-profiles to take it as it is";

/** A camera that writes nothing below 0 shows nothing below 0 without light. */
function refuseNegative(profile: ChannelProfile): void {
  const { min, max, mean } = fieldRange(profile.profile.darkfield);
  if (!(max < 0 && mean < leastNegative) || profile.field !== undefined) return;
  throw new IsoluxError({
    kind: "invalid",
    what: `The dark-field of channel ${targetName(profile.target)} is negative everywhere`,
    found: `${formatCounts(min)} to ${formatCounts(max)} counts`,
    expected: "what the camera shows without light, 0 or more",
    advice: `If its sign is swapped, save it as -darkfield (NumPy), ${asItIs}`,
  });
}

function refuseDark(acquisition: Acquisition, profile: ChannelProfile, share: number): void {
  if (share <= muchOfPicture) return;
  const { min, max } = fieldRange(profile.profile.darkfield);
  throw new IsoluxError({
    kind: "invalid",
    what: `The dark-field of channel ${targetName(profile.target)} is brighter than the image`,
    where: acquisition.location,
    found: `${formatShare(share)} of the pixels below it (${formatCounts(min)} to ${formatCounts(max)} counts)`,
    expected: "what the camera shows without light, so less than nearly every pixel",
    advice: `Give the dark-field of the camera and exposure of this image, ${asItIs}`,
  });
}

function formatCounts(counts: number): string {
  return String(Number(counts.toPrecision(4)));
}

/** Floats have a floor of 0 where a background is taken off them. */
function keepsNegative(type: PixelType, background: number): boolean {
  return smallestPixel(type) < 0 && !(isFloating(type) && background > 0);
}

/** Which share of the pixels is above 0 before a correction, and plainly below it after. */
function lostShare({ pixels, shapeYx }: MemoryStack, shading: Profile, background: number): number {
  const { flatfield, darkfield } = shading;
  const fieldPx = elementCount(shapeYx);
  // Computed where it is needed: previews of images without a pyramid are large.
  const left = (i: number) => {
    const at = i % fieldPx;
    return pixels[i]! > 0 ? pixels[i]! - darkfield[at]! - background * flatfield[at]! : Number.NaN;
  };
  const margin = Math.max(0.5, noiseMultiple * noiseBelow(left, pixels.length));
  let lost = 0;
  for (let i = 0; i < pixels.length; i++) if (left(i) < -margin) lost++;
  return lost / Math.max(1, pixels.length);
}

/**
 * The noise in counts where pixels fall below 0: robust, from how far they are from their neighbours. That of tissue,
 * which differs from pixel to pixel, says nothing about dim places.
 * @param left what is left of a pixel, NaN where it was 0 before
 */
function noiseBelow(left: (i: number) => number, count: number): number {
  const step = Math.max(1, Math.floor(count / noisePlaces));
  const apart: number[] = [];
  for (let i = 1; i < count; i += step) {
    const [before, here] = [left(i - 1), left(i)];
    if (before < 0 || here < 0) apart.push(Math.abs(here - before));
  }
  const known = apart.filter((difference) => Number.isFinite(difference)).sort((a, b) => a - b);
  return (1.4826 * (known[known.length >> 1] ?? 0)) / Math.SQRT2;
}

// What to say of a correction that took the picture away.

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
    const atTop = `${channel}: ${formatShare(high!)} of the pixels exceed what the pixel type holds: the profile is too dark there, or the image is saturated.`;
    texts.push(...lossTexts(profile, background, low), ...(high! > mostAtTop ? [atTop] : []));
  }
  return texts;
}

/**
 * The sentence on what a subtraction takes away: the same before a run, where it is predicted, and after it.
 * @param share of the channel's pixels that were above 0 and are so no more
 * @param keepsNegative whether the pixel type holds what is below 0
 */
function lossTexts(profile: ChannelProfile, background: number, share: number, keepsNegative = false): string[] {
  if (!(share > mostAtZero)) return [];
  const fate = keepsNegative ? "become negative" : "would be negative and become 0";
  const channel = `Channel ${targetName(profile.target)}`;
  return [
    `${channel}: ${formatShare(share)} of the pixels ${fate}: ${subtracted(profile, background)} is more than they show.`,
  ];
}

function subtracted({ profile }: ChannelProfile, background: number): string {
  const hasDarkfield = profile.darkfield.some((dark) => dark > 0);
  const taken = `the background of ${Math.round(background)} counts (--background keep leaves it)`;
  if (background === 0) return "the dark-field";
  return hasDarkfield ? `the dark-field with ${taken}` : taken;
}

// What is brighter than the sample is no background: to take it off would set the sample to 0. So before a baseline is
// taken off unasked, a few planes of all tiles show how much would become 0.

/** Where more than this share of the pixels would become 0 the baseline is no background. */
const mostZeroed = 0.05;

/** What decides what is taken off. */
interface BackgroundRequest {
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
  const assessed: ChannelProfile[] = [];
  for (const profile of profiles) {
    const counts = backgroundToSubtract(profile.profile, profile.baselineMeaning, background);
    const isAsked = background !== "auto" || counts === 0;
    const zeroed = isAsked ? 0 : await zeroedShare(acquisition, profile, counts, seed, hooks);
    assessed.push(zeroed > mostZeroed ? { ...profile, baselineMeaning: "brightness" } : profile);
    if (zeroed <= mostZeroed) continue;
    const text =
      `Channel ${targetName(profile.target)}: the background of ${Math.round(counts)} counts is brighter than ` +
      `${formatShare(zeroed)} of the pixels, which would become 0: it is not subtracted. --background subtract does so.`;
    hooks.report({ kind: "warning", text });
  }
  return assessed;
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
