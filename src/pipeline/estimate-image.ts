import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { Advice } from "../parameters/advice.ts";
import type { ProfileSource } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { EstimateParameters } from "../parameters/schema.ts";
import type { EstimateSummary } from "../parameters/summaries.ts";
import { sha256 } from "../profile/checksum.ts";
import { version } from "../version.ts";
import { without } from "../without.ts";
import type { JsonObject } from "../zarr/json.ts";
import { joinKey } from "../zarr/store.ts";
import { addVerdict } from "./add-verdict.ts";
import { summariseProfile } from "./channel-profile.ts";
import { channelsWithLight } from "./channels-with-light.ts";
import { collectWarnings } from "./collect-warnings.ts";
import { fingerprintSource } from "./fingerprint.ts";
import type { Location, SourceLocation } from "./location.ts";
import { obtainSaved, type PlannedEstimation } from "./obtain-saved.ts";
import { openNamed } from "./open-located.ts";
import { planProfiles } from "./plan-profiles.ts";
import type { Platform } from "./platform.ts";
import { prepareKernels } from "./prepare-kernels.ts";
import { profileTargets } from "./profile-target.ts";
import type { RunIdentity } from "./run-identity.ts";
import { withThreadsAhead } from "./threads-ahead.ts";

/** An estimation as it was asked for. */
export interface EstimateRequest {
  readonly source: SourceLocation;
  /** The folder for the profiles. */
  readonly output: Location;
  readonly parameters: EstimateParameters;
  /** Names of channels, where there is a file of them. */
  readonly channelSettings?: readonly ChannelSetting[];
  readonly profileSource: Exclude<ProfileSource, { kind: "given" | "none" }>;
  /** How the way to the profiles was chosen, where that was left to Isolux. */
  readonly advice?: Advice;
}

/**
 * Estimates the profiles of an image's channels and saves them, all or none. What an equal estimation has saved before is
 * left as it is; what one that was stopped had found is taken up.
 * @throws IsoluxError for everything that keeps it from that
 */
export async function estimateImage(
  request: EstimateRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<EstimateSummary> {
  return withThreadsAhead(request, platform, () => estimate(request, platform, hooks));
}

async function estimate(request: EstimateRequest, platform: Platform, hooks: RunHooks): Promise<EstimateSummary> {
  const started = Date.now();
  const { parameters, output, advice } = request;
  const { told, warnings } = collectWarnings(hooks);
  await prepareKernels(told);
  const planned = await planEstimation(request, platform, told);
  const { profiles, kept } = await obtainSaved(planned, platform, told);
  const { acquisition } = planned;
  const subject = { acquisition, profiles, background: "auto", seed: parameters.seed } as const;
  const verdict = await addVerdict(platform, subject, told);
  return {
    output: joinKey(output.store.location, output.key),
    source: acquisition.location,
    channels: profiles.map(summariseProfile),
    kept,
    seconds: (Date.now() - started) / 1000,
    seed: parameters.seed,
    warnings,
    ...(advice && { advice }),
    ...(verdict && { verdict }),
  };
}

/** An estimation that may begin. @throws IsoluxError for everything that can be known to keep it from success */
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
  const decisive = { ...decisiveOf(parameters), ...(advice && { advice: { ...advice, command: undefined } }) };
  const asked = { task: "estimate", ...decisive, ...(channelSettings && { channelSettings }) };
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

/** @returns the digest of all that profiles follow from */
function digest(identity: RunIdentity): string {
  return sha256(new TextEncoder().encode(JSON.stringify(identity)));
}

/** What has a bearing on the profiles. */
function decisiveOf(parameters: EstimateParameters): JsonObject {
  const decisive = without(parameters, "image", "output", "workers", "memory", "overwrite", "channelSettings", "auto");
  return { ...decisive, basic: without(parameters.basic, "maxWorkers") };
}
