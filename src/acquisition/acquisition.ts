/**
 * An acquisition: channels x tiles x levels with their geometry. Readers make it from what a microscope or a converter
 * wrote; nothing downstream asks which.
 */
import type { ChannelMetadata, ImageMetadata } from "../ngff/image.ts";
import type { PixelType, Zyx } from "../shapes.ts";
import type { Tile } from "../tiles/tile.ts";
import type { ReadableStore } from "../zarr/store.ts";
import type { Level } from "./level.ts";

/** One image of a mosaic with its tiles: what all that follows works on. Opening it has read no pixel. */
export interface Acquisition {
  /** Where it was read from, as messages name it. */
  readonly location: string;
  readonly store: ReadableStore;
  /** The image's key in its store. */
  readonly key: string;
  readonly metadata: ImageMetadata;
  readonly type: PixelType;
  readonly channels: readonly ChannelMetadata[];
  /** Finest first. */
  readonly levels: readonly Level[];
  /** In the order of their numbers. */
  readonly tiles: readonly Tile[];
  /** Whether a table said where the tiles are; without one the whole image counts as one tile. */
  readonly hasTileTable: boolean;
  /** Size of a full-resolution pixel in µm. */
  readonly pixelSizeUmZyx: Zyx;
}

/** The full-resolution level. */
export function fullResolution(acquisition: Acquisition): Level {
  return acquisition.levels[0]!;
}
