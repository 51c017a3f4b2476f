/**
 * Tiles as a microscope writes them, before they are arranged in a mosaic: the result of every reader of native files.
 */
import type { BoxZyx, PixelArray, PixelType, Yx, Zyx } from "../shapes.ts";
import type { IlluminationSide } from "../tiles/tile.ts";
import type { Codec } from "../zarr/metadata/metadata.ts";
import type { Instrument, TilesFolder } from "./acquisition.ts";

/** The pixels of one tile in one channel at one resolution level. */
export interface TilePixels {
  readonly type: PixelType;
  readonly shapeZyx: Zyx;
  /** The shape of boxes, from the origin on, that are read fastest: chunks, or planes of a file of pages. */
  readonly chunkShapeZyx: Zyx;
  /** How its chunks are encoded, where they are those of a Zarr or N5 array. */
  readonly codec?: Codec;
  /** Whether a box of few planes is read in the time that these take, not in that of whole chunks. */
  readonly readsPlanes?: boolean;
  /**
   * The pixels of a box inside the tile, in C order, in `into`, of just this length, or a new array.
   * @throws IsoluxError `corrupt`, `storage`
   */
  read(box: BoxZyx, into?: PixelArray): Promise<PixelArray>;
}

/** An OME-Zarr image of a tile, and the index of the channel in it. */
interface TileGroupPlace {
  /** The folder that contains the groups of all tiles. */
  readonly folder: TilesFolder;
  readonly name: string;
  readonly channel: number;
}

/** One tile in one channel from one side at one rotation. */
export interface TileView {
  /** The name of its group or file, also used in messages. */
  readonly name: string;
  /** The laser line, such as `488`, or the channel's name in the metadata. */
  readonly channel: string;
  /** `undefined` where it is not known. */
  readonly side: IlluminationSide | undefined;
  /** In degrees. */
  readonly rotation: number;
  /** The stage position, in µm; `undefined` where it is not known. */
  readonly stageUmZyx: Zyx | undefined;
  /** Whether the stage moved towards smaller z from plane to plane. */
  readonly runsDown?: boolean;
  readonly pixelSizeUmZyx: Zyx;
  /** Finest first; of a time lapse those of a time point at which the view was acquired. */
  readonly levels: readonly TilePixels[];
  /** Of a time lapse the levels at each time point; `undefined` where the view was not acquired at it. */
  readonly levelsOfTimes?: readonly (readonly TilePixels[] | undefined)[];
  /** The OME-Zarr image that contains the tile and nothing else, where there is one. */
  readonly group?: TileGroupPlace;
  /** Its ids in a project of BigStitcher, which can go on with an image of it in OME-Zarr. */
  readonly inProject?: { readonly setup: number; readonly times: readonly number[] };
  /** Its entries in the acquisition's metadata, with their own keys. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What the microscope's software did to the pixels before it stored them, by name. */
  readonly processors?: readonly string[];
  /** What is noted of the microscope, its objective and its software, by section. */
  readonly instrument?: Instrument;
}

// How the views of an acquisition make mosaics: all that is needed to put the tiles side by side.

/** One tile in its place, with all views of it. */
export interface ArrangedTile {
  /** Counted from 1: down the first column, then down the next; empty places are not counted. */
  readonly number: number;
  /** Counted from 0 at the top. */
  readonly row: number;
  /** Counted from 0 at the left. */
  readonly column: number;
  /** The stage position, in µm: that of the tile's first view. */
  readonly stageUmYx: Yx;
  /** How much deeper its first plane is than that of the tile that begins first, in µm; less than half a plane is 0. */
  readonly depthUm: number;
  /** Planes of its longest stack. */
  readonly planes: number;
  /** By channel, one view per side, left before right; without channels that were not acquired here. */
  readonly views: ReadonlyMap<string, readonly TileView[]>;
}

/** The tiles of one rotation as they lie beside each other. */
export interface Arrangement {
  /** In degrees. */
  readonly rotation: number;
  /** In the order of their first appearance in the acquisition. */
  readonly channels: readonly string[];
  readonly type: PixelType;
  /** The extents of the tiles at full resolution, in planes of the longest. */
  readonly tileShapeZyx: Zyx;
  readonly pixelSizeUmZyx: Zyx;
  readonly rows: number;
  readonly columns: number;
  /** In the order of their numbers; fewer than `rows * columns` where the grid has gaps. */
  readonly tiles: readonly ArrangedTile[];
}

/** Called with what a user should know, though the work continues. */
export type Note = (text: string, kind?: "note" | "warning") => void;

/** Notes of which each is told once. */
export function noteOnce(note: Note): Note {
  const noted = new Set<string>();
  return (text, kind) => {
    if (!noted.has(text)) note(text, kind);
    noted.add(text);
  };
}
