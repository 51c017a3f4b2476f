/** What a worker holds in memory while it makes the levels of a pass. */
import { arrayBytes, isSameShape, type PixelType } from "../../shapes.ts";
import { type LevelGeometry, madeShape, nestsIn, stepFactors } from "../output/level-geometry.ts";
import { bytesOfSlabs, overlapsWithWork } from "./slab-plan.ts";

/** An image whose levels are made. */
interface PassRequest {
  readonly levels: readonly LevelGeometry[];
  /** The levels that are made in slabs, from the full resolution on. */
  readonly slabs?: readonly LevelGeometry[];
  readonly type: PixelType;
  /** Memory that each unfinished shard takes; not given where its bytes go to a disk at once. */
  readonly openObjectBytes?: number;
}

/**
 * Chunks in memory beside those that the depth-first pass holds: the encoded bytes read, the decoded chunk, the
 * encoder's output and what is not garbage-collected yet.
 */
const chunksInFlight = 4;
/** The same of chunks that do not overlap with work: one that is read or written, and what a codec makes of it. */
const largeChunksInFlight = 2;

/** What one worker holds at its peak during a pass. */
export function passBytes(
  { levels, slabs = [], type, openObjectBytes = 0 }: PassRequest,
  baseLevel: number,
  topLevel: number,
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
    uploads
  );
}

/** Where chunks do not nest, a chunk is made from a box of the finer level that is held as a whole. */
function childBoxBytes(finer: LevelGeometry, coarser: LevelGeometry, type: PixelType): number {
  if (nestsIn(finer, coarser)) return 0;
  const factors = stepFactors(finer, coarser);
  const box = coarser.chunkShapeCzyx.map((extent, axis) => Math.min(finer.shapeCzyx[axis]!, extent * factors[axis]!));
  return arrayBytes(type, box);
}
