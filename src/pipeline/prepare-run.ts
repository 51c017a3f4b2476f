/** All that a correction decides before it reads a pixel or writes a byte: bad input ends here. */

import { type Acquisition, tellNoTable } from "../acquisition/acquisition.ts";
import type { OpenedAcquisition } from "../acquisition/open-acquisition.ts";
import { selectChannels } from "../acquisition/select-channels.ts";
import { IsoluxError } from "../errors.ts";
import type { ChannelMetadata } from "../ngff/image.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import { formatBound, formatBytes, formatCount } from "../quantities.ts";
import { tellCoverage } from "../tiles/tell-coverage.ts";
import { version } from "../version.ts";
import { growingPartBytes } from "../zarr/growing-part.ts";
import { joinKey, keyName } from "../zarr/store.ts";
import { type ChannelProfile, checksums } from "./channel-profile.ts";
import { channelsWithLight } from "./channels-with-light.ts";
import { checkBeside, checkErasable, checkPlace, checkSavePlace, checkTilesApart } from "./check-outputs.ts";
import { templateOf } from "./choose-output.ts";
import type { CorrectRequest } from "./correct-request.ts";
import { fingerprintWithGaps } from "./find-gaps.ts";
import { readGivenProfiles } from "./given-profiles.ts";
import { openNamed } from "./open-located.ts";
import { type OutputTemplate, outputBytes } from "./output-template.ts";
import { pixelPlanRequest } from "./pixel-plan.ts";
import { type CorrectionPlan, type PlanRequest, planCorrection, planSharing } from "./plan.ts";
import { type ProfilePlan, planProfiles } from "./plan-profiles.ts";
import { type Platform, reportsOf } from "./platform.ts";
import { checkProfileFields } from "./profile-fields.ts";
import { type ProfileTarget, profileTargets } from "./profile-target.ts";
import { decisiveParameters } from "./provenance.ts";
import type { RunIdentity } from "./run-identity.ts";
import { recordTiles } from "./tiles-record.ts";
import type { Workspace } from "./workspace.ts";

/** A run that may begin. */
export interface PreparedRun {
  readonly request: CorrectRequest;
  readonly acquisition: Acquisition;
  /** The channels to correct; others are copied. */
  readonly channels: readonly ChannelMetadata[];
  readonly profilePlan: ProfilePlan;
  /** Profiles that were given; none where they are estimated. */
  readonly given: readonly ChannelProfile[];
  readonly plan: CorrectionPlan;
  readonly template: OutputTemplate;
  readonly identity: RunIdentity;
}

/** A run that was checked and planned, and will perhaps not begin. */
export type ForeseenRun = Omit<PreparedRun, "identity">;

/** How a run is to be planned that several processes are to share. */
export interface Sharing {
  /** Passes have at least so many blocks, given how many bytes there are and how many workers a process has. */
  readonly leastBlocks: (bytes: number, workers: number) => number;
}

/** Checks and plans a run. @throws IsoluxError for everything that can be known to keep it from success */
export async function prepareRun(
  request: CorrectRequest,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
  sharing?: Sharing,
): Promise<PreparedRun> {
  const planned = await planWhole(request, workspace, platform, hooks, {
    ...(sharing && { sharing }),
    isToBegin: true,
  });
  const identity = {
    version,
    source: await fingerprintWithGaps(planned.acquisition, hooks),
    parameters: { ...decisiveParameters(request), givenProfiles: checksums(planned.given) },
  };
  return { ...planned, identity };
}

/**
 * The same for a run that is not to begin: no look at pixels, nor at the objects of the source, of which there may be a
 * million.
 */
export async function foreseeRun(
  request: CorrectRequest,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
  sharing?: Sharing,
): Promise<ForeseenRun> {
  return planWhole(request, workspace, platform, hooks, { ...(sharing && { sharing }), isToBegin: false });
}

async function planWhole(
  request: CorrectRequest,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
  { sharing, isToBegin }: { readonly sharing?: Sharing; readonly isToBegin: boolean },
): Promise<ForeseenRun> {
  const { places, parameters } = request;
  const run = await openRun(request, hooks, isToBegin);
  const { opened, acquisition, targets } = run;
  if (parameters.eraseSourceImage) checkErasable(opened, places);
  await checkPlace(request, workspace);
  if (!(await workspace.documents.exist())) {
    if (places.save !== undefined) await checkSavePlace(places.save, targets, parameters);
    if (parameters.report !== undefined) await reportsOf(platform).check(request);
  }
  const { profilePlan, template, given, planRequest } = await planRun(run, request, platform, hooks);
  checkTilesApart(acquisition, request, template);
  await checkBeside(request, template);
  const bytes = outputBytes(template);
  const leastBlocks = sharing && { leastBlocks: sharing.leastBlocks(bytes, planRequest.workers) };
  const plan = planCorrection({ ...planRequest, ...leastBlocks });
  // A given profile that cannot correct these tiles is refused now, not after the workspace was made.
  checkProfileFields(given);
  reportPlan(acquisition, { plan, profilePlan, bytes }, parameters, hooks);
  return { request, acquisition, channels: run.channels, profilePlan, given, plan, template };
}

