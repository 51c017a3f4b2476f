import type { Acquisition } from "../acquisition/acquisition.ts";
import { type BackgroundChoice, backgroundToSubtract } from "../correct/background.ts";
import { correctionField } from "../correct/field.ts";
import { resampleProfile } from "../profile/resample.ts";
import { checkFlatfield } from "../profile/validate.ts";
import { distinctFieldShapes } from "../tiles/place-tiles.ts";
import type { ChannelProfile } from "./channel-profiles.ts";
import type { ChannelFields } from "./correct-chunk.ts";

/**
 * The fields that correct each channel of an image, for every shape that its tiles have; none for channels without a
 * profile, which are copied.
 * @throws IsoluxError `invalid` where a flat-field is not positive everywhere
 */
export function profileFields(
  { channels, tiles }: Acquisition,
  profiles: readonly ChannelProfile[],
  choice: BackgroundChoice,
): ChannelFields[] {
  const fields: ChannelFields[] = channels.map(() => []);
  for (const { channel, profile, baselineMeaning, alignment } of profiles) {
    const background = backgroundToSubtract(profile, baselineMeaning, choice);
    fields[channel.index] = distinctFieldShapes(tiles).map((shape) => {
      const resampled = resampleProfile(profile, shape, alignment);
      checkFlatfield(resampled.flatfield, shape, `profile of channel ${channel.label}`);
      return correctionField(resampled, background);
    });
  }
  return fields;
}
