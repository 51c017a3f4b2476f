/** What an output says about itself: groups, tables and attributes, with what was done to each image. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import type { Level } from "../acquisition/level.ts";
import { backgroundToSubtract } from "../correct/background.ts";
import { correctedAttributes } from "../ngff/corrected-attributes.ts";
import { attributesDocument, omeAttributes } from "../ngff/group.ts";
import { writeGroup } from "../ngff/write-roi-table.ts";
import { version } from "../version.ts";
import { joinKey, keyName } from "../zarr/store.ts";
import type { ChannelProfile } from "./channel-profile.ts";
import { chosenWindow, displayWindows } from "./display-windows.ts";
import { channelsOfImage, tilesOfImage } from "./image-source.ts";
import type { ClipSums } from "./journal.ts";
import { geometries, type OutputImage, outputLevels } from "./output-template.ts";
import type { PreparedRun } from "./prepare-run.ts";
import { type CorrectedChannel, fractalTaskBlock, provenanceBlock } from "./provenance.ts";
import type { Workspace } from "./workspace.ts";

/** An output whose pixels are all made. */
export interface MetadataParts {
  readonly run: PreparedRun;
  readonly workspace: Workspace;
  readonly profiles: readonly ChannelProfile[];
}

/** Pixels clipped in an image of the output, per channel of the image and slot of the channel. */
export interface ClippedImage {
  readonly image: OutputImage;
  readonly sums: readonly (readonly ClipSums[])[];
}

/** Reads from the journal what was clipped. */
export async function readClipped({ run, workspace }: MetadataParts): Promise<ClippedImage[]> {
  const records = await workspace.documents.readRecords(run.template.images.map(geometries));
  return run.template.images.map((image, index) => {
    const channels = channelsOfImage(run.acquisition, image.source).length;
    return { image, sums: overTimes(records[index]!.clipped, channels) };
  });
}

/** What was clipped in a channel at all time points, which follow each other. */
function overTimes(clipped: readonly (readonly ClipSums[])[], channels: number): (readonly ClipSums[])[] {
  return clipped.slice(0, channels).map((slots, channel) =>
    slots.map((_, slot) => {
      const sums = clipped.filter((_, place) => place % channels === channel).map((times) => times[slot]!);
      const total = (end: "low" | "high") => sums.reduce((sum, one) => sum + one[end], 0);
      return { low: total("low"), high: total("high") };
    }),
  );
}

/** What was done to the channels that the images have, and how much it clipped in them. */
export function correctedChannels(
  { run, profiles }: MetadataParts,
  clipped: readonly ClippedImage[],
): CorrectedChannel[] {
  const { acquisition, request } = run;
  return profiles.flatMap((profile) => {
    const { index } = profile.target.channel;
    const slot = profiles.filter(({ target }) => target.channel.index === index).indexOf(profile);
    const sums = clipped
      .filter(({ image }) => isOfImage(acquisition, profile, image))
      .map(({ image, sums }) => {
        return sums[channelsOfImage(acquisition, image.source).indexOf(index)]![slot]!;
      });
    if (sums.length === 0) return [];
    const background = backgroundToSubtract(profile.profile, profile.baselineMeaning, request.parameters.background);
    const [clippedLow, clippedHigh] = (["low", "high"] as const).map((end) => {
      return sums.reduce((sum, one) => sum + one[end], 0);
    });
    return [{ profile, background, clippedLow: clippedLow!, clippedHigh: clippedHigh! }];
  });
}

function isOfImage(acquisition: Acquisition, { target }: ChannelProfile, { source }: OutputImage): boolean {
  const tiles = tilesOfImage(acquisition, source);
  return (
    channelsOfImage(acquisition, source).includes(target.channel.index) &&
    (source.kind === "mosaic" || target.tiles.some(({ number }) => number === tiles[0]!.number))
  );
}

/** Writes all that an output holds beside its pixels. */
export async function writeMetadata(parts: MetadataParts, clipped: readonly ClippedImage[]): Promise<void> {
  const { acquisition, request, template } = parts.run;
  const { image, beside } = parts.workspace;
  for (const one of clipped) await writeImageMetadata(parts, one.image, correctedChannels(parts, [one]));
  if (template.folder !== undefined) {
    const { attributes, zarrFormat } = template.folder;
    const isolux = provenanceBlock(acquisition, request, correctedChannels(parts, clipped));
    await writeGroup(image.store, image.key, { ...attributes, isolux }, zarrFormat);
  }
  for (const { name, bytes } of template.beside ?? []) await beside.store.set(joinKey(beside.key, name), bytes);
}

/** Copies what stays as it is byte for byte; the attributes, which make it an image, come last. */
async function writeImageMetadata(
  { run, workspace }: MetadataParts,
  image: OutputImage,
  corrected: readonly CorrectedChannel[],
): Promise<void> {
  const { acquisition, request } = run;
  const { pixels } = workspace;
  const key = joinKey(workspace.image.key, image.key);
  await image.writeUnchanged({ ...workspace.image, key });
  const levels = outputLevels(image, pixels.store, pixels.key);
  const isConversion = request.profileSource.kind === "none";
  // A tile keeps its name and its place; the reference's task makes mosaics only.
  const asMosaic = {
    name: keyName(request.places.output.key).replace(/(\.ome)?\.zarr$/i, ""),
    levelFactorsZyx: levels.map((level) => level.factorsZyx),
    ...(isConversion ? {} : { fractalTask: fractalTaskBlock(request.parameters) }),
  };
  const attributes = correctedAttributes(image.attributes, {
    ...(image.source.kind === "mosaic" ? asMosaic : {}),
    writer: { name: "isolux", version },
    planeCount: levels[0]!.shapeCzyx[1],
    windows: hasDisplay(image) ? await windowsOf(acquisition, image, levels.at(-1)!) : [],
    provenance: provenanceBlock(acquisition, request, corrected),
  });
  const { name, bytes } = attributesDocument({ zarrFormat: image.zarrFormat, attributes });
  await workspace.image.store.set(joinKey(key, name), bytes);
}

/** The windows of an image's channels: as asked for, else as the pixels of its coarsest level give them. */
async function windowsOf(acquisition: Acquisition, { source }: OutputImage, coarsest: Level) {
  const measured = await displayWindows(coarsest);
  return channelsOfImage(acquisition, source).map((channel, index) => {
    return chosenWindow(acquisition.channels[channel]!, measured[index]);
  });
}

/** Whether the attributes say how channels are shown, as those of single tiles do not. */
function hasDisplay({ attributes }: OutputImage): boolean {
  return omeAttributes(attributes).omero !== undefined;
}
