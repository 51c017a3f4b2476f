import { randomStream } from "./random.ts";

/** A tile with the planes that may be drawn from it. */
export interface TilePlanes {
  readonly tileNumber: number;
  /** Plane numbers, ascending. */
  readonly permitted: readonly number[];
}

/** One drawn plane. */
export interface DrawnPlane {
  readonly tileNumber: number;
  readonly plane: number;
}

/**
 * Draws `count` planes in all: quotas of the tiles differ by at most one, each tile's planes are spread over its depth
 * (one from each of equal strata), none twice. A tile with too few gives all of them and the others make up for it;
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

/** Shares `count` out over tiles of given capacities, as evenly as these allow. */
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
  // The remainder goes to tiles spread evenly over the list, not to its beginning.
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
 * the lower and those above the upper. A plane of a level coarser by `factorZ` counts when all it covers does.
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
