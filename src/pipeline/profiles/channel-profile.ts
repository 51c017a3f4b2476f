/**
 * The profile of a channel, or of one side of its light: how it is saved, described, and made into correction fields.
 */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { type BackgroundChoice, backgroundToSubtract, type CorrectionField } from "../../correct/field.ts";
import { correctionField } from "../../correct/kernel.ts";
import { planResize, resizePlane } from "../../estimate/basic/resize.ts";
import type { RefinementReport } from "../../estimate/refine/refinement-report.ts";
import type { GainsReport } from "../../estimate/refine/tile-gains.ts";
import type { ChannelMetadata } from "../../ngff/image.ts";
import type { ProfileSummary, SampledPlane } from "../../parameters/summaries.ts";
import type { FieldFacts, ModelProvenance, SavedGains } from "../../profile/model-record.ts";
import { encodeProfile, type GivenProfile, profileParts } from "../../profile/npz-profile.ts";
import { fieldRange, type Profile, profileChecksum } from "../../profile/profile.ts";
import { resampleProfile } from "../../profile/resample.ts";
import { checkFlatfield } from "../../profile/validate.ts";
import { elementCount, isSameShape, type Yx } from "../../shapes.ts";
import { distinctFieldShapes } from "../../tiles/place-tiles.ts";
import { fieldShape, type IlluminationSide, type Tile } from "../../tiles/tile.ts";
import { version } from "../../version.ts";
import { sha256 } from "../../zarr/codecs/sha256.ts";
import type { ObjectStore } from "../../zarr/store.ts";

/** A profile for a channel, or for one side of it, with what the output's provenance records of it. */
export interface ChannelProfile {
  readonly target: ProfileTarget;
  readonly source: "given" | "empty" | "basic" | "even";
  readonly profile: Profile;
  readonly baselineMeaning: GivenProfile["baselineMeaning"];
  readonly alignment: GivenProfile["alignment"];
  readonly meanCounts?: GivenProfile["meanCounts"];
  /** The tiles that it was made for, where known. */
  readonly field?: FieldFacts;
  /** The level that was sampled, for estimated profiles. */
  readonly level?: number;
  readonly planes: readonly SampledPlane[];
  /** The result of its refinement by overlaps, if it was refined. */
  readonly refinement?: RefinementReport;
  /** The gains of its tiles, if they were asked for. */
  readonly gains?: GainsReport;
  /** The gains that were saved with it, used or not. */
  readonly savedGains?: SavedGains;
}

/**
 * A profile as a file for later runs, the reference task and NumPy.
 * @param request digest of the estimation that it was made for, where that may be repeated
 */
export function encodeChannelProfile(profile: ChannelProfile, parameters: object, request?: string): Uint8Array {
  return encodeProfile(profile.profile, provenanceOf(profile, parameters, request));
}

