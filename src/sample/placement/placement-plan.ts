/** Plans which parts of neighbouring tiles are compared to check the positions of tiles. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { arrayBytes, type BoxZyx, mapAxes, type Yx } from "../../shapes.ts";
import { fieldShapeAtLevel, tileBoxAtLevel } from "../../tiles/levels.ts";
import { findOverlaps } from "../../tiles/overlaps.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { OverlapPair, OverlapPlan } from "../plan-overlaps.ts";
import { countChunks } from "../read-planes.ts";

/** The direction of the second tile as seen from the first. */
export type Direction = "right" | "left" | "below" | "above";

/** A comparison of two neighbours: at the stated position, or at a possible other one. */
export interface Comparison {
  readonly first: Tile;
  readonly second: Tile;
  /** The direction by the metadata. */
  readonly said: Direction;
  /** The direction in this comparison. */
  readonly tried: Direction;
  /** Whether planes of equal number are compared though stacks begin at different depths by their metadata. */
  readonly isPlaneByPlane: boolean;
}

/** Comparisons, one for each pair of the plan of what is read. */
interface PlacementPlan {
  readonly overlaps: OverlapPlan;
  readonly comparisons: readonly Comparison[];
}

/** The least pixels of an overlap along either axis, and about the number of coarse pixels that it is compared in. */
const leastPx = 8;
const wantedPx = 20;
/** Of larger overlaps the middle is used, with at most this many pixels along either axis. */
const mostPx = 160;
/** A level is coarse enough where the shorter side of its tiles has about this many pixels. */
const leastFieldPx = 256;

/** The usual limit of the chunks read, in bytes; if even the least effort exceeds the second, nothing is compared. */
const [usualBytes, mostBytes] = [64e6, 200e6];
/** Pairs of neighbours along each axis, and planes of each, from the most to the least. */
const efforts = [
  [4, 3],
  [3, 2],
  [2, 2],
  [1, 2],
  [1, 1],
] as const;

/** The number of tiles among which neighbours are searched. */
const mostTiles = 25;

interface Neighbours {
  readonly first: Tile;
  readonly second: Tile;
  readonly offsetYx: Yx;
  readonly said: Direction;
}

/**
 * Plans comparisons of neighbours in the middle of a mosaic, `undefined` where there are none, or they would take too
 * long.
 */
export function planPlacement(acquisition: Acquisition): PlacementPlan | undefined {
  const middle = tilesInMiddle(acquisition.tiles);
  const level = acquisition.levels.findLastIndex((_, index) => {
    const fieldYx = fieldShapeAtLevel(acquisition.tiles, acquisition.levels[index]!.factorsZyx);
    const isLarge = Math.min(...fieldYx) >= leastFieldPx;
    return index === 0 || (isLarge && neighboursAt(acquisition, middle, index).length > 0);
  });
  const neighbours = neighboursAt(acquisition, middle, level);
  if (neighbours.length === 0) return undefined;
  const { type, levels } = acquisition;
  for (const [pairs, planes] of efforts) {
    const plan = planAtLevel(
      acquisition,
      level,
      [...pick(neighbours, pairs, ["right", "left"]), ...pick(neighbours, pairs, ["below", "above"])],
      planes,
    );
    const { overlaps } = plan;
    const reads = { level, fieldYx: overlaps.fieldYx, planes: overlaps.reads, warnings: [] };
    const bytes = countChunks(levels[level]!, reads) * arrayBytes(type, levels[level]!.chunkShapeCzyx);
    const isLeast = pairs === 1 && planes === 1;
    if (bytes <= (isLeast ? mostBytes : usualBytes)) return plan;
  }
  return undefined;
}

/** The tiles nearest to the middle, where the sample is; there may be thousands in all. */
function tilesInMiddle(tiles: readonly Tile[]): Tile[] {
  const placed = tiles.filter(({ stagePositionUmYx }) => stagePositionUmYx !== undefined);
  const middle = ([0, 1] as const).map(
    (axis) => placed.reduce((sum, { stagePositionUmYx: at }) => sum + at![axis], 0) / placed.length,
  );
  const fromMiddle = ({ stagePositionUmYx: at }: Tile) => Math.hypot(at![0] - middle[0]!, at![1] - middle[1]!);
  const order = placed
    .map((tile) => ({ tile, distance: fromMiddle(tile) }))
    .sort((one, two) => one.distance - two.distance);
  return order.slice(0, mostTiles).map(({ tile }) => tile);
}

