/** The first of the steps in which several processes correct an image: all that is done once, before the pixels. */
import type { RunHooks } from "../parameters/run-events.ts";
import type { Foresight, PrepareSummary } from "../parameters/summaries.ts";
import { arrayBytes, type PixelType } from "../shapes.ts";
import { version } from "../version.ts";
import { joinKey } from "../zarr/store.ts";
import { summariseProfile } from "./channel-profile.ts";
import { collectWarnings } from "./collect-warnings.ts";
import type { CorrectRequest } from "./correct-request.ts";
import type { LevelGeometry } from "./level-geometry.ts";
import { geometries, outputBytes, outputType } from "./output-template.ts";
import { blocksOfRound } from "./passes.ts";
import type { CorrectionPlan } from "./plan.ts";
import type { Platform } from "./platform.ts";
import { prepareKernels } from "./prepare-kernels.ts";
import { type ForeseenRun, foreseeRun, prepareRun, type Sharing } from "./prepare-run.ts";
import { withReadyRun } from "./ready-run.ts";
import { checkSharable, placesOf, type SharedRun } from "./shared-run.ts";
import { recordTiles } from "./tiles-record.ts";
import { blocksForUnits, sharedRounds, usualUnits } from "./units.ts";
import { type WhenBusy, Workspace } from "./workspace.ts";

/**
 * Prepares a correction for several processes: checks and plans it, obtains the profiles, and writes down beside the
 * output what the others must know.
 * @param units how many processes are to share the pixels; unless told, enough for a quarter of an hour each
 * @param whenBusy what to do while another process is at work on the output; unless told, that is an error
 * @throws IsoluxError for everything that can be known to keep the correction from success
 */
export async function prepareImage(
  request: CorrectRequest,
  units: number | undefined,
  platform: Platform,
  hooks: RunHooks,
  whenBusy?: WhenBusy,
): Promise<PrepareSummary> {
  const startedMs = Date.now();
  const { told, warnings } = collectWarnings(hooks);
  await prepareKernels(told);
  const workspace = new Workspace(request.places.output, platform, whenBusy);
  const run = await prepareRun(request, workspace, platform, told, sharingAmong(units, request));
  return withReadyRun(run, workspace, platform, told, async ({ profiles }) => {
    const shares = sharesOf(run, units);
    const { places: _, ...asked } = request;
    const shared: SharedRun = {
      version,
      asked,
      places: placesOf(request.places),
      images: run.template.images.map(geometries),
      type: outputType(run.template),
      rounds: run.plan.rounds,
      ...shares,
      startedMs,
      preparedMs: Date.now(),
      warnings,
    };
    await workspace.documents.writeShared({ ...shared });
    await workspace.unlock();
    return {
      ...summarise(run, shares),
      profiles: profiles.map(summariseProfile),
      seconds: (Date.now() - startedMs) / 1000,
      warnings,
    };
  });
}

/** What preparing a correction would say of it; writes nothing. */
export async function foreseeImage(
  request: CorrectRequest,
  units: number | undefined,
  platform: Platform,
  hooks: RunHooks,
): Promise<Foresight> {
  const workspace = new Workspace(request.places.output, platform);
  const run = await foreseeRun(request, workspace, platform, hooks, sharingAmong(units, request));
  return summarise(run, sharesOf(run, units));
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

function sharesOf({ plan, template }: ForeseenRun, units: number | undefined): Shares {
  const wanted = units ?? usualUnits(outputBytes(template), plan.workers);
  const read = bytesRead(plan.rounds, template.images.map(geometries), outputType(template));
  return {
    // A unit without a block would only cost its start.
    units: Math.min(wanted, blocksOfRound(plan.rounds[0]!)),
    sharedRounds: sharedRounds(read, plan.workers),
  };
}

/** The bytes of pixels that each round reads: the source's, then those of the level below its base. */
function bytesRead(
  rounds: CorrectionPlan["rounds"],
  images: readonly (readonly LevelGeometry[])[],
  type: PixelType,
): number[] {
  const ofPass = ({ image, baseLevel }: CorrectionPlan["rounds"][number][number]) =>
    arrayBytes(type, images[image]![Math.max(0, baseLevel - 1)]!.shapeCzyx);
  return rounds.map((round) => round.reduce((sum, pass) => sum + ofPass(pass), 0));
}

function summarise({ request, acquisition, profilePlan, plan, template }: ForeseenRun, shares: Shares): Foresight {
  const { store, key } = request.places.output;
  const estimation = profilePlan.kind === "estimated" ? profilePlan.projectedBytes : 0;
  return {
    output: joinKey(store.location, key),
    source: acquisition.location,
    tiles: recordTiles(acquisition, request.parameters),
    bytes: outputBytes(template),
    ...shares,
    blocks: plan.rounds.reduce((sum, round) => sum + blocksOfRound(round), 0),
    workers: plan.workers,
    unitBytes: plan.projectedBytes,
    estimationBytes: estimation,
  };
}
