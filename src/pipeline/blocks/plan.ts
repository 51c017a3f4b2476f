/**
 * The plan of a correction: which levels are made together, in which blocks, by how many workers, within which memory.
 * Pure: the same input gives the same plan.
 */
import { type Acquisition, fullResolution } from "../../acquisition/acquisition.ts";
import type { PixelLevel } from "../../acquisition/level.ts";
import { encodedChunkBytes } from "../../acquisition/reading-buffers.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import { correctionFieldBytes } from "../../correct/field.ts";
import { IsoluxError } from "../../errors.ts";
import { arrayBytes, bytesPerPixel, type Czyx, type Yx } from "../../shapes.ts";
import { distinctFieldShapes } from "../../tiles/place-tiles.ts";
import { fieldShape } from "../../tiles/tile.ts";
import type { LevelGeometry } from "../output/level-geometry.ts";
import { fullGeometry, type ImagePart, type OutputTemplate, outputType } from "../output/template.ts";
import { chunkCacheBytes } from "./block-maker.ts";
import { geometries } from "./chunk-maker.ts";
import { passBytes } from "./pass-bytes.ts";
import { blocksOfRound, type Pass, planRounds, type Rounds, type RoundsRequest } from "./passes.ts";
import { comesInParts, slabLevels } from "./slab-plan.ts";

/** What a correction will do, decided before anything is written. Plain values: it can be sent to another thread. */
export interface CorrectionPlan {
  readonly rounds: Rounds;
  readonly workers: number;
  /** Limits of the cache of source chunks that each worker has. */
  readonly cacheBytes: number;
  /** An upper bound of the memory of the whole process. */
  readonly projectedBytes: number;
}

/** The images, the memory and the workers that a plan is made for. */
export interface PlanRequest extends RoundsRequest {
  /** Memory that all workers share: the correction fields. */
  readonly sharedBytes: number;
  /** Memory that each worker holds throughout: a copy of the correction field in use, and what it reads a slab into. */
  readonly workerBytes?: number;
  /** Memory for reading, beside the pixels, of each thread that reads the source: the workers, and the main thread. */
  readonly readerBytes?: number;
  /** The cache that each worker should have, if the budget leaves memory for it. */
  readonly cache?: CacheLimits;
  readonly memoryBytes: number;
  readonly workers: number;
}

/**
 * What a process needs beside the pixels in use, measured: some 110 MB for the runtime, the thread that the program works
 * in, the engine and its codecs, and 64 MB of arrays outside of the heap that may wait for garbage collection.
 */
export const processBytes = 180e6;
/** What each worker thread needs beside the pixels in use, measured: its own runtime and its own garbage. */
export const threadBytes = 100e6;

/** A round has at least this many blocks where the image allows, so that workers share the work evenly. */
const usualLeastBlocks = 8;
/** Blocks for each worker where the image allows, so that all end at about the same time. */
const blocksPerWorker = 4;

/**
 * Plans a correction: as many workers as asked and as deep a pass as the budget allows.
 * @throws IsoluxError `memory` where even one worker on one level does not fit; says how much would do
 */
export function planCorrection(request: PlanRequest): CorrectionPlan {
  for (let workers = request.workers; workers >= 1; workers--) {
    const share = (request.memoryBytes - fixedBytes(request, workers)) / workers;
    const leastBlocks = Math.max(request.leastBlocks ?? usualLeastBlocks, blocksPerWorker * workers);
    // Blocks for several processes have to be as many as was asked for
    const sharers = request.leastBlocks === undefined ? workers : undefined;
    const rounds = planRounds({ ...request, leastBlocks, sharers }, share);
    if (rounds === undefined) continue;
    // A worker without a block would only cost its start and its memory.
    const busy = Math.min(workers, Math.max(...rounds.map(sharesOfRound)));
    const bytes = projected(request, rounds, busy);
    const cacheBytes = cacheWithin(request.cache, (request.memoryBytes - bytes) / busy);
    return { rounds, workers: busy, cacheBytes, projectedBytes: bytes + busy * cacheBytes };
  }
  const least = planRounds(request, 0, "shallowest")!;
  throw tooSmall("correct the image", request.memoryBytes, projected(request, least, 1));
}

/**
 * The plan for a process that shares rounds with others: the rounds are given, only the number of workers is chosen.
 * @throws IsoluxError `memory` where not even one worker fits; says how much would do
 */