/** Tiles beside each other in a row or a column, those that come first in `middle` first. */
function neighboursAt(
  { tiles, levels, pixelSizeUmZyx }: Acquisition,
  middle: readonly Tile[],
  index: number,
): Neighbours[] {
  const { factorsZyx } = levels[index]!;
  const fieldYx = fieldShapeAtLevel(tiles, factorsZyx);
  const sizeUm: Yx = [pixelSizeUmZyx[1] * factorsZyx[1], pixelSizeUmZyx[2] * factorsZyx[2]];
  return findOverlaps(middle, sizeUm, leastPx ** 2, fieldYx).flatMap(({ first, second, inFirst, inSecond }) => {
    const offsetYx: Yx = [inFirst.startYx[0] - inSecond.startYx[0], inFirst.startYx[1] - inSecond.startYx[1]];
    const said = directionOf(offsetYx, fieldYx);
    return said === undefined || Math.min(...inFirst.shapeYx) < leastPx ? [] : [{ first, second, offsetYx, said }];
  });
}

/** `undefined` for tiles that lie diagonally, or on each other. */
function directionOf([y, x]: Yx, [rows, columns]: Yx): Direction | undefined {
  const [alongY, alongX] = [Math.abs(y) / rows, Math.abs(x) / columns];
  if (Math.max(alongY, alongX) < 0.3 || Math.min(alongY, alongX) > 0.25) return undefined;
  return alongX > alongY ? (x > 0 ? "right" : "left") : y > 0 ? "below" : "above";
}

function pick(neighbours: readonly Neighbours[], count: number, directions: readonly Direction[]): Neighbours[] {
  return neighbours.filter(({ said }) => directions.includes(said)).slice(0, count);
}

function planAtLevel(
  acquisition: Acquisition,
  index: number,
  neighbours: readonly Neighbours[],
  planeCount: number,
): PlacementPlan {
  const { factorsZyx, shapeZyx } = acquisition.levels[index]!;
  const fieldYx = fieldShapeAtLevel(acquisition.tiles, factorsZyx);
  const boxOf = (tile: Tile) => tileBoxAtLevel(tile, factorsZyx, fieldYx, shapeZyx);
  const stepUm = acquisition.pixelSizeUmZyx[0] * factorsZyx[0];
  const stepsYx = mapAxes(fieldYx, (_, axis) => stepAlong(axis as 0 | 1, neighbours));
  const least = neighbours.map(({ offsetYx }) => Math.min(...sizeOf(offsetYx, fieldYx)));
  const binPx = Math.max(1, Math.floor(Math.min(...least) / wantedPx));
  const comparisons: Comparison[] = [];
  const pairs: OverlapPair[] = [];
  for (const { first, second, offsetYx, said } of neighbours) {
    const shift = 0 + Math.round(((first.stageDepthUm ?? 0) - (second.stageDepthUm ?? 0)) / stepUm);
    const tries = directionsFrom(offsetYx, said, fieldYx, stepsYx).map(([tried, offset]) => ({
      tried,
      offset,
      isPlaneByPlane: false,
    }));
    const level = { tried: said, offset: offsetYx, isPlaneByPlane: true };
    for (const { tried, offset, isPlaneByPlane } of shift === 0 ? tries : [...tries, level]) {
      const window = windowOf(offset, fieldYx, binPx);
      const planeShift = isPlaneByPlane ? 0 : shift;
      const planes = middlePlanes(boxOf(first), boxOf(second), planeShift, planeCount);
      if (window === undefined || planes.length === 0) continue;
      comparisons.push({ first, second, said, tried, isPlaneByPlane });
      pairs.push({ first: first.number, second: second.number, ...window, planes, planeShift });
    }
  }
  const reads = [...new Set(neighbours.flatMap(({ first, second }) => [first, second]))].flatMap((tile) => {
    const { start, stop } = boxOf(tile);
    return planesOf(tile, pairs).map((plane) => ({
      tileNumber: tile.number,
      plane,
      box: { start: [plane, start[1], start[2]], stop: [plane + 1, stop[1], stop[2]] } as const,
    }));
  });
  return { overlaps: { level: index, fieldYx, binPx, pairs, planes: [], reads }, comparisons };
}

