/** Plans which planes of which tiles are sampled for an estimate. */
import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import type { PixelLevel } from "../acquisition/level.ts";
import { IsoluxError } from "../errors.ts";
import { formatCount } from "../quantities.ts";
import type { BoxZyx, Yx } from "../shapes.ts";
import { wholeTiles } from "../tiles/cropped-tiles.ts";
import { fieldShapeAtLevel, tileBoxAtLevel } from "../tiles/levels.ts";
import { cornerTiles, type Tile } from "../tiles/tile.ts";
import { randomStream } from "./choose-planes.ts";

/** Which planes to sample, as the user asks for. */
export interface SampleRequest {
  /** Resolution level to sample at. */
  readonly level: number;
  /** Number of planes in all. */
  readonly planeCount: number;
  readonly seed: number;
  /** Tiles by number; all, or with `zLevels` alone the corner tiles, where not given. */
  readonly tileNumbers?: readonly number[];
  /** The tiles that may be sampled; all of the acquisition's where not given. */
  readonly among?: readonly Tile[];
  /** Only planes below the lower and above the upper of two full-resolution planes. */
  readonly zLevels?: readonly [number, number];
}

/** One plane to read: a plane of a tile at the plan's level. */
export interface PlannedPlane {
  readonly tileNumber: number;
  readonly plane: number;
  /** Its pixels in the level; one plane deep. */
  readonly box: BoxZyx;
}

/** Which planes will be read, decided before any is. */
export interface SamplePlan {
  readonly level: number;
  /** Rows and columns of every plane. */
  readonly fieldYx: Yx;
  readonly planes: readonly PlannedPlane[];
  /** What the user should know, such as fewer planes than asked for. */
  readonly warnings: readonly string[];
}

/**
 * Decides which planes of which tiles are sampled. Pure: the same acquisition and request give the same plan.
 * @throws IsoluxError `invalid` for tiles, levels or z-levels that the image does not have
 */
export function planSample(acquisition: Acquisition, request: SampleRequest): SamplePlan {
  const level = acquisition.levels[request.level];
  if (level === undefined) throw noSuchLevel(acquisition, request.level);
  const { timePoints = 1 } = level;
  const depth = fullResolution(acquisition).shapeZyx[0] / timePoints;
  const planesPerTime = level.shapeZyx[0] / timePoints;
  checkZLevels(request.zLevels, depth, acquisition.location);
  const tiles = selectTiles(acquisition, request);
  const fieldYx = fieldShapeAtLevel(acquisition.tiles, level.factorsZyx);
  const boxes = new Map(
    tiles.map((tile) => [tile.number, tileBoxAtLevel(tile, level.factorsZyx, fieldYx, level.shapeZyx)]),
  );
  const drawn = choosePlanes(
    tiles.map(({ number }) => {
      const { start, stop } = boxes.get(number)!;
      const factorZ = level.factorsZyx[0];
      const permitted = permittedPlanes(start[0], stop[0], factorZ, depth, request.zLevels, planesPerTime);
      return { tileNumber: number, permitted: sampledPlanes(acquisition, level, permitted) };
    }),
    request.planeCount,
    request.seed,
  );
  if (drawn.length === 0) throw noPlanes(acquisition, request, depth);
  const planes = drawn.map(({ tileNumber, plane }) => {
    const { start, stop } = boxes.get(tileNumber)!;
    const box: BoxZyx = { start: [plane, start[1], start[2]], stop: [plane + 1, stop[1], stop[2]] };
    return { tileNumber, plane, box };
  });
  return { level: request.level, fieldYx, planes, warnings: tooFew(drawn.length, request.planeCount) };
}

/** A tile with the planes that may be drawn from it. */
interface TilePlanes {
  readonly tileNumber: number;
  /** Plane numbers, ascending. */
  readonly permitted: readonly number[];
}

/** One drawn plane. */
interface DrawnPlane {
  readonly tileNumber: number;
  readonly plane: number;
}

/**
 * Draws `count` planes in all: quotas of the tiles differ by at most one, each tile's planes are spread over its depth
 * (one from each of equal strata), none twice. A tile with too few planes gives all of them and the others give more;
 * where all together have too few, all are drawn.
 *
 * @returns the planes in the order of the tiles given, ascending within a tile
 */
export function choosePlanes(tiles: readonly TilePlanes[], count: number, seed: number): DrawnPlane[] {
  const quotas = shareOut(
    tiles.map((tile) => tile.permitted.length),
    count,
  );
  return tiles.flatMap((tile, index) =>
    drawFromStrata(tile.permitted, quotas[index]!, randomStream(seed, tile.tileNumber)).map((plane) => ({
      tileNumber: tile.tileNumber,
      plane,
    })),
  );
}

