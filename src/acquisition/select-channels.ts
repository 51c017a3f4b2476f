/** Selects the channels of an acquisition by label, and applies the user's names and display settings. */
import { IsoluxError } from "../errors.ts";
import { checkChannelLabel } from "../ngff/channel-label.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { ChannelMetadata } from "../ngff/image.ts";
import { withChannelDisplay } from "../ngff/new-image.ts";
import type { Acquisition } from "./acquisition.ts";
import type { OpenedAcquisition } from "./open-acquisition.ts";

/**
 * The channels of the given labels, in the image's order; all of them without labels.
 * @throws IsoluxError `invalid` for a label that the image does not have
 */
export function selectChannels(
  { channels, location }: Acquisition,
  labels: readonly string[] | undefined,
): readonly ChannelMetadata[] {
  if (labels === undefined) return channels;
  // A label that could not stay as it is names its channel, too, unless it is another channel's name.
  const named = (label: string) =>
    channels.find((channel) => channel.label === label) ?? channels.find(({ ownLabel }) => ownLabel === label);
  const unknown = labels.find((label) => named(label) === undefined);
  if (unknown === undefined) return channels.filter((channel) => labels.some((label) => named(label) === channel));
  throw new IsoluxError({
    kind: "invalid",
    what: "The image does not have the channel asked for",
    where: location,
    found: JSON.stringify(unknown),
    expected: channels.map((channel) => JSON.stringify(channel.label)).join(", "),
  });
}

/**
 * The acquisition with names and display settings of its channels. An image's own values have priority: settings fill
 * in what it lacks, and apply fully to tiles of a microscope.
 * @param note called with the channels that the settings do not change
 * @throws IsoluxError `invalid` where two channels would have the same label
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

/**
 * Checks the labels of all channels, and that no two are equal: they would share one profile.
 * @throws IsoluxError `invalid`
 */
export function checkChannelLabels(labels: readonly string[], where: string): void {
  const first = new Map<string, number>();
  for (const [index, label] of labels.entries()) {
    checkChannelLabel(label);
    const earlier = first.get(label);
    first.set(label, earlier ?? index);
    if (earlier === undefined) continue;
    throw new IsoluxError({
      kind: "invalid",
      what: "Two channels have the same label",
      where,
      found: `${JSON.stringify(label)} for channels ${earlier + 1} and ${index + 1}`,
      expected: "a different label for each channel, as profiles are kept by label",
      advice: "Rename one of them in the image's metadata",
    });
  }
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

/**
 * In the label of a channel that was acquired from both sides, `488_Left`, only the part before the side is replaced.
 */
function labelOf({ label, wavelengthId }: ChannelMetadata, setting: ChannelSetting): string {
  if (setting.label === undefined) return label;
  const isSided = wavelengthId !== undefined && label.startsWith(`${wavelengthId}_`);
  return isSided ? setting.label + label.slice(wavelengthId.length) : setting.label;
}
