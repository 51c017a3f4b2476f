import type { Acquisition } from "../acquisition/acquisition.ts";
import type { RefinementReport } from "../estimate/refine/refine.ts";
import type { GainsReport } from "../estimate/refine/tile-gains.ts";
import type { ProfileSummary, SampledPlane } from "../parameters/summaries.ts";
import { sha256 } from "../profile/checksum.ts";
import type { FieldFacts, ModelProvenance } from "../profile/model-record.ts";
import { encodeProfile, type GivenProfile, profileParts } from "../profile/npz-profile.ts";
import { fieldRange, type Profile, profileChecksum } from "../profile/profile.ts";
import type { SavedGains } from "../profile/saved-gains.ts";
import type { Yx } from "../shapes.ts";
import { version } from "../version.ts";
import type { ObjectStore } from "../zarr/store.ts";
import { type ProfileTarget, targetName } from "./profile-target.ts";

/** A profile for a channel, or for one side of it, with all that the output's provenance says of it. */
export interface ChannelProfile {
  readonly target: ProfileTarget;
  readonly source: "given" | "empty" | "basic" | "even";
  readonly profile: Profile;
  readonly baselineMeaning: GivenProfile["baselineMeaning"];
  readonly alignment: GivenProfile["alignment"];
  /** The tiles that it was made for, where that is known. */
  readonly field?: FieldFacts;
  /** The level that was sampled, for estimated profiles. */
  readonly level?: number;
  readonly planes: readonly SampledPlane[];
  /** What a refinement by overlaps found, where one was made. */
  readonly refinement?: RefinementReport;
  /** The gains of its tiles, where they were asked for. */
  readonly gains?: GainsReport;
  /** The gains that were saved with it, whether they are used or not. */
  readonly savedGains?: SavedGains;
}

/**
 * A profile as the file that the next run, the reference task and NumPy read.
 * @param request digest of the estimation that it was made for, where that may be repeated
 */
export function encodeChannelProfile(profile: ChannelProfile, parameters: object, request?: string): Uint8Array {
  return encodeProfile(profile.profile, provenanceOf(profile, parameters, request));
}

/** Saves what {@link encodeChannelProfile} gives, part by part: it is never held as a whole. */
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
    ...(profile.field && { field: profile.field }),
    sampledPlanes: profile.planes,
    parameters: { ...parameters, source: profile.source, level: profile.level },
    ...(profile.refinement && { refinement: profile.refinement }),
    ...(profile.gains && { gains: withNames(profile.gains, profile.target) }),
    ...(request === undefined ? {} : { request }),
  };
}

/** The names of tiles tell whether saved gains are for the tiles of an acquisition. */
function withNames(gains: GainsReport, { tiles }: ProfileTarget): SavedGains {
  const names = new Map(tiles.map(({ number, name }) => [number, name]));
  return { ...gains, tiles: gains.tiles.map((tile) => ({ ...tile, name: names.get(tile.tile)! })) };
}

/** What a summary says of a profile. */
export function summariseProfile(channelProfile: ChannelProfile): ProfileSummary {
  const { target, source, profile, planes, refinement, gains } = channelProfile;
  const { channel, side } = target;
  return {
    label: channel.label,
    ...(side === undefined ? {} : { side }),
    source,
    flatfield: fieldRange(profile.flatfield),
    baseline: profile.baseline,
    planes,
    ...(refinement && { refinement }),
    ...(gains && { gains }),
  };
}

/** The checksums by which a change of given profiles, or of the gains beside them, is noticed. */
export function checksums(profiles: readonly ChannelProfile[]): string[] {
  return profiles.map(({ target, profile, savedGains }) => {
    const gains = savedGains === undefined ? "" : ` ${sha256(new TextEncoder().encode(JSON.stringify(savedGains)))}`;
    return `${targetName(target)} ${profileChecksum(profile)}${gains}`;
  });
}

/** What there is to know of the fields that a profile is for, of a shape of an acquisition's tiles. */
export function fieldFacts({ pixelSizeUmZyx }: Acquisition, shapeYx: Yx): FieldFacts {
  return { shapeYx, pixelSizeUmYx: [pixelSizeUmZyx[1], pixelSizeUmZyx[2]] };
}
