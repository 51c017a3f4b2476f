import type { BoxZyx, Yx } from "../shapes.ts";
import type { IlluminationSide } from "./illumination-side.ts";

/** A region as a table gives it: named numbers, which should be µm. */
export interface RegionUm {
  readonly name: string;
  readonly values: ReadonlyMap<string, number>;
}

/** One tile (field of view) of a mosaic. */
export interface Tile {
  /** Its number, counted from 1 in the order of the table. */
  readonly number: number;
  readonly name: string;
  /** Where its pixels lie in the mosaic, at full resolution. */
  readonly box: BoxZyx;
  /** Which part of the camera's field its pixels show, where it is cropped and geometry tells; else they show all of it. */
  readonly shownPart?: ShownPart;
  /**
   * Where it lies on the sample in µm, as the stage had it, where that is known: tiles overlap there, not in the mosaic.
   * Grows with rows and columns, unlike the position of a stage that moves the sample.
   */
  readonly stagePositionUmYx?: Yx;
  /** Per channel, the side from which the light sheet came; not there where nothing tells. */
  readonly sides?: readonly (IlluminationSide | undefined)[];
}

/** The place of a cropped tile in the camera's field, in pixels. */
export interface ShownPart {
  /** The rows and columns of the whole field. */
  readonly fieldYx: Yx;
  /** Where the tile's first row and column lie in it. */
  readonly startYx: Yx;
}

/** The rows and columns of a tile's pixels. */
export function fieldShape(tile: Tile): Yx {
  return [tile.box.stop[1] - tile.box.start[1], tile.box.stop[2] - tile.box.start[2]];
}

/** The rows and columns of the camera's field that a profile of a tile is for: more than the tile has where it is cropped. */
export function wholeField(tile: Tile): Yx {
  return tile.shownPart?.fieldYx ?? fieldShape(tile);
}

/** What a user should know of tiles: how something was understood, or that it was not. */
export interface Remark {
  readonly kind: "note" | "warning";
  readonly text: string;
}
