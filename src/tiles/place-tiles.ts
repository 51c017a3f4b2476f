/** Turns the regions of a table into tiles in pixels, and checks them. */
import { IsoluxError } from "../errors.ts";
import { limits, tooLarge } from "../limits.ts";
import { formatRanges } from "../quantities.ts";
import {
  type BoxZyx,
  boxShape,
  elementCount,
  formatShape,
  intersectBoxes,
  isSameShape,
  type Yx,
  type Zyx,
} from "../shapes.ts";
import {
  type AxisExtents,
  type AxisReading,
  axisReadings,
  haveOtherPixels,
  type ImageAxis,
  plainReading,
} from "./axis-readings.ts";
import { withFieldParts } from "./cropped-tiles.ts";
import { describeReadings, meansOf } from "./describe-readings.ts";
import { laidSideBySide, stageInImageUm } from "./stage-units.ts";
import { fieldShape, type RegionUm, type Remark, type Tile } from "./tile.ts";

/** Tiles, with remarks on how the table was interpreted. */
export interface PlacedTiles {
  readonly tiles: readonly Tile[];
  readonly remarks: readonly Remark[];
}

const sideBySide: Remark = {
  kind: "warning",
  text: "The places in the table of tiles are those on the stage, where tiles overlap: the image is as large as whole tiles, so they are taken to lie side by side in it",
};

const startColumns = ["z_micrometer", "y_micrometer", "x_micrometer"] as const;
const lengthColumns = ["len_z_micrometer", "len_y_micrometer", "len_x_micrometer"] as const;
const depthColumn = "z_micrometer_original";

/**
 * Turns a table's regions into tiles: the one place where µm become pixels (start and stop rounded, ties to even). A
 * table that does not fit in µm is interpreted in the one other way that fits, with a remark. Stage positions are those
 * of the table; `usablePositions` selects those that are reliable.
 *
 * @param scaleUmZyx size of a full-resolution pixel in µm
 * @param shapeZyx extents of the mosaic at full resolution
 * @throws IsoluxError `invalid` for missing columns, NaN, tiles that are empty, outside of the image or overlapping,
 * and for a table that fits in several ways
 */
export function placeTiles(regions: readonly RegionUm[], scaleUmZyx: Zyx, shapeZyx: Zyx, where: string): PlacedTiles {
  if (regions.length === 0) throw noRows(where);
  if (regions.length > limits.tiles) {
    throw tooLarge("The table of tiles has too many rows", where, limits.tiles, String(regions.length));
  }
  const table = startColumns.map((start, axis) => extentsOf(regions, start, lengthColumns[axis]!, where));
  const image = shapeZyx.map((extent, axis): ImageAxis => {
    return { axis: axis as ImageAxis["axis"], scaleUm: scaleUmZyx[axis]!, extent };
  });
  const otherPlanes = haveOtherPixels(table.slice(0, 1), image.slice(0, 1));
  const otherPixels = haveOtherPixels(table.slice(1), image.slice(1));
  const readings = table.map((extents, axis) => {
    const found = axisReadings(extents, image[axis]!, axis === 0 ? otherPlanes : otherPixels);
    if (found.length > 1) throw severalReadings(found, image[axis]!, where);
    return found[0] ?? plainReading(extents, image[axis]!);
  });
  const boxes = regions.map((_, row) => boxOf(readings, row));
  for (const [row, box] of boxes.entries())
    checkInside({ number: row + 1, name: regions[row]!.name, box }, shapeZyx, where);
  const stages = stageInImageUm(regions, readings, scaleUmZyx);
  const all = regions.map((region, row): Tile => {
    const [stage, depth] = [stages[row], depthOf(region)];
    const onStage = { stagePositionUmYx: stage, stageDepthUm: depth };
    return { number: row + 1, name: region.name, box: boxes[row]!, ...onStage };
  });
  const { tiles, copies } = withoutCopies(all);
  const doubtful = copies.find(({ tile, of }) => !isSameStage(tile, of));
  if (doubtful !== undefined && !fill(tiles, shapeZyx)) throw overlapping(doubtful.of, doubtful.tile, where);
  const remarks = [...describeReadings(readings, table, image), ...describeCopies(copies)];
  const clash = findClash(tiles);
  if (clash === undefined) return { tiles: withFieldParts(tiles), remarks };
  const laid = laidSideBySide(tiles, shapeZyx, scaleUmZyx);
  if (laid === undefined) throw overlapping(...clash, where);
  return { tiles: laid, remarks: [...remarks, sideBySide] };
}

/** A remark on tiles that were left out, as others have their places. */
function describeCopies(copies: readonly { readonly tile: Tile; readonly of: Tile }[]): Remark[] {
  if (copies.length === 0) return [];
  const [one, many] = [copies.length === 1, formatRanges(copies.map(({ tile }) => tile.number))];
  const of = formatRanges([...new Set(copies.map((copy) => copy.of.number))]);
  const text = `${one ? `Tile ${many} of the table has` : `Tiles ${many} of the table have`} the place of ${of} once more: ${one ? "it is" : "they are"} left out`;
  return [{ kind: "note", text }];
}

