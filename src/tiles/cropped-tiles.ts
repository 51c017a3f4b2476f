/** Finds out which part of the field each cropped tile at the edge of a mosaic shows, by its neighbours. */
import { isSameShape, type Yx } from "../shapes.ts";
import { shownShape, type Tile } from "./tile.ts";

/** µm are rounded to pixels: edges may differ by one. */
const rounding = 1;

/**
 * The same tiles; smaller ones get the part of the field that they show, where the grid determines it: one that begins
 * where the others of its rows (columns) begin shows the first part of the field, one that ends where they end the
 * last. All others keep their own shape.
 */
export function withFieldParts(tiles: readonly Tile[]): Tile[] {
  const shapes = tiles.map(shownShape);
  const fieldYx: Yx = shapes.reduce(([rows, columns], shape) => [
    Math.max(rows, shape[0]),
    Math.max(columns, shape[1]),
  ]);
  const whole = tiles.filter((_, index) => isNear(shapes[index]!, fieldYx));
  if (whole.length === 0 || whole.length === tiles.length) return [...tiles];
  const edges = ([0, 1] as const).map((axis) => edgesOf(whole, axis));
  return tiles.map((tile, index) => {
    if (isNear(shapes[index]!, fieldYx)) return tile;
    const [y, x] = ([0, 1] as const).map((axis) => startInField(tile, edges[axis]!, axis, fieldYx[axis]));
    return y === undefined || x === undefined ? tile : { ...tile, fieldPart: { startYx: [y, x], fieldYx } };
  });
}

/** The tiles that show the whole field; all where none does. */
export function wholeTiles(tiles: readonly Tile[]): readonly Tile[] {
  const whole = tiles.filter(({ fieldPart }) => fieldPart === undefined);
  return whole.length === 0 ? tiles : whole;
}

/** The starts and ends of tiles, which lie side by side: where one ends the next would begin. */
function edgesOf(tiles: readonly Tile[], axis: 0 | 1): ReadonlySet<number> {
  return new Set(tiles.flatMap(({ box }) => [box.start[axis + 1]!, box.stop[axis + 1]!]));
}

/** The same tiles, each as a field of its own. */
export function withoutParts(tiles: readonly Tile[]): Tile[] {
  return tiles.map(({ fieldPart: _, ...tile }) => tile);
}

function startInField(tile: Tile, edges: ReadonlySet<number>, axis: 0 | 1, field: number): number | undefined {
  const [start, stop] = [tile.box.start[axis + 1]!, tile.box.stop[axis + 1]!];
  const shown = stop - start;
  if (field - shown <= rounding) return 0;
  const isEdge = (position: number) => [-rounding, 0, rounding].some((step) => edges.has(position + step));
  if (isEdge(start) === isEdge(stop)) return undefined;
  return isEdge(start) ? 0 : field - shown;
}

function isNear(shapeYx: Yx, otherYx: Yx): boolean {
  return (
    isSameShape(shapeYx, otherYx) || shapeYx.every((extent, axis) => Math.abs(extent - otherYx[axis]!) <= rounding)
  );
}
