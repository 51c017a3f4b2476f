/** Profiles that were given: read, and held against the tiles that they are for. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { type FieldRelation, relateToField } from "../profile/field-relation.ts";
import { findProfile } from "../profile/formats/find-profile.ts";
import type { GivenProfile } from "../profile/npz-profile.ts";
import type { Profile } from "../profile/profile.ts";
import { binnedProfile } from "../profile/resample.ts";
import { elementCount, formatShape, isSameShape, largestPixel, type Yx } from "../shapes.ts";
import { distinctFieldShapes } from "../tiles/place-tiles.ts";
import { joinKey } from "../zarr/store.ts";
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
    const range = acquisition.type.startsWith("float") ? {} : { largestCount: largestPixel(acquisition.type) };
    const request = { ...names, place, ...range, ...(side === undefined ? {} : { side }) };
    const { given, files } = await findProfile(models.store, models.key, request, ofOneValue);
    const { notes, warnings = [], refinement: _, ...rest } = given;
    for (const text of notes) hooks.report({ kind: "note", text });
    for (const text of warnings) hooks.report({ kind: "warning", text });
    const where = joinKey(models.store.location, files.main);
    const placed = placedOn(given, where, target, acquisition, hooks);
    const profile = withCameraOffset(placed.profile, cameraOffset, targetName(target), hooks);
    profiles.push({ ...rest, alignment: placed.alignment, profile, target, source: "given", planes: [] });
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

/**
 * How a profile lies over the tiles of its target, said where that is not plain.
 * @throws IsoluxError `invalid` where nothing tells how it lies over one of their shapes
 */
function placedOn(
  given: GivenProfile,
  where: string,
  target: ProfileTarget,
  acquisition: Acquisition,
  { report }: RunHooks,
): Pick<GivenProfile, "profile" | "alignment"> {
  const name = targetName(target);
  const fields = distinctFieldShapes(target.tiles).map((shapeYx) => fieldFacts(acquisition, shapeYx));
  const relations = fields.map((field) => relateToField(given, field));
  const [first] = relations;
  for (const [index, relation] of relations.entries()) {
    // What looks binned is more likely the profile of one of several tiles, or of a tile that others show a part of.
    const isGuess = relation.kind === "binned" && (!acquisition.hasTileTable || relation.kind !== first!.kind);
    if (relation.kind === "unknown") throw foreignProfile(relation, where, name, acquisition);
    if (isGuess) throw foreignProfile(guessed(given, fields[index]!.shapeYx), where, name, acquisition);
  }
  if (first?.kind === "binned") {
    report({ kind: "note", text: `The profile of channel ${name} is not of the tiles' shape: ${first.note}.` });
    return binnedProfile(given.profile, first.factorYx, fields[0]!.shapeYx);
  }
  const doubt = first?.kind === "fits" ? first.doubt : undefined;
  if (doubt) report({ kind: "warning", text: `The profile of channel ${name} may not fit: ${doubt}.` });
  return given;
}

type UnknownRelation = Pick<Extract<FieldRelation, { kind: "unknown" }>, "found" | "advice">;

function guessed({ profile }: GivenProfile, [rows, columns]: Yx): UnknownRelation {
  return {
    found: `a profile of ${formatShape(profile.shapeYx)} px for one of ${formatShape([rows, columns])} px`,
    advice: `If both show the same field, give the profile that shape: isolux profile convert PROFILE NEW --shape ${rows},${columns}`,
  };
}

function foreignProfile(
  { found, advice }: UnknownRelation,
  where: string,
  name: string,
  { hasTileTable, location }: Acquisition,
): IsoluxError {
  const table = `${location} has no table of tiles, so all of it counts as one tile: give the image with its table`;
  return new IsoluxError({
    kind: "invalid",
    what: `Nothing tells how the profile of channel ${name} lies over the tiles`,
    where,
    found,
    expected: "their shape, or it binned by a whole number",
    advice: hasTileTable ? advice : `${table}. ${advice}`,
  });
}
