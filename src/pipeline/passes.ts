/** The passes in which the levels of an output are made, each as deep as its blocks and a worker's memory allow. */
import { arrayBytes, type Czyx, elementCount, type PixelType } from "../shapes.ts";
import { inObjects, type LevelGeometry, nestsIn, objectGrid, stepFactors } from "./level-geometry.ts";

/**
 * Levels that are made in one go, depth first: a chunk of a level is finished as soon as the chunks below it are.
 * `baseLevel` is made from the source (level 0) or from the finished level below it; the unit of work, a *block*, is an
 * object of `topLevel` (a shard or, without shards, a chunk) with all that lies below it.
 */
export interface Pass {
  /** Which image of the output it makes. */
  readonly image: number;
  readonly baseLevel: number;
  readonly topLevel: number;
  /** Blocks per axis: the grid of the top level's objects. */
  readonly blocksCzyx: Czyx;
  readonly blockCount: number;
}

/** The passes of a round, one of each image at most, may run side by side; the next round follows them. */
export type Rounds = readonly (readonly Pass[])[];

/** What the passes of an output are planned for. */
export interface RoundsRequest {
  /** The levels of every image of the output, finest first. */
  readonly images: readonly (readonly LevelGeometry[])[];
  readonly type: PixelType;
  /** Memory that each shard in the making takes; none where its bytes go to a disk at once. */
  readonly openObjectBytes?: number;
  /** A pass has at least so many blocks where the image allows, as several workers share them; 8 unless told. */
  readonly leastBlocks?: number;
}

/** A round has at least this many blocks where the image allows, so that workers share the work evenly. */
export const usualLeastBlocks = 8;
/**
 * Chunks in flight beside those that the depth-first pass holds: the compressed bytes read, the decoded chunk, the
 * encoder's output and what the collector has not yet freed.
 */
const chunksInFlight = 4;

/**
 * The passes of all images: the first of each, then the second of each, and so on; `undefined` where `share` bytes per
 * worker are too little.
 */
export function planRounds(
  { images, type, openObjectBytes = 0, leastBlocks = usualLeastBlocks }: RoundsRequest,
  share: number,
  force?: "shallowest",
): Rounds | undefined {
  const rounds: Pass[][] = [];
  for (const [image, levels] of images.entries()) {
    const passes = planPasses(
      { image, levels, type, openObjectBytes, leastBlocks, siblings: images.length, share },
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

/** An image to plan, and what it is planned for. */
interface ImageRequest {
  readonly image: number;
  readonly levels: readonly LevelGeometry[];
  readonly openObjectBytes: number;
  readonly type: PixelType;
  /** How many images the output has: their passes share a round. */
  readonly siblings: number;
  readonly leastBlocks: number;
  /** Memory of a worker. */
  readonly share: number;
}

/** The passes that fit into `share` bytes per worker, each as deep as it may be; `undefined` where one does not fit. */
function planPasses(request: ImageRequest, force?: "shallowest"): Pass[] | undefined {
  const { image, levels, share } = request;
  const passes: Pass[] = [];
  let baseLevel = 0;
  while (baseLevel < levels.length) {
    if (force === undefined && passBytes(request, baseLevel, baseLevel) > share) return undefined;
    let topLevel = baseLevel;
    while (canDeepen(request, baseLevel, topLevel + 1)) topLevel++;
    const blocksCzyx = objectGrid(levels[topLevel]!);
    passes.push({ image, baseLevel, topLevel, blocksCzyx, blockCount: elementCount(blocksCzyx) });
    baseLevel = topLevel + 1;
  }
  return passes;
}

function canDeepen(request: ImageRequest, baseLevel: number, topLevel: number): boolean {
  const { levels, siblings, leastBlocks, share } = request;
  const top = levels[topLevel];
  return (
    top !== undefined &&
    nestsIn(levels[topLevel - 1]!, top) &&
    nestsIn(inObjects(levels[topLevel - 1]!), inObjects(top)) &&
    siblings * elementCount(objectGrid(top)) >= leastBlocks &&
    passBytes(request, baseLevel, topLevel) <= share
  );
}

/** What one worker holds at its peak during a pass. */
export function passBytes(
  { levels, type, openObjectBytes = 0 }: Pick<ImageRequest, "levels" | "type"> & Pick<RoundsRequest, "openObjectBytes">,
  baseLevel: number,
  topLevel: number,
): number {
  const chunkBytes = (level: number) => arrayBytes(type, levels[level]!.chunkShapeCzyx);
  const held = levels.slice(baseLevel, topLevel + 1).map((_, index) => chunkBytes(baseLevel + index));
  const largest = Math.max(...held, baseLevel > 0 ? chunkBytes(baseLevel - 1) : 0);
  const children = baseLevel > 0 ? childBoxBytes(levels[baseLevel - 1]!, levels[baseLevel]!, type) : 0;
  const uploads = held.length * openObjectBytes;
  return held.reduce((sum, bytes) => sum + bytes, 0) + chunksInFlight * largest + children + uploads;
}

/** Where chunks do not nest, a chunk is made from a box of the finer level that is held as a whole. */
function childBoxBytes(finer: LevelGeometry, coarser: LevelGeometry, type: PixelType): number {
  if (nestsIn(finer, coarser)) return 0;
  const factors = stepFactors(finer, coarser);
  const box = coarser.chunkShapeCzyx.map((extent, axis) => Math.min(finer.shapeCzyx[axis]!, extent * factors[axis]!));
  return arrayBytes(type, box);
}

/** The blocks of all passes of a round. */
export function blocksOfRound(round: readonly Pass[]): number {
  return round.reduce((sum, pass) => sum + pass.blockCount, 0);
}

/** The object of the top level that is block `index` of a pass. */
export function blockObject(pass: Pass, index: number): Czyx {
  const [, z, y, x] = pass.blocksCzyx;
  return [Math.floor(index / (z * y * x)), Math.floor(index / (y * x)) % z, Math.floor(index / x) % y, index % x];
}
