/** Prepares a correction by several processes: all that is done once, before the pixels. */

import { loadKernels } from "../../kernels/load-kernels.ts";
import type { PreparationPlan, PrepareSummary } from "../../parameters/plan-summaries.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { collectWarnings } from "../../parameters/run-events.ts";
import { arrayBytes, type PixelType } from "../../shapes.ts";
import { version } from "../../version.ts";
import { secondsSince } from "../../wait.ts";
import { geometries } from "../blocks/chunk-maker.ts";
import { blocksOfRound } from "../blocks/passes.ts";
import type { CorrectionPlan } from "../blocks/plan.ts";
import { usualUnits } from "../blocks/units.ts";
import type { LevelGeometry } from "../output/level-geometry.ts";
import { outputBytes, outputType } from "../output/template.ts";
import { placeOf } from "../places/location.ts";
import type { CorrectPlaces, CorrectRequest } from "../places/request.ts";
import { summariseProfile } from "../profiles/channel-profile.ts";
import { Workspace } from "../record/workspace.ts";
import { beginRun, takeWorkspace } from "../run/begin-run.ts";
import { summarisePlan } from "../run/dry-run.ts";
import { planRun, type RunPlan, type Sharing } from "../run/plan-run.ts";
import type { Platform } from "../threads/platform.ts";
import { checkSharable, type SharedRun } from "./shared-run.ts";

/**
 * Prepares a correction for several processes: checks and plans it, obtains the profiles, and writes beside the output
 * what the others must know.
 * @param units number of processes that share the pixels; by default enough for a quarter of an hour each
 * @param workspace of the output, taken already or not; by default an output that another process holds is an error
 * @throws IsoluxError for everything that can be known to prevent the correction
 */
export async function prepareImage(
  request: CorrectRequest,
  units: number | undefined,
  platform: Platform,
  hooks: RunHooks,
  workspace = new Workspace(request.places.output, platform),
): Promise<PrepareSummary> {
  const startedMs = Date.now();
  const { collecting, warnings } = collectWarnings(hooks);
  await loadKernels();
  const plan = await planRun(request, workspace, platform, collecting, { sharing: sharingAmong(units, request) });
  const taken = await takeWorkspace(plan, workspace, collecting);
  try {
    const { profiles } = await beginRun(plan, taken, platform);
    const shares = sharesOf(plan, units);
    const { places: _, ...asked } = request;
    const shared: SharedRun = {
      version,
      asked,
      places: placesOf(request.places),
      images: plan.template.images.map(geometries),
      type: outputType(plan.template),
      rounds: plan.plan.rounds,
      ...shares,
      startedMs,
      preparedMs: Date.now(),
      warnings,
    };
    await workspace.documents.writeShared({ ...shared });
    await workspace.unlock();
    return {
      ...(await summarisePlan(plan)),
      ...shares,
      profiles: profiles.map(summariseProfile),
      seconds: secondsSince(startedMs),
      warnings,
    };
  } catch (error) {
    throw await taken.leave(error);
  }
}

/** The places of a request as plain values. */
function placesOf({ source, erasable, models, save }: CorrectPlaces): SharedRun["places"] {
  return {
    source: placeOf(source),
    ...(erasable && { erasable: placeOf(erasable) }),
    ...(models && { models: placeOf(models) }),
    ...(save && { save: placeOf(save) }),
  };
}

/** The summary of what preparing a correction would do; writes nothing. */
export async function planShared(
  request: CorrectRequest,
  units: number | undefined,
  platform: Platform,
  hooks: RunHooks,
): Promise<PreparationPlan> {
  const workspace = new Workspace(request.places.output, platform);
  const how = { sharing: sharingAmong(units, request), isToBegin: false };
  const plan = await planRun(request, workspace, platform, hooks, how);
  return { ...(await summarisePlan(plan)), ...sharesOf(plan, units) };
}

/** Blocks for each worker of each unit, so that all end at about the same time. */
const blocksPerWorker = 4;

/** The number of blocks that a pass needs for a number of units. */
export function blocksForUnits(units: number, workers: number): number {
  return Math.max(8, units * workers * blocksPerWorker);
}

/**
 * How many rounds, from the first, are shared: the process that finishes the output makes the others on its own.
 * @param roundBytes the bytes of pixels that each round reads
 */
export function sharedRounds(roundBytes: readonly number[], workers: number): number {
  const short = roundBytes.findIndex((bytes, round) => round > 0 && usualUnits(bytes, workers) === 1);
  return short < 0 ? roundBytes.length : short;
}

/** @throws IsoluxError `unsupported` for an output that cannot be shared */
function sharingAmong(units: number | undefined, { places }: CorrectRequest): Sharing {
  checkSharable(places.output);
  return {
    leastBlocks: (bytes, workers) => blocksForUnits(units ?? usualUnits(bytes, workers), workers),
  };
}

/** How a planned run is shared. */
interface Shares {
  readonly units: number;
  readonly sharedRounds: number;
}

function sharesOf({ plan, template }: RunPlan, units: number | undefined): Shares {
  const wanted = units ?? usualUnits(outputBytes(template), plan.workers);
  const read = bytesRead(plan.rounds, template.images.map(geometries), outputType(template));
  return {
    // A unit without a block would only cost its start.
    units: Math.min(wanted, blocksOfRound(plan.rounds[0]!)),
    sharedRounds: sharedRounds(read, plan.workers),
  };
}

/** The bytes of pixels that each round reads: the source, then the level below the base of each round. */
function bytesRead(
  rounds: CorrectionPlan["rounds"],
  images: readonly (readonly LevelGeometry[])[],
  type: PixelType,
): number[] {
  const ofPass = ({ image, baseLevel }: CorrectionPlan["rounds"][number][number]) =>
    arrayBytes(type, images[image]![Math.max(0, baseLevel - 1)]!.shapeCzyx);
  return rounds.map((round) => round.reduce((sum, pass) => sum + ofPass(pass), 0));
}
