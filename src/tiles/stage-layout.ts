/** Whether tiles lie on the stage as they lie in the mosaic. */
import type { Yx } from "../shapes.ts";
import { gridPlaces } from "./grid.ts";
import { fieldShape, type Tile } from "./tile.ts";

/** A tile that has a stage position, and its row and column in the mosaic. */
export interface PlacedOnStage {
  readonly tile: Tile;
  readonly stageUmYx: Yx;
  readonly placeYx: Yx;
}

/** Positions are written with two decimals; what differs by less is the same. */
const sameUm = 0.005;

/** The stage moves by half a tile at least from one tile to the next: less than this, and two would be in one place. */
const smallestStep = 0.1;

/** The tiles of which the stage position is known, in their order. */
export function placedOnStage(tiles: readonly Tile[]): PlacedOnStage[] {
  return gridPlaces(tiles).flatMap(({ tile, row, column }) => {
    const { stagePositionUmYx: stageUmYx } = tile;
    return stageUmYx === undefined ? [] : [{ tile, stageUmYx, placeYx: [row, column] as const }];
  });
}

/** Two tiles that would lie in one place. Sweeps along the axis of more positions: mosaics may have thousands of tiles. */
export function sharedPlace(placed: readonly PlacedOnStage[], pixelSizeUmYx: Yx): readonly [Tile, Tile] | undefined {
  const [along, across] =
    distinctPositions(placed, 0) >= distinctPositions(placed, 1) ? ([0, 1] as const) : ([1, 0] as const);
  let near: PlacedOnStage[] = [];
  for (const one of [...placed].sort((a, b) => a.stageUmYx[along] - b.stageUmYx[along])) {
    const leastUm = fieldShape(one.tile).map((extent, axis) => smallestStep * extent * pixelSizeUmYx[axis]!);
    const isNear = (other: PlacedOnStage, axis: 0 | 1) =>
      Math.abs(one.stageUmYx[axis] - other.stageUmYx[axis]) < leastUm[axis]!;
    near = near.filter((other) => isNear(other, along));
    const twin = near.find((other) => isNear(other, across));
    if (twin !== undefined) return twin.tile.number < one.tile.number ? [twin.tile, one.tile] : [one.tile, twin.tile];
    near.push(one);
  }
  return undefined;
}

/** Whether the mosaic has a row (column) for each position, and its columns (rows) have the order of the stage. */
export function isLaidInOrder(placed: readonly PlacedOnStage[]): boolean {
  return ([0, 1] as const).every((axis) => {
    const rows = new Set(placed.map(({ placeYx }) => placeYx[axis])).size;
    return distinctPositions(placed, axis) >= rows && linesOf(placed, axis).every((line) => isAscending(line, axis));
  });
}

function distinctPositions(placed: readonly PlacedOnStage[], axis: 0 | 1): number {
  const positions = placed.map(({ stageUmYx }) => stageUmYx[axis]).sort((a, b) => a - b);
  return positions.filter((um, index) => index === 0 || um - positions[index - 1]! >= sameUm).length;
}

/** The tiles that lie one behind the other along an axis, in the mosaic's order. */
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
 * Whether the tiles lie where the reference's converter puts them: down one column after the other, and whenever the
 * position changes from one tile to the next it goes on to the next row, to the first one after the last. Where columns
 * differ in length that is not where they belong.
 */
export function isLaidByCounting(placed: readonly PlacedOnStage[]): boolean {
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
