import { shownShape, type Tile } from "./tile.ts";

/** A tile's place in the grid, counted from 0 at the top left. */
export interface GridPlace {
  readonly tile: Tile;
  readonly row: number;
  readonly column: number;
}

/**
 * The rows and columns in which tiles lie, by where they begin in the mosaic.
 * Begins that differ by less than half a tile count as one row (or column): rounding may move a tile by a pixel.
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
 * The corner tiles: those of an extreme row and an extreme column of the grid as it lies, each once.
 * A ragged grid may lack some; one row or one column has two, a single tile is its own corner.
 */
export function cornerTiles(tiles: readonly Tile[]): Tile[] {
  const places = gridPlaces(tiles);
  const lastRow = places.reduce((last, { row }) => Math.max(last, row), 0);
  const lastColumn = places.reduce((last, { column }) => Math.max(last, column), 0);
  return places
    .filter(({ row, column }) => (row === 0 || row === lastRow) && (column === 0 || column === lastColumn))
    .map((place) => place.tile);
}
