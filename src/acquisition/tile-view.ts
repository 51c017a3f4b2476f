/**
 * Tiles as a microscope writes them, before anything says how they make a mosaic: what every reader of native files
 * yields.
 */
import type { BoxZyx, PixelArray, PixelType, Zyx } from "../shapes.ts";
import type { IlluminationSide } from "../tiles/illumination-side.ts";
import type { TilesFolder } from "./acquisition.ts";

/** The pixels of one tile in one channel at one resolution level. */
export interface TilePixels {
  readonly type: PixelType;
  readonly shapeZyx: Zyx;
  /** Boxes of this shape, from the origin on, are read at the least cost: chunks, or planes of a file of pages. */
  readonly chunkShapeZyx: Zyx;
  /**
   * The pixels of a box inside the tile, in C order, in `into`, which has room for just these, or an array of their own.
   * @throws IsoluxError `corrupt`, `storage`
   */
  read(box: BoxZyx, into?: PixelArray): Promise<PixelArray>;
}

/** An OME-Zarr image of a tile, and which of its channels is meant. */
export interface TileGroupPlace {
  /** The folder that holds the groups of all tiles. */
  readonly folder: TilesFolder;
  readonly name: string;
  readonly channel: number;
}

/** One tile in one channel from one side at one rotation. */
export interface TileView {
  /** What messages call it, and its group or file is called. */
  readonly name: string;
  /** The laser line, such as `488`, or what the metadata call the channel. */
  readonly channel: string;
  /** `undefined` where nothing tells. */
  readonly side: IlluminationSide | undefined;
  /** Degrees. */
  readonly rotation: number;
  /** Where the stage was, in µm; `undefined` where nothing tells. */
  readonly stageUmZyx: Zyx | undefined;
  /** Whether the stage moved towards smaller z from plane to plane. */
  readonly runsDown?: boolean;
  readonly pixelSizeUmZyx: Zyx;
  /** Finest first. */
  readonly levels: readonly TilePixels[];
  /** The OME-Zarr image that holds the tile and nothing else, where there is one. */
  readonly group?: TileGroupPlace;
  /** What the acquisition's metadata say of it, by key as they spell it. */
  readonly metadata: Readonly<Record<string, string>>;
}
