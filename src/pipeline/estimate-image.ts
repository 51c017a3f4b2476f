import { selectChannels } from "../acquisition/select-channels.ts";
import type { ChannelSetting } from "../ngff/channel-settings.ts";
import type { Advice } from "../parameters/advice.ts";
import type { ProfileSource } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { EstimateParameters } from "../parameters/schema.ts";
import type { EstimateSummary } from "../parameters/summaries.ts";
import { profileKey } from "../profile/models-folder.ts";
import { joinKey } from "../zarr/store.ts";
import { encodeChannelProfile, summariseProfile } from "./channel-profile.ts";
import { estimateProfiles } from "./channel-profiles.ts";
import { checkSavePlace } from "./check-outputs.ts";
import { collectWarnings } from "./collect-warnings.ts";
import type { Location, SourceLocation } from "./location.ts";
import { openNamed } from "./open-located.ts";
import { planProfiles } from "./plan-profiles.ts";
import type { Platform } from "./platform.ts";
import { prepareKernels } from "./prepare-kernels.ts";
import { profileTargets } from "./profile-target.ts";

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
 * Estimates the profiles of an image's channels and saves them, all or none.
 * @throws IsoluxError for everything that keeps it from that
 */
export async function estimateImage(
  { source, output, parameters, channelSettings, profileSource, advice }: EstimateRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<EstimateSummary> {
  const started = Date.now();
  const { told, warnings } = collectWarnings(hooks);
  await prepareKernels(told);
  const { acquisition } = await openNamed(source, channelSettings, told);
  const channels = selectChannels(acquisition, parameters.channels);
  const targets = profileTargets(acquisition, channels, parameters.sides);
  await checkSavePlace(output, targets, parameters);
  const plan = planProfiles(acquisition, {
    ...parameters,
    source: profileSource,
    targets,
    memoryBytes: parameters.memory,
    workers: parameters.workers ?? platform.availableWorkers,
  });
  if (plan.kind !== "estimated") throw new Error("profiles are estimated here");
  const scratch = { ...output, key: joinKey(output.key, `.isolux-scratch-${Date.now().toString(36)}`) };
  const places = { source, scratch };
  const profiles = await estimateProfiles({ acquisition, plan, places, platform, hooks: told }).finally(() =>
    scratch.store.remove(scratch.key),
  );
  const decisive = { ...decisiveOf(parameters), ...(advice && { advice: { ...advice, command: undefined } }) };
  for (const profile of profiles) {
    const { channel, side } = profile.target;
    const key = profileKey(output.key, channel.label, side);
    await output.store.set(key, encodeChannelProfile(profile, decisive));
  }
  return {
    output: joinKey(output.store.location, output.key),
    source: acquisition.location,
    channels: profiles.map(summariseProfile),
    seconds: (Date.now() - started) / 1000,
    seed: parameters.seed,
    warnings,
    ...(advice && { advice }),
  };
}

/** What has a bearing on the profiles. */
function decisiveOf(parameters: EstimateParameters): object {
  const { image: _, output: __, workers: ___, memory: ____, overwrite: _____, ...others } = parameters;
  const { channelSettings: ______, auto: _______, ...decisive } = others;
  return decisive;
}