/** Saves what {@link encodeChannelProfile} gives, part by part: it is never in memory as a whole. */
export async function saveChannelProfile(
  store: ObjectStore,
  key: string,
  profile: ChannelProfile,
  parameters: object,
  request?: string,
): Promise<void> {
  const parts = profileParts(profile.profile, provenanceOf(profile, parameters, request));
  const writer = store.begin(
    key,
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  try {
    for (const part of parts) await writer.append(part);
    await writer.finish();
  } catch (error) {
    await writer.discard().catch(() => undefined);
    throw error;
  }
}

function provenanceOf(profile: ChannelProfile, parameters: object, request?: string): ModelProvenance {
  return {
    version,
    baselineMeaning: profile.baselineMeaning,
    alignment: profile.alignment,
    field: profile.field,
    sampledPlanes: profile.planes,
    parameters: { ...parameters, source: profile.source, level: profile.level },
    refinement: profile.refinement,
    ...(profile.gains && { gains: withNames(profile.gains, profile.target) }),
    ...(request === undefined ? {} : { request }),
  };
}

/** Adds the names of tiles, by which saved gains are matched to the tiles of an acquisition. */
function withNames(gains: GainsReport, { tiles }: ProfileTarget): SavedGains {
  const names = new Map(tiles.map(({ number, name }) => [number, name]));
  return { ...gains, tiles: gains.tiles.map((tile) => ({ ...tile, name: names.get(tile.tile)! })) };
}

/** A profile's entry in a summary. */
export function summariseProfile(channelProfile: ChannelProfile): ProfileSummary {
  const { target, source, profile, planes, refinement, gains } = channelProfile;
  const { channel, side } = target;
  return {
    label: channel.label,
    side,
    source,
    flatfield: fieldRange(profile.flatfield),
    baseline: profile.baseline,
    planes,
    refinement,
    gains,
  };
}

/** Checksums of given profiles and of the gains beside them, by which a change is noticed. */
export function checksums(profiles: readonly ChannelProfile[]): string[] {
  return profiles.map(({ target, profile, savedGains }) => {
    const gains = savedGains === undefined ? "" : ` ${sha256(new TextEncoder().encode(JSON.stringify(savedGains)))}`;
    return `${targetName(target)} ${profileChecksum(profile)}${gains}`;
  });
}

/** Facts about the fields that a profile is for, for one shape of an acquisition's tiles. */
export function fieldFacts({ pixelSizeUmZyx }: Acquisition, shapeYx: Yx): FieldFacts {
  return { shapeYx, pixelSizeUmYx: [pixelSizeUmZyx[1], pixelSizeUmZyx[2]] };
}

/** A profile as it lies over the tiles of a level, whose fields have `fieldYx` pixels. */
export function profileAtField(profile: ChannelProfile, fieldYx: Yx): Profile {
  const known = lastAtField.get(profile);
  if (known !== undefined && isSameShape(known.shapeYx, fieldYx)) return known;
  const made = computeAtField(profile, fieldYx);
  lastAtField.set(profile, made);
  return made;
}

/** What was asked for last: one look at an image after the other takes the same level. */
const lastAtField = new WeakMap<ChannelProfile, Profile>();

function computeAtField({ target, profile, alignment }: ChannelProfile, fieldYx: Yx): Profile {
  const fullYx = fieldShape(target.tiles[0]!);
  const { flatfield, darkfield, baseline } = resampleProfile(profile, fullYx, alignment);
  const resize = planResize(fullYx, fieldYx);
  const resized = (image: Float32Array) => {
    const target = new Float32Array(elementCount(fieldYx));
    if (image.every((value) => value === image[0])) return target.fill(image[0]!);
    resizePlane(resize, image, target);
    return target;
  };
  return { shapeYx: fieldYx, flatfield: resized(flatfield), darkfield: resized(darkfield), baseline };
}

/**
 * The fields that correct each channel of an image, for every shape of its tiles and every side they were lit from;
 * none for channels without a profile, which are copied.
 * @throws IsoluxError `invalid` where a flat-field is not positive everywhere
 */
export function profileFields(
  { channels }: Acquisition,
  profiles: readonly ChannelProfile[],
  choice: BackgroundChoice,
): CorrectionField[][] {
  return channels.map(({ index }) => {
    const ofChannel = profiles.filter(({ target }) => target.channel.index === index);
    return ofChannel.flatMap((profile, slot) => fieldsOf(profile, slot, choice));
  });
}

/**
 * Checks that given profiles can correct the tiles of an image, without computing any field.
 * @throws IsoluxError as {@link profileFields}
 */
export function checkProfileFields(profiles: readonly ChannelProfile[]): void {
  for (const profile of profiles) {
    // A profile in its own shape was checked when it was read.
    for (const shape of distinctFieldShapes(profile.target.tiles))
      if (!hasShape(profile, shape)) fittedTo(profile, shape);
  }
}

function fieldsOf(channelProfile: ChannelProfile, slot: number, choice: BackgroundChoice): CorrectionField[] {
  const { target, profile, baselineMeaning, gains } = channelProfile;
  const background = backgroundToSubtract(profile, baselineMeaning, choice);
  const ofTiles = gains?.used ? new Map(gains.tiles.map(({ tile, gain }) => [tile, gain])) : undefined;
  return distinctFieldShapes(target.tiles).map((shape) =>
    correctionField(fittedTo(channelProfile, shape), background, { slot, side: target.side, gains: ofTiles }),
  );
}

/** A profile at the shape of a tile. @throws IsoluxError `invalid` where its flat-field is not positive everywhere */
function fittedTo({ target, profile, alignment }: ChannelProfile, shape: Yx): Profile {
  const fitted = resampleProfile(profile, shape, alignment);
  checkFlatfield(fitted.flatfield, shape, `profile of channel ${targetName(target)}`);
  return fitted;
}

function hasShape({ profile }: ChannelProfile, shape: Yx): boolean {
  return profile.shapeYx[0] === shape[0] && profile.shapeYx[1] === shape[1];
}

/** What one profile is for: a channel or, where its tiles were lit from two sides, one side of it. */
export interface ProfileTarget {
  readonly channel: ChannelMetadata;
  /** Absent where all tiles of the channel share one profile. */
  readonly side?: IlluminationSide;
  /** The tiles that it corrects. */
  readonly tiles: readonly Tile[];
}

/** Whether the two sides of the light sheet have separate profiles. */
type SideChoice = "separate" | "joint";

/** The profiles that the channels need, in the order of the channels, the left side first. */
export function profileTargets(
  { tiles }: Acquisition,
  channels: readonly ChannelMetadata[],
  choice: SideChoice,
): ProfileTarget[] {
  return channels.flatMap((channel): ProfileTarget[] => {
    const sideOf = (tile: Tile) => tile.sides?.[channel.index];
    const sides = (["Left", "Right"] as const).filter((side) => tiles.some((tile) => sideOf(tile) === side));
    if (choice === "joint" || sides.length < 2) return [{ channel, tiles }];
    return sides.map((side) => ({ channel, side, tiles: tiles.filter((tile) => sideOf(tile) === side) }));
  });
}

/** The name of a target in messages. */
export function targetName({ channel, side }: Pick<ProfileTarget, "channel" | "side">): string {
  return side === undefined ? channel.label : `${channel.label}, ${side}`;
}
