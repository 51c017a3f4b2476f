/** The correction of an image, from its parameters to the output in its place: what the doors call. */
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectSummary } from "../parameters/summaries.ts";
import { collectWarnings } from "./collect-warnings.ts";
import { correctBlocks } from "./correct-blocks.ts";
import type { CorrectRequest } from "./correct-request.ts";
import { finishOutput, resumeSettling } from "./finish-output.ts";
import type { Platform } from "./platform.ts";
import { prepareKernels } from "./prepare-kernels.ts";
import { prepareRun } from "./prepare-run.ts";
import { withReadyRun } from "./ready-run.ts";
import { readStandingRecords } from "./standing-records.ts";
import { withThreadsAhead } from "./threads-ahead.ts";
import { Workspace } from "./workspace.ts";

/** What earlier processes of the same run have to add to what the last one says of it. */
export interface EarlierWork {
  readonly startedMs: number;
  /** When the first pixels could be made. */
  readonly preparedMs: number;
  readonly warnings: readonly string[];
}

/**
 * Corrects an image: obtains the profiles, applies them to every tile and writes the corrected image with its pyramid,
 * tables and attributes. The output appears complete or not at all; an interrupted run goes on where it stopped.
 * @throws IsoluxError for everything that keeps it from that
 */
export async function correctImage(
  request: CorrectRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<CorrectSummary> {
  const workspace = new Workspace(request.places.output, platform);
  const { source } = request.places;
  return withThreadsAhead({ ...request, source }, platform, () => completeOutput(request, workspace, platform, hooks));
}

/**
 * Makes what is still to be made of an output, all of it or the last of it, and puts it in its place.
 * @param earlier what other processes did for it
 */
export async function completeOutput(
  request: CorrectRequest,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
  earlier?: EarlierWork,
): Promise<CorrectSummary> {
  const started = earlier?.startedMs ?? Date.now();
  const { told, warnings } = collectWarnings(hooks, earlier?.warnings);
  await prepareKernels(told);
  const settled = await resumeSettling(request, workspace, platform, told);
  if (settled !== undefined) return settled;
  const run = await prepareRun(request, workspace, platform, told);
  return withReadyRun(run, workspace, platform, told, async (ready, held) => {
    const correctingStarted = earlier?.preparedMs ?? Date.now();
    await correctBlocks({ ...ready, records: await readStandingRecords(run, workspace, held) }, held);
    const seconds = () => secondsSince(started);
    return await finishOutput(
      { ...ready, warnings, seconds, correctingSeconds: secondsSince(correctingStarted) },
      held,
    );
  });
}

/** By the clocks of several machines time may seem to run backwards. */
function secondsSince(startMs: number): number {
  return Math.max(0, (Date.now() - startMs) / 1000);
}
