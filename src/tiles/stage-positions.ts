/** Selects reliable stage positions from those of a table, and corrects their signs and directions. */

import { mapAxes, type Yx } from "../shapes.ts";
import { meanOf } from "../statistics.ts";
import { fieldShape, gridPlaces, type Tile } from "./tile.ts";

/** Tiles with the stage positions to use, and remarks on them. */
interface PositionedTiles {
  readonly tiles: readonly Tile[];
  readonly remark?: { readonly kind: "note" | "warning"; readonly text: string };
}

/**
 * Makes the stage positions of a table usable: they grow with rows and columns, distances without a sign get one, and
 * impossible positions are left out, since a wrong overlap is worse than none.
 *
 * The reference's converter writes distances from the first tile, or from the corner, and arranges tiles by counting;
 * others write positions as the stage had them. The order of the table and the mosaic show which it is: the first
 * explanation of how the table was made that fits both is used.
 * @param pixelSizeUmYx size of a full-resolution pixel in µm
 */
export function usablePositions(tiles: readonly Tile[], pixelSizeUmYx: Yx): PositionedTiles {
  const placed = placedOnStage(tiles);
  const isApart = (candidate: readonly PlacedOnStage[]) => sharedPlace(candidate, pixelSizeUmYx) === undefined;
  if (placed.some(({ stageUmYx }) => stageUmYx[0] < 0 || stageUmYx[1] < 0)) {
    return isApart(placed) ? { tiles: followMosaic(tiles) } : withoutPositions(tiles, placed, pixelSizeUmYx);
  }
  if (isInOrder(placed) && isApart(placed) && (isLaidInOrder(placed) || isLaidByCounting(placed))) return { tiles };
  const byOrder = atPositions(placed, signsByOrder(placed));
  if (byOrder !== undefined && isApart(byOrder) && isLaidByCounting(byOrder)) {
    return withPositions(tiles, byOrder, "order of the table");
  }
  const origin = originOfOffsets(placed);
  if (origin === undefined) {
    return isApart(placed) ? { tiles: followMosaic(tiles) } : withoutPositions(tiles, placed, pixelSizeUmYx);
  }
  const byPlace = atPositions(placed, signsByPlace(placed, origin))!;
  if (!isApart(byPlace) || !isLaidInOrder(byPlace)) return withoutPositions(tiles, placed, pixelSizeUmYx);
  return withPositions(tiles, byPlace, isSurrounded(placed, origin) ? "mosaic" : undefined);
}

function atPositions(placed: readonly PlacedOnStage[], positions: readonly Yx[] | undefined) {
  return positions?.map((stageUmYx, index): PlacedOnStage => ({ ...placed[index]!, stageUmYx }));
}

/** Whether there are tiles on both sides of the origin, though no position is negative. */
function isSurrounded(placed: readonly PlacedOnStage[], origin: PlacedOnStage): boolean {
  return ([0, 1] as const).some((axis) => {
    const away = placed.filter(({ stageUmYx }) => stageUmYx[axis] > 0);
    const steps = away.map(({ placeYx }) => placeYx[axis] - origin.placeYx[axis]);
    return steps.some((step) => step < 0) && steps.some((step) => step > 0);
  });
}

function withPositions(tiles: readonly Tile[], placed: readonly PlacedOnStage[], source?: string): PositionedTiles {
  const known = new Map(placed.map(({ tile, stageUmYx }) => [tile, stageUmYx]));
  const positioned = tiles.map((tile) => {
    const stagePositionUmYx = known.get(tile);
    return stagePositionUmYx === undefined ? tile : { ...tile, stagePositionUmYx };
  });
  if (source === undefined) return { tiles: positioned };
  const text = `The table of tiles gives distances on the stage without a sign: their directions follow from the ${source}`;
  return { tiles: positioned, remark: { kind: "note", text } };
}

function withoutPositions(tiles: readonly Tile[], placed: readonly PlacedOnStage[], sizeUm: Yx): PositionedTiles {
  const references = sharedPlace(placed, sizeUm)?.map(({ number, name }) => `${number} (${name})`);
  const reason =
    references === undefined
      ? "they do not fit the rows and columns"
      : `tiles ${references.join(" and ")} would lie in one place`;
  const text = `The stage positions in the table of tiles cannot be true, as ${reason}: they are not used, so it is not known which tiles overlap`;
  return {
    tiles: tiles.map(({ stagePositionUmYx: _, ...tile }) => tile),
    remark: { kind: "warning", text },
  };
}

