/** Profiles that were given: read, and held against the tiles that they are for. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { describeFieldMismatch } from "../profile/field-mismatch.ts";
import { findProfile } from "../profile/formats/find-profile.ts";
import type { GivenProfile } from "../profile/npz-profile.ts";
import { elementCount, isSameShape, type Yx } from "../shapes.ts";
import { distinctFieldShapes } from "../tiles/place-tiles.ts";
import { type ChannelProfile, fieldFacts } from "./channel-profile.ts";
import type { Location } from "./location.ts";
import { type ProfileTarget, targetName } from "./profile-target.ts";

/** Reads the profiles that were given. @throws IsoluxError where one is missing or cannot be used */
export async function readGivenProfiles(
  acquisition: Acquisition,
  targets: readonly ProfileTarget[],
  models: Location,
  hooks: RunHooks,
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
    profiles.push({ ...rest, target, source: "given", planes: [] });
  }
  return profiles;
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
