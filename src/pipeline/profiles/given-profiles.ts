/** Reads profiles that were given, and matches them to the tiles that they are for. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { IsoluxError } from "../../errors.ts";
import { limits, mostProfilePixels } from "../../limits.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { relateToField } from "../../profile/field-relation.ts";
import { findProfile, profileKey } from "../../profile/formats/find-profile.ts";
import { decodeProfile, type GivenProfile } from "../../profile/npz-profile.ts";
import { fieldRange, type Profile } from "../../profile/profile.ts";
import { binnedProfile } from "../../profile/resample.ts";
import { boxShape, elementCount, formatShape, isSameShape, largestPixel, type Yx } from "../../shapes.ts";
import { distinctFieldShapes } from "../../tiles/place-tiles.ts";
import { joinKey } from "../../zarr/store.ts";
import type { Location } from "../places/location.ts";
import { type ChannelProfile, fieldFacts, type ProfileTarget, targetName } from "./channel-profile.ts";

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
  // At a tile's own shape a flat-field of one value is a failed measurement; a small one is a placeholder, by which
  // pipelines switch the correction of a channel off.
  const ofOneValue = (shapeYx: Yx) =>
    elementCount(shapeYx) === 1 || distinctFieldShapes(tiles).some((shape) => isSameShape(shape, shapeYx))
      ? "refuse"
      : "note";
  const fields = distinctFieldShapes(tiles).map(elementCount);
  const mostPixels = mostProfilePixels(fields.reduce((most, pixels) => Math.max(most, pixels), 0));
  for (const target of targets) {
    const { channel, side } = target;
    const place = { index: channel.index, count: channels.length };
    const { label, wavelengthId, ownLabel } = channel;
    const names = {
      label,
      wavelengthId,
      ownLabel,
    };
    const range: { readonly largestCount?: number } = acquisition.type.startsWith("float")
      ? {}
      : { largestCount: largestPixel(acquisition.type) };
    const request = { ...names, place, ...range, mostPixels, ...(side === undefined ? {} : { side }) };
    const { given, files } = await findProfile(models.store, models.key, request, ofOneValue);
    const { notes, warnings = [], refinement: _, ...rest } = given;
    for (const text of notes) hooks.report({ kind: "note", text });
    for (const text of warnings) hooks.report({ kind: "warning", text });
    const where = joinKey(models.store.location, files.main);
    const fraction = range.largestCount === undefined ? undefined : doubtAboutDark(given.profile, range.largestCount);
    if (fraction !== undefined) hooks.report({ kind: "warning", text: `The dark-field of ${where} ${fraction}` });
    const placed = placedOn(given, where, target, acquisition, hooks);
    const profile = withCameraOffset(placed.profile, cameraOffset, targetName(target), hooks);
    profiles.push({ ...rest, alignment: placed.alignment, profile, target, source: "given", planes: [] });
  }
  return profiles;
}

/** The end of a sentence about a dark-field that takes nothing off whole numbers, though it is not 0. */
function doubtAboutDark({ darkfield }: Profile, largestCount: number): string | undefined {
  const { min, max } = fieldRange(darkfield);
  if (!(min >= 0 && max > 0 && max < 0.5)) return undefined;
  return (
    `is at most ${max.toPrecision(3)} counts, so it has no effect: if it is a fraction of the full range, ` +
    `multiply it by ${largestCount}.`
  );
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
  const text = `The profile of channel ${name} has no dark-field: the camera offset of ${offset} counts is subtracted${less}.`;
  report({ kind: "note", text });
  return { ...given, darkfield, baseline };
}

