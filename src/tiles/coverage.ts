/** Which part of an image lies in its tiles, counted exactly from their boxes. What lies in none is not corrected. */
import { boxShape, elementCount, type Zyx } from "../shapes.ts";
import { leftOut } from "./axis-readings.ts";
import { shownShape, type Tile } from "./tile.ts";

/** Planes from the first to the last, counted from 0. */
export type PlaneRange = readonly [first: number, last: number];

/** Which part of an image, in each of its channels, lies in tiles. Plain values: summaries and attributes hold them. */
export interface Coverage {
  /** Share of all pixels that lie in tiles. */
  readonly share: number;
  readonly planes: number;
  /** Planes in which no tile lies. */
  readonly planesWithoutTiles: readonly PlaneRange[];
  /** Planes that some tiles do not reach though they have pixels above or below. */
  readonly planesInPart: readonly PlaneRange[];
  /** Share of a plane in which no tile lies in any plane. */
  readonly gapShare: number;
  /** Places of the grid without a tile, where these are all the gaps there are: the grid is ragged. */
  readonly placesWithoutTile?: number;
}

/** Counts which part of an image its tiles cover. @param tiles that do not overlap */
export function coverageOf(tiles: readonly Tile[], shapeZyx: Zyx): Coverage {
  const [planes, rows, columns] = shapeZyx;
  const pixels = tiles.reduce((sum, { box }) => sum + elementCount(boxShape(box)), 0);
  const places = emptyPlaces(tiles, shapeZyx);
  return {
    share: pixels / elementCount(shapeZyx),
    planes,
    ...planesLeftOut(tiles, planes),
    gapShare: 1 - footprint(tiles) / (rows * columns),
    ...(places !== undefined && places > 0 && { placesWithoutTile: places }),
  };
}

/** How many planes of tiles' places, in part or as a whole, lie in no tile. */
export function uncoveredPlanes({ planesWithoutTiles, planesInPart }: Coverage): number {
  return [...planesWithoutTiles, ...planesInPart].reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/**
 * The share of the pixels above, below and in tiles that lies in none: planes that were left out. Gaps between tiles are
 * not in it, as there may be nothing to correct in them.
 */
export function shareLeftOut({ share, gapShare }: Coverage): number {
  return gapShare < 1 ? Math.max(0, 1 - share / (1 - gapShare)) : 0;
}

/** Planes without tiles, and those that not all places of tiles have: between where one of their tiles begins or ends. */
function planesLeftOut(tiles: readonly Tile[], planes: number) {
  const starts = tiles.map(({ box }) => box.start[0]);
  const stops = tiles.map(({ box }) => box.stop[0]);
  const without = leftOut({ starts, stops }, planes);
  const whole = footprint(tiles);
  const edges = [...new Set([0, planes, ...starts, ...stops])].sort((a, b) => a - b);
  const inPart = edges.slice(0, -1).flatMap((start, index): [number, number][] => {
    const here = tiles.filter(({ box }) => box.start[0] <= start && start < box.stop[0]);
    const area = here.reduce((sum, tile) => sum + elementCount(shownShape(tile)), 0);
    return area > 0 && area < whole ? [[start, edges[index + 1]!]] : [];
  });
  return { planesWithoutTiles: toRanges(without), planesInPart: toRanges(inPart) };
}

/** Half-open ranges as first and last, those that meet in one. */
function toRanges(ranges: readonly (readonly [start: number, stop: number])[]): PlaneRange[] {
  const joined: [number, number][] = [];
  for (const [start, stop] of ranges) {
    const before = joined.at(-1);
    if (before !== undefined && before[1] === start - 1) before[1] = stop - 1;
    else joined.push([start, stop - 1]);
  }
  return joined;
}

/** The area in which there is a tile in some plane: tiles of the same planes lie side by side, others may lie above. */
function footprint(tiles: readonly Tile[]): number {
  const [first, ...rest] = tiles;
  const isOneDepth = rest.every(
    ({ box }) => box.start[0] === first!.box.start[0] && box.stop[0] === first!.box.stop[0],
  );
  if (isOneDepth) return tiles.reduce((sum, tile) => sum + elementCount(shownShape(tile)), 0);
  const edges = [...new Set(tiles.flatMap(({ box }) => [box.start[1], box.stop[1]]))].sort((a, b) => a - b);
  return edges.slice(0, -1).reduce((area, start, index) => {
    const here = tiles.filter(({ box }) => box.start[1] <= start && start < box.stop[1]).map(({ box }) => box);
    const end = here.reduce((most, { stop }) => Math.max(most, stop[2]), 0);
    const gaps = leftOut({ starts: here.map((box) => box.start[2]), stops: here.map((box) => box.stop[2]) }, end);
    const columns = gaps.reduce((sum, [from, to]) => sum - (to - from), end);
    return area + columns * (edges[index + 1]! - start);
  }, 0);
}

/** Places of a grid without a tile; `undefined` where tiles do not lie in the places of a grid that fills the image. */
function emptyPlaces(tiles: readonly Tile[], [, rows, columns]: Zyx): number | undefined {
  const lines = ([1, 2] as const).map((axis) => linesAlong(tiles, axis, axis === 1 ? rows : columns));
  if (lines.includes(undefined)) return undefined;
  const taken = new Set(tiles.map(({ box }) => `${box.start[1]},${box.start[2]}`));
  return lines[0]! * lines[1]! - taken.size;
}

/** How many rows (columns) there are, where they follow each other without a gap through the whole image. */
function linesAlong(tiles: readonly Tile[], axis: 1 | 2, extent: number): number | undefined {
  const stopOf = new Map(tiles.map(({ box }) => [box.start[axis], box.stop[axis]]));
  const isOneLength = tiles.every(({ box }) => stopOf.get(box.start[axis]) === box.stop[axis]);
  let [at, count] = [0, 0];
  for (let stop = stopOf.get(at); stop !== undefined; stop = stopOf.get(at)) [at, count] = [stop, count + 1];
  return isOneLength && at === extent && count === stopOf.size ? count : undefined;
}
