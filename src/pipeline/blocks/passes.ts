/** Divides the levels of an output into passes, each as deep as its blocks and a worker's memory allow. */
import { arrayBytes, type Czyx, elementCount, isSameShape, mapAxes, type PixelType } from "../../shapes.ts";
import {
  inObjects,
  type LevelGeometry,
  madeShape,
  nestsIn,
  objectGrid,
  stepFactors,
} from "../output/level-geometry.ts";
import { bytesOfParts, type PartsOfPass, planParts } from "./part-plan.ts";
import { bytesOfSlabs, overlapsWithWork } from "./slab-plan.ts";

/**
 * Levels that are made in one go, depth first: a chunk of a level is finished as soon as the chunks below it are.
 * `baseLevel` is made from the source (level 0) or from the finished level below it; the unit of work, a *block*, is an
 * object of `topLevel` (a shard or, without shards, a chunk) with all that lies below it.
 */
export interface Pass {
  /** Index of the image of the output that it makes. */
  readonly image: number;
  readonly baseLevel: number;
  readonly topLevel: number;
  /** Blocks per axis: the grid of the top level's objects. */
  readonly blocksCzyx: Czyx;
  readonly blockCount: number;
  /** Where its blocks are too few for all workers: how each is divided. */
  readonly parts?: PartsOfPass;
}

/** The passes of a round, at most one of each image, may run side by side; the next round follows them. */
export type Rounds = readonly (readonly Pass[])[];

/** What the passes of an output are planned for. */
export interface RoundsRequest {
  /** The levels of every image of the output, finest first. */
  readonly images: readonly (readonly LevelGeometry[])[];
  /** Of each image the levels that are made in slabs; none where it is not given. */
  readonly slabs?: readonly (readonly LevelGeometry[])[];
  readonly type: PixelType;
  /** Memory that each unfinished shard takes; not given where its bytes go to a disk at once. */
  readonly openObjectBytes?: number;
  /** The least number of blocks of a pass, where the image allows, as several workers share them; 8 by default. */
  readonly leastBlocks?: number;
  /** Workers that share the blocks: fewer blocks than {@link leastBlocks} will do where they keep all of them busy. */
  readonly sharers?: number | undefined;
}

/** A round has at least this many blocks where the image allows, so that workers share the work evenly. */
export const usualLeastBlocks = 8;
/**
 * The least part of the time that all of the workers are busy, where blocks are fewer: a pass of its own for the coarser
 * levels reads and decodes again what the one before has made, which takes longer than the rest of the time.
 */
const leastBusy = 0.8;
/**
 * Chunks in memory beside those that the depth-first pass holds: the encoded bytes read, the decoded chunk, the
 * encoder's output and what is not garbage-collected yet.
 */
const chunksInFlight = 4;
/** The same of chunks that do not overlap with work: one that is read or written, and what a codec makes of it. */
const largeChunksInFlight = 2;

/**
 * The passes of all images: the first of each, then the second of each, and so on; `undefined` where `share` bytes per
 * worker are too little.
 */
export function planRounds(
  { images, slabs = [], type, openObjectBytes = 0, leastBlocks = usualLeastBlocks, sharers }: RoundsRequest,
  share: number,
  force?: "shallowest",
): Rounds | undefined {
  const rounds: Pass[][] = [];
  for (const [image, levels] of images.entries()) {
    const passes = planPasses(
      {
        ...{ image, levels, slabs: slabs[image] ?? [], type, openObjectBytes },
        ...{ leastBlocks, sharers, siblings: images.length, share },
      },
      force,
    );
    if (passes === undefined) return undefined;
    for (const [turn, pass] of passes.entries()) {
      rounds[turn] ??= [];
      rounds[turn].push(pass);
    }
  }
  return rounds;
}

/** An image to plan, with the limits of the plan. */
interface ImageRequest {
  readonly image: number;
  readonly levels: readonly LevelGeometry[];
  /** The levels that are made in slabs, from the full resolution on. */
  readonly slabs?: readonly LevelGeometry[];
  readonly openObjectBytes: number;
  readonly type: PixelType;
  /** How many images the output has: their passes share a round. */
  readonly siblings: number;
  readonly leastBlocks: number;
  readonly sharers: number | undefined;
  /** Memory of a worker, in bytes. */
  readonly share: number;
}

/** The passes that fit into `share` bytes per worker, each as deep as possible; `undefined` where one does not fit. */
function planPasses(request: ImageRequest, force?: "shallowest"): Pass[] | undefined {
  const { image, levels, share } = request;
  const passes: Pass[] = [];
  let baseLevel = 0;
  while (baseLevel < levels.length) {
    if (force === undefined && passBytes(request, baseLevel, baseLevel) > share) return undefined;
    let topLevel = baseLevel;
    while (canDeepen(request, baseLevel, topLevel + 1)) topLevel++;
    const isShared = topLevel > baseLevel || force !== undefined || areBlocksEnough(request, levels[baseLevel]!);
    const inParts = isShared ? undefined : deepestInParts(request, baseLevel);
    topLevel = inParts?.topLevel ?? topLevel;
    const blocksCzyx = objectGrid(levels[topLevel]!);
    passes.push({ image, baseLevel, topLevel, blocksCzyx, blockCount: elementCount(blocksCzyx), ...inParts });
    baseLevel = topLevel + 1;
  }
  return passes;
}

function canDeepen(request: ImageRequest, baseLevel: number, topLevel: number): boolean {
  const { levels, share } = request;
  return (
    nestsAbove(levels, topLevel) &&
    areBlocksEnough(request, levels[topLevel]!) &&
    passBytes(request, baseLevel, topLevel) <= share
  );
}