/** Divides `count` among tiles of given capacities, as evenly as these allow. */
export function shareOut(capacities: readonly number[], count: number): number[] {
  const quotas = capacities.map(() => 0);
  let open = capacities.map((_, index) => index);
  let left = count;
  for (;;) {
    const share = Math.ceil(left / open.length);
    const full = open.filter((index) => capacities[index]! < share);
    if (open.length === 0 || full.length === 0) break;
    for (const index of full) {
      quotas[index] = capacities[index]!;
      left -= capacities[index]!;
    }
    open = open.filter((index) => capacities[index]! >= share);
  }
  // The remainder is spread evenly over the list of tiles.
  for (const [position, index] of open.entries()) {
    quotas[index] = Math.floor(((position + 1) * left) / open.length) - Math.floor((position * left) / open.length);
  }
  return quotas;
}

function drawFromStrata(permitted: readonly number[], quota: number, random: () => number): number[] {
  return Array.from({ length: quota }, (_, stratum) => {
    const start = Math.floor((stratum * permitted.length) / quota);
    const stop = Math.floor(((stratum + 1) * permitted.length) / quota);
    return permitted[start + Math.floor(random() * (stop - start))]!;
  });
}

/**
 * The planes of a level between `start` and `stop` that may be sampled, given two full-resolution levels: those below
 * the lower and those above the upper. A plane of a level coarser by `factorZ` counts if all planes that it covers do.
 *
 * @param depth planes at full resolution, of a time lapse those of a time point
 * @param planesPerTime the same at the level, where planes of several time points follow each other
 */
export function permittedPlanes(
  start: number,
  stop: number,
  factorZ: number,
  depth: number,
  zLevels?: readonly [number, number],
  planesPerTime = Number.POSITIVE_INFINITY,
): number[] {
  const planes = Array.from({ length: Math.max(0, stop - start) }, (_, index) => start + index);
  if (zLevels === undefined) return planes;
  const [below, above] = zLevels[0] <= zLevels[1] ? zLevels : [zLevels[1], zLevels[0]];
  return planes.filter((place) => {
    const plane = place % planesPerTime;
    const last = Math.min((plane + 1) * factorZ, depth) - 1;
    return last < below || plane * factorZ > above;
  });
}

function tooFew(drawn: number, asked: number): string[] {
  return drawn < asked
    ? [`Only ${formatCount(drawn, "plane")} ${drawn === 1 ? "is" : "are"} available (${asked} requested).`]
    : [];
}

function selectTiles(acquisition: Acquisition, request: SampleRequest): readonly Tile[] {
  const { tiles } = acquisition;
  const among = wholeTiles(request.among ?? tiles);
  if (request.tileNumbers !== undefined) {
    const listed = [...new Set(request.tileNumbers)].map((number) => tileByNumber(acquisition, number));
    const usable = listed.filter((tile) => among.includes(tile));
    if (usable.length === 0 && listed.some((tile) => tile.fieldPart !== undefined)) throw onlyCropped(listed);
    return usable;
  }
  if (request.zLevels === undefined) return among;
  const corners = cornerTiles(tiles).filter((tile) => among.includes(tile));
  return corners.length > 0 ? corners : cornerTiles(among);
}

function onlyCropped(listed: readonly Tile[]): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: "The FOV list names only cropped tiles, which do not show all of the field that a profile is for",
    found: listed.map(({ number }) => number).join(", "),
    expected: "at least one whole tile",
    advice: "`isolux inspect` shows the tiles with their sizes",
  });
}

function tileByNumber(acquisition: Acquisition, number: number): Tile {
  const tile = acquisition.tiles.find((candidate) => candidate.number === number);
  if (tile !== undefined) return tile;
  throw new IsoluxError({
    kind: "invalid",
    what: "The FOV list names a tile that the image does not have",
    where: acquisition.location,
    found: String(number),
    expected: `1 to ${acquisition.tiles.length}`,
    advice: "`isolux inspect` shows the tiles with their numbers",
  });
}

function checkZLevels(zLevels: readonly [number, number] | undefined, depth: number, where: string): void {
  if (zLevels === undefined || zLevels.every((z) => Number.isInteger(z) && z >= 0 && z <= depth)) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "The z-levels lie outside of the image",
    where,
    found: zLevels.join(", "),
    expected: `two planes from 0 to ${depth}`,
  });
}

function noSuchLevel(acquisition: Acquisition, level: number): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: "The image does not have the resolution level asked for",
    where: acquisition.location,
    found: String(level),
    expected: `0 to ${acquisition.levels.length - 1}`,
  });
}

function noPlanes(acquisition: Acquisition, request: SampleRequest, depth: number): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: `The z-levels leave no plane at level ${request.level}`,
    where: acquisition.location,
    found: `${request.zLevels?.join(", ")} of ${formatCount(depth, "plane")}`,
    expected: "planes below the lower or above the upper",
    advice: "Choose other z-levels or a finer level",
  });
}

/** The planes of a level that may be sampled: of a time lapse those of the chosen time points. */
export function sampledPlanes(
  { sampledTimes }: Acquisition,
  { shapeZyx, timePoints = 1 }: PixelLevel,
  planes: readonly number[],
): readonly number[] {
  if (sampledTimes === undefined) return planes;
  const planesPerTime = shapeZyx[0] / timePoints;
  return planes.filter((plane) => sampledTimes.includes(Math.floor(plane / planesPerTime)));
}
