import { checkChannelLabels } from "../ngff/channel-label.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { ChannelMetadata } from "../ngff/image.ts";
import { withChannelDisplay } from "../ngff/new-channels.ts";
import type { OpenedAcquisition } from "./open-acquisition.ts";

/**
 * The acquisition with its channels named and shown as settings say. What an image itself says of its channels stays:
 * settings are for what it leaves open, and for all that a microscope wrote.
 * @param note told which channels the settings leave as they are
 * @throws IsoluxError `invalid` where two channels come to have the same label
 */
export function applyChannelSettings(
  opened: OpenedAcquisition,
  settings: readonly ChannelSetting[],
  note: (text: string) => void,
): OpenedAcquisition {
  const { channels, location } = opened.acquisition;
  const ownLabels = opened.kind === "mosaic" ? opened.acquisition.metadata.channelLabels : [];
  const named = channels.map((channel, index) => applyTo(channel, settings, ownLabels[index] !== undefined));
  const others = named.filter(({ display }) => display === undefined).map(({ label }) => label);
  if (others.length > 0) note(`The channel settings say nothing of ${others.join(", ")}.`);
  checkChannelLabels(
    named.map(({ label }) => label),
    location,
  );
  if (opened.kind === "tiles") return { kind: "tiles", acquisition: { ...opened.acquisition, channels: named } };
  const { metadata } = opened.acquisition;
  const isSilent = others.length === named.length;
  const attributes = isSilent ? metadata.attributes : withChannelDisplay(metadata.attributes, named);
  return {
    kind: "mosaic",
    acquisition: { ...opened.acquisition, channels: named, metadata: { ...metadata, attributes } },
  };
}

function applyTo(channel: ChannelMetadata, settings: readonly ChannelSetting[], hasLabel: boolean): ChannelMetadata {
  const setting =
    settings.find((candidate) => candidate.channel === channel.wavelengthId) ??
    settings.find((candidate) => candidate.channel === channel.label);
  if (setting === undefined) return channel;
  const { color, window } = setting;
  const wavelengthId = channel.wavelengthId ?? setting.wavelengthId;
  return {
    ...channel,
    label: hasLabel ? channel.label : labelOf(channel, setting),
    ...(wavelengthId === undefined ? {} : { wavelengthId }),
    display: { ...(color === undefined ? {} : { color }), ...(window === undefined ? {} : { window }) },
  };
}

/** Of a channel that was acquired from both sides, `488_Left`, only what comes before the side is another name. */
function labelOf({ label, wavelengthId }: ChannelMetadata, setting: ChannelSetting): string {
  if (setting.label === undefined) return label;
  const isSided = wavelengthId !== undefined && label.startsWith(`${wavelengthId}_`);
  return isSided ? setting.label + label.slice(wavelengthId.length) : setting.label;
}