/**
 * Opens a run that another process has checked and planned.
 * @param rounds as that process has planned them
 * @param identity as that process has written it down
 */
export async function joinRun(
  request: CorrectRequest,
  { rounds, identity }: { readonly rounds: CorrectionPlan["rounds"]; readonly identity: RunIdentity },
  platform: Platform,
  hooks: RunHooks,
): Promise<PreparedRun> {
  const run = await openRun(request, hooks);
  const { profilePlan, template, given, planRequest } = await planRun(run, request, platform, hooks);
  if (checksums(given).join() !== (identity.parameters.givenProfiles as unknown[] | undefined)?.join()) {
    throw new IsoluxError({
      kind: "invalid",
      what: "The given profiles have changed since the correction was prepared",
      where: joinKey(request.places.models?.store.location ?? "", request.places.models?.key ?? ""),
      advice: "Put the old ones back, or prepare the correction again with --overwrite",
    });
  }
  const plan = planSharing(planRequest, rounds);
  return {
    request,
    acquisition: run.acquisition,
    channels: run.channels,
    profilePlan,
    given,
    plan,
    template,
    identity,
  };
}

/** Opens a run whose pixels are made, as far as its profiles need it. */
export async function reopenRun(
  request: CorrectRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<Pick<PreparedRun, "request" | "acquisition" | "profilePlan" | "given">> {
  const run = await openRun(request, hooks);
  const { profilePlan, given } = await planRun(run, request, platform, hooks);
  return { request, acquisition: run.acquisition, profilePlan, given };
}

/** A source that was opened, and what a profile is wanted for in it. */
interface OpenedRun {
  readonly opened: OpenedAcquisition;
  readonly acquisition: Acquisition;
  readonly channels: readonly ChannelMetadata[];
  readonly targets: readonly ProfileTarget[];
}

async function openRun(
  { places, parameters, profileSource, channelSettings }: CorrectRequest,
  hooks: RunHooks,
  isToBegin = true,
): Promise<OpenedRun> {
  const source = isToBegin ? places.source : { ...places.source, trustPositions: true };
  const opened = await openNamed(source, channelSettings, hooks, parameters.timePoints);
  const { acquisition } = opened;
  const isEstimated = profileSource.kind !== "given" && profileSource.kind !== "none";
  const channels =
    isToBegin && isEstimated
      ? await channelsWithLight(acquisition, parameters, hooks)
      : selectChannels(acquisition, parameters.channels);
  return { opened, acquisition, channels, targets: profileTargets(acquisition, channels, parameters.sides) };
}

/** What follows from the source and the parameters alone. */
async function planRun(
  { opened, acquisition, targets }: OpenedRun,
  { places, parameters, profileSource }: CorrectRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<Pick<PreparedRun, "profilePlan" | "template" | "given"> & { readonly planRequest: PlanRequest }> {
  const workers = parameters.workers ?? platform.availableWorkers;
  const profilePlan = planProfiles(acquisition, {
    ...parameters,
    source: profileSource,
    targets,
    ...(places.models && { models: places.models }),
    memoryBytes: parameters.memory,
    workers,
  });
  const note = (text: string) => hooks.report({ kind: "note", text });
  const template = await templateOf(opened, keyName(places.output.key), parameters, note);
  const { cameraOffset } = parameters;
  const given =
    profilePlan.kind === "given"
      ? await readGivenProfiles(acquisition, targets, profilePlan.models, hooks, cameraOffset)
      : [];
  const planRequest = pixelPlanRequest(acquisition, template, {
    profileCount: targets.length,
    givenShapes: given.map(({ profile }) => profile.shapeYx),
    memory: parameters.memory,
    workers,
    openObjectBytes: places.output.kind === "bucket" ? 2 * growingPartBytes : 0,
  });
  return { profilePlan, template, given, planRequest };
}

function reportPlan(
  acquisition: Acquisition,
  { plan, profilePlan, bytes }: { plan: CorrectionPlan; profilePlan: ProfilePlan; bytes: number },
  parameters: CorrectParameters,
  { report }: RunHooks,
): void {
  const { hasTileTable, tiles } = acquisition;
  if (!hasTileTable) {
    report({ kind: "note", text: tellNoTable(acquisition) });
  }
  if (profilePlan.kind !== "none") {
    const { coverage, rest } = recordTiles(acquisition, parameters);
    for (const remark of tellCoverage(coverage, rest)) report(remark);
  }
  const { workers } = plan;
  if (parameters.workers !== undefined && workers < parameters.workers) {
    report({
      kind: "note",
      text: `${workers} of ${parameters.workers} workers are used: more do not fit into the memory budget or have no work.`,
    });
  }
  const counts = `${formatCount(tiles.length, "tile")}, ${formatCount(workers, "worker")}`;
  const estimation = profilePlan.kind === "estimated" ? profilePlan.projectedBytes : 0;
  const memory = `at most ${formatBound(Math.max(plan.projectedBytes, estimation))} of memory`;
  report({ kind: "note", text: `${formatBytes(bytes)} of pixels in ${counts}; ${memory}.` });
}
