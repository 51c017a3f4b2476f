/** The profiles of a run: given ones are read, others estimated channel by channel, or taken up from an earlier try. */
import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import { IsoluxError, unreachable } from "../errors.ts";
import { checkBasicParameters } from "../estimate/basic/check.ts";
import type { ChannelMetadata } from "../ngff/image.ts";
import type { ProfileSource } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { ProfileSummary, SampledPlane } from "../parameters/summaries.ts";
import { decodeProfile, encodeProfile, type GivenProfile, readModel } from "../profile/models-folder.ts";
import { type Profile, profileChecksum } from "../profile/profile.ts";
import { coarsestLevelForBasic } from "../sample/default-level.ts";
import { planSample, type SamplePlan } from "../sample/plan-sample.ts";
import { bytesPerPixel, elementCount, type Yx } from "../shapes.ts";
import { distinctFieldShapes } from "../tiles/place-tiles.ts";
import { version } from "../version.ts";
import {
  type ChannelEstimate,
  type EstimateMemory,
  type EstimateMethod,
  type EstimateTask,
  estimateChannel,
  planEstimateMemory,
} from "./estimate-channel.ts";
import { type Location, placeOf } from "./location.ts";
import { processBytes } from "./plan.ts";
import type { Platform } from "./platform.ts";

/** A channel's profile with all that the output's provenance says of it. */
export interface ChannelProfile {
  readonly channel: ChannelMetadata;
  readonly source: "given" | "empty" | "basic";
  readonly profile: Profile;
  readonly baselineMeaning: GivenProfile["baselineMeaning"];
  readonly alignment: GivenProfile["alignment"];
  /** The level that was sampled, for estimated profiles. */
  readonly level?: number;
  readonly planes: readonly SampledPlane[];
}

/** How a run comes by its profiles, decided before any pixel is read. */
export type ProfilePlan =
  | { readonly kind: "given"; readonly models: Location }
  | {
      readonly kind: "estimated";
      readonly method: EstimateMethod;
      readonly sample: SamplePlan;
      readonly memory: EstimateMemory;
      /** Channels that are estimated at the same time. */
      readonly atOnce: number;
    };

/** The parameters that a profile plan looks at. */
export interface ProfilePlanRequest {
  readonly source: ProfileSource;
  readonly channelCount: number;
  readonly models?: Location;
  readonly nZplanes: number;
  readonly resolutionLevel?: number;
  readonly seed: number;
  readonly cameraOffset: number;
  readonly memoryBytes: number;
  readonly workers: number;
}

/** Decides what is sampled and how. @throws IsoluxError for regions that the image does not have, or too little memory */
export function planProfiles(acquisition: Acquisition, request: ProfilePlanRequest): ProfilePlan {
  const { source, seed, nZplanes: planeCount, resolutionLevel } = request;
  switch (source.kind) {
    case "given":
      return { kind: "given", models: request.models! };
    case "empty": {
      const sample = planSample(acquisition, {
        level: resolutionLevel ?? 0,
        planeCount,
        seed,
        ...(source.fovList && { tileNumbers: source.fovList }),
        ...(source.zLevels && { zLevels: source.zLevels }),
      });
      return estimated(acquisition, { kind: "empty", cameraOffset: request.cameraOffset }, sample, request, 1);
    }
    case "basic": {
      const level = resolutionLevel ?? coarsestLevelForBasic(acquisition);
      const sample = planSample(acquisition, { level, planeCount, seed });
      checkBasicParameters(source.parameters, sample.fieldYx);
      const method: EstimateMethod = { kind: "basic", parameters: source.parameters };
      return estimated(acquisition, method, sample, request, source.maxWorkers ?? request.workers);
    }
    default:
      return unreachable(source);
  }
}

function estimated(
  acquisition: Acquisition,
  method: EstimateMethod,
  sample: SamplePlan,
  request: ProfilePlanRequest,
  threads: number,
): ProfilePlan {
  const level = acquisition.levels[sample.level]!;
  const chunkBytes = elementCount(level.chunkShapeCzyx) * bytesPerPixel(acquisition.type);
  const memory = planEstimateMemory(acquisition.type, sample, method, chunkBytes, request.memoryBytes);
  const room = Math.floor((request.memoryBytes - processBytes) / memory.projectedBytes);
  const atOnce = Math.max(1, Math.min(threads, request.workers, request.channelCount, room));
  return { kind: "estimated", method, sample, memory, atOnce };
}

/** Reads the profiles that were given for channels. @throws IsoluxError where one is missing or cannot be used */
export async function readGivenProfiles(
  { tiles }: Acquisition,
  channels: readonly ChannelMetadata[],
  models: Location,
  hooks: RunHooks,
): Promise<ChannelProfile[]> {
  const profiles: ChannelProfile[] = [];
  // At a tile's own shape a flat-field of one value is a failed measurement; a small one is a placeholder, which
  // pipelines write to switch the correction of a channel off.
  const ofOneValue = (shapeYx: Yx) =>
    elementCount(shapeYx) === 1 || distinctFieldShapes(tiles).some((shape) => shape.join() === shapeYx.join())
      ? "refuse"
      : "note";
  for (const channel of channels) {
    const { notes, ...given } = await readModel(models.store, models.key, channel.label, ofOneValue);
    for (const text of notes) hooks.report({ kind: "note", text });
    profiles.push({ ...given, channel, source: "given", planes: [] });
  }
  return profiles;
}

type EstimatedPlan = Extract<ProfilePlan, { kind: "estimated" }>;

