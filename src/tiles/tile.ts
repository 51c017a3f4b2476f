import type { BoxZyx, Yx } from "../shapes.ts";
import type { IlluminationSide } from "./illumination-side.ts";

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

/** The rows and columns of a tile's field. */
export function fieldShape(tile: Tile): Yx {
  return [tile.box.stop[1] - tile.box.start[1], tile.box.stop[2] - tile.box.start[2]];
}
