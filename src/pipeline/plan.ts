/**
 * The plan of a correction: which levels are made together, in which units, by how many workers, within which memory.
 * Pure: the same input gives the same plan.
 */
import { IsoluxError } from "../errors.ts";
import { bytesPerPixel, type Czyx, elementCount, type PixelType } from "../shapes.ts";
import { reductionFactor } from "../tiles/levels.ts";
import type { CacheWish } from "./cache-wish.ts";

/** What the plan needs to know of a level. */
export interface LevelGeometry {
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  /** What one object of the store holds, where that is more than a chunk: a shard. */
  readonly objectShapeCzyx?: Czyx;
}

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

/** What a correction will do, decided before anything is written. Plain values: it can be sent to another thread. */
export interface CorrectionPlan {
  /** The passes of a round, one of each image at most, may run side by side; the next round follows them. */
  readonly rounds: readonly (readonly Pass[])[];
  readonly workers: number;
  /** What each worker may keep of the source. */
  readonly cacheBytes: number;
  /** An upper bound of the memory of the whole process. */
  readonly projectedBytes: number;
}

/** The images, the memory and the workers that a plan is made for. */
export interface PlanRequest {
  /** The levels of every image of the output, finest first. */
  readonly images: readonly (readonly LevelGeometry[])[];
  readonly type: PixelType;
  /** Memory that all workers share: the correction fields. */
  readonly sharedBytes: number;
  /** Memory that each worker holds all along: a copy of the correction field in use. */
  readonly workerBytes?: number;
  /** Memory that each thread that reads the source takes beside the pixels: the workers, and the main thread before. */
  readonly readerBytes?: number;
  /** What each worker would keep of the source, if the budget leaves room for it. */
  readonly cache?: CacheWish;
  /** Memory that each shard in the making takes; none where its bytes go to a disk at once. */
  readonly openObjectBytes?: number;
  readonly memoryBytes: number;
  readonly workers: number;
  /** A pass has at least so many blocks where the image allows, as several processes share them; 8 unless told. */
  readonly leastBlocks?: number;
}

/**
 * What a process needs beside the pixels in use, measured: some 80 MB for the runtime with the engine and its codecs
 * loaded, and 64 MB that the collector may leave uncollected before it looks at arrays outside of its heap.
 */
export const processBytes = 150e6;
/** What each worker thread needs beside the pixels in use, measured: its own runtime and its own uncollected arrays. */
export const threadBytes = 100e6;
/** A round has at least this many blocks where the image allows, so that workers share the work evenly. */
const usualLeastBlocks = 8;
/**
 * Chunks in flight beside those that the depth-first pass holds: the compressed bytes read, the decoded chunk, the
 * encoder's output and what the collector has not yet freed.
 */
const chunksInFlight = 4;

/**
 * Plans a correction: as many workers as asked and as deep a pass as the budget allows.
 * @throws IsoluxError `memory` where even one worker on one level does not fit; says how much would do
 */
export function planCorrection(request: PlanRequest): CorrectionPlan {
  for (let workers = request.workers; workers >= 1; workers--) {
    const share = (request.memoryBytes - fixedBytes(request, workers)) / workers;
    const rounds = planRounds(request, share);
    if (rounds === undefined) continue;
    // A worker without a block to make would only cost its start and its memory.
    const busy = Math.min(workers, Math.max(...rounds.map(blocksOfRound)));
    const bytes = projected(request, rounds, busy);
    const cacheBytes = cacheWithin(request.cache, (request.memoryBytes - bytes) / busy);
    return { rounds, workers: busy, cacheBytes, projectedBytes: bytes + busy * cacheBytes };
  }
  const least = planRounds(request, 0, "shallowest")!;
  throw tooSmall("correct the image", request.memoryBytes, projected(request, least, 1));
}

/**
 * The plan for a process that shares rounds with others: they are as they are, so only the workers are up to it.
 * @throws IsoluxError `memory` where not even one worker fits; says how much would do
 */
export function planSharing(request: PlanRequest, rounds: CorrectionPlan["rounds"]): CorrectionPlan {
  const busiest = Math.min(request.workers, Math.max(...rounds.map(blocksOfRound)));
  for (let workers = busiest; workers >= 1; workers--) {
    const projectedBytes = projected(request, rounds, workers);
    if (projectedBytes <= request.memoryBytes) {
      const cacheBytes = cacheWithin(request.cache, (request.memoryBytes - projectedBytes) / workers);
      return { rounds, workers, cacheBytes, projectedBytes: projectedBytes + workers * cacheBytes };
    }
  }
  throw tooSmall("work on the image", request.memoryBytes, projected(request, rounds, 1));
}

/** Workers and deep passes come first: a cache takes what they leave. */
function cacheWithin(wish: CacheWish | undefined, leftBytes: number): number {
  if (wish === undefined || leftBytes < wish.leastBytes) return 0;
  return Math.min(wish.enoughBytes, Math.floor(leftBytes));
}

/** The error for a budget that is too small; says how much would do. */
export function tooSmall(task: string, memoryBytes: number, neededBytes: number): IsoluxError {
  return new IsoluxError({
    kind: "memory",
    what: `The memory budget is too small to ${task}`,
    found: `${Math.floor(memoryBytes / 1e6)}MB`,
    expected: `at least ${Math.ceil(neededBytes / 1e6)}MB`,
    advice: `Give --memory ${Math.ceil(neededBytes / 1e6)}MB or more`,
  });
}