export function planSharing(request: PlanRequest, rounds: Rounds): CorrectionPlan {
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

/** Workers and deep passes come first: the cache takes what memory they leave. */
function cacheWithin(limits: CacheLimits | undefined, leftBytes: number): number {
  if (limits === undefined || leftBytes < limits.leastBytes) return 0;
  return Math.min(limits.enoughBytes, Math.floor(leftBytes));
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

/** Memory of the process and of its threads, each of which reads the source. */
export function readingBytes(workers: number, readerBytes: number): number {
  const threads = workers > 1 ? workers : 0;
  return processBytes + readerBytes + threads * (threadBytes + readerBytes);
}

function projected(request: PlanRequest, rounds: Rounds, workers: number): number {
  const bytes = rounds.flat().map(({ image, baseLevel, topLevel, parts }) => {
    const { images, slabs = [], ...rest } = request;
    return (
      passBytes({ ...rest, levels: images[image]!, slabs: slabs[image] ?? [] }, baseLevel, topLevel) +
      (parts?.bytes ?? 0)
    );
  });
  const largest = bytes.reduce((most, one) => Math.max(most, one), 0);
  return fixedBytes(request, workers) + workers * largest;
}

/** What workers share of a round: its blocks or, of passes in parts, these. */
function sharesOfRound(round: readonly Pass[]): number {
  return round.reduce(
    (sum, { parts, blockCount }) => sum + (parts?.ofBlocks ?? [blockCount]).reduce((all, n) => all + n),
    0,
  );
}

/** Limits of a worker's cache of source rows, which are kept for the chunks beside the one they were read for. */
interface CacheLimits {
  /** With less, rows are dropped before they are needed again. */
  readonly leastBytes: number;
  /** With this, every row is read once in a pass that is as deep as a tile is wide. */
  readonly enoughBytes: number;
}

/**
 * The cache for a source that is read in whole rows: a chunk takes some columns of a band of rows, as wide as a tile.
 * Depth first, half of a tile's columns of chunks come before the other half: as many bands are begun when the first is
 * needed again. `undefined` where nothing is read twice.
 *
 * @param chunkShape of the output's full resolution
 */
function cacheLimits({ cache, tiles, type }: Acquisition, [, planes, rows, columns]: Czyx): CacheLimits | undefined {
  if (cache === undefined) return undefined;
  const tileColumns = Math.max(...tiles.map((tile) => fieldShape(tile)[1]));
  const tileRows = Math.max(...tiles.map((tile) => fieldShape(tile)[0]));
  const across = Math.ceil(tileColumns / columns);
  if (across === 1 && cache.rowsAtOnce <= rows) return undefined;
  const bytesOfRows = (count: number) => {
    const whole = Math.ceil(count / cache.rowsAtOnce) * cache.rowsAtOnce;
    return planes * Math.min(tileRows, whole) * tileColumns * bytesPerPixel(type);
  };
  return { leastBytes: bytesOfRows(rows), enoughBytes: bytesOfRows(rows * Math.ceil(across / 2)) };
}

// What the plan of a correction's blocks depends on: the images, and the memory that is taken already.

/** What a run needs besides its images. */
interface PixelPlanRequest {
  readonly givenShapes: readonly Yx[];
  readonly profileCount: number;
  readonly memory: number;
  readonly workers: number;
  readonly openObjectBytes: number;
  /** Whether large chunks may be written while they are made: not to a bucket, nor where chunks are compared afterwards. */
  readonly takesParts: boolean;
}

/** The request for the plan of a correction. */
export function pixelPlanRequest(
  acquisition: Acquisition,
  template: OutputTemplate,
  { profileCount, givenShapes, memory, workers, openObjectBytes, takesParts }: PixelPlanRequest,
): PlanRequest {
  const { images } = template;
  const { tiles, readerBytes = 0 } = acquisition;
  const source = storedLevel(fullResolution(acquisition));
  const shapes = distinctFieldShapes(tiles);
  const fieldBytes = shapes.reduce((sum, shape) => sum + correctionFieldBytes(shape), 0);
  // While a profile is prepared, three copies exist: as it was given, as spline coefficients, and resampled.
  const makingReady = 4 * Math.max(...[...shapes, ...givenShapes].map(correctionFieldBytes));
  const largestField = Math.max(...shapes.map(correctionFieldBytes));
  // Profiles that are larger than the tiles are kept unchanged during the whole run.
  const beyondTiles = givenShapes.map((shape) => Math.max(0, correctionFieldBytes(shape) - largestField));
  const keptBytes = beyondTiles.reduce((sum, bytes) => sum + bytes, 0);
  const { chunkShapeCzyx } = fullGeometry(images[0]!);
  const cache = cacheLimits(acquisition, chunkShapeCzyx);
  const slabs = takesParts ? images.map((image) => slabsOf(image, source)) : [];
  // A slab is read from parts of chunks, in buffers for whole ones
  const slabReading = slabs.some(({ length }) => length > 0)
    ? arrayBytes(source.type, source.chunkShapeCzyx) + encodedChunkBytes(source)
    : 0;
  return {
    images: images.map(geometries),
    slabs,
    type: outputType(template),
    cache,
    openObjectBytes,
    readerBytes,
    sharedBytes: profileCount * fieldBytes + makingReady + keptBytes,
    workerBytes: (profileCount === 0 ? 0 : largestField) + chunkCacheBytes(source, chunkShapeCzyx) + slabReading,
    memoryBytes: memory,
    workers,
  };
}

/** The levels of an image that are made in slabs: of a mosaic of tiles that are read by planes. */
function slabsOf({ levels, source: { kind } }: ImagePart, source: PixelLevel): readonly LevelGeometry[] {
  if (kind !== "mosaic" || source.readsPlanes !== true) return [];
  return slabLevels(geometries({ levels }), levels[0]!.metadata.type, (index, partLength) =>
    comesInParts(levels[index]!.metadata, partLength),
  );
}
