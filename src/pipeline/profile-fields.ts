import type { Acquisition } from "../acquisition/acquisition.ts";
import { type BackgroundChoice, backgroundToSubtract } from "../correct/background.ts";
import { correctionField } from "../correct/field.ts";
import { resampleProfile } from "../profile/resample.ts";
import { checkFlatfield } from "../profile/validate.ts";
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

function fieldsOf(
  { target, profile, baselineMeaning, alignment, gains }: ChannelProfile,
  slot: number,
  choice: BackgroundChoice,
): ChannelField[] {
  const background = backgroundToSubtract(profile, baselineMeaning, choice);
  const ofTiles = gains?.used && { gains: new Map(gains.tiles.map(({ tile, gain }) => [tile, gain])) };
  return distinctFieldShapes(target.tiles).map((shape) => {
    const resampled = resampleProfile(profile, shape, alignment);
    checkFlatfield(resampled.flatfield, shape, `profile of channel ${targetName(target)}`);
    const field = correctionField(resampled, background);
    return { slot, field, ...(target.side === undefined ? {} : { side: target.side }), ...ofTiles };
  });
}
