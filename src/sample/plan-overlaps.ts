/** Plans which planes of which overlaps are read: where neighbouring tiles show the same tissue. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { type BoxZyx, elementCount, type Yx } from "../shapes.ts";
import { wholeTiles } from "../tiles/cropped-tiles.ts";
import { fieldShapeAtLevel, tileBoxAtLevel } from "../tiles/levels.ts";
import { findOverlaps } from "../tiles/overlaps.ts";
import type { Tile } from "../tiles/tile.ts";
import { randomStream } from "./choose-planes.ts";
import { type PlannedPlane, sampledPlanes } from "./plan-sample.ts";

/** Which overlaps to read, as the caller asks for. */
export interface OverlapRequest {
  readonly level: number;
  /** Planes of every pair; fewer where the overlaps are so large that they would exceed the memory. */
  readonly planesPerPair: number;
  readonly seed: number;
  /** The tiles whose overlaps are used; all of the acquisition's where not given. */
  readonly among?: readonly Tile[];
}

/** Two tiles by number, and the start of their overlap in the field of each. */
export interface OverlapPair {
  readonly first: number;
  readonly second: number;
  readonly inFirstYx: Yx;
  readonly inSecondYx: Yx;
  /** Rows and columns of the overlap, in pixels of the level: a whole number of bins. */
  readonly shapeYx: Yx;
  /** Planes of the level in the first tile; the same in all pairs where stacks begin and end at the same depth. */
  readonly planes: readonly number[];
  /** Added to a plane of the first tile it gives the plane of the second that is nearest in depth. */
  readonly planeShift: number;
}

/** Which overlaps are read, decided before any pixel is. JSON-able. */
export interface OverlapPlan {
  readonly level: number;
  /** Rows and columns of every field at that level. */
  readonly fieldYx: Yx;
  /** Number of pixels along either axis that are averaged into one: 1 for fields up to 1024 px. */
  readonly binPx: number;
  readonly pairs: readonly OverlapPair[];
  /** Planes of the level that every tile has. */
  readonly planes: readonly number[];
  /** Every plane of every tile that has an overlap. */
  readonly reads: readonly PlannedPlane[];
}

/** Larger fields are read in coarser pixels. */
const largestFieldPx = 1024;

/** The limit of the pixels of all overlaps, in bytes. */
const mostBytes = 96e6;

/**
 * Decides which overlaps are read. There are none where tiles have no stage position, or where they do not overlap
 * there: a mosaic that was stitched already shows every place once. Stacks that begin at different depths are compared
 * at equal depths, to the nearest plane.
 */
