import type { BoxZyx, Yx } from "../shapes.ts";
import type { IlluminationSide } from "./illumination-side.ts";

/** A region as a table gives it: named numbers, which should be µm. */
export interface RegionUm {
  readonly name: string;
  readonly values: ReadonlyMap<string, number>;
}

/** What a user should know of tiles: how something was understood, or that it was not. */
export interface Remark {
  readonly kind: "note" | "warning";
  readonly text: string;
}

/** A part of a field, as large as the tile that shows it. */
export interface FieldPart {
  /** Where it begins in the field. */
  readonly startYx: Yx;
  /** Rows and columns of the whole field. */
  readonly fieldYx: Yx;
}

/** One tile (field of view) of a mosaic. */
export interface Tile {
  /** Its number, counted from 1 in the order of the table. */
  readonly number: number;
  readonly name: string;
  /** Where its pixels lie in the mosaic, at full resolution. */
  readonly box: BoxZyx;
  /**
   * Where it lies on the sample in µm, as the stage had it, where that is known: tiles overlap there, not in the mosaic.
   * Grows with rows and columns, unlike the position of a stage that moves the sample.
   */
  readonly stagePositionUmYx?: Yx;
  /** Which part of the camera's field it shows, where it is not all of it. */
  readonly fieldPart?: FieldPart;
  /**
   * How much deeper on the sample than in the mosaic its planes lie, in µm, where stacks begin at different depths: the
   * mosaic puts them plane by plane.
   */
  readonly stageDepthUm?: number;
  /** Whether what tiles show speaks against those depths. */
  readonly isDepthDoubted?: boolean;
  /** Per channel, the side from which the light sheet came; not there where nothing tells. */
  readonly sides?: readonly (IlluminationSide | undefined)[];
}

/** The rows and columns of a tile's field; a cropped tile shows only a part of it. */
export function fieldShape(tile: Tile): Yx {
  return tile.fieldPart?.fieldYx ?? shownShape(tile);
}

/** The rows and columns of a tile that lie in the mosaic. */
export function shownShape(tile: Pick<Tile, "box">): Yx {
  return [tile.box.stop[1] - tile.box.start[1], tile.box.stop[2] - tile.box.start[2]];
}
