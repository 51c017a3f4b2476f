/** Estimates the profile of one channel: reads its planes, estimates, and refines by overlaps. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { pixelsInOne } from "../../acquisition/level.ts";
import { passBuffers } from "../../acquisition/reading-buffers.ts";
import type { FitThreads } from "../../estimate/basic/fit-team.ts";
import { offsetEvidence, type PlaneEvidence } from "../../estimate/offset/offset-evidence.ts";
import { blockPlanes } from "../../estimate/refine/dim-light.ts";
import { type OffsetFinding, type OffsetSigns, offsetOf, signsOfOffset } from "../../estimate/refine/find-offset.ts";
import { prepareOverlaps } from "../../estimate/refine/overlap-data.ts";
import { refineByOverlaps } from "../../estimate/refine/refine.ts";
import type { OverlapPlan } from "../../sample/plan-overlaps.ts";
import type { PlannedPlane, SamplePlan } from "../../sample/plan-sample.ts";
import { MemoryStack, type PlaneStack, withoutAbsent } from "../../sample/plane-stack.ts";
import { readNoise } from "../../sample/read-noise.ts";
import { readOverlaps } from "../../sample/read-overlaps.ts";
import { type ReadHooks, readPlanes } from "../../sample/read-planes.ts";
import { ScratchStack } from "../../sample/scratch-stack.ts";
import { elementCount, pixelTypeOf } from "../../shapes.ts";
import type { WritableStore } from "../../zarr/store.ts";
import type { Place } from "../places/location.ts";
import type { EstimateMemory } from "./estimate-memory.ts";
import {
  type EstimateMethod,
  estimateFromStack,
  type FitHooks,
  type ProfileEstimate,
  type StackOrder,
} from "./estimate-stack.ts";

/** The estimation of one channel's profile: all that another thread needs for it. Plain values. */
export interface EstimateTask {
  readonly channel: number;
  readonly method: EstimateMethod;
  readonly plan: SamplePlan;
  /** The overlaps that refine the estimate, with a seed; absent where it is not refined. */
  readonly refine?: RefineOrder;
  /** The file for planes that do not fit into memory: one for each channel. */
  readonly scratch: Place;
  readonly memory: EstimateMemory;
  /** How many threads a fit may use, its own included. */
  readonly threads: number;
}

/** What an estimate is refined by. */
export interface RefineOrder {
  readonly overlaps: OverlapPlan;
  /** Decides which pairs are held out together. */
  readonly seed: number;
  /** Where the camera's offset is; where several profiles look for it, they do so together before they are estimated. */
  readonly offset: OffsetFinding | { readonly kind: "to-be-found" };
}

/** Hooks to follow and to stop a task in another thread; `done` and `total` count shares of the work. */
export interface TaskHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  /** Called when the thread ended unexpectedly and was replaced, with a description. */
  readonly onLost?: (found: string) => void;
}

/** Hooks of an estimation within the thread that it runs in. */
interface EstimateHooks extends Omit<TaskHooks, "onLost"> {
  /** Starts the threads of a fit. */
  readonly fitThreads?: (count: number) => FitThreads;
}

/** The limit of planes that are in memory beside a stack, in bytes. */
const mostBytes = 64e6;

/** Samples a channel's planes and estimates its profile from them. */
export async function estimateChannel(
  acquisition: Acquisition,
  scratchStore: WritableStore,
  task: EstimateTask,
  hooks: EstimateHooks = {},
): Promise<ProfileEstimate> {
  const { method } = task;
  // Share of the work that is reading: most of it for empty regions, the smaller part for a fit.
  const readingShare = method.kind === "empty" ? 0.7 : 0.2;
  const progress = (share: number) => hooks.onProgress?.(share, 1);
  const { fitThreads } = hooks;
  const common = {
    signal: hooks.signal,
    ...(fitThreads && { threads: fitThreads(task.threads) }),
  };
  const onChunk = (done: number, total: number) => progress((readingShare * done) / total);
  const { discard, ...seen } = await readStack(acquisition, scratchStore, task, { ...common, onChunk });
  try {
    const estimateEnd = task.refine === undefined ? 1 : 0.6;
    const onProgress = (share: number) => progress(readingShare + (estimateEnd - readingShare) * share);
    const estimate = await estimateFromStack(seen.stack, orderOf(task), { ...common, onProgress });
    const onRefined = (share: number) => progress(estimateEnd + (1 - estimateEnd) * share);
    return await refineEstimate(acquisition, seen, task, estimate, { ...common, onProgress: onRefined });
  } finally {
    await discard();
  }
}

