/** Warnings about an image and about given profiles that come with advice. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { backgroundToSubtract } from "../correct/field.ts";
import { fewestPairs } from "../estimate/refine/cross-validate.ts";
import type { Advice, QualityFlag } from "../parameters/advice.ts";
import type { ChannelProfile } from "../pipeline/profiles/channel-profile.ts";
import { targetName } from "../pipeline/profiles/channel-profile.ts";
import { type Profile, profileChecksum } from "../profile/profile.ts";
import { measureFlatfield, measurePlanes } from "../report/plane-measures.ts";
import { flagLimits, stitchedFlag } from "../report/quality/raise-flags.ts";
import { saturationOf } from "../sample/read-overlaps.ts";
import type { Recipe } from "./recipe.ts";
import { measured, type Subject } from "./subject.ts";

/** Flags of the image as it is. */
export async function flagsOfSource(
  acquisition: Acquisition,
  subjects: readonly Subject[],
  hasPairs: boolean,
): Promise<QualityFlag[]> {
  const hasOverlaps = subjects.some(({ overlaps }) => overlaps.pairCount > 0);
  const flags = [...stitchedFlag(acquisition, hasOverlaps)];
  const where = async (kind: QualityFlag["kind"], text: string, holds: (subject: Subject) => Promise<boolean>) => {
    const channels: string[] = [];
    for (const subject of subjects) if (await holds(subject)) channels.push(targetName(subject.target));
    if (channels.length > 0) flags.push({ kind, channels, text });
  };
  await where("saturated", "Some pixels are saturated: no correction restores their values.", async (subject) => {
    const planes = measured(subject);
    const { saturatedShare } = await measurePlanes(planes);
    return Math.max(saturatedShare, saturationOf([planes.pixels])?.share ?? 0) > flagLimits.saturated;
  });
  await where(
    "few-planes",
    `Fewer than ${flagLimits.sampledPlanes} planes: more make an estimated profile more reliable.`,
    async ({ planes }) => planes.planeCount < flagLimits.sampledPlanes,
  );
  if (hasOverlaps && !hasPairs) {
    const text = `Fewer than ${fewestPairs} pairs of tiles overlap: the choice rests on planes alone.`;
    flags.push({ kind: "few-pairs", channels: [], text });
  }
  return flags;
}

/** Flags of profiles that were given. */
export function flagsOfGiven(given: readonly ChannelProfile[]): QualityFlag[] {
  const flags: QualityFlag[] = [];
  const rough = given.filter(
    ({ profile }) => measureFlatfield(profile.flatfield, profile.shapeYx).roughnessRatio > flagLimits.roughness,
  );
  if (rough.length > 0) {
    const text = "The given flat-field is rougher than light is: specimen, dirt or noise may be in it.";
    flags.push({ kind: "rough-profile", channels: rough.map(({ target }) => targetName(target)), text });
  }
  const sums = given.map(({ profile }) => profileChecksum(profile));
  const reused = given.filter(({ target }, index) =>
    sums.some((sum, other) => sum === sums[index] && given[other]!.target.channel.label !== target.channel.label),
  );
  if (reused.length > 0) {
    const text = "One given profile serves several channels: light and optics differ from channel to channel.";
    flags.push({
      kind: "reused-profile",
      channels: [...new Set(reused.map(({ target }) => targetName(target)))],
      text,
    });
  }
  return flags;
}

/** A flag where the subtraction of a candidate would set much of the image to 0. */
export async function keepsBackground(
  subjects: readonly Subject[],
  { origin }: Recipe,
  profiles: readonly (Profile | undefined)[],
): Promise<QualityFlag | undefined> {
  const channels: string[] = [];
  for (const [index, subject] of subjects.entries()) {
    const profile = profiles[index];
    if (profile === undefined) continue;
    const { givenMeaning = "offset" } = subject;
    const isBrightness = origin.kind === "basic" || origin.kind === "even";
    const meaning = isBrightness ? "brightness" : origin.kind === "given" ? givenMeaning : "offset";
    const background = backgroundToSubtract(profile, meaning, "auto");
    if (background === 0) continue;
    const { clippedLowShare } = await measurePlanes(measured(subject), { shading: profile, background });
    if (clippedLowShare > flagLimits.zeroed) channels.push(targetName(subject.target));
  }
  if (channels.length === 0) return undefined;
  const text = "Subtracting the profile's baseline would set many dim pixels to 0: the background is kept.";
  return { kind: "zeroed", channels, text };
}

/** A flag for what overlaps cannot decide: profiles that agree in overlaps but differ between them. */
export function rivalFlag(
  { candidate, difference }: NonNullable<Advice["rival"]>,
  { candidates, chosen }: Pick<Advice, "candidates" | "chosen">,
): QualityFlag {
  const why =
    candidate < chosen ? "the one that leaves dim planes even is taken" : "the one nearer to no correction is taken";
  const text =
    `Overlaps cannot distinguish the profile from that of ${candidates[candidate]!.name}, which differs from it by ` +
    `${(100 * difference).toFixed(1)} % inside of the field: ${why}.`;
  return { kind: "rival-profile", channels: [], text };
}