export function planOverlaps(acquisition: Acquisition, request: OverlapRequest): OverlapPlan {
  const level = acquisition.levels[request.level]!;
  const tiles = wholeTiles(request.among ?? acquisition.tiles);
  const fieldYx = fieldShapeAtLevel(acquisition.tiles, level.factorsZyx);
  const binPx = Math.ceil(Math.max(...fieldYx) / largestFieldPx);
  const [sizeZ, sizeY, sizeX] = acquisition.pixelSizeUmZyx;
  const pixelSizeUmYx: Yx = [sizeY * level.factorsZyx[1], sizeX * level.factorsZyx[2]];
  const whole = (extent: number) => Math.floor(extent / binPx) * binPx;
  const boxOf = new Map(tiles.map((tile) => [tile, tileBoxAtLevel(tile, level.factorsZyx, fieldYx, level.shapeZyx)]));
  const overlaps = findOverlaps(tiles, pixelSizeUmYx, smallestOverlapPx(fieldYx), fieldYx)
    .map((overlap) => ({
      ...overlap,
      shapeYx: [whole(overlap.inFirst.shapeYx[0]), whole(overlap.inFirst.shapeYx[1])] as Yx,
    }))
    .filter(({ shapeYx }) => elementCount(shapeYx) > 0);
  const planeBytes = overlaps.reduce((sum, { shapeYx }) => sum + (8 * elementCount(shapeYx)) / binPx ** 2, 0);
  const affordable = Math.max(1, Math.floor(mostBytes / Math.max(1, planeBytes)));
  const count = Math.min(request.planesPerPair, affordable);
  const draw = (start: number, stop: number) => {
    const all = Array.from({ length: Math.max(0, stop - start) }, (_, index) => start + index);
    const permitted = sampledPlanes(acquisition, level, all);
    return drawPlanes(0, permitted.length, count, request.seed).map((index) => permitted[index]!);
  };
  const stepUm = sizeZ * level.factorsZyx[0];
  const pairs = overlaps
    .map(({ first, second, inFirst, inSecond, shapeYx }): OverlapPair => {
      const planeShift = 0 + Math.round((depthOf(first) - depthOf(second)) / stepUm);
      const [a, b] = [boxOf.get(first)!, boxOf.get(second)!];
      return {
        first: first.number,
        second: second.number,
        inFirstYx: inFirst.startYx,
        inSecondYx: inSecond.startYx,
        shapeYx,
        planes: draw(Math.max(a.start[0], b.start[0] - planeShift), Math.min(a.stop[0], b.stop[0] - planeShift)),
        planeShift,
      };
    })
    .filter(({ planes }) => planes.length > 0);
  const used = tiles.filter(({ number }) => pairs.some(({ first, second }) => first === number || second === number));
  const boxes = used.map((tile) => boxOf.get(tile)!);
  const planes = draw(
    Math.max(0, ...boxes.map(({ start }) => start[0])),
    Math.min(level.shapeZyx[0], ...boxes.map(({ stop }) => stop[0])),
  );
  const reads = used.flatMap((tile) => readsOf(tile, boxOf.get(tile)!, pairs));
  return { level: request.level, fieldYx, binPx, pairs, planes, reads };
}

/**
 * The smallest overlap of neighbours, in pixels: 10,000 px of a 512 x 512 field and in proportion. At the usual overlap
 * of 10 % tiles that only touch at their corners are excluded.
 */
export function smallestOverlapPx(fieldYx: Yx): number {
  return (10_000 / 512 ** 2) * fieldYx[0] * fieldYx[1];
}

function depthOf({ stageDepthUm = 0, isDepthDoubted = false }: Tile): number {
  return isDepthDoubted ? 0 : stageDepthUm;
}

function readsOf({ number: tileNumber }: Tile, { start, stop }: BoxZyx, pairs: readonly OverlapPair[]): PlannedPlane[] {
  const planes = pairs.flatMap(({ first, second, planes: ofFirst, planeShift }) =>
    first === tileNumber ? ofFirst : second === tileNumber ? ofFirst.map((plane) => plane + planeShift) : [],
  );
  return [...new Set(planes)]
    .sort((a, b) => a - b)
    .map((plane) => {
      const box = { start: [plane, start[1], start[2]], stop: [plane + 1, stop[1], stop[2]] } as const;
      return { tileNumber, plane, box };
    });
}

/** An upper bound of the pixels of a plan, in bytes. */
export function overlapBytes({ pairs, binPx }: OverlapPlan): number {
  return pairs.reduce((sum, { shapeYx, planes }) => sum + (8 * elementCount(shapeYx) * planes.length) / binPx ** 2, 0);
}

/** One plane from each of `count` equal strata of `[start, stop)`; fewer where there are fewer planes. */
export function drawPlanes(start: number, stop: number, count: number, seed: number): number[] {
  const depth = Math.max(0, stop - start);
  const random = randomStream(seed, 0x0e71a9);
  const strata = Math.min(count, depth);
  return Array.from({ length: strata }, (_, stratum) => {
    const [from, to] = [Math.floor((stratum * depth) / strata), Math.floor(((stratum + 1) * depth) / strata)];
    return start + from + Math.floor(random() * (to - from));
  });
}
