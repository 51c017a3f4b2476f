import type { Acquisition } from "../acquisition/acquisition.ts";
import { type BackgroundChoice, backgroundToSubtract } from "../correct/background.ts";
import { correctionField } from "../correct/field.ts";
import type { Profile } from "../profile/profile.ts";
import { resampleProfile } from "../profile/resample.ts";
import { checkFlatfield } from "../profile/validate.ts";
import type { Yx } from "../shapes.ts";
import { distinctFieldShapes } from "../tiles/place-tiles.ts";
import type { ChannelProfile } from "./channel-profile.ts";
import type { ChannelField, ChannelFields } from "./correct-chunk.ts";
import { targetName } from "./profile-target.ts";

/**
 * The fields that correct each channel of an image, for every shape that its tiles have and every side they were lit
 * from; none for channels without a profile, which are copied.
 * @throws IsoluxError `invalid` where a flat-field is not positive everywhere
 */
export function profileFields(
  { channels }: Acquisition,
  profiles: readonly ChannelProfile[],
  choice: BackgroundChoice,
): ChannelFields[] {
  return channels.map(({ index }) => {
    const ofChannel = profiles.filter(({ target }) => target.channel.index === index);
    return ofChannel.flatMap((profile, slot) => fieldsOf(profile, slot, choice));
  });
}

/**
 * Checks that given profiles can correct the tiles of an image, without making anything of them.
 * @throws IsoluxError as {@link profileFields}
 */
export function checkProfileFields(profiles: readonly ChannelProfile[]): void {
  for (const profile of profiles) {
    // At the shape in which it was read it was checked when it was.
    for (const shape of distinctFieldShapes(profile.target.tiles))
      if (!hasShape(profile, shape)) fittedTo(profile, shape);
  }
}

function fieldsOf(channelProfile: ChannelProfile, slot: number, choice: BackgroundChoice): ChannelField[] {
  const { target, profile, baselineMeaning, gains } = channelProfile;
  const background = backgroundToSubtract(profile, baselineMeaning, choice);
  const ofTiles = gains?.used && { gains: new Map(gains.tiles.map(({ tile, gain }) => [tile, gain])) };
  return distinctFieldShapes(target.tiles).map((shape) => {
    const field = correctionField(fittedTo(channelProfile, shape), background);
    return { slot, field, ...(target.side === undefined ? {} : { side: target.side }), ...ofTiles };
  });
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
