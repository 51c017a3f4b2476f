/** Which planes of which overlaps are looked at: where neighbouring tiles show the same tissue. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { elementCount, type Yx } from "../shapes.ts";
import { wholeTiles } from "../tiles/cropped-tiles.ts";
import { fieldShapeAtLevel, tileBoxAtLevel } from "../tiles/levels.ts";
import { findOverlaps, smallestOverlapPx } from "../tiles/overlaps.ts";
import type { Tile } from "../tiles/tile.ts";
import type { PlannedPlane } from "./plan-sample.ts";
import { randomStream } from "./random.ts";
import { sampledPlanes } from "./sampled-planes.ts";

/** Which overlaps to look at: wishes of the caller. */
export interface OverlapRequest {
  readonly level: number;
  /** Planes of every pair that are wanted; fewer where the overlaps are so large that they would fill the memory. */
  readonly planesPerPair: number;
  readonly seed: number;
  /** The tiles whose overlaps count; all of the acquisition's where not given. */
  readonly among?: readonly Tile[];
}

/** Two tiles by number, and where in the field of each the part begins that the other shows too. */
export interface OverlapPair {
  readonly first: number;
  readonly second: number;
  readonly inFirstYx: Yx;
  readonly inSecondYx: Yx;
  /** Rows and columns of the part, in pixels of the level: a whole number of bins. */
  readonly shapeYx: Yx;
}

/** Which overlaps are read, decided before any pixel is. JSON-able. */
export interface OverlapPlan {
  readonly level: number;
  /** Rows and columns of every field at that level. */
  readonly fieldYx: Yx;
  /** So many pixels along either axis are read as one, their mean: 1 for fields up to 1024 px. */
  readonly binPx: number;
  readonly pairs: readonly OverlapPair[];
  /** Planes of the level, the same in every tile. */
  readonly planes: readonly number[];
  /** Every plane of every tile that has an overlap. */
  readonly reads: readonly PlannedPlane[];
}

/** Fields that are larger are read coarser. */
const largestFieldPx = 1024;

/** The pixels of all overlaps together take no more than this. */
const mostBytes = 96e6;

/**
 * Decides which overlaps are read. There are none where tiles have no stage position, or where they do not overlap
 * there: a mosaic that was stitched already shows every place once.
 */
export function planOverlaps(acquisition: Acquisition, request: OverlapRequest): OverlapPlan {
  const level = acquisition.levels[request.level]!;
  const tiles = wholeTiles(request.among ?? acquisition.tiles);
  const fieldYx = fieldShapeAtLevel(acquisition.tiles, level.factorsZyx);
  const binPx = Math.ceil(Math.max(...fieldYx) / largestFieldPx);
  const [, sizeY, sizeX] = acquisition.pixelSizeUmZyx;
  const pixelSizeUmYx: Yx = [sizeY * level.factorsZyx[1], sizeX * level.factorsZyx[2]];
  const whole = (extent: number) => Math.floor(extent / binPx) * binPx;
  const pairs = findOverlaps(tiles, pixelSizeUmYx, smallestOverlapPx(fieldYx), fieldYx)
    .map(({ first, second, inFirst, inSecond }): OverlapPair => {
      const shapeYx: Yx = [whole(inFirst.shapeYx[0]), whole(inFirst.shapeYx[1])];
      const [inFirstYx, inSecondYx] = [inFirst.startYx, inSecond.startYx];
      return { first: first.number, second: second.number, inFirstYx, inSecondYx, shapeYx };
    })
    .filter(({ shapeYx }) => elementCount(shapeYx) > 0);
  const among = tiles.filter(({ number }) => pairs.some(({ first, second }) => first === number || second === number));
  const boxes = among.map((tile) => tileBoxAtLevel(tile, level.factorsZyx, fieldYx, level.shapeZyx));
  const planeBytes = pairs.reduce((sum, { shapeYx }) => sum + (8 * elementCount(shapeYx)) / binPx ** 2, 0);
  const affordable = Math.max(1, Math.floor(mostBytes / Math.max(1, planeBytes)));
  const first = Math.max(0, ...boxes.map(({ start }) => start[0]));
  const last = Math.min(level.shapeZyx[0], ...boxes.map(({ stop }) => stop[0]));
  const all = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  const permitted = sampledPlanes(acquisition, level, all);
  const wanted = Math.min(request.planesPerPair, affordable);
  const planes = drawPlanes(0, permitted.length, wanted, request.seed).map((index) => permitted[index]!);
  const reads = among.flatMap(({ number }, index) =>
    planes.map((plane): PlannedPlane => {
      const { start, stop } = boxes[index]!;
      const box = { start: [plane, start[1], start[2]], stop: [plane + 1, stop[1], stop[2]] } as const;
      return { tileNumber: number, plane, box };
    }),
  );
  return { level: request.level, fieldYx, binPx, pairs: planes.length === 0 ? [] : pairs, planes, reads };
}

/** An upper bound of the bytes that the pixels of a plan take. */
export function overlapBytes({ pairs, planes, binPx }: OverlapPlan): number {
  return pairs.reduce((sum, { shapeYx }) => sum + (8 * elementCount(shapeYx) * planes.length) / binPx ** 2, 0);
}

/** One plane from each of `count` equal strata of `[start, stop)`; fewer where there are not so many. */
export function drawPlanes(start: number, stop: number, count: number, seed: number): number[] {
  const depth = Math.max(0, stop - start);
  const random = randomStream(seed, 0x0e71a9);
  const strata = Math.min(count, depth);
  return Array.from({ length: strata }, (_, stratum) => {
    const [from, to] = [Math.floor((stratum * depth) / strata), Math.floor(((stratum + 1) * depth) / strata)];
    return start + from + Math.floor(random() * (to - from));
  });
}
