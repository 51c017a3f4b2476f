/** An estimation from its parameters to the saved profiles of all channels. */

import type { Acquisition } from "../acquisition/acquisition.ts";
import { IsoluxError } from "../errors.ts";
import { loadKernels } from "../kernels/load-kernels.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { Advice } from "../parameters/advice.ts";
import type { EstimatePlanSummary } from "../parameters/plan-summaries.ts";
import type { ProfileSource } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { collectWarnings } from "../parameters/run-events.ts";
import type { EstimateParameters } from "../parameters/schema.ts";
import type { EstimateSummary } from "../parameters/summaries.ts";
import { profileKey } from "../profile/formats/find-profile.ts";
import { version } from "../version.ts";
import { secondsSince } from "../wait.ts";
import { without } from "../without.ts";
import { sha256 } from "../zarr/codecs/sha256.ts";
import type { JsonObject } from "../zarr/json.ts";
import { joinKey } from "../zarr/store.ts";
import { isOccupied, type Location, openNamed, type SourceLocation } from "./places/location.ts";
import {
  type ChannelProfile,
  profileTargets,
  saveChannelProfile,
  summariseProfile,
  targetName,
} from "./profiles/channel-profile.ts";
import { channelsWithLight } from "./profiles/channels-with-light.ts";
import { earlierProfiles, type ProfileOrder } from "./profiles/given-profiles.ts";
import { type EstimationPlan, planProfiles } from "./profiles/plan-profiles.ts";
import { type GainsParameters, withGains } from "./profiles/tile-gains.ts";
import type { RunIdentity } from "./record/run-documents.ts";
import { Workspace, waitForLock } from "./record/workspace.ts";
import { addVerdict } from "./run/add-verdict.ts";
import { worthResuming } from "./run/begin-run.ts";
import { plannedProfiles } from "./run/dry-run.ts";
import { estimateProfiles } from "./run/estimate-profiles.ts";
import { reportLosses } from "./run/losses.ts";
import { fingerprintSource } from "./run/provenance.ts";
import { type Platform, threadsAhead } from "./threads/platform.ts";

/** A request for an estimation. */
export interface EstimateRequest {
  readonly source: SourceLocation;
  /** The folder for the profiles. */
  readonly output: Location;
  readonly parameters: EstimateParameters;
  /** Names of channels, where a file of them is given. */
  readonly channelSettings?: readonly ChannelSetting[];
  readonly profileSource: Exclude<ProfileSource, { kind: "given" | "none" }>;
  /** How the way to the profiles was chosen, where the user left that to Isolux. */
  readonly advice?: Advice;
}

/**
 * Estimates the profiles of an image's channels and saves them, all or none. Profiles that an equal estimation has
 * saved before are left as they are; results of one that was interrupted are used again.
 * @throws IsoluxError for everything that prevents that
 */