/** The step from one tile to its neighbour along an axis, in pixels; 0 where there are none. */
function stepAlong(axis: 0 | 1, neighbours: readonly Neighbours[]): number {
  const along = neighbours.filter(({ said }) => (axis === 1) === (said === "right" || said === "left"));
  const steps = along.map(({ offsetYx }) => Math.abs(offsetYx[axis])).sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? 0;
}

/**
 * The stated direction, and those that would hold if an axis were mirrored or both were swapped: in µm or, of tiles that
 * are no squares, in rows and columns of tiles, or by the step that is said of the other axis.
 */
function directionsFrom(
  [y, x]: Yx,
  said: Direction,
  [rows, columns]: Yx,
  [stepY, stepX]: Yx,
): (readonly [Direction, Yx])[] {
  const isAlongX = said === "right" || said === "left";
  const [along, across] = isAlongX ? [Math.abs(x), y] : [Math.abs(y), x];
  const inTiles = Math.round((along * (isAlongX ? rows : columns)) / (isAlongX ? columns : rows));
  const others = [...new Set([inTiles, isAlongX ? stepY : stepX])].filter((step) => step > 0 && step !== along);
  const turned = others.flatMap((step): (readonly [Direction, Yx])[] =>
    isAlongX
      ? [
          ["below", [step, across]],
          ["above", [-step, across]],
        ]
      : [
          ["right", [across, step]],
          ["left", [across, -step]],
        ],
  );
  return [
    ["right", [across, along]],
    ["left", [across, -along]],
    ["below", [along, across]],
    ["above", [-along, across]],
    ...turned,
  ];
}

/** The rows and columns of the overlap of two fields. */
function sizeOf([y, x]: Yx, [rows, columns]: Yx): Yx {
  return [rows - Math.abs(y), columns - Math.abs(x)];
}

/** The middle of the overlap of two fields, in whole bins; `undefined` where that is too small. */
function windowOf(
  offsetYx: Yx,
  fieldYx: Yx,
  binPx: number,
): Pick<OverlapPair, "inFirstYx" | "inSecondYx" | "shapeYx"> | undefined {
  const shared = sizeOf(offsetYx, fieldYx);
  if (Math.min(...shared) < leastPx * binPx) return undefined;
  const [height, width] = shared.map((extent) => Math.min(mostPx, Math.floor(extent / binPx)) * binPx) as [
    number,
    number,
  ];
  const inset: Yx = [Math.floor((shared[0] - height) / 2), Math.floor((shared[1] - width) / 2)];
  const from = (sign: 1 | -1): Yx => [
    Math.max(0, sign * offsetYx[0]) + inset[0],
    Math.max(0, sign * offsetYx[1]) + inset[1],
  ];
  return { inFirstYx: from(1), inSecondYx: from(-1), shapeYx: [height, width] };
}

/** Planes of the first tile that the second has too, spread over the middle of these. */
function middlePlanes(a: BoxZyx, b: BoxZyx, shift: number, count: number): number[] {
  const start = Math.max(a.start[0], b.start[0] - shift);
  const depth = Math.min(a.stop[0], b.stop[0] - shift) - start;
  const places = Array.from({ length: count }, (_, n) => 0.5 + (count === 1 ? 0 : 0.4 * (n / (count - 1) - 0.5)));
  return depth <= 0 ? [] : [...new Set(places.map((place) => start + Math.floor(place * depth)))];
}

function planesOf({ number }: Tile, pairs: readonly OverlapPair[]): number[] {
  const planes = pairs.flatMap(({ first, second, planes: ofFirst, planeShift }) =>
    first === number ? ofFirst : second === number ? ofFirst.map((plane) => plane + planeShift) : [],
  );
  return [...new Set(planes)].sort((x, y) => x - y);
}
