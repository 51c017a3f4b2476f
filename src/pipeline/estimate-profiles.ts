/** The profiles of a run that are estimated, several at a time, or taken up from an earlier try. */

import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import { IsoluxError } from "../errors.ts";
import type { RefinementReport } from "../estimate/refine/refine.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { decodeProfile, type GivenProfile } from "../profile/npz-profile.ts";
import { formatCount } from "../quantities.ts";
import type { SamplePlan } from "../sample/plan-sample.ts";
import { fieldShape } from "../tiles/tile.ts";
import { type ChannelProfile, encodeChannelProfile, fieldFacts } from "./channel-profile.ts";
import { describeRefinement } from "./describe-refinement.ts";
import {
  type ChannelEstimate,
  type EstimateTask,
  estimateChannel,
  levelAlignment,
  type TaskHooks,
} from "./estimate-channel.ts";
import { estimateFromPieces, inlineSurveyPool, type SurveyPoolHooks } from "./estimate-pieces.ts";
import { type Location, placeOf, type SourceLocation } from "./location.ts";
import { lostWorker } from "./lost-worker.ts";
import type { EstimationPlan, PlannedEstimate } from "./plan-profiles.ts";
import type { Platform } from "./platform.ts";
import { targetName } from "./profile-target.ts";

/** An estimation of profiles: what is sampled where, and who is told. */
export interface Estimation {
  readonly acquisition: Acquisition;
  readonly plan: EstimationPlan;
  readonly places: {
    readonly source: SourceLocation;
    /** Folder of finished profiles, one object each: an interrupted run takes them up again. */
    readonly kept?: Location;
    /** Folder for planes that do not fit into memory. */
    readonly scratch: Location;
  };
  /** Whether all are saved as soon as the last one is found: that one need not be kept. */
  readonly areSavedAtOnce?: boolean;
  /** Profiles that are there already, by the number of their estimate. */
  readonly earlier?: ReadonlyMap<number, GivenProfile>;
  readonly platform: Platform;
  readonly hooks: RunHooks;
}

/** Estimates all profiles of a plan, several at a time where it allows. */
export async function estimateProfiles(estimation: Estimation): Promise<ChannelProfile[]> {
  const { acquisition, plan, earlier, hooks } = estimation;
  const { estimates } = plan;
  for (const text of plan.warnings) hooks.report({ kind: "warning", text });
  if (earlier?.size !== estimates.length) {
    hooks.report({ kind: "stage", text: `Estimating from ${describeSample(acquisition, estimates[0]!.sample)}` });
  }
  const shares = estimates.map(() => 0);
  const profiles: ChannelProfile[] = [];
  let [next, missing] = [0, estimates.length];
  const takeEstimates = async () => {
    while (next < estimates.length) {
      const index = next++;
      const onProgress = (share: number) => {
        shares[index] = share;
        const done = shares.reduce((sum, value) => sum + value, 0);
        hooks.report({ kind: "progress", stage: "Estimating", done, total: estimates.length });
      };
      profiles[index] = await obtainEstimate(estimation, index, () => missing === 1, onProgress);
      missing--;
      // What the threads shared is not seen by the engine, which collects when memory of its own is asked for.
      if (missing > 0 || !estimation.areSavedAtOnce) estimation.platform.collectGarbage?.();
    }
  };
  await Promise.all(Array.from({ length: plan.atOnce }, takeEstimates));
  return profiles;
}

async function obtainEstimate(
  estimation: Estimation,
  index: number,
  isLast: () => boolean,
  onProgress: (share: number) => void,
): Promise<ChannelProfile> {
  const { acquisition, plan, hooks } = estimation;
  const { kept, scratch } = estimation.places;
  const planned = plan.estimates[index]!;
  const keptKey = `${kept?.key}/${index}.npz`;
  const bytes = await kept?.store.get(keptKey);
  const earlier = estimation.earlier?.get(index) ?? (bytes && decodeProfile(bytes, keptKey, "note"));
  if (earlier !== undefined) {
    const { refinement, ...rest } = earlier;
    // The record of a profile that Isolux kept is as Isolux wrote it.
    const again = refinement === undefined ? rest : { ...rest, refinement: refinement as RefinementReport };
    return describeEstimate(acquisition, planned, plan, again);
  }
  const onLost = (found: string) => hooks.report({ kind: "warning", text: lostWorker(found) });
  const running = runEstimate(estimation, planned, `${scratch.key}/${index}`, {
    signal: hooks.signal,
    onProgress: (done, total) => onProgress(done / total),
    onLost,
  });
  const name = targetName(planned.target);
  const estimate = await running.catch((error: unknown) => {
    throw inChannel(error, name);
  });
  for (const text of estimate.warnings) hooks.report({ kind: "warning", text: `Channel ${name}: ${text}` });
  if (estimate.refinement)
    hooks.report({ kind: "note", text: `Channel ${name}: ${describeRefinement(estimate.refinement)}` });
  const profile = describeEstimate(acquisition, planned, plan, estimate);
  if (!(estimation.areSavedAtOnce && isLast())) await kept?.store.set(keptKey, encodeChannelProfile(profile, {}));
  return profile;
}

