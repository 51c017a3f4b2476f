/** Plans a run without beginning it (`--dry-run`): all is checked, and nothing is written. */
import { loadKernels } from "../../kernels/load-kernels.ts";
import type { CorrectPlanSummary, PixelPlan, PlannedImage, PlannedProfile } from "../../parameters/plan-summaries.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { collectWarnings } from "../../parameters/run-events.ts";
import { joinKey } from "../../zarr/store.ts";
import { blocksOfRound } from "../blocks/passes.ts";
import { type OutputImage, outputBytes } from "../output/template.ts";
import { isOccupied } from "../places/location.ts";
import type { CorrectRequest } from "../places/request.ts";
import type { ProfileTarget } from "../profiles/channel-profile.ts";
import type { EstimationPlan } from "../profiles/plan-profiles.ts";
import { describeDifference } from "../record/run-documents.ts";
import { recordTiles } from "../record/tiles-record.ts";
import { Workspace } from "../record/workspace.ts";
import type { Platform } from "../threads/platform.ts";
import { identityOf, planRun, type RunPlan } from "./plan-run.ts";

/**
 * What a correction or conversion would do.
 * @param isChosen whether the run chooses the way to its profiles; the plan is then that of BaSiC
 * @throws IsoluxError for everything that can be known to prevent the run
 */
export async function dryRun(
  request: CorrectRequest,
  isChosen: boolean,
  platform: Platform,
  hooks: RunHooks,
): Promise<CorrectPlanSummary> {
  const { collecting, warnings } = collectWarnings(hooks);
  await loadKernels();
  const workspace = new Workspace(request.places.output, platform);
  const plan = await planRun(request, workspace, platform, collecting);
  const place = await planPlace(plan, isChosen, workspace, collecting);
  const { template, profilePlan, given } = plan;
  const profiles =
    profilePlan.kind === "estimated"
      ? plannedProfiles(profilePlan, isChosen)
      : given.map(({ target }) => ({ ...nameOf(target), source: "given" as const, planes: 0 }));
  return {
    ...(await summarisePlan(plan)),
    profiles,
    images: template.images.map(plannedImage),
    place,
    erasesSource: request.parameters.eraseSourceImage,
    warnings,
  };
}

/** How the pixels of a planned run are made. */
export async function summarisePlan({
  request,
  acquisition,
  profilePlan,
  plan,
  template,
}: RunPlan): Promise<PixelPlan> {
  const { store, key } = request.places.output;
  return {
    output: joinKey(store.location, key),
    source: acquisition.location,
    tiles: await recordTiles(acquisition, request.parameters),
    bytes: outputBytes(template),
    blocks: plan.rounds.reduce((sum, round) => sum + blocksOfRound(round), 0),
    workers: plan.workers,
    unitBytes: plan.projectedBytes,
    estimationBytes: profilePlan.kind === "estimated" ? profilePlan.projectedBytes : 0,
  };
}

/** The profiles that an estimation finds, or begins with where their way is chosen. */
export function plannedProfiles({ method, estimates }: EstimationPlan, isChosen: boolean): PlannedProfile[] {
  return estimates.map(({ target, sample }) => ({
    ...nameOf(target),
    source: isChosen ? "chosen" : method.kind,
    planes: sample.planes.length,
  }));
}

/** @throws IsoluxError `output` where another process is at work there, or the work of another run lies there */
async function planPlace(
  plan: RunPlan,
  isChosen: boolean,
  workspace: Workspace,
  hooks: RunHooks,
): Promise<CorrectPlanSummary["place"]> {
  const { places, parameters } = plan.request;
  await workspace.checkFree();
  const identity = await identityOf(plan, hooks);
  const earlier = await workspace.documents.readRun();
  const isReplaced = await isOccupied(places.output);
  if (earlier === undefined) return isReplaced ? "replaced" : "free";
  // What would be chosen is a part of the identity, and not known yet.
  const difference = isChosen ? undefined : describeDifference(earlier, identity);
  if (difference === undefined) return "resumed";
  if (!parameters.overwrite) throw workspace.differentRun(difference);
  return "replaced";
}

function nameOf({ channel, side }: ProfileTarget) {
  return { label: channel.label, side };
}

function plannedImage({ key, zarrFormat, levels }: OutputImage): PlannedImage {
  const { axes, metadata } = levels[0]!;
  return {
    key,
    axes,
    zarrFormat,
    type: metadata.type,
    levels: levels.map(({ path, metadata: { shape, chunkShape, shardShape } }) => {
      return { path, shape, chunkShape, shardShape };
    }),
  };
}
