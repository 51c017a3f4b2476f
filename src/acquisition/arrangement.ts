/** How the views of an acquisition make mosaics: all that a mosaic of the tiles side by side needs to know. */
import type { PixelType, Yx, Zyx } from "../shapes.ts";
import type { IlluminationSide } from "../tiles/illumination-side.ts";
import type { TileView } from "./tile-view.ts";

/** One tile in its place, with everything that was acquired there. */
export interface ArrangedTile {
  /** Counted from 1: down the first column, then down the next; places without a tile are not counted. */
  readonly number: number;
  /** Counted from 0 at the top. */
  readonly row: number;
  /** Counted from 0 at the left. */
  readonly column: number;
  /** Where the stage was, in µm: the position of the tile's first view. */
  readonly stageUmYx: Yx;
  /** How much deeper its first plane lies than that of the tile which begins first, in µm; less than half a plane is 0. */
  readonly depthUm: number;
  /** Planes of its longest stack. */
  readonly planes: number;
  /** By channel, one view per side, left before right; a channel that was not acquired here is not in it. */
  readonly views: ReadonlyMap<string, readonly TileView[]>;
}

/** The tiles of one rotation as they lie beside each other. */
export interface Arrangement {
  /** Degrees. */
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

/** The mosaics of an acquisition, one per rotation, and what they are of. Lists are in order of first appearance. */
export interface ArrangedViews {
  readonly channels: readonly string[];
  /** Sides from which at least one view was lit; where the side of a view is not known, `undefined` is among them. */
  readonly sides: readonly (IlluminationSide | undefined)[];
  /** Degrees, as the arrangements are ordered. */
  readonly rotations: readonly number[];
  readonly arrangements: readonly Arrangement[];
}
