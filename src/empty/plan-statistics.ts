/**
 * Plans which planes are read in the search for empty regions: the same ones in every tile, so that tiles are
 * comparable.
 */
import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import { coarsestLevelForBasic, randomStream } from "../sample/choose-planes.ts";
import type { PlannedPlane, SamplePlan } from "../sample/plan-sample.ts";
import type { Yx } from "../shapes.ts";
import { withoutParts } from "../tiles/cropped-tiles.ts";
import { fieldShapeAtLevel, tileBoxAtLevel } from "../tiles/levels.ts";

/** Parameters of which planes are read. */
export interface StatisticsRequest {
  /** Resolution level; the coarsest whose tiles have at least 128 px where not given. */
  readonly level?: number;
  /** Planes of every tile; fewer where the planes of all tiles would exceed the memory. 24 by default. */
  readonly planesPerTile?: number;
  readonly seed: number;
}

/** Which planes are read, decided before any is. */
export interface StatisticsPlan extends SamplePlan {
  /** Number of pixels along either axis that are averaged into one. */
  readonly binPx: number;
  /** Rows and columns of an averaged plane. */
  readonly lookYx: Yx;
  readonly factorZ: number;
  /** Planes of the full resolution. */
  readonly depth: number;
}

/** About the number of pixels of an averaged plane along its shorter side. */
const lookPx = 128;

const planesByDefault = 24;
const leastPlanes = 4;

/** The most bytes of all averaged planes of a channel together, and of the chunks in memory at a time. */
const mostBytes = 96e6;

/** Decides which planes are read: the first and the last one, and one from each stratum between them. */
export function planStatistics(acquisition: Acquisition, request: StatisticsRequest): StatisticsPlan {
  const index = request.level ?? coarsestLevelForBasic(acquisition);
  const { factorsZyx, shapeZyx, timePoints = 1 } = acquisition.levels[index]!;
  // Every tile is read: of cropped ones, the part of the field that they show.
  const fieldYx = fieldShapeAtLevel(withoutParts(acquisition.tiles), factorsZyx);
  const binPx = Math.max(1, Math.round(Math.min(...fieldYx) / lookPx));
  const lookYx: Yx = [Math.floor(fieldYx[0] / binPx), Math.floor(fieldYx[1] / binPx)];
  const affordable = Math.floor(mostBytes / (4 * lookYx[0] * lookYx[1] * acquisition.tiles.length));
  const count = Math.min(request.planesPerTile ?? planesByDefault, Math.max(leastPlanes, affordable));
  // Of a time lapse the first time point is read: regions apply to all of them
  const depth = fullResolution(acquisition).shapeZyx[0] / timePoints;
  const boxes = acquisition.tiles.map((tile) => tileBoxAtLevel(tile, factorsZyx, fieldYx, shapeZyx));
  const first = Math.min(...boxes.map(({ start }) => start[0]));
  const stop = Math.min(shapeZyx[0] / timePoints, Math.max(...boxes.map(({ stop: end }) => end[0])));
  const drawn = drawPlanes(first, stop, count, request.seed);
  const planes = acquisition.tiles.flatMap(({ number }, at): PlannedPlane[] => {
    const { start, stop: end } = boxes[at]!;
    const own = drawn.filter((plane) => plane >= start[0] && plane < end[0]);
    return own.map((plane) => ({
      tileNumber: number,
      plane,
      box: { start: [plane, start[1], start[2]], stop: [plane + 1, end[1], end[2]] },
    }));
  });
  return { level: index, fieldYx, planes, warnings: [], binPx, lookYx, factorZ: factorsZyx[0], depth };
}

function drawPlanes(first: number, stop: number, count: number, seed: number): number[] {
  const depth = Math.max(0, stop - first);
  const random = randomStream(seed, 0xe3b7a5);
  const strata = Math.min(count, depth);
  return Array.from({ length: strata }, (_, stratum) => {
    const [from, to] = [Math.floor((stratum * depth) / strata), Math.floor(((stratum + 1) * depth) / strata)];
    const drawn = first + from + Math.floor(random() * (to - from));
    return stratum === 0 ? first : stratum === strata - 1 ? stop - 1 : drawn;
  });
}