/** Whether chunks and objects of the level before make those of a level. */
function nestsAbove(levels: readonly LevelGeometry[], index: number): boolean {
  const [before, level] = [levels[index - 1]!, levels[index]];
  return level !== undefined && nestsIn(before, level) && nestsIn(inObjects(before), inObjects(level));
}

/** The deepest pass in parts that fits; `undefined` where there is none, or one worker makes all blocks. */
function deepestInParts(request: ImageRequest, baseLevel: number): Pick<Pass, "topLevel" | "parts"> | undefined {
  const { levels, type, share, sharers = 1, leastBlocks, siblings } = request;
  let deepest: Pick<Pass, "topLevel" | "parts"> | undefined;
  for (let topLevel = baseLevel; topLevel === baseLevel || nestsAbove(levels, topLevel); topLevel++) {
    const parts = planParts(levels, type, [baseLevel, topLevel], Math.ceil(leastBlocks / siblings));
    if (sharers === 1 || parts === undefined || passBytes(request, baseLevel, topLevel, parts) > share) break;
    deepest = { topLevel, parts };
  }
  return deepest;
}

/** Whether the objects of a level are numerous or similar enough for workers to share them. */
function areBlocksEnough({ siblings, leastBlocks, sharers }: ImageRequest, top: LevelGeometry): boolean {
  const grid = objectGrid(top);
  const blocks = siblings * elementCount(grid);
  if (blocks >= leastBlocks) return true;
  // With two each, who was held up leaves the other one to another worker
  if (sharers === undefined || (sharers > 1 && blocks < 2 * sharers)) return false;
  const { shapeCzyx, chunkShapeCzyx: extents } = inObjects(top);
  const loads = new Array<number>(sharers).fill(0);
  for (let block = 0; block < blocks; block++) {
    const object = placeAt(grid, block % elementCount(grid));
    const pixels = elementCount(mapAxes(extents, (n, axis) => Math.min(n, shapeCzyx[axis]! - object[axis]! * n)));
    loads[loads.indexOf(Math.min(...loads))]! += pixels;
  }
  return siblings * elementCount(shapeCzyx) >= leastBusy * sharers * Math.max(...loads);
}

/** What one worker holds at its peak during a pass. */
export function passBytes(
  {
    levels,
    slabs = [],
    type,
    openObjectBytes = 0,
  }: Pick<ImageRequest, "levels" | "slabs" | "type"> & Pick<RoundsRequest, "openObjectBytes">,
  baseLevel: number,
  topLevel: number,
  parts?: PartsOfPass,
): number {
  const chunkBytes = (level: number) => arrayBytes(type, levels[level]!.chunkShapeCzyx);
  const inSlabs = baseLevel === 0 ? slabs.slice(0, topLevel + 1) : [];
  const firstWhole = baseLevel + inSlabs.length;
  const held = levels.slice(firstWhole, topLevel + 1).map((level, index) => {
    return firstWhole + index === 0 ? chunkBytes(0) : arrayBytes(type, madeShape(level));
  });
  const wholes = levels
    .slice(Math.max(1, firstWhole), topLevel + 1)
    .filter((level) => !isSameShape(madeShape(level), level.chunkShapeCzyx));
  const wholeBytes = new Set(wholes.map((level) => arrayBytes(type, level.chunkShapeCzyx)));
  const largest = Math.max(0, ...held, ...wholeBytes, baseLevel > 0 ? chunkBytes(baseLevel - 1) : 0);
  const children = baseLevel > 0 ? childBoxBytes(levels[baseLevel - 1]!, levels[baseLevel]!, type) : 0;
  const uploads = (topLevel + 1 - baseLevel) * openObjectBytes;
  return (
    [...held, ...wholeBytes].reduce((sum, bytes) => sum + bytes, 0) +
    (overlapsWithWork(largest) ? chunksInFlight : largeChunksInFlight) * largest +
    // Beside a slab what is read for it
    bytesOfSlabs(inSlabs, levels, type) +
    bytesOfSlabs(inSlabs.slice(0, 1), levels, type) +
    children +
    uploads +
    (parts === undefined ? 0 : bytesOfParts(levels, type, [baseLevel, topLevel], parts))
  );
}

/** Where chunks do not nest, a chunk is made from a box of the finer level that is held as a whole. */
function childBoxBytes(finer: LevelGeometry, coarser: LevelGeometry, type: PixelType): number {
  if (nestsIn(finer, coarser)) return 0;
  const factors = stepFactors(finer, coarser);
  const box = coarser.chunkShapeCzyx.map((extent, axis) => Math.min(finer.shapeCzyx[axis]!, extent * factors[axis]!));
  return arrayBytes(type, box);
}

/** What workers of one process share of a round: its blocks or, of passes in parts, these. */
export function sharesOfRound(round: readonly Pass[]): number {
  return round.reduce((sum, { parts, blockCount }) => sum + (parts?.count ?? blockCount), 0);
}

/** The blocks of all passes of a round. */
export function blocksOfRound(round: readonly Pass[]): number {
  return round.reduce((sum, pass) => sum + pass.blockCount, 0);
}

/** The object of the top level that is block `index` of a pass. */
export function blockObject(pass: Pass, index: number): Czyx {
  return placeAt(pass.blocksCzyx, index);
}

function placeAt([, z, y, x]: Czyx, index: number): Czyx {
  return [Math.floor(index / (z * y * x)), Math.floor(index / (y * x)) % z, Math.floor(index / x) % y, index % x];
}