/**
 * Determines how a profile lies over the tiles of its target, with a warning where that is not certain.
 * @throws IsoluxError `invalid` where nothing says how it lies over one of their shapes
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
  const shapesYx = distinctFieldShapes(acquisition.tiles);
  const relations = fields.map((field) => relateToField(given, field, shapesYx));
  const [first] = relations;
  for (const [index, relation] of relations.entries()) {
    // What seems binned is more likely the profile of one of several tiles, or of a tile that others show a part of.
    const isGuess =
      relation.kind === "binned" &&
      (!acquisition.hasTileTable ||
        relation.kind !== first!.kind ||
        (isWholeImage(acquisition) && isSmaller(relation)));
    if (relation.kind === "unknown") throw foreignProfile(relation, where, name, acquisition);
    if (isGuess) throw foreignProfile(guessed(given, fields[index]!.shapeYx), where, name, acquisition);
  }
  if (first?.kind === "binned") {
    const text = `The profile of channel ${name} has another shape than the tiles: ${first.note}.`;
    report(first.doubt ? { kind: "warning", text: `${text} ${first.doubt}.` } : { kind: "note", text });
    return binnedProfile(given.profile, given.alignment, first.factorYx, fields[0]!.shapeYx);
  }
  const doubt = first?.kind === "fits" ? first.doubt : undefined;
  if (doubt) report({ kind: "warning", text: `The profile of channel ${name} may not fit: ${doubt}.` });
  return given;
}

/** Whether a table has but one tile, all of the image: of a mosaic that is a region, not a tile. */
function isWholeImage({ tiles, tileSource, levels }: Acquisition): boolean {
  return tileSource !== undefined && tiles.length === 1 && isSameShape(boxShape(tiles[0]!.box), levels[0]!.shapeZyx);
}

/** Whether a profile, by its shape alone, seems to have fewer pixels than the tile. */
function isSmaller({ doubt, factorYx }: Extract<ReturnType<typeof relateToField>, { kind: "binned" }>): boolean {
  return doubt !== undefined && factorYx[0] > 1;
}

type UnknownRelation = Pick<Extract<ReturnType<typeof relateToField>, { kind: "unknown" }>, "found" | "advice">;

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
  acquisition: Acquisition,
): IsoluxError {
  const { hasTileTable, location } = acquisition;
  const table = hasTileTable
    ? `${location} has a table of one tile, all of it: if it is a mosaic, give it a table of its tiles`
    : `${location} has no table of tiles, so all of it counts as one tile: give the image with its table`;
  return new IsoluxError({
    kind: "invalid",
    what: `It is not clear how the profile of channel ${name} lies over the tiles`,
    where,
    found,
    expected: "their shape, or it binned by a whole number",
    advice: hasTileTable && !isWholeImage(acquisition) ? advice : `${table}. ${advice}`,
  });
}

// What is in the folder where an estimation is to save its profiles: nothing, profiles of an earlier equal estimation,
// or others.

/** An estimation, and where its profiles are saved. */
export interface ProfileOrder {
  readonly output: Location;
  readonly targets: readonly ProfileTarget[];
  /** Digest of all that the profiles depend on: the request, the source, the version. */
  readonly request: string;
  readonly overwrite: boolean;
}

/**
 * The profiles that an equal estimation has saved before, by the number of their target; none where all are to be
 * replaced.
 * @throws IsoluxError `output` where a profile of another origin is in the way
 */
export async function earlierProfiles({
  output: { store, key },
  targets,
  request,
  overwrite,
}: ProfileOrder): Promise<Map<number, GivenProfile>> {
  const earlier = new Map<number, GivenProfile>();
  if (overwrite) return earlier;
  for (const [index, target] of targets.entries()) {
    const file = profileKey(key, target.channel.label, target.side);
    const bytes = await store.get(file, { mostBytes: limits.object });
    if (bytes === undefined) continue;
    const where = joinKey(store.location, file);
    const found = readProfile(bytes, where);
    if (found?.request !== request) throw differentProfile(target, where, found);
    earlier.set(index, found);
  }
  return earlier;
}

/** A profile that was saved; one that cannot be read counts as of another origin. */
function readProfile(bytes: Uint8Array, where: string): GivenProfile | undefined {
  try {
    return decodeProfile(bytes, where, "note");
  } catch {
    return undefined;
  }
}

function differentProfile(target: ProfileTarget, where: string, found: GivenProfile | undefined): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: `A profile of channel ${targetName(target)} already exists, and was not made by this estimation`,
    where,
    found:
      found?.request === undefined
        ? "a profile from elsewhere"
        : "one of other parameters, of another version, or of the image as it was before a change",
    advice: "Give --overwrite to replace it, or another folder to save in",
  });
}
