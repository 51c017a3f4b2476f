import { type Acquisition, fullResolution, type TileImage } from "../acquisition/acquisition.ts";
import type { PixelLevel } from "../acquisition/pixel-level.ts";
import { storedLevel } from "../acquisition/sampled-level.ts";
import { unreachable } from "../errors.ts";
import { boxShape } from "../shapes.ts";
import type { Tile } from "../tiles/tile.ts";
import type { ChannelFields } from "./correct-chunk.ts";

/** The pixels of an acquisition that make one image of the output: all of them, or one of its tile images. */
export type ImageSource = { readonly kind: "mosaic" } | { readonly kind: "tile"; readonly index: number };

/** What makes an image: its pixels as they came, and how they are corrected. */
export interface ImageParts {
  /** The full resolution of the source. */
  readonly source: PixelLevel;
  /** Where they lie in the image. */
  readonly tiles: readonly Tile[];
  /** Per channel of the image. */
  readonly fields: readonly ChannelFields[];
}

/** Finds what makes an image. @param fields per channel of the acquisition */
export async function partsOfImage(
  acquisition: Acquisition,
  source: ImageSource,
  fields: readonly ChannelFields[],
): Promise<ImageParts> {
  switch (source.kind) {
    case "mosaic":
      return mosaicParts(acquisition, fields);
    case "tile": {
      const image = tileImage(acquisition, source.index);
      const ofChannels = image.channels.map((channel) => fields[channel]!);
      return { source: fullResolution(await image.open()), tiles: [aloneInImage(image)], fields: ofChannels };
    }
    default:
      return unreachable(source);
  }
}

/** Of a time lapse the channels of every time point have their fields, in turn. */
function mosaicParts(acquisition: Acquisition, fields: readonly ChannelFields[]): ImageParts {
  const source = storedLevel(fullResolution(acquisition));
  const { tilesOfOneTime: tiles = acquisition.tiles } = acquisition;
  const channels = source.shapeCzyx[0];
  return { source, tiles, fields: Array.from({ length: channels }, (_, channel) => fields[channel % fields.length]!) };
}

/** The channels of the acquisition, by index, that an image has, in its order. */
export function channelsOfImage(acquisition: Acquisition, source: ImageSource): readonly number[] {
  if (source.kind === "mosaic") return acquisition.channels.map(({ index }) => index);
  return tileImage(acquisition, source.index).channels;
}

/** The tiles of the acquisition that an image shows. */
export function tilesOfImage(acquisition: Acquisition, source: ImageSource): readonly Tile[] {
  return source.kind === "mosaic" ? acquisition.tiles : [tileImage(acquisition, source.index).tile];
}

function tileImage({ tileImages }: Acquisition, index: number): TileImage {
  return tileImages![index]!;
}

/** A tile as it lies in an image that shows nothing else. */
function aloneInImage({ tile, channels }: TileImage): Tile {
  return {
    ...tile,
    box: { start: [0, 0, 0], stop: boxShape(tile.box) },
    sides: channels.map((channel) => tile.sides?.[channel]),
  };
}
