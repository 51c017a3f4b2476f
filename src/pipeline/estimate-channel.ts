import type { Acquisition } from "../acquisition/acquisition.ts";
import { backgroundToSubtract } from "../correct/background.ts";
import { IsoluxError, unreachable } from "../errors.ts";
import { basicFitBytes, fitShape } from "../estimate/basic/fit.ts";
import type { FitThreads } from "../estimate/basic/slab-team.ts";
import { estimateEmptyBytes } from "../estimate/empty.ts";
import type { GainKind, GainTile } from "../estimate/refine/gain-model.ts";
import { type RefinementReport, refineProfile } from "../estimate/refine/refine.ts";
import { findGains, withoutGains } from "../estimate/refine/tile-gains.ts";
import type { ProfileAlignment } from "../profile/profile.ts";
import { MemoryStack } from "../sample/memory-stack.ts";
import { type OverlapPlan, overlapBytes } from "../sample/plan-overlaps.ts";
import type { SamplePlan } from "../sample/plan-sample.ts";
import type { PlaneStack } from "../sample/plane-stack.ts";
import { type OverlapPatch, readOverlaps } from "../sample/read-overlaps.ts";
import { readPlanes } from "../sample/read-planes.ts";
import { ScratchStack } from "../sample/scratch-stack.ts";
import { arrayBytes, elementCount, isSameShape, type PixelType, type Yx } from "../shapes.ts";
import type { WritableStore } from "../zarr/store.ts";
import {
  type EstimateMethod,
  estimateFromStack,
  type FitHooks,
  type StackEstimate,
  type StackOrder,
} from "./estimate-stack.ts";
import type { Place } from "./location.ts";
import { processBytes, tooSmall } from "./plan.ts";
import { passingRoom } from "./reading-room.ts";

/** The estimation of one channel's profile: all that another thread needs for it. */
export interface EstimateTask {
  readonly source: Place;
  readonly channel: number;
  readonly method: EstimateMethod;
  readonly plan: SamplePlan;
  /** The overlaps that refine the estimate, and the seed of that; it stays as it is without. */
  readonly refine?: RefineOrder;
  /** Where planes go that do not fit into memory: an object of its own for each channel. */
  readonly scratch: Place;
  readonly memory: EstimateMemory;
  /** How many threads a fit may use, its own included. */
  readonly threads: number;
}

/** By what an estimate is refined. */
export interface RefineOrder {
  readonly overlaps: OverlapPlan;
  /** Decides which pairs are held out together. */
  readonly seed: number;
  /** Whose gains are taken out of the overlaps first. */
  readonly gains?: GainKind;
}

/** How an estimation keeps within its budget. */
export interface EstimateMemory {
  readonly stack: "memory" | "scratch";
  readonly bandBytes: number;
  /** An upper bound of what the estimation of one channel holds. */
  readonly projectedBytes: number;
}

/** An estimated profile, of the shape of the planes that were sampled. */
export interface ChannelEstimate extends StackEstimate {
  readonly alignment: ProfileAlignment;
  readonly refinement?: RefinementReport;
}

/** Ways to follow and to stop a task in another thread; `done` and `total` count shares of the work. */
export interface TaskHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  /** Told that the thread ended unexpectedly and was replaced, and what was found. */
  readonly onLost?: (found: string) => void;
}

/** What an estimation is told and given in the thread that it runs in. */
export interface EstimateHooks extends Omit<TaskHooks, "onLost"> {
  /** Starts the threads of a fit. */
  readonly fitThreads?: (count: number) => FitThreads;
}

/** Samples a channel's planes and estimates its profile from them. */
export async function estimateChannel(
  acquisition: Acquisition,
  scratchStore: WritableStore,
  task: EstimateTask,
  hooks: EstimateHooks = {},
): Promise<ChannelEstimate> {
  const { plan, channel, method } = task;
  const alignment = levelAlignment(acquisition, plan.level);
  await scratchStore.remove(task.scratch.key);
  const builder =
    task.memory.stack === "memory"
      ? new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx)
      : new ScratchStack(scratchStore, task.scratch.key, acquisition.type, plan.planes.length, plan.fieldYx);
  // Reading is most of the work for empty regions, the smaller part of a fit.
  const readingShare = method.kind === "empty" ? 0.7 : 0.2;
  const progress = (share: number) => hooks.onProgress?.(share, 1);
  const { fitThreads } = hooks;
  const common = {
    ...(hooks.signal && { signal: hooks.signal }),
    ...(fitThreads && { threads: fitThreads(task.threads) }),
  };
  try {
    await readPlanes(acquisition, channel, plan, builder, {
      ...common,
      room: passingRoom(acquisition.levels[plan.level]!),
      onChunk: (done, total) => progress((readingShare * done) / total),
    });
    const estimateEnd = task.refine === undefined ? 1 : 0.6;
    const onProgress = (share: number) => progress(readingShare + (estimateEnd - readingShare) * share);
    const stack = await builder.finish();
    const estimate = await estimateFromStack(stack, orderOf(task), { ...common, onProgress });
    const onRefined = (share: number) => progress(estimateEnd + (1 - estimateEnd) * share);
    const refined = await refineEstimate(acquisition, stack, task, estimate, { ...common, onProgress: onRefined });
    return { ...refined, alignment };
  } finally {
    if (builder instanceof ScratchStack) await builder.discard();
  }
}

/** How a profile that was estimated at a level lies over the full resolution. */
export function levelAlignment({ levels }: Acquisition, level: number): ProfileAlignment {
  const [, y, x] = levels[level]!.factorsZyx;
  return { kind: "centres", factorYx: [y, x] };
}

