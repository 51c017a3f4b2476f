/** Divides the levels of an output into passes, each as deep as its blocks and a worker's memory allow. */
import { encodedChunkBytes } from "../../acquisition/reading-buffers.ts";
import { type Czyx, elementCount, mapAxes, type PixelType } from "../../shapes.ts";
import {
  chunkGrid,
  chunksPerObject,
  inObjects,
  type LevelGeometry,
  nestsIn,
  objectGrid,
  placesBetween,
  stepFactors,
} from "../output/level-geometry.ts";
import { passBytes } from "./pass-bytes.ts";

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

/**
 * The least part of the time that all of the workers are busy, where blocks are fewer: a pass of its own for the coarser
 * levels reads and decodes again what the one before has made, which takes longer than the rest of the time.
 */
const leastBusy = 0.8;
/**
 * The passes of all images: the first of each, then the second of each, and so on; `undefined` where `share` bytes per
 * worker are too little.
 */
export function planRounds(
  { images, slabs = [], type, openObjectBytes = 0, leastBlocks = 0, sharers }: RoundsRequest,
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

// Blocks in parts. Where shards are too few for all workers, the block is no longer what a worker makes alone: each makes
// some chunks of it, and one thread puts them into the shard, in their order.

/** How the blocks of a pass are divided into parts. */
interface PartsOfPass {
  /** Chunks of the top level in a part, which follow each other; the last part of a block may have fewer. */
  readonly chunks: number;
  /** The number of parts of each block. */
  readonly ofBlocks: readonly number[];
  /** The most that each worker holds of encoded chunks. */
  readonly bytes: number;
}

/** Parts whose encoded chunks are in memory, for each worker: one that is made, and one that waits to be written. */
const partsInFlight = 2;
/** Parts of small chunks have about as many bytes of pixels, as messages between threads take time, too. */
const enoughPartBytes = 16 * 2 ** 20;
/** Coarser levels are made in the same pass only as long as the encoded chunks of a part take no more. */
const mostPartBytes = 96 * 2 ** 20;

/** The deepest pass in parts that fits; `undefined` where there is none, or one worker makes all blocks. */
function deepestInParts(request: ImageRequest, baseLevel: number): Pick<Pass, "topLevel" | "parts"> | undefined {
  const { levels, type, share, sharers = 1, leastBlocks, siblings } = request;
  let deepest: Pick<Pass, "topLevel" | "parts"> | undefined;
  for (let topLevel = baseLevel; topLevel === baseLevel || nestsAbove(levels, topLevel); topLevel++) {
    const parts = planParts(levels, type, [baseLevel, topLevel], Math.ceil(leastBlocks / siblings));
    if (sharers === 1 || parts === undefined || passBytes(request, baseLevel, topLevel) + parts.bytes > share) break;
    deepest = { topLevel, parts };
  }
  return deepest;
}

/**
 * How a pass may be made in parts; `undefined` where objects hold one chunk each, or the parts would be too few or too large.
 *
 * @param enough parts that keep all workers busy
 */
function planParts(
  levels: readonly LevelGeometry[],
  type: PixelType,
  [baseLevel, topLevel]: readonly [number, number],
  enough: number,
): PartsOfPass | undefined {
  const top = levels[topLevel]!;
  const bytesOfOne = encodedBelow(levels, type, baseLevel, topLevel);
  const all = elementCount(chunkGrid(top));
  const isDeeper = topLevel > baseLevel;
  if (isDeeper && (bytesOfOne > mostPartBytes || all < enough)) return undefined;
  const chunks = Math.max(1, Math.min(Math.floor(enoughPartBytes / bytesOfOne), Math.floor(all / enough)));
  const objects = [...placesBetween([0, 0, 0, 0], objectGrid(top))];
  const ofBlocks = objects.map((object) => Math.ceil(chunksIn(top, object) / chunks));
  if (ofBlocks.every((parts) => parts === 1)) return undefined;
  return { chunks, ofBlocks, bytes: partsInFlight * chunks * bytesOfOne };
}

/** The chunks of an object that are in the image. */
function chunksIn(level: LevelGeometry, object: Czyx): number {
  const [grid, per] = [chunkGrid(level), chunksPerObject(level)];
  return elementCount(mapAxes(per, (n, axis) => Math.min(n, grid[axis]! - object[axis]! * n)));
}

/** The most bytes of an encoded chunk of a level, with all chunks of finer levels that lie in it. */
function encodedBelow(levels: readonly LevelGeometry[], type: PixelType, baseLevel: number, index: number): number {
  const level = levels[index]!;
  const own = encodedChunkBytes({ type, chunkShapeCzyx: level.chunkShapeCzyx });
  if (index === baseLevel) return own;
  const finer = levels[index - 1]!;
  const children = stepFactors(finer, level).map((factor, axis) => {
    return Math.ceil((factor * level.chunkShapeCzyx[axis]!) / finer.chunkShapeCzyx[axis]!);
  });
  return own + elementCount(children) * encodedBelow(levels, type, baseLevel, index - 1);
}