/**
 * Tiles with stage positions that grow with rows and columns. A stage moves the sample, so its coordinates fall where
 * tiles are further down or right; some tables contain those, others offsets that grow. The tiles show which it is: an
 * axis along which position and place in the mosaic run in opposite directions is inverted.
 */
export function followMosaic(tiles: readonly Tile[]): Tile[] {
  const directions = [0, 1].map((axis) => (runsAgainst(tiles, axis as 0 | 1) ? -1 : 1));
  if (directions.every((direction) => direction === 1)) return [...tiles];
  return tiles.map((tile) => {
    const { stagePositionUmYx } = tile;
    if (stagePositionUmYx === undefined) return tile;
    const turned = mapAxes(stagePositionUmYx, (position, axis) => 0 + directions[axis]! * position);
    return { ...tile, stagePositionUmYx: turned };
  });
}

/** Whether the covariance of place and position is negative. */
function runsAgainst(tiles: readonly Tile[], axis: 0 | 1): boolean {
  const pairs = tiles.flatMap(({ box, stagePositionUmYx }) =>
    stagePositionUmYx === undefined ? [] : [{ place: box.start[axis + 1]!, position: stagePositionUmYx[axis] }],
  );
  const [place, position] = [meanOf(pairs.map((pair) => pair.place)), meanOf(pairs.map((pair) => pair.position))];
  return pairs.reduce((sum, pair) => sum + (pair.place - place) * (pair.position - position), 0) < 0;
}

// Restores the signs of distances on the stage that were written without.

/**
 * The tile at 0, from which distances without a sign are measured. Tiles before it on an axis have the same distances
 * as those behind it.
 */
function originOfOffsets(placed: readonly PlacedOnStage[]): PlacedOnStage | undefined {
  return placed.find(({ stageUmYx }) => stageUmYx[0] === 0 && stageUmYx[1] === 0);
}

/**
 * Offsets with the signs by the mosaic: those of tiles above (left of) the origin are negative. Tiles in the origin's
 * own row or column keep their values, which are small.
 */
function signsByPlace(placed: readonly PlacedOnStage[], origin: PlacedOnStage): Yx[] {
  return placed.map(({ stageUmYx, placeYx }) => {
    const [y, x] = stageUmYx.map((um, axis) => (placeYx[axis]! < origin.placeYx[axis]! ? 0 - um : um));
    return [y!, x!];
  });
}

