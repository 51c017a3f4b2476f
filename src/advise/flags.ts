/** What someone who takes advice should know of the image and of given profiles. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { backgroundToSubtract } from "../correct/background.ts";
import { IsoluxError } from "../errors.ts";
import { fewestPairs } from "../estimate/refine/refine.ts";
import type { Advice } from "../parameters/advice.ts";
import type { QualityFlag } from "../parameters/quality-flag.ts";
import type { ChannelProfile } from "../pipeline/channel-profile.ts";
import { targetName } from "../pipeline/profile-target.ts";
import { type Profile, profileChecksum } from "../profile/profile.ts";
import { formatShare } from "../quantities.ts";
import { measureFlatfield, measurePlanes } from "../report/plane-measures.ts";
import { flagLimits, stitchedFlag } from "../report/quality/raise-flags.ts";
import type { PlaneStack } from "../sample/plane-stack.ts";
import type { Recipe } from "./recipe.ts";
import { type Subject, thinned } from "./subject.ts";

/** Figures of planes are taken of about so many. */
const measuredPlanes = 24;

function measured({ planes }: Subject) {
  return thinned(planes, Math.max(1, Math.floor(planes.planeCount / measuredPlanes)));
}

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
  await where(
    "saturated",
    "The camera was saturated: where it was, no correction gives the true values.",
    async (subject) => (await measurePlanes(measured(subject))).saturatedShare > flagLimits.saturated,
  );
  await where(
    "few-planes",
    `Fewer than ${flagLimits.sampledPlanes} planes: more make an estimated profile surer.`,
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

/** A flag where the subtraction that goes with a candidate would set much of the image to 0. */
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
    const meaning = origin.kind === "basic" ? "brightness" : origin.kind === "given" ? givenMeaning : "offset";
    const background = backgroundToSubtract(profile, meaning, "auto");
    if (background === 0) continue;
    const { clippedLowShare } = await measurePlanes(measured(subject), { shading: profile, background });
    if (clippedLowShare > flagLimits.zeroed) channels.push(targetName(subject.target));
  }
  if (channels.length === 0) return undefined;
  const text =
    "Taking the profile's baseline off would set many pixels to 0, and with it what is dim: the background is kept.";
  return { kind: "zeroed", channels, text };
}

/** Noise around 0 is no picture: pixels are looked at in squares of so many along either side. */
const squarePx = 8;

/**
 * A choice of Isolux never takes away a part of the picture.
 * @throws IsoluxError `estimation` where the profiles' dark-fields are brighter than much of the image
 */
export async function refuseZeroing(
  subjects: readonly Subject[],
  profiles: readonly (Profile | undefined)[],
): Promise<void> {
  for (const [index, subject] of subjects.entries()) {
    const profile = profiles[index];
    if (profile === undefined) continue;
    const below = await shareBelow(measured(subject), profile.darkfield);
    if (below <= flagLimits.zeroedByChoice) continue;
    throw new IsoluxError({
      kind: "estimation",
      what: "The profile that fits best would set a part of the image to 0",
      where: `channel ${targetName(subject.target)}`,
      found: `${formatShare(below)} of the image below the dark-field`,
      expected: `at most ${formatShare(flagLimits.zeroedByChoice)}`,
      advice:
        "Name a source of the profile (--models-folder, --fov-list), or tell the camera's offset (--camera-offset)",
    });
  }
}

/** Which part of the squares of planes is below a dark-field on average; those of zeros lose nothing. */
async function shareBelow(stack: PlaneStack, darkfield: Float32Array): Promise<number> {
  const [rows, columns] = stack.shapeYx;
  const [down, across] = [Math.floor(rows / squarePx), Math.floor(columns / squarePx)];
  let below = 0;
  for (let n = 0; n < stack.planeCount; n++) {
    const plane = await stack.read(n, n + 1, 0, rows);
    for (let square = 0; square < down * across; square++) {
      const first = Math.floor(square / across) * squarePx * columns + (square % across) * squarePx;
      let [shown, dark] = [0, 0];
      for (let row = 0; row < squarePx; row++) {
        for (let i = first + row * columns; i < first + row * columns + squarePx; i++) {
          shown += plane[i]!;
          dark += darkfield[i]!;
        }
      }
      if (shown > 0 && shown < dark) below++;
    }
  }
  return below / Math.max(1, stack.planeCount * down * across);
}

/** What overlaps do not tell: profiles that agree where they are and not in between. */
export function rivalFlag(
  { candidate, difference }: NonNullable<Advice["rival"]>,
  candidates: Advice["candidates"],
): QualityFlag {
  const text =
    `Overlaps cannot tell the profile from that of ${candidates[candidate]!.name}, which differs from it by ` +
    `${(100 * difference).toFixed(1)} % inside of the field: the one nearer to no correction is taken.`;
  return { kind: "rival-profile", channels: [], text };
}
