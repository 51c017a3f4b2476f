/** Profiles that are estimated once, whoever asks for them how often: what is found is kept until all of it is saved. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { profileKey } from "../profile/models-folder.ts";
import { joinKey } from "../zarr/store.ts";
import { type ChannelProfile, saveChannelProfile } from "./channel-profile.ts";
import { earlierProfiles, type ProfileOrder } from "./earlier-profiles.ts";
import { estimateProfiles } from "./estimate-profiles.ts";
import { isOccupied, type SourceLocation } from "./location.ts";
import { patiently } from "./patience.ts";
import type { EstimationPlan } from "./plan-profiles.ts";
import type { Platform } from "./platform.ts";
import { targetName } from "./profile-target.ts";
import { worthResuming } from "./ready-run.ts";
import type { RunIdentity } from "./run-identity.ts";
import { type GainsParameters, withGains } from "./tile-gains.ts";
import { Workspace } from "./workspace.ts";

/** An estimation that may begin. */
export interface PlannedEstimation {
  readonly source: SourceLocation;
  readonly acquisition: Acquisition;
  readonly plan: EstimationPlan;
  /** What tells it from others. */
  readonly identity: RunIdentity;
  /** The parameters that the saved profiles tell of. */
  readonly decisive: object;
  /** Whose gains are saved with them, and how these are found. */
  readonly parameters: GainsParameters;
  readonly order: ProfileOrder;
}

/** Profiles that are saved, and how many of them were so before. */
export interface SavedProfiles {
  readonly profiles: readonly ChannelProfile[];
  readonly kept: number;
}

/**
 * Estimates what no equal estimation has saved, and saves it. Waits for a process that is at work in the same folder.
 * @throws IsoluxError `output` where other profiles lie there, and whatever keeps one of them from being found: then none
 *   is saved
 */
export async function obtainSaved(
  planned: PlannedEstimation,
  platform: Platform,
  hooks: RunHooks,
): Promise<SavedProfiles> {
  const { order, identity } = planned;
  await earlierProfiles(order);
  const { output } = order;
  // Within the folder, as beside it may be nobody's to write.
  const place = { kind: "folder", ...output, key: joinKey(output.key, "profiles") } as const;
  const workspace = new Workspace(place, platform, patiently(platform, hooks));
  const isNew = !(await isOccupied(output));
  if (await workspace.open(identity, true)) {
    hooks.report({ kind: "note", text: "Going on where an interrupted estimation stopped." });
  }
  const { lost } = workspace;
  const held = lost === undefined ? hooks : { ...hooks, signal: AbortSignal.any([hooks.signal, lost]) };
  try {
    const saved = await estimateRest(planned, workspace, platform, held);
    await workspace.remove();
    return saved;
  } catch (error) {
    if (lost?.aborted === true) throw workspace.taken();
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
  // Who was waited for may have made them.
  const earlier = await earlierProfiles(order);
  for (const index of earlier.keys()) {
    const text = `The profile of channel ${targetName(targets[index]!)} is there already, from an equal estimation.`;
    hooks.report({ kind: "note", text });
  }
  const places = { source, kept: workspace.folder("profiles"), scratch: workspace.folder("scratch") };
  const areSavedAtOnce = parameters.gains === "none";
  const estimates = await estimateProfiles({ acquisition, plan, places, areSavedAtOnce, earlier, platform, hooks });
  const profiles = await withGains(estimates, { acquisition, parameters, kept: places.kept }, hooks);
  await workspace.checkHeld();
  for (const [index, profile] of profiles.entries()) {
    if (earlier.has(index)) continue;
    const { channel, side } = profile.target;
    await saveChannelProfile(output.store, profileKey(output.key, channel.label, side), profile, decisive, request);
  }
  return { profiles, kept: earlier.size };
}

/** Keeps the profiles that were found by then, if the same estimation may be able to go on with them. */
async function leave(workspace: Workspace, error: unknown): Promise<void> {
  const [kept, scratch] = [workspace.folder("profiles"), workspace.folder("scratch")];
  const mayGoOn = !(error instanceof IsoluxError) || worthResuming.has(error.kind);
  if (!mayGoOn || (await kept.store.list(kept.key)).length === 0) return workspace.remove();
  await scratch.store.remove(scratch.key);
  await workspace.unlock();
}