async function runEstimate(
  { acquisition, plan, places, platform }: Estimation,
  { target, sample, way, refine }: PlannedEstimate,
  scratchKey: string,
  hooks: TaskHooks,
): Promise<ChannelEstimate> {
  const { method } = plan;
  const found = platform.found?.get({ target, method, sample, isRefined: refine !== undefined });
  if (found !== undefined) return found;
  const { source, scratch } = places;
  const channel = target.channel.index;
  if (way.kind === "pieces" && plan.method.kind === "empty") {
    const inThreads = way.plan.workers > 1 ? platform.createSurveyPool : undefined;
    await platform.holdThreads?.(inThreads === undefined ? 0 : way.plan.workers);
    const job = { source: placeOf(source) };
    const openPool = (poolHooks: SurveyPoolHooks) =>
      inThreads?.(job, way.plan.workers, poolHooks) ?? inlineSurveyPool(acquisition, poolHooks);
    const order = { channel, plan: sample, cameraOffset: plan.method.cameraOffset };
    const estimate = await estimateFromPieces(acquisition, openPool, order, way.plan, hooks);
    return { ...estimate, alignment: levelAlignment(acquisition, sample.level) };
  }
  if (way.kind === "pieces") throw new Error("only empty regions are surveyed in pieces");
  await platform.holdThreads?.(0);
  const task: EstimateTask = {
    source: placeOf(source),
    channel,
    method: plan.method,
    plan: sample,
    scratch: placeOf({ ...scratch, key: scratchKey }),
    memory: way.memory,
    threads: plan.threads,
    ...(refine && { refine }),
  };
  const inThread = plan.atOnce > 1 ? platform.estimate : undefined;
  if (inThread !== undefined) return inThread(task, hooks);
  const { fitThreads } = platform;
  return estimateChannel(acquisition, scratch.store, task, { ...hooks, ...(fitThreads && { fitThreads }) });
}

/** An error of an estimation, told whose it is. */
function inChannel(error: unknown, name: string): unknown {
  if (!(error instanceof IsoluxError) || error.kind !== "estimation") return error;
  const where = error.where === undefined ? `channel ${name}` : `channel ${name}, ${error.where}`;
  return new IsoluxError({ ...error, kind: error.kind, what: error.what, where, cause: error });
}

function describeEstimate(
  acquisition: Acquisition,
  { target, sample }: PlannedEstimate,
  { method }: EstimationPlan,
  estimate: Pick<ChannelEstimate, "profile" | "baselineMeaning" | "alignment" | "refinement"> &
    Pick<ChannelProfile, "savedGains">,
): ChannelProfile {
  const { profile, baselineMeaning, alignment, refinement, savedGains } = estimate;
  const factorZ = acquisition.levels[sample.level]!.factorsZyx[0];
  return {
    ...(refinement && { refinement }),
    ...(savedGains && { savedGains }),
    target,
    source: method.kind,
    profile,
    baselineMeaning,
    alignment,
    field: fieldFacts(acquisition, fieldShape(target.tiles[0]!)),
    level: sample.level,
    planes: sample.planes.map(({ tileNumber, plane }) => ({ tile: tileNumber, plane: plane * factorZ })),
  };
}

function describeSample(acquisition: Acquisition, { planes, level, fieldYx }: SamplePlan): string {
  const tiles = new Set(planes.map((plane) => plane.tileNumber)).size;
  const counts = `${formatCount(planes.length, "plane")} of ${formatCount(tiles, "tile")}`;
  const where = level === 0 ? "at full resolution" : `at level ${level}`;
  const depth = fullResolution(acquisition).shapeZyx[0];
  return `${counts} (${fieldYx.join(" x ")} px ${where}; a tile has ${formatCount(depth, "plane")})`;
}