/** An estimate refined by the overlaps of the task; as it is where there are none. */
async function refineEstimate(
  acquisition: Acquisition,
  stack: PlaneStack,
  task: EstimateTask,
  estimate: StackEstimate,
  hooks: FitHooks,
): Promise<StackEstimate & Pick<ChannelEstimate, "refinement">> {
  const { refine, channel } = task;
  if (refine === undefined) return estimate;
  const { onProgress, ...common } = hooks;
  const patches = await readOverlaps(acquisition, channel, refine.overlaps, common);
  onProgress(0.3);
  const refit = async (offset: number) =>
    (await estimateFromStack(stack, orderOf(task), { ...common, onProgress: () => {} }, offset)).profile;
  const levelled = levelledPatches(acquisition, task, estimate, patches);
  const { profile, report } = await refineProfile(estimate.profile, levelled, {
    seed: refine.seed,
    refit,
    ...common,
    onProgress: (share) => onProgress(0.3 + 0.7 * share),
  });
  return { ...estimate, profile, refinement: report };
}

/**
 * Overlaps without the gains of their tiles, as far as they show with the estimate: a refinement sees the
 * field alone. All of a ramp over the mosaic counts as gains: it would tilt the field.
 */
function levelledPatches(
  { tiles }: Acquisition,
  { refine, channel }: EstimateTask,
  { profile, baselineMeaning }: StackEstimate,
  patches: readonly OverlapPatch[],
): readonly OverlapPatch[] {
  const { overlaps, seed, gains: kind } = refine!;
  if (kind === undefined) return patches;
  const among = new Set(overlaps.reads.map(({ tileNumber }) => tileNumber));
  const ofField = tiles
    .filter(({ number }) => among.has(number))
    .map(
      ({ number, sides }): GainTile => ({
        number,
        side: sides?.[channel],
        profile: 0,
        isMeasured: true,
        pixels: 1,
      }),
    );
  const shading = { shading: profile, background: backgroundToSubtract(profile, baselineMeaning, "auto") };
  const report = findGains(overlaps, patches, ofField, () => shading, { kind, seed });
  return report.used ? withoutGains(overlaps, patches, report.tiles, () => shading) : patches;
}

function orderOf({ method, memory }: EstimateTask): StackOrder {
  return { method, bandBytes: memory.bandBytes };
}

/** The estimate from empty regions goes through the planes in bands of about so many bytes. */
const bandBytes = 32e6;
/** A scratch file is written in batches, and an index of its pieces is kept. */
const scratchBytes = 48e6;

/**
 * Decides whether the sampled planes are held in memory or in a scratch file.
 * @param chunkBytes bytes of a chunk of the sampled level
 * @throws IsoluxError `memory` where the estimation does not fit either way; says how much would do
 */
export function planEstimateMemory(
  type: PixelType,
  { planes, fieldYx }: SamplePlan,
  method: EstimateMethod,
  chunkBytes: number,
  memoryBytes: number,
  overlaps?: OverlapPlan,
): EstimateMemory {
  const stackBytes = planes.length * arrayBytes(type, fieldYx);
  const refining = overlaps === undefined ? 0 : refiningBytes(overlaps, method, planes.length);
  const working = Math.max(4 * chunkBytes, workingBytes(type, planes.length, fieldYx, method)) + refining;
  const available = memoryBytes - processBytes;
  const inMemory = stackBytes + working;
  if (inMemory <= available) return { stack: "memory", bandBytes, projectedBytes: inMemory };
  const needsAllPlanes = method.kind === "basic" && isSameShape(fitShape(method.parameters, fieldYx), fieldYx);
  const inScratch = scratchBytes + working;
  if (!needsAllPlanes && inScratch <= available) return { stack: "scratch", bandBytes, projectedBytes: inScratch };
  if (!needsAllPlanes) throw tooSmall("estimate a profile", memoryBytes, processBytes + Math.min(inMemory, inScratch));
  const smaller = Math.min(...fieldYx) > 128 ? "--working-size 128, " : "";
  throw new IsoluxError({
    kind: "memory",
    what: `The memory budget is too small for a BaSiC fit of ${planes.length} planes of ${fieldYx.join(" x ")} pixels`,
    found: `${Math.floor(memoryBytes / 1e6)}MB`,
    expected: `at least ${Math.ceil((processBytes + inMemory) / 1e6)}MB`,
    advice: `Give --memory that much, or ${smaller}a coarser --resolution-level or fewer --n-zplanes`,
  });
}

/** What a refinement holds: the overlaps, images of the field, terms at coarse pixels, and planes less an offset. */
function refiningBytes(overlaps: OverlapPlan, method: EstimateMethod, planeCount: number): number {
  const { fieldYx, pairs } = overlaps;
  const needsPlanes = method.kind === "basic" && isSameShape(fitShape(method.parameters, fieldYx), fieldYx);
  const planes = needsPlanes ? 4 * planeCount * elementCount(fieldYx) : 0;
  return 1.5 * overlapBytes(overlaps) + 14 * 8 * elementCount(fieldYx) + pairs.length * 300e3 + planes;
}

/** What the estimation holds beside the sampled planes. */
function workingBytes(type: PixelType, planeCount: number, fieldYx: Yx, method: EstimateMethod): number {
  switch (method.kind) {
    case "empty":
      return estimateEmptyBytes(type, planeCount, fieldYx, bandBytes);
    case "basic": {
      const { parameters } = method;
      const fitYx = fitShape(parameters, fieldYx);
      if (isSameShape(fitYx, fieldYx)) return basicFitBytes(planeCount, fieldYx, "single", parameters);
      const resized = 4 * planeCount * elementCount(fitYx) + 6 * 8 * elementCount(fieldYx);
      return resized + basicFitBytes(planeCount, fitYx, "single", { solver: parameters.solver });
    }
    default:
      return unreachable(method);
  }
}
