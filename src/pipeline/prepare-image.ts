/** The first of the steps in which several processes correct an image: all that is done once, before the pixels. */
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { Foresight, PrepareSummary } from "../parameters/summaries.ts";
import { bytesPerPixel, elementCount, type PixelType } from "../shapes.ts";
import { version } from "../version.ts";
import { joinKey } from "../zarr/store.ts";
import { summariseProfile } from "./channel-profile.ts";
import { collectWarnings } from "./collect-warnings.ts";
import type { CorrectRequest } from "./correct-request.ts";
import type { LevelGeometry } from "./level-geometry.ts";
import { geometries, outputBytes } from "./output-template.ts";
import { blocksOfRound } from "./passes.ts";
import type { CorrectionPlan } from "./plan.ts";
import type { Platform } from "./platform.ts";
import { prepareKernels } from "./prepare-kernels.ts";
import { type PreparedRun, prepareRun } from "./prepare-run.ts";
import { withReadyRun } from "./ready-run.ts";
import { placesOf, type SharedRun } from "./shared-run.ts";
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
  const run = await planShared(request, workspace, units, platform, told);
  return withReadyRun(run, workspace, platform, told, async ({ profiles }) => {
    const shares = sharesOf(run, units);
    const { places: _, ...asked } = request;
    const shared: SharedRun = {
      version,
      asked,
      places: placesOf(request.places),
      images: run.template.images.map(geometries),
      type: run.acquisition.type,
      rounds: run.plan.rounds,
      ...shares,
      startedMs,
      preparedMs: Date.now(),
      warnings,
    };
    await workspace.writeShared({ ...shared });
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
  const run = await planShared(request, new Workspace(request.places.output, platform), units, platform, hooks);
  return summarise(run, sharesOf(run, units));
}

async function planShared(
  request: CorrectRequest,
  workspace: Workspace,
  units: number | undefined,
  platform: Platform,
  hooks: RunHooks,
): Promise<PreparedRun> {
  const { output } = request.places;
  if (output.kind === "bucket") {
    throw new IsoluxError({
      kind: "unsupported",
      what: "Several processes cannot share an output in a bucket, as what is done is noted on this computer",
      where: joinKey(output.store.location, output.key),
      advice: "Write to a disk that all of them see, or let one process do it: isolux correct",
    });
  }
  const leastBlocks = (bytes: number, workers: number) => blocksForUnits(units ?? usualUnits(bytes, workers), workers);
  return prepareRun(request, workspace, platform, hooks, { leastBlocks });
}

/** How a planned run is shared. */
interface Shares {
  readonly units: number;
  readonly sharedRounds: number;
}

function sharesOf({ acquisition, plan, template }: PreparedRun, units: number | undefined): Shares {
  const wanted = units ?? usualUnits(outputBytes(template), plan.workers);
  const read = bytesRead(plan.rounds, template.images.map(geometries), acquisition.type);
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
    elementCount(images[image]![Math.max(0, baseLevel - 1)]!.shapeCzyx) * bytesPerPixel(type);
  return rounds.map((round) => round.reduce((sum, pass) => sum + ofPass(pass), 0));
}

function summarise({ request, acquisition, profilePlan, plan, template }: PreparedRun, shares: Shares): Foresight {
  const { store, key } = request.places.output;
  const estimation = profilePlan.kind === "estimated" ? profilePlan.projectedBytes : 0;
  return {
    output: joinKey(store.location, key),
    source: acquisition.location,
    bytes: outputBytes(template),
    ...shares,
    blocks: plan.rounds.reduce((sum, round) => sum + blocksOfRound(round), 0),
    workers: plan.workers,
    unitBytes: plan.projectedBytes,
    estimationBytes: estimation,
  };
}
