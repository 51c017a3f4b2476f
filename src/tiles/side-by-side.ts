import { isSameShape, type Zyx } from "../shapes.ts";
import { gridPlaces } from "./grid.ts";
import { shownShape, type Tile } from "./tile.ts";

/**
 * Tiles whose places are those on the stage, where they overlap, in a mosaic that holds each of them whole: laid side by
 * side in their rows and columns, with the stage position that their place was. `undefined` where that does not give the
 * image: it holds overlaps once then, or the tiles are others.
 */
export function laidSideBySide(tiles: readonly Tile[], shapeZyx: Zyx, scaleUmZyx: Zyx): Tile[] | undefined {
  const size = shownShape(tiles[0]!);
  const places = gridPlaces(tiles);
  const areOneSize = tiles.every((tile) => isSameShape(shownShape(tile), size));
  const areApart = new Set(places.map(({ row, column }) => `${row},${column}`)).size === tiles.length;
  const fit = ([0, 1] as const).every((axis) => {
    const lines = places.map(({ row, column }) => (axis === 0 ? row : column));
    const starts = tiles.map(({ box }) => box.start[axis + 1]!);
    return overlapOrMeet(starts, lines, size[axis]) && (Math.max(...lines) + 1) * size[axis] === shapeZyx[axis + 1];
  });
  if (!areOneSize || !areApart || !fit) return undefined;
  return places.map(({ tile, row, column }) => {
    const { start, stop } = tile.box;
    const [y, x] = [row * size[0], column * size[1]];
    const box = { start: [start[0], y, x], stop: [stop[0], y + size[0], x + size[1]] } as const;
    const stagePositionUmYx = tile.stagePositionUmYx ?? ([start[1] * scaleUmZyx[1], start[2] * scaleUmZyx[2]] as const);
    return { ...tile, box, stagePositionUmYx };
  });
}

/** Whether along an axis all tiles already lie side by side, or each line of them overlaps the next. */
function overlapOrMeet(starts: readonly number[], lines: readonly number[], size: number): boolean {
  if (starts.every((start, index) => start === lines[index]! * size)) return true;
  const last = lines.reduce((most, line) => Math.max(most, line), 0);
  const startsOf = (line: number) => starts.filter((_, index) => lines[index] === line);
  return Array.from({ length: last }, (_, line) => line).every((line) => {
    return Math.max(...startsOf(line + 1)) < Math.min(...startsOf(line)) + size;
  });
}
