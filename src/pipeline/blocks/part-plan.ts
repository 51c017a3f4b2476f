/**
 * Blocks in parts. Where shards are too few for all workers, the block is no longer the unit of work: each worker makes
 * some chunks of a shard, and one thread puts them into it, in their order.
 */
import { encodedChunkBytes } from "../../acquisition/reading-buffers.ts";
import { type Czyx, elementCount, mapAxes, type PixelType } from "../../shapes.ts";
import {
  chunkGrid,
  chunksPerObject,
  type LevelGeometry,
  objectGrid,
  placesBetween,
  stepFactors,
} from "../output/level-geometry.ts";

/** How the blocks of a pass are divided into parts. */
export interface PartsOfPass {
  /** Chunks of the top level in a part, which follow each other; the last part of a block may have fewer. */
  readonly chunks: number;
  /** Of all blocks. */
  readonly count: number;
}

/** Parts whose encoded chunks are in memory, for each worker: one that is made, and one that waits to be written. */
const partsInFlight = 2;
/** Parts of small chunks have more pixels than that, as messages between threads take time, too. */
const leastPartBytes = 16 * 2 ** 20;
/** Coarser levels are made in the same pass only as long as the encoded chunks of a part take no more. */
const mostPartBytes = 96 * 2 ** 20;

/**
 * How a pass may be made in parts; `undefined` where objects hold one chunk each, or the parts would be too few or too large.
 *
 * @param enough parts that keep all workers busy
 */
export function planParts(
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
  const chunks = Math.max(1, Math.min(Math.floor(leastPartBytes / bytesOfOne), Math.floor(all / enough)));
  const objects = [...placesBetween([0, 0, 0, 0], objectGrid(top))];
  const count = objects.reduce((sum, object) => sum + Math.ceil(chunksIn(top, object) / chunks), 0);
  return count <= objects.length ? undefined : { chunks, count };
}

/** The most bytes of encoded chunks that a pass in parts holds for each worker. */
export function bytesOfParts(
  levels: readonly LevelGeometry[],
  type: PixelType,
  [baseLevel, topLevel]: readonly [number, number],
  { chunks }: PartsOfPass,
): number {
  return partsInFlight * chunks * encodedBelow(levels, type, baseLevel, topLevel);
}

/** The parts of the block that is an object of the top level of a pass. */
export function partsOfBlock(top: LevelGeometry, object: Czyx, { chunks }: PartsOfPass): number {
  return Math.ceil(chunksIn(top, object) / chunks);
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
