/**
 * The plan of a correction: which levels are made together, in which units, by how many workers, within which memory.
 * Pure: the same input gives the same plan.
 */
import { IsoluxError } from "../errors.ts";
import type { CacheWish } from "./cache-wish.ts";
import { blocksOfRound, passBytes, planRounds, type Rounds, type RoundsRequest, usualLeastBlocks } from "./passes.ts";

/** What a correction will do, decided before anything is written. Plain values: it can be sent to another thread. */
export interface CorrectionPlan {
  readonly rounds: Rounds;
  readonly workers: number;
  /** What each worker may keep of the source. */
  readonly cacheBytes: number;
  /** An upper bound of the memory of the whole process. */
  readonly projectedBytes: number;
}

/** The images, the memory and the workers that a plan is made for. */
export interface PlanRequest extends RoundsRequest {
  /** Memory that all workers share: the correction fields. */
  readonly sharedBytes: number;
  /** Memory that each worker holds all along: a copy of the correction field in use. */
  readonly workerBytes?: number;
  /** Memory that each thread that reads the source takes beside the pixels: the workers, and the main thread before. */
  readonly readerBytes?: number;
  /** What each worker would keep of the source, if the budget leaves room for it. */
  readonly cache?: CacheWish;
  readonly memoryBytes: number;
  readonly workers: number;
}

/**
 * What a process needs beside the pixels in use, measured: some 80 MB for the runtime with the engine and its codecs
 * loaded, and 64 MB that the collector may leave uncollected before it looks at arrays outside of its heap.
 */
export const processBytes = 150e6;
/** What each worker thread needs beside the pixels in use, measured: its own runtime and its own uncollected arrays. */
const threadBytes = 100e6;

/** A worker has so many blocks to make where the image allows, so that all end at about the same time. */
const blocksPerWorker = 4;

/**
 * Plans a correction: as many workers as asked and as deep a pass as the budget allows.
 * @throws IsoluxError `memory` where even one worker on one level does not fit; says how much would do
 */
export function planCorrection(request: PlanRequest): CorrectionPlan {
  for (let workers = request.workers; workers >= 1; workers--) {
    const share = (request.memoryBytes - fixedBytes(request, workers)) / workers;
    const leastBlocks = Math.max(request.leastBlocks ?? usualLeastBlocks, blocksPerWorker * workers);
    const rounds = planRounds({ ...request, leastBlocks }, share);
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

function projected(request: PlanRequest, rounds: Rounds, workers: number): number {
  const bytes = rounds.flat().map(({ image, baseLevel, topLevel }) => {
    return passBytes({ ...request, levels: request.images[image]! }, baseLevel, topLevel);
  });
  const largest = bytes.reduce((most, one) => Math.max(most, one), 0);
  return fixedBytes(request, workers) + workers * largest;
}