export async function estimateImage(
  request: EstimateRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<EstimateSummary> {
  await using _waiting = await threadsAhead(request, platform);
  const started = Date.now();
  const { parameters, output, advice } = request;
  const { collecting, warnings } = collectWarnings(hooks);
  await loadKernels();
  const planned = await planEstimation(request, platform, collecting);
  const { profiles, kept } = await obtainSaved(planned, platform, collecting);
  const { acquisition } = planned;
  const subject = { acquisition, profiles, background: "auto", seed: parameters.seed } as const;
  const verdict = await addVerdict(platform, subject, parameters.memory, collecting);
  return {
    output: joinKey(output.store.location, output.key),
    source: acquisition.location,
    channels: profiles.map(summariseProfile),
    kept,
    seconds: secondsSince(started),
    seed: parameters.seed,
    warnings,
    advice,
    verdict,
  };
}

/**
 * What an estimation would do; writes nothing.
 * @param isChosen whether it chooses the way to the profiles; the plan is then that of BaSiC
 * @throws IsoluxError for everything that can be known to prevent it
 */
export async function planEstimate(
  request: EstimateRequest,
  isChosen: boolean,
  platform: Platform,
  hooks: RunHooks,
): Promise<EstimatePlanSummary> {
  const { collecting, warnings } = collectWarnings(hooks);
  await loadKernels();
  const { acquisition, plan, order } = await planEstimation(request, platform, collecting);
  // What would be chosen decides which earlier profiles are equal.
  const kept = isChosen ? 0 : (await earlierProfiles(order)).size;
  const { store, key } = request.output;
  return {
    output: joinKey(store.location, key),
    source: acquisition.location,
    profiles: plannedProfiles(plan, isChosen),
    kept,
    estimationBytes: plan.projectedBytes,
    warnings,
  };
}

/** Plans an estimation. @throws IsoluxError for everything that can be known to prevent it */
async function planEstimation(
  { source, output, parameters, channelSettings, profileSource, advice }: EstimateRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<PlannedEstimation> {
  const { acquisition } = await openNamed(source, channelSettings, hooks, parameters.timePoints);
  const channels = await channelsWithLight(acquisition, parameters, hooks);
  const targets = profileTargets(acquisition, channels, parameters.sides);
  const plan = planProfiles(acquisition, {
    ...parameters,
    source: profileSource,
    targets,
    memoryBytes: parameters.memory,
    workers: parameters.workers ?? platform.availableWorkers,
  });
  if (plan.kind !== "estimated") throw new Error("profiles are estimated here");
  const decisive = { ...identityOf(parameters), ...(advice && { advice: { ...advice, command: undefined } }) };
  const asked = { task: "estimate", ...decisive, channelSettings };
  const identity = { version, source: await fingerprintSource(acquisition), parameters: asked };
  const { overwrite } = parameters;
  return {
    source,
    acquisition,
    plan,
    identity,
    decisive,
    parameters,
    order: { output, targets, request: digest(identity), overwrite },
  };
}

/** @returns the digest of all that profiles depend on */
function digest(identity: RunIdentity): string {
  return sha256(new TextEncoder().encode(JSON.stringify(identity)));
}

/** The parameters that profiles depend on. */
function identityOf(parameters: EstimateParameters): JsonObject {
  const decisive = without(parameters, "image", "output", "workers", "memory", "overwrite", "channelSettings", "auto");
  return { ...decisive, basic: without(parameters.basic, "maxWorkers") };
}

// Keeps estimated profiles until all are saved, so that an interrupted estimation continues.

/** An estimation that was planned. */
interface PlannedEstimation {
  readonly source: SourceLocation;
  readonly acquisition: Acquisition;
  readonly plan: EstimationPlan;
  /** What distinguishes it from others. */
  readonly identity: RunIdentity;
  /** The parameters that are recorded in the saved profiles. */
  readonly decisive: object;
  /** Which gains are saved with them, and how they are measured. */
  readonly parameters: GainsParameters;
  readonly order: ProfileOrder;
}

/** Profiles that are saved, and how many of them an earlier run has saved. */
interface SavedProfiles {
  readonly profiles: readonly ChannelProfile[];
  readonly kept: number;
}

/**
 * Estimates what no equal estimation has saved, and saves it. Waits for a process that works on the same folder.
 * @throws IsoluxError `output` where other profiles are in the folder, and whatever prevents one of the estimates: then
 * none is saved
 */
async function obtainSaved(planned: PlannedEstimation, platform: Platform, hooks: RunHooks): Promise<SavedProfiles> {
  const { order, identity } = planned;
  await earlierProfiles(order);
  const { output } = order;
  // Within the folder, as the folder above may not be writable.
  const place = { kind: "folder", ...output, key: joinKey(output.key, "profiles") } as const;
  const workspace = new Workspace(place, platform, waitForLock(platform, hooks));
  const isNew = !(await isOccupied(output));
  if (await workspace.open(identity, true)) {
    hooks.report({ kind: "note", text: "Resuming an interrupted estimation." });
  }
  const { lost } = workspace;
  const held = lost === undefined ? hooks : { ...hooks, signal: AbortSignal.any([hooks.signal, lost]) };
  try {
    const saved = await estimateRest(planned, workspace, platform, held);
    await workspace.remove();
    return saved;
  } catch (error) {
    if (lost?.aborted === true) {
      await workspace.leaveLost().catch(() => undefined);
      throw workspace.taken();
    }
    await leave(workspace, error).catch(() => undefined);
    if (isNew && (await output.store.list(output.key)).length === 0) await output.store.remove(output.key);
    throw error;
  }
}

async function estimateRest(
  { source, acquisition, plan, decisive, parameters, order }: PlannedEstimation,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
): Promise<SavedProfiles> {
  const { output, request, targets } = order;
  // The process that was waited for may have made them.
  const earlier = await earlierProfiles(order);
  for (const index of earlier.keys()) {
    const text = `The profile of channel ${targetName(targets[index]!)} exists already, from an equal estimation.`;
    hooks.report({ kind: "note", text });
  }
  const places = { source, kept: workspace.folder("profiles"), scratch: workspace.folder("scratch") };
  const areSavedAtOnce = parameters.gains === "none";
  const estimates = await estimateProfiles({ acquisition, plan, places, areSavedAtOnce, earlier, platform, hooks });
  const profiles = await withGains(estimates, { acquisition, parameters, kept: places.kept }, hooks);
  const made = profiles.filter((_, index) => !earlier.has(index));
  await reportLosses(acquisition, made, { background: "keep", seed: parameters.seed }, hooks);
  await workspace.checkHeld();
  for (const [index, profile] of profiles.entries()) {
    if (earlier.has(index)) continue;
    const { channel, side } = profile.target;
    await saveChannelProfile(output.store, profileKey(output.key, channel.label, side), profile, decisive, request);
  }
  await output.store.sync();
  return { profiles, kept: earlier.size };
}

/** Keeps the profiles that were found so far, where the same estimation may be able to use them later. */
async function leave(workspace: Workspace, error: unknown): Promise<void> {
  const [kept, scratch] = [workspace.folder("profiles"), workspace.folder("scratch")];
  const mayGoOn = !(error instanceof IsoluxError) || worthResuming.has(error.kind);
  if (!mayGoOn || (await kept.store.list(kept.key)).length === 0) return workspace.remove();
  await scratch.store.remove(scratch.key);
  await workspace.unlock();
}