/** Whether the table is ordered by columns, as that of the reference's converter is. */
function isInOrder(placed: readonly PlacedOnStage[]): boolean {
  return placed.every(({ stageUmYx: [y, x] }, index) => {
    const [beforeY, beforeX] = placed[index - 1]?.stageUmYx ?? [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    return x > beforeX || (x === beforeX && y > beforeY);
  });
}

/**
 * Offsets with the signs by the order of the table, which is that of the reference's converter: column after column,
 * each from top to bottom. Its mosaics cannot be used, since it misplaces tiles where columns differ in length.
 * `undefined` where the order is another, or ambiguous. Columns are assumed to have no gaps.
 */
function signsByOrder(placed: readonly PlacedOnStage[]): Yx[] | undefined {
  const signed: Yx[] = [];
  let before: readonly number[] = [];
  for (let start = 0; start < placed.length; ) {
    const x = placed[start]!.stageUmYx[1];
    const length = placed.slice(start).findIndex(({ stageUmYx }) => stageUmYx[1] !== x);
    const stop = length < 0 ? placed.length : start + length;
    const column = signedColumn(
      placed.slice(start, stop).map(({ stageUmYx }) => stageUmYx[0]),
      before,
    );
    if (column === undefined || (start > 0 && x < placed[start - 1]!.stageUmYx[1])) return undefined;
    signed.push(...column.map((y): Yx => [y, x]));
    before = column;
    start = stop;
  }
  return signed;
}

/**
 * Distances down a column, negative up to the origin's row. A single tile is assigned to a row of the column before.
 */
function signedColumn(distances: readonly number[], before: readonly number[]): number[] | undefined {
  const [first, second] = distances;
  const originRow = distances.indexOf(0);
  const isAbove = (index: number) => {
    if (originRow >= 0) return index < originRow;
    return second === undefined ? before.includes(0 - first!) : second < first!;
  };
  const ys = distances.map((y, index) => (isAbove(index) ? 0 - y : y));
  const isUnclear = originRow < 0 && second === undefined && before.includes(first!) === before.includes(0 - first!);
  return isUnclear || ys.some((y, index) => index > 0 && y <= ys[index - 1]!) ? undefined : ys;
}

// Whether tiles are arranged on the stage as in the mosaic.

/** A tile that has a stage position, and its row and column in the mosaic. */
interface PlacedOnStage {
  readonly tile: Tile;
  readonly stageUmYx: Yx;
  readonly placeYx: Yx;
}

/** Positions are written with two decimals; smaller differences are none. */
const sameUm = 0.005;

/** The stage moves by half a tile at least between tiles: with a smaller step, two would be in one place. */
const smallestStep = 0.1;

/** The tiles with a known stage position, in their order. */
function placedOnStage(tiles: readonly Tile[]): PlacedOnStage[] {
  return gridPlaces(tiles).flatMap(({ tile, row, column }) => {
    const { stagePositionUmYx: stageUmYx } = tile;
    return stageUmYx === undefined ? [] : [{ tile, stageUmYx, placeYx: [row, column] as const }];
  });
}

/** Two tiles with the same place. Sweeps along the axis of more positions: mosaics may have thousands of tiles. */
function sharedPlace(placed: readonly PlacedOnStage[], pixelSizeUmYx: Yx): readonly [Tile, Tile] | undefined {
  const [along, across] =
    distinctPositions(placed, 0) >= distinctPositions(placed, 1) ? ([0, 1] as const) : ([1, 0] as const);
  let near: PlacedOnStage[] = [];
  for (const one of [...placed].sort((a, b) => a.stageUmYx[along] - b.stageUmYx[along])) {
    const leastUm = fieldShape(one.tile).map((extent, axis) => smallestStep * extent * pixelSizeUmYx[axis]!);
    const isNear = (other: PlacedOnStage, axis: 0 | 1) =>
      Math.abs(one.stageUmYx[axis] - other.stageUmYx[axis]) < leastUm[axis]!;
    near = near.filter((other) => isNear(other, along));
    const reference = near.find((other) => isNear(other, across));
    if (reference !== undefined)
      return reference.tile.number < one.tile.number ? [reference.tile, one.tile] : [one.tile, reference.tile];
    near.push(one);
  }
  return undefined;
}

/** Whether the mosaic has a row (column) for each position, and its columns (rows) have the order of the stage. */
function isLaidInOrder(placed: readonly PlacedOnStage[]): boolean {
  return ([0, 1] as const).every((axis) => {
    const rows = new Set(placed.map(({ placeYx }) => placeYx[axis])).size;
    return distinctPositions(placed, axis) >= rows && linesOf(placed, axis).every((line) => isAscending(line, axis));
  });
}

function distinctPositions(placed: readonly PlacedOnStage[], axis: 0 | 1): number {
  const positions = placed.map(({ stageUmYx }) => stageUmYx[axis]).sort((a, b) => a - b);
  return positions.filter((um, index) => index === 0 || um - positions[index - 1]! >= sameUm).length;
}

/** The tiles of each line along an axis, in the mosaic's order. */
function linesOf(placed: readonly PlacedOnStage[], axis: 0 | 1): PlacedOnStage[][] {
  const lines = new Map<number, PlacedOnStage[]>();
  for (const one of placed) {
    const line = lines.get(one.placeYx[1 - axis]!);
    if (line === undefined) lines.set(one.placeYx[1 - axis]!, [one]);
    else line.push(one);
  }
  return [...lines.values()].map((line) => line.sort((a, b) => a.placeYx[axis] - b.placeYx[axis]));
}

function isAscending(line: readonly PlacedOnStage[], axis: 0 | 1): boolean {
  return line.every(({ stageUmYx }, index) => index === 0 || stageUmYx[axis] >= line[index - 1]!.stageUmYx[axis]);
}

/**
 * Whether the tiles are where the reference's converter puts them: down one column after the other, and whenever the
 * position changes from one tile to the next it continues with the next row, with the first one after the last. Where
 * columns differ in length that is not their true place.
 */
function isLaidByCounting(placed: readonly PlacedOnStage[]): boolean {
  const counts = ([0, 1] as const).map((axis) => distinctPositions(placed, axis));
  const place = [0, 0];
  return placed.every(({ stageUmYx, placeYx }, index) => {
    for (const axis of [0, 1] as const) {
      const isStep = index > 0 && Math.abs(stageUmYx[axis] - placed[index - 1]!.stageUmYx[axis]) >= sameUm;
      if (isStep) place[axis] = (place[axis]! + 1) % counts[axis]!;
    }
    return place.every((row, axis) => row === placeYx[axis]);
  });
}
