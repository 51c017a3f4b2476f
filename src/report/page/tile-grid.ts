/** Tiles as they lie, as squares in a drawing. */
import { gridPlaces } from "../../tiles/grid.ts";
import type { Tile } from "../../tiles/tile.ts";

/** A place in the grid, counted from 0. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

/** Where tiles lie in a drawing. */
export interface TileGrid {
  /** By the number of the tile. */
  readonly places: ReadonlyMap<number, GridPlace>;
  /** From one tile to the next. */
  readonly size: number;
  readonly width: number;
  readonly height: number;
  /** Free space around the tiles. */
  readonly margin: number;
}

/** A square of a tile: its corner, its centre and its side. */
export interface TileSquare {
  readonly x: string;
  readonly y: string;
  readonly side: string;
  readonly centreX: string;
  readonly centreY: string;
}

const margin = 4;
const leastSize = 6;

/** Lays tiles out. @param most the size of a tile where there are few, and the extent of the drawing where there are many */
export function tileGrid(tiles: readonly Tile[], most: { readonly size: number; readonly extent: number }): TileGrid {
  const places = new Map(gridPlaces(tiles).map(({ tile, row, column }) => [tile.number, { row, column }]));
  const rows = 1 + Math.max(...[...places.values()].map(({ row }) => row));
  const columns = 1 + Math.max(...[...places.values()].map(({ column }) => column));
  const size = Math.max(leastSize, Math.min(most.size, most.extent / Math.max(rows, columns)));
  return { places, size, width: columns * size + 2 * margin, height: rows * size + 2 * margin, margin };
}

/** The square of a place. @param gap between it and its place's edge, as a share of the size */
export function squareAt({ size }: TileGrid, { row, column }: GridPlace, gap: number): TileSquare {
  const [x, y] = [margin + column * size, margin + row * size];
  return {
    x: (x + gap * size).toFixed(1),
    y: (y + gap * size).toFixed(1),
    side: (size - 2 * gap * size).toFixed(1),
    centreX: (x + size / 2).toFixed(1),
    centreY: (y + size / 2 + 4).toFixed(1),
  };
}
