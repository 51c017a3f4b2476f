/** Plans which planes a check compares: the same planes of all tiles, in both images. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { correctionFieldBytes } from "../../correct/field.ts";
import { IsoluxError } from "../../errors.ts";
import { readingBytes } from "../../pipeline/blocks/plan.ts";
import { drawPlanes, type OverlapPlan, overlapBytes, planOverlaps } from "../../sample/plan-overlaps.ts";
import type { PlannedPlane } from "../../sample/plan-sample.ts";
import { countChunks } from "../../sample/read-planes.ts";
import { arrayBytes, formatShape, type Yx } from "../../shapes.ts";
import { wholeTiles } from "../../tiles/cropped-tiles.ts";
import { coarsestWith, fieldShapeAtLevel, tileBoxAtLevel } from "../../tiles/levels.ts";
import { distinctFieldShapes } from "../../tiles/place-tiles.ts";
import type { Tile } from "../../tiles/tile.ts";
import { binnedBytes } from "./planes.ts";

/** The most planes of a channel that are in memory at once, binned; both images together take some 120 MB. */
const mostPlanes = 240;
const mostPlanesPerTile = 12;

/** The least pixels that tiles of a usable level have on their shorter side. */
const leastFieldPx = 512;

/** Decided before any pixel is read. */
export interface CheckPlan {
  readonly level: number;
  readonly fieldYx: Yx;
  readonly overlaps: OverlapPlan;
  /** Planes of tiles, the same planes in each. */
  readonly planes: readonly PlannedPlane[];
}

/** Decides which planes are compared. @param last the coarsest level that both images have */
export function planCheck(acquisition: Acquisition, last: number, seed: number): CheckPlan {
  return planAtLevel(acquisition, coarsestWith(leastFieldPx, acquisition, last), seed);
}

/** A quick check uses the coarsest level with this many pixels along the shorter side of a tile. */
const quickFieldPx = 256;
/** If more than these bytes would be read, coarser levels are used, down to these pixels. */
const leastQuickFieldPx = 64;
const mostQuickBytes = 1.5e9;

/**
 * Decides which planes a check of some seconds uses: those of a coarser level, where noise is smallest, and fewer where
 * there is none.
 */
export function planQuickCheck(acquisition: Acquisition, seed: number): CheckPlan {
  const first = coarsestWith(quickFieldPx, acquisition);
  const last = coarsestWith(leastQuickFieldPx, acquisition);
  for (let [level, perTile] = [first, mostPlanesPerTile]; ; ) {
    const plan = planAtLevel(acquisition, level, seed, perTile);
    if (bytesToRead(acquisition, plan) <= mostQuickBytes || (level === last && perTile === 1)) return plan;
    if (level < last) level++;
    else perTile = Math.floor(perTile / 2);
  }
}

/** Chunks in memory at a time, where each is read, corrected and binned: the last ones may wait for collection. */
const chunksInFlight = 4;
/** Correction fields of the full resolution at a time, while a profile is brought to the level of a check. */
const fieldsInFlight = 5;

/** An upper bound of the memory of the whole process while a quick check is made. */
export function quickCheckBytes(acquisition: Acquisition, seed: number): number {
  const { levels, type, tiles, readerBytes = 0 } = acquisition;
  const { level, fieldYx, planes, overlaps } = planQuickCheck(acquisition, seed);
  const { chunkShapeCzyx } = levels[level]!;
  const bothImages = 2 * binnedBytes(planes.length, fieldYx) + 3 * overlapBytes(overlaps);
  const fields = fieldsInFlight * Math.max(...distinctFieldShapes(tiles).map(correctionFieldBytes));
  return readingBytes(1, readerBytes) + bothImages + fields + chunksInFlight * arrayBytes(type, chunkShapeCzyx);
}

function bytesToRead({ levels, type }: Acquisition, { level, fieldYx, planes, overlaps }: CheckPlan): number {
  const own = levels[level]!;
  const reads = [...planes, ...overlaps.reads];
  return countChunks(own, { level, fieldYx, planes: reads, warnings: [] }) * arrayBytes(type, own.chunkShapeCzyx);
}

function planAtLevel(acquisition: Acquisition, level: number, seed: number, most = mostPlanesPerTile): CheckPlan {
  const { tiles, levels } = acquisition;
  const { factorsZyx, shapeZyx } = levels[level]!;
  const fieldYx = fieldShapeAtLevel(tiles, factorsZyx);
  const among = spreadOver(wholeTiles(tiles), mostPlanes);
  const perTile = Math.max(1, Math.min(most, Math.floor(mostPlanes / among.length)));
  const overlaps = planOverlaps(acquisition, { level, planesPerPair: perTile, seed });
  const boxes = among.map((tile) => tileBoxAtLevel(tile, factorsZyx, fieldYx, shapeZyx));
  const planes = among.flatMap(({ number: tileNumber }, index) => {
    const { start, stop } = boxes[index]!;
    const own =
      overlaps.pairs.length > 0 && overlaps.planes.length > 0
        ? overlaps.planes
        : drawPlanes(start[0], stop[0], perTile, seed);
    return own.map((plane): PlannedPlane => {
      const box = { start: [plane, start[1], start[2]], stop: [plane + 1, stop[1], stop[2]] } as const;
      return { tileNumber, plane, box };
    });
  });
  return { level, fieldYx, overlaps, planes };
}

/** At most `most` of the tiles, evenly spread over their order. */
function spreadOver(tiles: readonly Tile[], most: number): readonly Tile[] {
  if (tiles.length <= most) return tiles;
  return Array.from({ length: most }, (_, i) => tiles[Math.floor(((i + 0.5) * tiles.length) / most)]!);
}

/**
 * The coarsest level down to which a corrected image has the levels of its source.
 * @throws IsoluxError `invalid` where even the full resolution differs
 */
export function lastCommonLevel(source: Acquisition, corrected: Acquisition): number {
  const [a, b] = [source.levels[0]!.shapeZyx, corrected.levels[0]!.shapeZyx];
  if (formatShape(a) !== formatShape(b)) {
    throw new IsoluxError({
      kind: "invalid",
      what: "The two images differ in size",
      where: corrected.location,
      found: formatShape(b),
      expected: `${formatShape(a)}, as in ${source.location}`,
      advice: "Compare a corrected image with the one that it was made from, both before stitching",
    });
  }
  const differs = source.levels.findIndex(
    ({ shapeZyx }, level) => formatShape(shapeZyx) !== formatShape(corrected.levels[level]?.shapeZyx ?? []),
  );
  return differs < 0 ? source.levels.length - 1 : differs - 1;
}