function extentsOf(regions: readonly RegionUm[], start: string, length: string, where: string): AxisExtents {
  const starts = regions.map((region) => numberIn(region, start, where));
  const stops = regions.map((region, row) => starts[row]! + numberIn(region, length, where));
  return { starts, stops };
}

/** How much deeper a tile is on the sample than in the mosaic, where its table says so. */
function depthOf({ values }: RegionUm): number | undefined {
  const depthUm = (values.get(depthColumn) ?? Number.NaN) - values.get(startColumns[0])!;
  return Number.isFinite(depthUm) && depthUm !== 0 ? depthUm : undefined;
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

function boxOf(readings: readonly AxisReading[], row: number): BoxZyx {
  const [start, stop] = (["starts", "stops"] as const).map((end) => readings.map((reading) => reading[end][row]!));
  return { start: start as readonly number[] as Zyx, stop: stop as readonly number[] as Zyx };
}

/** Whether two rows in one place are certainly the same tile, and not one with a wrong position. */
function isSameStage({ stagePositionUmYx: one }: Tile, { stagePositionUmYx: other }: Tile): boolean {
  return one !== undefined && other !== undefined && isSameShape(one, other);
}

function fill(tiles: readonly Tile[], shapeZyx: Zyx): boolean {
  return tiles.reduce((sum, { box }) => sum + elementCount(boxShape(box)), 0) === elementCount(shapeZyx);
}

/** Leaves out tiles in the places of others: their pixels would be corrected twice. */
function withoutCopies(tiles: readonly Tile[]): { tiles: Tile[]; copies: { tile: Tile; of: Tile }[] } {
  const first = new Map<string, Tile>();
  const copies: { tile: Tile; of: Tile }[] = [];
  for (const tile of tiles) {
    const place = [...tile.box.start, ...tile.box.stop].join();
    const of = first.get(place);
    if (of === undefined) first.set(place, tile);
    else copies.push({ tile, of });
  }
  return { tiles: [...first.values()], copies };
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
    advice:
      "The tiles do not fill the image as µm, as pixels, with another pixel size or with another origin: the table of tiles and the image do not belong together, or its pixel size or the unit of that is wrong",
  });
}

/**
 * Two tiles that overlap, if any do. Sweeps along the axis of more places, so that a mosaic of thousands of tiles costs
 * thousands of comparisons, not millions.
 */
function findClash(tiles: readonly Tile[]): readonly [Tile, Tile] | undefined {
  const [rows, columns] = ([1, 2] as const).map((axis) => new Set(tiles.map(({ box }) => box.start[axis])).size);
  const axis = rows! >= columns! ? 1 : 2;
  let open: Tile[] = [];
  for (const tile of [...tiles].sort((a, b) => a.box.start[axis] - b.box.start[axis])) {
    open = open.filter((other) => other.box.stop[axis] > tile.box.start[axis]);
    const clash = open.find((other) => intersectBoxes(other.box, tile.box) !== undefined);
    if (clash !== undefined) return [clash, tile];
    open.push(tile);
  }
  return undefined;
}

function describeBox({ box }: Tile): string {
  return box.start.map((start, axis) => `${"zyx"[axis]} ${start}-${box.stop[axis]}`).join(", ");
}

/** The distinct field shapes of tiles, for which profiles are needed, the most frequent first. */
export function distinctFieldShapes(tiles: readonly Tile[]): Yx[] {
  const counts = new Map<string, { shape: Yx; count: number }>();
  for (const tile of tiles) {
    const shape = fieldShape(tile);
    const entry = counts.get(shape.join("x")) ?? { shape, count: 0 };
    counts.set(shape.join("x"), { shape, count: entry.count + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).map((entry) => entry.shape);
}

function noRows(where: string): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: "The table of tiles has no rows",
    where,
    advice:
      "Write the tiles into it; remove it only if the image is a single tile, since an image without a table counts as one",
  });
}

function severalReadings(found: readonly AxisReading[], image: ImageAxis, where: string): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: `The positions in the table of tiles do not fit the image in µm, and could mean several things along ${"zyx"[image.axis]}`,
    where,
    found: found.map((reading) => meansOf(reading, image)).join("; or "),
    expected: "one",
    advice: "Correct the table, or the pixel size in the image's attributes",
  });
}

function overlapping(first: Tile, second: Tile, where: string): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: `Tiles ${first.number} (${first.name}) and ${second.number} (${second.name}) overlap in the image`,
    where,
    found: `pixels ${describeBox(first)} and ${describeBox(second)}`,
    expected: "tiles that lie side by side",
    advice:
      "If the image holds overlaps once, it is not known from which tile their pixels come: correct the tiles before they are put together. If it holds whole tiles, give their places in it as x_micrometer and y_micrometer, and those on the stage as x_micrometer_original and y_micrometer_original",
  });
}
