/** Which part of the camera's field a cropped tile shows. */
import type { Yx, Zyx } from "../shapes.ts";
import { without } from "../without.ts";
import { type AxisReading, cutOf, leftOut } from "./axis-readings.ts";
import { fieldShape, type Tile } from "./tile.ts";

/** Lengths that differ by so many pixels are the same, rounded. */
const rounding = 1;

/** A cropped tile along one axis: how long the whole field is, and where the tile begins in it. */
interface Part {
  readonly field: number;
  readonly start: number;
}

/**
 * Tiles with the part of the field that they show, where they are cropped: by the edge of the image, as the table says
 * in whole tiles, or as the only ones of a smaller size do that touch that edge, in a mosaic without gaps. Nothing is added
 * where that is not clear.
 * @param readings of the table, along z, y, x
 */
export function cropParts(tiles: readonly Tile[], readings: readonly AxisReading[], shapeZyx: Zyx): Tile[] {
  const parts = ([0, 1] as const).map((axis) => {
    return partsAlong(tiles, axis, readings[axis + 1]!, shapeZyx[axis + 1]!);
  });
  return tiles.map((tile, index) => {
    const shape = fieldShape(tile);
    const [y, x] = parts.map((ofAxis, axis) => ofAxis[index] ?? { field: shape[axis]!, start: 0 });
    const shownPart = { fieldYx: [y!.field, x!.field] as Yx, startYx: [y!.start, x!.start] as Yx };
    if (shownPart.fieldYx.every((field, axis) => field === shape[axis]) || isBinned(shownPart.fieldYx, shape))
      return tile;
    // Where the table gives whole tiles its stage positions are those of whole tiles; else nothing tells whose they are.
    const isPlaced = shownPart.startYx.every((start, axis) => start === 0 || readings[axis + 1]!.cuts !== undefined);
    return { ...(isPlaced ? tile : without(tile, "stagePositionUmYx")), shownPart };
  });
}

function partsAlong(tiles: readonly Tile[], axis: 0 | 1, reading: AxisReading, extent: number): (Part | undefined)[] {
  const lengths = tiles.map((tile) => fieldShape(tile)[axis]);
  const given = lengths.map((length, row) => length + cutOf(reading, row)[0] + cutOf(reading, row)[1]);
  const isUncut = (row: number) => given[row] === lengths[row];
  const uncut = lengths.filter((_, row) => isUncut(row));
  const field = (uncut.length > 0 ? uncut : lengths).reduce((a, b) => Math.max(a, b), 0);
  const hasGaps = leftOut(reading, extent).length > 0;
  const parts = tiles.map(({ box }, row): Part | undefined | "unclear" => {
    const length = lengths[row]!;
    if (length >= field - rounding) return undefined;
    if (!isUncut(row)) return { field: given[row]!, start: cutOf(reading, row)[0] };
    const [atStart, atStop] = [box.start[axis + 1] === 0, box.stop[axis + 1] === extent];
    if (atStart === atStop || hasGaps) return "unclear";
    return { field, start: atStart ? field - length : 0 };
  });
  return parts.includes("unclear") ? tiles.map(() => undefined) : (parts as (Part | undefined)[]);
}

/** A tile of the same part of the field along both axes may as well show all of it, in larger pixels. */
function isBinned(field: Yx, shape: Yx): boolean {
  const times = Math.round(field[0] / shape[0]);
  return times >= 2 && shape.every((length, axis) => Math.abs(length * times - field[axis]!) < times);
}
