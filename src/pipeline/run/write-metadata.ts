/** What an output says about itself: groups, tables and attributes, with what was done to each image. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { Level } from "../../acquisition/level.ts";
import { backgroundToSubtract } from "../../correct/field.ts";
import { correctedAttributes, type DisplayWindow } from "../../ngff/corrected-attributes.ts";
import { omeAttributes } from "../../ngff/group.ts";
import type { ChannelMetadata } from "../../ngff/image.ts";
import { wholeWindow } from "../../ngff/new-image.ts";
import type { TilesSummary } from "../../parameters/summaries.ts";
import { version } from "../../version.ts";
import type { JsonObject } from "../../zarr/json.ts";
import { keyName } from "../../zarr/store.ts";
import { channelsOfImage, type OutputImage, tilesOfImage } from "../output/template.ts";
import type { ChannelProfile } from "../profiles/channel-profile.ts";
import type { ClipSums } from "../record/journal.ts";
import type { Run } from "./plan-run.ts";
import { type CorrectedChannel, fractalTaskBlock, provenanceBlock } from "./provenance.ts";

/** Pixels clipped in an image of the output, per channel of the image and slot of the channel. */
export interface ClippedImage {
  readonly image: OutputImage;
  readonly sums: readonly (readonly ClipSums[])[];
}

/** What was done to the channels that the images have, and how much it clipped in them. */
export function correctedChannels(
  { acquisition, request, profiles }: Run,
  clipped: readonly ClippedImage[],
): CorrectedChannel[] {
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

/** What an output's attributes say of its correction. */
export interface RecordedCorrection {
  readonly channels: readonly CorrectedChannel[];
  readonly tiles: TilesSummary;
  /** What compressed its pixels, where that is more than this program. */
  readonly engines?: JsonObject;
}

/**
 * The attributes of an image of an output.
 * @param measured the windows that the pixels of each channel give; empty where the image has none
 */
export function imageAttributes(
  { acquisition, request }: Pick<Run, "acquisition" | "request">,
  image: OutputImage,
  { channels, tiles, engines }: RecordedCorrection,
  levels: readonly Level[],
  measured: readonly (DisplayWindow | undefined)[],
): JsonObject {
  const isConversion = request.profileSource.kind === "none";
  // A tile keeps its name and its place; the reference's task makes mosaics only.
  const asMosaic = {
    name: keyName(request.places.output.key).replace(/(\.ome)?\.zarr$/i, ""),
    levelFactorsZyx: levels.map((level) => level.factorsZyx),
    ...(isConversion ? {} : { fractalTask: fractalTaskBlock(request.parameters) }),
  };
  return correctedAttributes(image.attributes, {
    ...(image.source.kind === "mosaic" ? asMosaic : {}),
    writer: { name: "isolux", version },
    planeCount: levels[0]!.shapeCzyx[1],
    windows: measured.length > 0 ? windowsOf(acquisition, image, measured) : [],
    provenance: { ...provenanceBlock(acquisition, request, channels, tiles), ...engines },
  });
}

/** The windows of an image's channels: as asked for, else as the pixels of its coarsest level give them. */
function windowsOf(
  acquisition: Acquisition,
  { source }: OutputImage,
  measured: readonly (DisplayWindow | undefined)[],
): (DisplayWindow | undefined)[] {
  return channelsOfImage(acquisition, source).map((channel, index) => {
    return chosenWindow(acquisition.channels[channel]!, measured[index]);
  });
}

/** Whether the attributes say how channels are shown, as those of single tiles do not. */
export function hasDisplay({ attributes }: OutputImage): boolean {
  return omeAttributes(attributes).omero !== undefined;
}

/** The window that a user asked for, or the one that the pixels give. */
function chosenWindow({ display }: ChannelMetadata, measured: DisplayWindow | undefined): DisplayWindow | undefined {
  const asked = display?.window;
  if (asked === undefined) return measured;
  const { min, max } = measured ?? wholeWindow;
  return { min: Math.min(min, asked.start), max: Math.max(max, asked.end), ...asked };
}
