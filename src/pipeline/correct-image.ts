/**
 * A correction from its parameters to the finished output: plans the run, obtains profiles, makes the blocks, finishes.
 */

import { loadKernels } from "../kernels/load-kernels.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { collectWarnings } from "../parameters/run-events.ts";
import type { CorrectSummary } from "../parameters/summaries.ts";
import { secondsSince } from "../wait.ts";
import { geometries } from "./blocks/chunk-maker.ts";
import { chunkCount, outputType } from "./output/template.ts";
import type { CorrectRequest } from "./places/request.ts";
import type { ImageRecord } from "./record/journal.ts";
import { Workspace } from "./record/workspace.ts";
import { beginRun, checkAllMade, readVerifiedRecords, takeWorkspace } from "./run/begin-run.ts";
import { CountedLevels } from "./run/display-windows.ts";
import { finishOutput } from "./run/finish-output.ts";
import { allBlocks, doneBefore, mapBlocks, workingVerb, writingOf } from "./run/make-blocks.ts";
import { planRun, type Run } from "./run/plan-run.ts";
import { settle, settleEarlier } from "./run/settle-output.ts";
import { type Platform, threadsAhead } from "./threads/platform.ts";
import type { ChunksDone } from "./threads/tasks.ts";

/** Work of earlier processes of the same run, for its summary. */
interface EarlierWork {
  readonly startedMs: number;
  /** When the first pixels could be made, in milliseconds of the Unix epoch. */
  readonly preparedMs: number;
  readonly warnings: readonly string[];
}

/**
 * Corrects an image: obtains the profiles, applies them to every tile and writes the corrected image with its pyramid,
 * tables and attributes. The output appears complete or not at all; an interrupted run continues where it stopped.
 * @throws IsoluxError for everything that prevents that
 */
export async function correctImage(
  request: CorrectRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<CorrectSummary> {
  const workspace = new Workspace(request.places.output, platform);
  await using _waiting = await threadsAhead({ ...request, source: request.places.source }, platform);
  return await completeOutput(request, workspace, platform, hooks);
}

/**
 * Makes the remaining parts of an output, all of it or the last of it, and moves it to its place.
 * @param earlier what other processes did for it
 */
export async function completeOutput(
  request: CorrectRequest,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
  earlier?: EarlierWork,
): Promise<CorrectSummary> {
  const startedMs = earlier?.startedMs ?? Date.now();
  const { collecting, warnings } = collectWarnings(hooks, earlier?.warnings);
  await loadKernels();
  // An image that an earlier run has completed only has to be moved to its place.
  const settled = await settleEarlier(request, workspace, platform, collecting);
  if (settled !== undefined) return settled;

  // 1. Plan: bad input ends here, before anything is written.
  const plan = await planRun(request, workspace, platform, collecting);
  const taken = await takeWorkspace(plan, workspace, collecting);
  try {
    // 2. The profiles.
    const run = await beginRun(plan, taken, platform);
    // 3. The pixels: the blocks that are not made yet.
    const correctingMs = earlier?.preparedMs ?? Date.now();
    const counted = await correctBlocks(run, await readVerifiedRecords(run));
    // 4. Metadata, tables and reports; then the image is moved to its place.
    const correctingSeconds = secondsSince(correctingMs);
    await checkAllMade(run);
    const times = { warnings, seconds: () => secondsSince(startedMs), correctingSeconds };
    const completion = await finishOutput(run, times, counted);
    const { profiles } = run;
    return await settle({ request, workspace, platform, completion, profiles }, run.hooks);
  } catch (error) {
    throw await taken.leave(error);
  }
}

/**
 * Makes all blocks that are not made yet. The workspace must be this process's alone.
 * @returns the values that were counted meanwhile
 */
async function correctBlocks(run: Run, records: readonly ImageRecord[]): Promise<CountedLevels> {
  const { request, acquisition, plan, template, workspace } = run;
  const { report, signal } = run.hooks;
  const total = chunkCount(template);
  const images = template.images.map(geometries);
  const before = doneBefore(images, outputType(template), records);
  let { bytes } = before;
  let done = Math.min(before.chunks, total);
  const verb = workingVerb(request);
  const onProgress = (made: ChunksDone) => {
    done = Math.min(done + made.chunks, total);
    bytes += made.bytes;
    report({ kind: "progress", stage: verb, done, total, bytes });
  };
  report({ kind: "stage", text: `${verb} ${acquisition.location}` });
  const counted = new CountedLevels(template, records);
  const onDone = counted.add.bind(counted);
  const writing = writingOf(workspace, records, counted.wanted);
  const { lost } = await mapBlocks(run, writing, allBlocks(plan), { signal, onProgress, onDone });
  if (lost) await workspace.image.store.sweep(workspace.image.key);
  return counted;
}
