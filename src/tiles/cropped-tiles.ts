/** Finds out which part of the field each cropped tile at the edge of a mosaic shows, by its neighbours. */
import { formatShape, isSameShape, type Yx } from "../shapes.ts";
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

/** A sentence on which tiles show only a part of their field; `undefined` where none does. */
export function describeCropped(tiles: readonly Tile[]): string | undefined {
  const cropped = tiles.filter(({ fieldPart }) => fieldPart !== undefined);
  if (cropped.length === 0) return undefined;
  const shown = cropped.slice(0, 6).map((tile) => {
    const [y, x] = tile.fieldPart!.startYx;
    const [rows, columns] = shownShape(tile);
    return `${tile.name} (rows ${y}-${y + rows}, columns ${x}-${x + columns})`;
  });
  const more = cropped.length > shown.length ? ` and ${cropped.length - shown.length} more` : "";
  const field = formatShape(cropped[0]!.fieldPart!.fieldYx);
  return `Cropped tiles, which show a part of the field of ${field} px, according to their place: ${shown.join(", ")}${more}.`;
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
