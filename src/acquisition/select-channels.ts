import { IsoluxError } from "../errors.ts";
import type { ChannelMetadata } from "../ngff/image.ts";
import type { Acquisition } from "./acquisition.ts";

/**
 * The channels of the given labels, in the image's order; all of them without labels.
 * @throws IsoluxError `invalid` for a label that the image does not have
 */
export function selectChannels(
  { channels, location }: Acquisition,
  labels: readonly string[] | undefined,
): readonly ChannelMetadata[] {
  if (labels === undefined) return channels;
  const unknown = labels.find((label) => !channels.some((channel) => channel.label === label));
  if (unknown === undefined) return channels.filter((channel) => labels.includes(channel.label));
  throw new IsoluxError({
    kind: "invalid",
    what: "The image does not have the channel asked for",
    where: location,
    found: JSON.stringify(unknown),
    expected: channels.map((channel) => JSON.stringify(channel.label)).join(", "),
  });
}
