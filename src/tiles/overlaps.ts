/** Finds where neighbouring tiles show the same tissue: in their overlap by stage position. */
import type { Yx } from "../shapes.ts";
import { fieldShape, type Tile } from "./tile.ts";

/** A part of a tile's field, in pixels of the tile. */
interface FieldWindow {
  readonly startYx: Yx;
  readonly shapeYx: Yx;
}

/** Two tiles and their overlap in the field of each: windows of one shape. */
interface Overlap {
  readonly first: Tile;
  readonly second: Tile;
  readonly inFirst: FieldWindow;
  readonly inSecond: FieldWindow;
}

/**
 * All pairs of tiles that overlap by at least `minimumPx` pixels, in the order of the tiles. Stage positions are
 * rounded to whole pixels of `pixelSizeUmYx`; tiles without a position overlap none.
 *
 * @param fieldYx the shape of all fields; by default that of each tile at full resolution
 */
export function findOverlaps(tiles: readonly Tile[], pixelSizeUmYx: Yx, minimumPx: number, fieldYx?: Yx): Overlap[] {
  const placed = tiles.flatMap((tile) => {
    const position = tile.stagePositionUmYx;
    if (position === undefined) return [];
    const startYx: Yx = [Math.round(position[0] / pixelSizeUmYx[0]), Math.round(position[1] / pixelSizeUmYx[1])];
    return [{ tile, startYx, shapeYx: fieldYx ?? fieldShape(tile) }];
  });
  return placed.flatMap((first, index) =>
    placed.slice(index + 1).flatMap((second) => {
      const overlap = overlapOf(first, second);
      return overlap !== undefined && areaPx(overlap.inFirst) >= minimumPx ? [overlap] : [];
    }),
  );
}

/** Number of pixels of a window. */
function areaPx({ shapeYx }: FieldWindow): number {
  return shapeYx[0] * shapeYx[1];
}

interface PlacedTile {
  readonly tile: Tile;
  readonly startYx: Yx;
  readonly shapeYx: Yx;
}

function overlapOf(first: PlacedTile, second: PlacedTile): Overlap | undefined {
  const [firstShape, secondShape] = [first.shapeYx, second.shapeYx];
  const start = first.startYx.map((from, axis) => Math.max(from, second.startYx[axis]!));
  const stop = first.startYx.map((from, axis) =>
    Math.min(from + firstShape[axis]!, second.startYx[axis]! + secondShape[axis]!),
  );
  const shapeYx: Yx = [stop[0]! - start[0]!, stop[1]! - start[1]!];
  if (shapeYx[0] <= 0 || shapeYx[1] <= 0) return undefined;
  const within = ({ startYx }: PlacedTile): FieldWindow => ({
    startYx: [start[0]! - startYx[0], start[1]! - startYx[1]],
    shapeYx,
  });
  return { first: first.tile, second: second.tile, inFirst: within(first), inSecond: within(second) };
}