/** The planes of a task, with a way to give back what they take beside memory. */
async function readStack(
  acquisition: Acquisition,
  scratchStore: WritableStore,
  { plan, channel, memory, scratch }: EstimateTask,
  hooks: ReadHooks,
) {
  await scratchStore.remove(scratch.key);
  const builder =
    memory.stack === "memory"
      ? new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx)
      : new ScratchStack(scratchStore, scratch.key, acquisition.type, plan.planes.length, plan.fieldYx);
  const discard = async () => {
    if (builder instanceof ScratchStack) await builder.discard();
  };
  try {
    await readPlanes(acquisition, channel, plan, builder, {
      ...hooks,
      buffer: passBuffers(acquisition.levels[plan.level]!),
    });
    return { ...withoutAbsent(await builder.finish(), plan.planes), discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** What the planes and overlaps of a task tell of the camera's offset. */
export async function readOffsetSigns(
  acquisition: Acquisition,
  scratchStore: WritableStore,
  task: EstimateTask,
  hooks: Omit<EstimateHooks, "fitThreads"> = {},
): Promise<OffsetSigns> {
  const { signal } = hooks;
  const { stack, discard } = await readStack(acquisition, scratchStore, task, { signal });
  try {
    const patches = await readOverlaps(acquisition, task.channel, task.refine!.overlaps, { signal });
    const data = prepareOverlaps(task.plan.fieldYx, patches);
    return signsOfOffset(data, await planeEvidence(acquisition, stack, task, { signal }));
  } finally {
    await discard();
  }
}

/** An estimate refined by the overlaps of the task; as it is where there are none. */
async function refineEstimate(
  acquisition: Acquisition,
  { stack, planned }: { readonly stack: PlaneStack; readonly planned: readonly PlannedPlane[] },
  task: EstimateTask,
  estimate: ProfileEstimate,
  hooks: FitHooks,
): Promise<ProfileEstimate> {
  const { refine, channel } = task;
  if (refine === undefined) return estimate;
  const { onProgress, ...common } = hooks;
  const patches = await readOverlaps(acquisition, channel, refine.overlaps, common);
  onProgress(0.3);
  const data = prepareOverlaps(estimate.profile.shapeYx, patches);
  const offset =
    refine.offset.kind === "to-be-found"
      ? offsetOf(signsOfOffset(data, await planeEvidence(acquisition, stack, task, common)))
      : refine.offset;
  const refit = async (offset: number) =>
    (await estimateFromStack(stack, orderOf(task), { ...common, onProgress: () => {} }, offset)).profile;
  const { profile, report } = await refineByOverlaps(estimate.profile, data, {
    seed: refine.seed,
    offset,
    ...(task.method.kind !== "empty" && { planes: await blockPlanes(stack, planned) }),
    refit,
    ...common,
    onProgress: (share) => onProgress(0.3 + 0.7 * share),
  });
  return { ...estimate, profile, refinement: report };
}

async function planeEvidence(
  acquisition: Acquisition,
  stack: PlaneStack,
  { channel, plan }: EstimateTask,
  { signal }: Pick<FitHooks, "signal">,
): Promise<PlaneEvidence> {
  const noise = await readNoise(acquisition, channel, plan, signal ? { signal } : {});
  return offsetEvidence(await samplePlanes(stack), pixelsInOne(acquisition, plan.level), noise);
}

function orderOf({ method, memory }: EstimateTask): StackOrder {
  return { method, bandBytes: memory.bandBytes };
}

/** Planes of a stack in memory: all of one that is there already, else as many as the limit allows, evenly spread. */
async function samplePlanes(stack: PlaneStack): Promise<MemoryStack> {
  if (stack instanceof MemoryStack) return stack;
  const { planeCount, shapeYx } = stack;
  const length = elementCount(shapeYx);
  const first = await stack.read(0, 1, 0, shapeYx[0]);
  const count = Math.max(1, Math.min(planeCount, Math.floor(mostBytes / first.byteLength)));
  const sample = new MemoryStack(pixelTypeOf(first), count, shapeYx);
  for (let n = 0; n < count; n++) {
    const plane = Math.floor((n * planeCount) / count);
    sample.pixels.set(await stack.read(plane, plane + 1, 0, shapeYx[0]), n * length);
  }
  return sample;
}
