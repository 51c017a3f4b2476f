import { IsoluxError } from "../errors.ts";
import { formatShape, intersectBoxes, mapAxes, type Yx, type Zyx } from "../shapes.ts";
import { fieldShape, type Tile } from "./tile.ts";

/** A region as a table gives it: named numbers in µm. */
export interface RegionUm {
  readonly name: string;
  readonly values: ReadonlyMap<string, number>;
}

const startColumns = ["z_micrometer", "y_micrometer", "x_micrometer"] as const;
const lengthColumns = ["len_z_micrometer", "len_y_micrometer", "len_x_micrometer"] as const;
const stageColumns = ["y_micrometer_original", "x_micrometer_original"] as const;
const depthColumn = "z_micrometer_original";

/**
 * Turns a table's regions into tiles: the one place where µm become pixels (start and stop rounded, ties to even).
 * Stage positions are those of the table; `usablePositions` makes of them what can be relied on.
 *
 * @param scaleUmZyx size of a full-resolution pixel in µm
 * @param shapeZyx extents of the mosaic at full resolution
 * @throws IsoluxError `invalid` for missing columns, NaN, tiles that are empty, outside of the image or overlapping
 */
export function placeTiles(regions: readonly RegionUm[], scaleUmZyx: Zyx, shapeZyx: Zyx, where: string): Tile[] {
  if (regions.length === 0) throw new IsoluxError({ kind: "invalid", what: "The table of tiles has no rows", where });
  const tiles = regions.map((region, index) => placeTile(region, index + 1, scaleUmZyx, where));
  for (const tile of tiles) checkInside(tile, shapeZyx, where);
  checkDisjoint(tiles, where);
  return tiles;
}

/** The single tile of an image without a table: all of it. */
export function wholeImageTile(shapeZyx: Zyx): Tile {
  return { number: 1, name: "image", box: { start: [0, 0, 0], stop: shapeZyx } };
}

function placeTile(region: RegionUm, number: number, scaleUm: Zyx, where: string): Tile {
  const startUm = startColumns.map((column) => numberIn(region, column, where));
  const lengthUm = lengthColumns.map((column) => numberIn(region, column, where));
  const start = mapAxes(scaleUm, (um, axis) => roundTiesToEven(startUm[axis]! / um));
  const stop = mapAxes(scaleUm, (um, axis) => roundTiesToEven((startUm[axis]! + lengthUm[axis]!) / um));
  const stage = stageColumns.map((column) => region.values.get(column));
  const known = stage.every((value) => value !== undefined && Number.isFinite(value));
  const depthUm = (region.values.get(depthColumn) ?? Number.NaN) - startUm[0]!;
  return {
    number,
    name: region.name,
    box: { start, stop },
    ...(known ? { stagePositionUmYx: stage as unknown as Yx } : {}),
    ...(Number.isFinite(depthUm) && depthUm !== 0 ? { stageDepthUm: depthUm } : {}),
  };
}

function numberIn(region: RegionUm, column: string, where: string): number {
  const value = region.values.get(column);
  if (value === undefined) {
    const found = [...region.values.keys()].join(", ");
    throw new IsoluxError({ kind: "invalid", what: `The table of tiles lacks the column ${column}`, where, found });
  }
  if (Number.isFinite(value)) return value;
  throw new IsoluxError({
    kind: "invalid",
    what: `Tile ${region.name} has no usable ${column}`,
    where,
    found: String(value),
    expected: "a length in µm",
  });
}

function roundTiesToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

function checkInside(tile: Tile, shape: Zyx, where: string): void {
  const { start, stop } = tile.box;
  const inside = start.every((s, axis) => s >= 0 && stop[axis]! <= shape[axis]!);
  const filled = start.every((s, axis) => s < stop[axis]!);
  if (inside && filled) return;
  throw new IsoluxError({
    kind: "invalid",
    what: `Tile ${tile.number} (${tile.name}) ${filled ? "reaches beyond the image" : "is empty"}`,
    where,
    found: `pixels ${describeBox(tile)}`,
    expected: `inside ${formatShape(shape)} (z, y, x)`,
    advice: "The table of tiles and the image do not belong together, or its pixel size or the unit of that is wrong",
  });
}

/**
 * Sweeps along the axis of more places, so that a mosaic of thousands of tiles costs thousands of comparisons, not
 * millions.
 */
function checkDisjoint(tiles: readonly Tile[], where: string): void {
  const [rows, columns] = ([1, 2] as const).map((axis) => new Set(tiles.map(({ box }) => box.start[axis])).size);
  const axis = rows! >= columns! ? 1 : 2;
  let open: Tile[] = [];
  for (const tile of [...tiles].sort((a, b) => a.box.start[axis] - b.box.start[axis])) {
    open = open.filter((other) => other.box.stop[axis] > tile.box.start[axis]);
    const clash = open.find((other) => intersectBoxes(other.box, tile.box) !== undefined);
    if (clash !== undefined) {
      throw new IsoluxError({
        kind: "invalid",
        what: `Tiles ${clash.number} (${clash.name}) and ${tile.number} (${tile.name}) overlap in the image`,
        where,
        found: `pixels ${describeBox(clash)} and ${describeBox(tile)}`,
        expected: "tiles that lie side by side",
      });
    }
    open.push(tile);
  }
}

function describeBox({ box }: Tile): string {
  return box.start.map((start, axis) => `${"zyx"[axis]} ${start}-${box.stop[axis]}`).join(", ");
}

/** The distinct field shapes of tiles, the most frequent first. */
export function distinctFieldShapes(tiles: readonly Tile[]): Yx[] {
  const counts = new Map<string, { shape: Yx; count: number }>();
  for (const tile of tiles) {
    const shape = fieldShape(tile);
    const entry = counts.get(shape.join("x")) ?? { shape, count: 0 };
    counts.set(shape.join("x"), { shape, count: entry.count + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).map((entry) => entry.shape);
}
