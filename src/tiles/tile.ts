/** Tiles of a mosaic: their box in it, their position on the stage, and their place in the grid. */

import type { BoxZyx, Yx } from "../shapes.ts";

/** A row of a table of regions: named numbers, which should be µm. */
export interface RegionUm {
  readonly name: string;
  readonly values: ReadonlyMap<string, number>;
}

/** What a user should know of tiles: how something was interpreted, or that it could not be. */
export interface Remark {
  readonly kind: "note" | "warning";
  readonly text: string;
}

/** The part of a field that a cropped tile shows. */
interface FieldPart {
  /** Its start in the field. */
  readonly startYx: Yx;
  /** Rows and columns of the whole field. */
  readonly fieldYx: Yx;
}

/** One tile (field of view) of a mosaic. */
export interface Tile {
  /** Its number, counted from 1 in the order of the table. */
  readonly number: number;
  readonly name: string;
  /** Its box in the mosaic, at full resolution. */
  readonly box: BoxZyx;
  /**
   * Its position on the sample in µm, by the stage, where known: tiles overlap there, not in the mosaic. Grows with
   * rows and columns, unlike the position of a stage that moves the sample.
   */
  readonly stagePositionUmYx?: Yx;
  /** The part of the camera's field that it shows, where it is not all of it. */
  readonly fieldPart?: FieldPart;
  /**
   * How much deeper on the sample than in the mosaic its planes are, in µm, where stacks begin at different depths: the
   * mosaic arranges them plane by plane.
   */
  readonly stageDepthUm?: number;
  /** Whether the pixels of tiles contradict those depths. */
  readonly isDepthDoubted?: boolean;
  /** Per channel, the side from which the light sheet came; absent where unknown. */
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

/** A tile's place in the grid, counted from 0 at the top left. */
interface GridPlace {
  readonly tile: Tile;
  readonly row: number;
  readonly column: number;
}

/**
 * The rows and columns of the grid of tiles, by their starts in the mosaic. Starts that differ by less than half a tile
 * count as one row (or column): rounding may move a tile by a pixel.
 */
export function gridPlaces(tiles: readonly Tile[]): GridPlace[] {
  const rows = groupStarts(tiles, 0);
  const columns = groupStarts(tiles, 1);
  return tiles.map((tile, index) => ({ tile, row: rows[index]!, column: columns[index]! }));
}

function groupStarts(tiles: readonly Tile[], axis: 0 | 1): number[] {
  const starts = tiles.map((tile) => tile.box.start[axis + 1]!);
  const tolerance =
    tiles.reduce((least, tile) => Math.min(least, shownShape(tile)[axis]!), Number.POSITIVE_INFINITY) / 2;
  const groups = new Map<number, number>();
  let [leader, group] = [Number.NEGATIVE_INFINITY, -1];
  for (const start of [...starts].sort((a, b) => a - b)) {
    if (start - leader >= tolerance) [leader, group] = [start, group + 1];
    groups.set(start, group);
  }
  return starts.map((start) => groups.get(start)!);
}

/**
 * The corner tiles: those of an extreme row and an extreme column of the grid, each once. A ragged grid may lack some;
 * one row or one column has two, a single tile is its own corner.
 */
export function cornerTiles(tiles: readonly Tile[]): Tile[] {
  const places = gridPlaces(tiles);
  const lastRow = places.reduce((last, { row }) => Math.max(last, row), 0);
  const lastColumn = places.reduce((last, { column }) => Math.max(last, column), 0);
  return places
    .filter(({ row, column }) => (row === 0 || row === lastRow) && (column === 0 || column === lastColumn))
    .map((place) => place.tile);
}

/** The side from which the light sheet came. */
export type IlluminationSide = "Left" | "Right";
