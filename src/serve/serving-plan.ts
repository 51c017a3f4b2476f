/** What is decided before an image is served: how each level is made, and what memory and workers that takes. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { storedLevel } from "../acquisition/sampled-level.ts";
import type { CorrectionField } from "../correct/field.ts";
import { chunkMakerBytes, geometries, type LevelWay } from "../pipeline/blocks/chunk-maker.ts";
import { type PlanRequest, processBytes, threadBytes, tooSmall } from "../pipeline/blocks/plan.ts";
import { type OutputLevel, outputLevels } from "../pipeline/output/template.ts";
import { arrayBytes, isSameShape } from "../shapes.ts";
import { framingBytes } from "../zarr/box.ts";
import { MemoryStore } from "../zarr/memory-store.ts";
import { coarseCorrection, coarseFieldBytes, fullCorrection } from "./coarse-correction.ts";

/**
 * How coarse levels are made: `quick` corrects those of the source, `exact` averages corrected pixels, as a correction
 * writes them.
 */
export type Pyramid = "quick" | "exact";

/** What a service may hold. */
interface ServiceLimits {
  /** Buffers for encoded chunks: those that are made, that are read, and that are kept for the next reader. */
  readonly buffers: number;
  /** The most bytes of one encoded chunk. */
  readonly bufferBytes: number;
  /** How many may wait for a chunk. */
  readonly waiting: number;
}

/** What serving an image takes. */
interface ServingPlan {
  readonly workers: number;
  /** Limits of the cache of source chunks that each worker has. */
  readonly cacheBytes: number;
  readonly limits: ServiceLimits;
}

/** How many requests may wait for a chunk: each takes some kilobytes. */
const mostWaiting = 2048;

const waitingBytes = 16_000;

/** More memory is of more use to the system, which keeps files of the source in it. */
const mostKeptBytes = 2 ** 30;

/** The way to the pixels of each level. @param fields per channel of the acquisition */
export function waysOf(
  acquisition: Acquisition,
  levels: readonly OutputLevel[],
  fields: readonly (readonly CorrectionField[])[],
  pyramid: Pyramid,
): LevelWay[] {
  return geometries({ levels }).map(({ shapeCzyx: [channels, ...shapeZyx] }, index): LevelWay => {
    if (index === 0) return fullCorrection(acquisition, channels, fields);
    const { factorsZyx } = levels[index]!;
    const source = pyramid === "exact" ? -1 : sourceLevelOf(acquisition, levels, index);
    if (source < 0) return { kind: "averaged" };
    return coarseCorrection(acquisition, source, { shapeZyx, factorsZyx }, channels, fields);
  });
}

/** The level of the source that shows the same pixels as a level of the output before correction; -1 where none does. */
function sourceLevelOf(acquisition: Acquisition, levels: readonly OutputLevel[], index: number): number {
  const { shapeCzyx } = geometries({ levels })[index]!;
  return acquisition.levels.findIndex((level) => {
    const stored = storedLevel(level);
    return isSameShape(stored.shapeCzyx, shapeCzyx) && isSameShape(stored.factorsZyx, levels[index]!.factorsZyx);
  });
}

/** The most bytes of an encoded chunk of any level. */
export function largestChunk(levels: readonly OutputLevel[]): number {
  return Math.max(...levels.map(({ metadata }) => arrayBytes(metadata.type, metadata.chunkShape) + framingBytes));
}

/**
 * Plans the memory of a server: workers, each with the chunks that it works on and a field, and what is left for chunks
 * that are sent and kept.
 * @param profiles how many profiles there are
 * @throws IsoluxError `memory` where one worker does not fit; says how much would do
 */
export function planServing(
  acquisition: Acquisition,
  levels: readonly OutputLevel[],
  request: PlanRequest,
  profiles: number,
  pyramid: Pyramid,
): ServingPlan {
  const ways = waysOf(acquisition, levels, [[]], pyramid);
  const made = { levels, ways };
  const opened = outputLevels({ key: "", levels }, new MemoryStore(), "");
  const chunkBytes = largestChunk(levels);
  const coarse = opened.slice(1).filter((_, index) => ways[index + 1]!.kind === "corrected");
  const coarseFields = coarse.reduce((sum, level) => sum + coarseFieldBytes(acquisition, level), 0);
  const { sharedBytes, workerBytes = 0, readerBytes = 0, memoryBytes, type } = request;
  const fixed = processBytes + readerBytes + sharedBytes + profiles * coarseFields + mostWaiting * waitingBytes;
  const perWorker = threadBytes + readerBytes + workerBytes + chunkMakerBytes(acquisition, made, type) + chunkBytes;
  // One for each worker to make, and one that is sent meanwhile
  const least = (workers: number) => fixed + workers * perWorker + (workers + 1) * chunkBytes;
  if (least(1) > memoryBytes) throw tooSmall("serve the image", memoryBytes, least(1));
  let workers = request.workers;
  while (least(workers) > memoryBytes) workers--;
  const left = memoryBytes - least(workers);
  const { cache } = request;
  const wanted = cache === undefined ? 0 : Math.min(cache.enoughBytes, left / 2 / workers);
  const cacheBytes = cache === undefined || wanted < cache.leastBytes ? 0 : Math.floor(wanted);
  const bytes = memoryBytes - fixed - workers * (perWorker + cacheBytes);
  const buffers = Math.max(workers + 1, Math.floor(Math.min(bytes, mostKeptBytes) / chunkBytes));
  return { workers, cacheBytes, limits: { buffers, bufferBytes: chunkBytes, waiting: mostWaiting } };
}
