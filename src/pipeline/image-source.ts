import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import type { PixelLevel } from "../acquisition/pixel-level.ts";
import type { Tile } from "../tiles/tile.ts";
import type { ChannelFields } from "./correct-chunk.ts";

/** The pixels of an acquisition that make one image of the output. */
export type ImageSource = { readonly kind: "mosaic" };

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
export function partsOfImage(acquisition: Acquisition, _: ImageSource, fields: readonly ChannelFields[]): ImageParts {
  return { source: fullResolution(acquisition), tiles: acquisition.tiles, fields };
}
