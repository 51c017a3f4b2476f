/** Converts the stage positions of a table whose places in the image are in another unit than µm. */
import { isSameShape, mapAxes, type Yx, type Zyx } from "../shapes.ts";
import type { AxisReading } from "./axis-readings.ts";
import { gridPlaces, type RegionUm, shownShape, type Tile } from "./tile.ts";

const stageColumns = ["y_micrometer_original", "x_micrometer_original"] as const;

/** Neighbours are at least half a tile apart on the stage, and hardly more than side by side. */
const plausibleSteps = [0.5, 1.02] as const;

/**
 * Stage positions in µm of the image; `undefined` for rows without one. A table whose places are in another unit has
 * its stage positions in that unit or in µm: whichever makes neighbours overlap as tiles do. Where neither does there
 * are none, since a wrong overlap is worse than none.
 * @param readings of the table, along z, y, x
 */
export function stageInImageUm(
  regions: readonly RegionUm[],
  readings: readonly AxisReading[],
  scaleUmZyx: Zyx,
): (Yx | undefined)[] {
  const given = regions.map(({ values }): Yx | undefined => {
    const [y = Number.NaN, x = Number.NaN] = stageColumns.map((column) => values.get(column));
    return Number.isFinite(y) && Number.isFinite(x) ? [y, x] : undefined;
  });
  const factors = ([0, 1] as const).map((axis) => factorAlong(axis, given, readings[axis + 1]!, scaleUmZyx[axis + 1]!));
  if (factors.includes(undefined)) return given.map(() => undefined);
  return given.map((stage) => stage && mapAxes(stage, (value, axis) => value * factors[axis]!));
}

function factorAlong(
  axis: 0 | 1,
  given: readonly (Yx | undefined)[],
  { starts, unitsPerPixel }: AxisReading,
  scaleUm: number,
): number | undefined {
  if (unitsPerPixel === scaleUm) return 1;
  const known = [...given.keys()].filter((row) => given[row] !== undefined);
  const inImage = rangeOf(known.map((row) => starts[row]!)) * scaleUm;
  const onStage = rangeOf(known.map((row) => given[row]![axis]));
  if (inImage === 0 || onStage === 0) return scaleUm / unitsPerPixel;
  return [scaleUm / unitsPerPixel, 1].find((factor) => {
    const step = (onStage * factor) / inImage;
    return step >= plausibleSteps[0] && step <= plausibleSteps[1];
  });
}

function rangeOf(values: readonly number[]): number {
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)] as const,
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const,
  );
  return values.length === 0 ? 0 : high - low;
}

/**
 * Tiles whose places are those on the stage, where they overlap, in a mosaic that contains each of them whole: arranged
 * side by side in their rows and columns, with their place as stage position. `undefined` where that does not give the
 * image: it then contains overlaps once, or the tiles are others.
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
