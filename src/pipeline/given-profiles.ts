/** Profiles that were given: read, and held against the tiles that they are for. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { describeFieldMismatch } from "../profile/field-mismatch.ts";
import { findProfile } from "../profile/formats/find-profile.ts";
import type { GivenProfile } from "../profile/npz-profile.ts";
import type { Profile } from "../profile/profile.ts";
import { elementCount, isSameShape, type Yx } from "../shapes.ts";
import { distinctFieldShapes } from "../tiles/place-tiles.ts";
import { type ChannelProfile, fieldFacts } from "./channel-profile.ts";
import type { Location } from "./location.ts";
import { type ProfileTarget, targetName } from "./profile-target.ts";

/**
 * Reads the profiles that were given.
 * @param cameraOffset counts that are the dark-field of profiles without one, where it is known
 * @throws IsoluxError where one is missing or cannot be used
 */
export async function readGivenProfiles(
  acquisition: Acquisition,
  targets: readonly ProfileTarget[],
  models: Location,
  hooks: RunHooks,
  cameraOffset = 0,
): Promise<ChannelProfile[]> {
  const { tiles, channels } = acquisition;
  const profiles: ChannelProfile[] = [];
  // At a tile's own shape a flat-field of one value is a failed measurement; a small one is a placeholder, which
  // pipelines write to switch the correction of a channel off.
  const ofOneValue = (shapeYx: Yx) =>
    elementCount(shapeYx) === 1 || distinctFieldShapes(tiles).some((shape) => isSameShape(shape, shapeYx))
      ? "refuse"
      : "note";
  for (const target of targets) {
    const { channel, side } = target;
    const place = { index: channel.index, count: channels.length };
    const { label, wavelengthId } = channel;
    const names = wavelengthId === undefined ? { label } : { label, wavelengthId };
    const request = { ...names, place, ...(side === undefined ? {} : { side }) };
    const { given } = await findProfile(models.store, models.key, request, ofOneValue);
    const { notes, refinement: _, ...rest } = given;
    for (const text of notes) hooks.report({ kind: "note", text });
    warnOfMismatch(given, target, acquisition, hooks);
    const profile = withCameraOffset(given.profile, cameraOffset, targetName(target), hooks);
    profiles.push({ ...rest, profile, target, source: "given", planes: [] });
  }
  return profiles;
}

/**
 * A dark-field that was given has precedence over the camera offset. Without one the offset is the dark-field, and no
 * longer a part of the baseline, which was found in pixels that held it.
 */
function withCameraOffset(given: Profile, offset: number, name: string, { report }: RunHooks): Profile {
  if (offset === 0) return given;
  if (given.darkfield.some((dark) => dark !== 0)) {
    report({ kind: "note", text: `The profile of channel ${name} has a dark-field: the camera offset has no effect.` });
    return given;
  }
  const darkfield = new Float32Array(given.darkfield.length).fill(offset);
  const baseline = Math.max(0, given.baseline - offset);
  const less = baseline === given.baseline ? "" : `, and its baseline is ${baseline} in place of ${given.baseline}`;
  const text = `The profile of channel ${name} has no dark-field: the camera offset of ${offset} counts is taken off${less}.`;
  report({ kind: "note", text });
  return { ...given, darkfield, baseline };
}

/** Where tiles differ in shape, a profile may be meant for any of them. */
function warnOfMismatch(
  given: GivenProfile,
  target: ProfileTarget,
  acquisition: Acquisition,
  { report }: RunHooks,
): void {
  const fields = distinctFieldShapes(target.tiles).map((shapeYx) => fieldFacts(acquisition, shapeYx));
  const mismatches = fields.map((field) => describeFieldMismatch(given, field));
  const [first] = mismatches;
  if (first === undefined || mismatches.some((mismatch) => mismatch === undefined)) return;
  report({ kind: "warning", text: `The profile of channel ${targetName(target)} may not fit: ${first}.` });
}