/** An estimation of profiles: what is sampled where, and who is told. */
export interface Estimation {
  readonly acquisition: Acquisition;
  readonly plan: EstimatedPlan;
  readonly places: {
    readonly source: Location;
    /** Folder of finished profiles, one object per channel: an interrupted run takes them up again. */
    readonly kept?: Location;
    /** Folder for planes that do not fit into memory. */
    readonly scratch: Location;
  };
  readonly platform: Platform;
  readonly hooks: RunHooks;
}

/** Estimates the profile of every channel asked for, several at a time where the plan allows. */
export async function estimateProfiles(
  estimation: Estimation,
  channels: readonly ChannelMetadata[],
): Promise<ChannelProfile[]> {
  const { acquisition, plan, hooks } = estimation;
  for (const text of plan.sample.warnings) hooks.report({ kind: "warning", text });
  hooks.report({ kind: "stage", text: `Estimating from ${describeSample(acquisition, plan.sample)}` });
  const shares = new Map<number, number>();
  const profiles = new Map<number, ChannelProfile>();
  const waiting = [...channels];
  const takeChannels = async () => {
    for (let channel = waiting.shift(); channel !== undefined; channel = waiting.shift()) {
      const { index } = channel;
      const onProgress = (share: number) => {
        const done = [...shares.set(index, share).values()].reduce((sum, value) => sum + value, 0);
        hooks.report({ kind: "progress", stage: "Estimating", done, total: channels.length });
      };
      profiles.set(index, await obtainEstimate(estimation, channel, onProgress));
    }
  };
  await Promise.all(Array.from({ length: plan.atOnce }, takeChannels));
  return channels.map(({ index }) => profiles.get(index)!);
}

async function obtainEstimate(
  { acquisition, plan, places, platform, hooks }: Estimation,
  channel: ChannelMetadata,
  onProgress: (share: number) => void,
): Promise<ChannelProfile> {
  const { source, kept, scratch } = places;
  const keptKey = `${kept?.key}/${channel.index}.npz`;
  const earlier = await kept?.store.get(keptKey);
  if (earlier !== undefined)
    return describeEstimate(acquisition, channel, plan, decodeProfile(earlier, keptKey, "note"));
  const task: EstimateTask = {
    source: placeOf(source),
    channel: channel.index,
    method: plan.method,
    plan: plan.sample,
    scratch: placeOf({ ...scratch, key: `${scratch.key}/${channel.index}` }),
    memory: plan.memory,
  };
  const taskHooks = { signal: hooks.signal, onProgress };
  const inThread = plan.atOnce > 1 ? platform.estimate : undefined;
  const running = inThread?.(task, taskHooks) ?? estimateChannel(acquisition, scratch.store, task, taskHooks);
  const estimate = await running.catch((error: unknown) => {
    throw inChannel(error, channel.label);
  });
  for (const text of estimate.warnings) hooks.report({ kind: "warning", text: `Channel ${channel.label}: ${text}` });
  const profile = describeEstimate(acquisition, channel, plan, estimate);
  await kept?.store.set(keptKey, encodeChannelProfile(profile, {}));
  return profile;
}

/** An error of an estimation, told whose it is. */
function inChannel(error: unknown, label: string): unknown {
  if (!(error instanceof IsoluxError) || error.kind !== "estimation" || error.where !== undefined) return error;
  return new IsoluxError({ ...error, kind: error.kind, what: error.what, where: `channel ${label}`, cause: error });
}

function describeEstimate(
  acquisition: Acquisition,
  channel: ChannelMetadata,
  { method, sample }: EstimatedPlan,
  { profile, baselineMeaning, alignment }: Pick<ChannelEstimate, "profile" | "baselineMeaning" | "alignment">,
): ChannelProfile {
  const factorZ = acquisition.levels[sample.level]!.factorsZyx[0];
  return {
    channel,
    source: method.kind,
    profile,
    baselineMeaning,
    alignment,
    level: sample.level,
    planes: sample.planes.map(({ tileNumber, plane }) => ({ tile: tileNumber, plane: plane * factorZ })),
  };
}

function describeSample(acquisition: Acquisition, { planes, level, fieldYx }: SamplePlan): string {
  const tiles = new Set(planes.map((plane) => plane.tileNumber)).size;
  const of = `of ${tiles} ${tiles === 1 ? "tile" : "tiles"}`;
  const where = level === 0 ? "at full resolution" : `at level ${level}`;
  const depth = fullResolution(acquisition).shapeZyx[0];
  return `${planes.length} planes ${of} (${fieldYx.join(" x ")} px ${where}, of ${depth} planes each)`;
}

/** A profile as the file that the next run, the reference task and NumPy read. */
export function encodeChannelProfile(profile: ChannelProfile, parameters: object): Uint8Array {
  return encodeProfile(profile.profile, {
    version,
    baselineMeaning: profile.baselineMeaning,
    alignment: profile.alignment,
    sampledPlanes: profile.planes,
    parameters: { ...parameters, source: profile.source, level: profile.level },
  });
}

/** What a summary says of a profile. */
export function summariseProfile({ channel, source, profile, planes }: ChannelProfile): ProfileSummary {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const value of profile.flatfield) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const flatfield = { min, max, mean: sum / profile.flatfield.length };
  return { label: channel.label, source, flatfield, baseline: profile.baseline, planes };
}

/** The checksums by which a change of given profiles is noticed. */
export function checksums(profiles: readonly ChannelProfile[]): string[] {
  return profiles.map(({ channel, profile }) => `${channel.label} ${profileChecksum(profile)}`);
}