function fixedBytes(request: PlanRequest, workers: number): number {
  const { sharedBytes, workerBytes = 0, readerBytes = 0 } = request;
  return readingBytes(workers, readerBytes) + sharedBytes + workers * workerBytes;
}

/** The process and its threads, of which each reads the source. */
export function readingBytes(workers: number, readerBytes: number): number {
  const threads = workers > 1 ? workers : 0;
  return processBytes + readerBytes + threads * (threadBytes + readerBytes);
}

/** The blocks of all passes of a round. */
export function blocksOfRound(round: readonly Pass[]): number {
  return round.reduce((sum, pass) => sum + pass.blockCount, 0);
}

function projected(request: PlanRequest, rounds: CorrectionPlan["rounds"], workers: number): number {
  const bytes = rounds.flat().map(({ image, baseLevel, topLevel }) => {
    return passBytes({ ...request, levels: request.images[image]! }, baseLevel, topLevel);
  });
  const largest = bytes.reduce((most, one) => Math.max(most, one), 0);
  return fixedBytes(request, workers) + workers * largest;
}

/** The passes of all images: the first of each, then the second of each, and so on. */
function planRounds(
  { images, type, openObjectBytes = 0, leastBlocks = usualLeastBlocks }: PlanRequest,
  share: number,
  force?: "shallowest",
): CorrectionPlan["rounds"] | undefined {
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
function passBytes(
  { levels, type, openObjectBytes = 0 }: Pick<ImageRequest, "levels" | "type"> & Pick<PlanRequest, "openObjectBytes">,
  baseLevel: number,
  topLevel: number,
): number {
  const chunkBytes = (level: number) => elementCount(levels[level]!.chunkShapeCzyx) * bytesPerPixel(type);
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
  return elementCount(box) * bytesPerPixel(type);
}

/** Chunks per axis. */
export function chunkGrid({ shapeCzyx, chunkShapeCzyx }: LevelGeometry): Czyx {
  return shapeCzyx.map((extent, axis) => Math.ceil(extent / chunkShapeCzyx[axis]!)) as unknown as Czyx;
}

/** Objects of the store per axis: shards or, without shards, chunks. */
export function objectGrid(level: LevelGeometry): Czyx {
  return chunkGrid(inObjects(level));
}

/** A level as if its objects were its chunks. */
function inObjects({ shapeCzyx, chunkShapeCzyx, objectShapeCzyx = chunkShapeCzyx }: LevelGeometry): LevelGeometry {
  return { shapeCzyx, chunkShapeCzyx: objectShapeCzyx };
}

/** How many chunks an object holds along each axis. */
export function chunksPerObject({ chunkShapeCzyx, objectShapeCzyx = chunkShapeCzyx }: LevelGeometry): Czyx {
  return objectShapeCzyx.map((extent, axis) => extent / chunkShapeCzyx[axis]!) as unknown as Czyx;
}

/** The chunks that lie in an object, in C order; those beyond the array are left out. */
export function* chunksOfObject(level: LevelGeometry, object: Czyx): Generator<Czyx> {
  const grid = chunkGrid(level);
  const per = chunksPerObject(level);
  const [rc, rz, ry, rx] = object.map((place, axis) => {
    const first = place * per[axis]!;
    return { first, end: Math.min(first + per[axis]!, grid[axis]!) };
  });
  for (let c = rc!.first; c < rc!.end; c++)
    for (let z = rz!.first; z < rz!.end; z++)
      for (let y = ry!.first; y < ry!.end; y++) for (let x = rx!.first; x < rx!.end; x++) yield [c, z, y, x];
}

/** The object that a chunk lies in. */
export function objectOfChunk(level: LevelGeometry, chunk: Czyx): Czyx {
  const per = chunksPerObject(level);
  return chunk.map((place, axis) => Math.floor(place / per[axis]!)) as unknown as Czyx;
}

/** The factors between two neighbouring levels along channels, planes, rows and columns. */
export function stepFactors(finer: LevelGeometry, coarser: LevelGeometry): Czyx {
  return finer.shapeCzyx.map(
    (extent, axis) => reductionFactor(extent, coarser.shapeCzyx[axis]!) ?? 1,
  ) as unknown as Czyx;
}

/**
 * Whether every chunk of the finer level belongs to exactly one chunk of the coarser: then the coarser can be made
 * while the finer's chunks pass by.
 */
export function nestsIn(finer: LevelGeometry, coarser: LevelGeometry): boolean {
  const fineGrid = chunkGrid(finer);
  const factors = stepFactors(finer, coarser);
  const coarseGrid = chunkGrid(coarser);
  return fineGrid.every((chunks, axis) => {
    const factor = factors[axis]!;
    const covered = Math.ceil(finer.shapeCzyx[axis]! / factor) === coarser.shapeCzyx[axis];
    if (!covered) return false;
    if (chunks === 1) return coarseGrid[axis] === 1;
    const fineChunk = finer.chunkShapeCzyx[axis]!;
    return fineChunk % factor === 0 && (coarser.chunkShapeCzyx[axis]! * factor) % fineChunk === 0;
  });
}

/** The object of the top level that is block `index` of a pass. */
export function blockObject(pass: Pass, index: number): Czyx {
  const [, z, y, x] = pass.blocksCzyx;
  return [Math.floor(index / (z * y * x)), Math.floor(index / (y * x)) % z, Math.floor(index / x) % y, index % x];
}
