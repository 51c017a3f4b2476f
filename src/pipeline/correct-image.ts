/** The correction of an image, from its parameters to the output in its place: what the doors call. */
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectSummary } from "../parameters/summaries.ts";
import { bytesPerPixel, elementCount } from "../shapes.ts";
import { joinKey } from "../zarr/store.ts";
import { type BlockJob, type BlockPool, type BlockPoolHooks, type BlockStores, inlineBlockPool } from "./block-pool.ts";
import type { ChannelProfile } from "./channel-profile.ts";
import { estimateProfiles } from "./channel-profiles.ts";
import { collectWarnings } from "./collect-warnings.ts";
import type { ChannelFields } from "./correct-chunk.ts";
import { finishOutput, resumeSettling } from "./finish-output.ts";
import type { JournalEntry } from "./journal.ts";
import { placeOf } from "./location.ts";
import { lostWorker } from "./lost-worker.ts";
import { chunkCount, fullGeometry, type OutputTemplate } from "./output-template.ts";
import { chunksPerObject } from "./plan.ts";
import type { Platform } from "./platform.ts";
import { prepareKernels } from "./prepare-kernels.ts";
import { type CorrectRequest, type PreparedRun, prepareRun } from "./prepare-run.ts";
import { profileFields } from "./profile-fields.ts";
import { runPasses } from "./run-passes.ts";
import { Workspace } from "./workspace.ts";

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
  const started = Date.now();
  const { told, warnings } = collectWarnings(hooks);
  await prepareKernels(told);
  const workspace = new Workspace(request.places.output, platform);
  const settled = await resumeSettling(request, workspace, told);
  if (settled !== undefined) return settled;
  const run = await prepareRun(request, workspace, platform, told);
  const resumed = await workspace.open(run.identity, request.parameters.overwrite);
  try {
    if (resumed) told.report({ kind: "note", text: "Going on where an interrupted run stopped." });
    await takeOutput(workspace, resumed, told);
    const profiles = run.given.length > 0 ? run.given : await estimateRunProfiles(run, workspace, platform, told);
    const fields = profileFields(run.acquisition, profiles, request.parameters.background);
    await clearOutput(run, workspace, told);
    const correctingStarted = Date.now();
    await correctBlocks(run, workspace, fields, platform, told);
    const seconds = () => (Date.now() - started) / 1000;
    const correctingSeconds = (Date.now() - correctingStarted) / 1000;
    return await finishOutput({ run, workspace, profiles, fields, warnings, seconds, correctingSeconds }, told);
  } catch (error) {
    await leaveWorkspace(workspace, resumed, error);
    throw error;
  }
}

/** Makes the place of an output in a bucket this run's; counts nothing as done that is not there any more. */
async function takeOutput(workspace: Workspace, resumed: boolean, { report }: RunHooks): Promise<void> {
  const { claim } = workspace;
  if (claim === undefined) return;
  report({ kind: "note", text: `What is done is noted in ${workspace.where} until the output is complete.` });
  if (!(await claim.take(resumed)) && resumed) await workspace.forgetJournal();
}

/** Makes room for an output in a bucket, where nothing can be put aside: as late as possible. */
async function clearOutput({ request }: PreparedRun, { claim }: Workspace, { report }: RunHooks): Promise<void> {
  if (claim === undefined || !(await claim.mustClear())) return;
  const { store, key } = request.places.output;
  report({ kind: "stage", text: `Removing what lies at ${joinKey(store.location, key)}` });
  await claim.clear();
}

/** Kinds of errors after which the same command may succeed with what was done so far. */
const worthResuming = new Set(["interrupted", "storage", "output"]);

/** Keeps what can be gone on with; removes what cannot: a run on broken data leaves nothing behind. */
async function leaveWorkspace(workspace: Workspace, resumed: boolean, error: unknown): Promise<void> {
  const isHopeless = error instanceof IsoluxError && !worthResuming.has(error.kind);
  const { claim } = workspace;
  if (isHopeless && !resumed) {
    await claim?.abandon().catch(() => undefined);
    await workspace.remove().catch(() => undefined);
  } else {
    await claim?.sweep();
    await workspace.unlock().catch(() => undefined);
  }
}

function estimateRunProfiles(
  { request, acquisition, profilePlan }: PreparedRun,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
): Promise<ChannelProfile[]> {
  if (profilePlan.kind !== "estimated") return Promise.resolve([]);
  const places = {
    source: request.places.source,
    kept: workspace.folder("profiles"),
    scratch: workspace.folder("scratch"),
  };
  return estimateProfiles({ acquisition, plan: profilePlan, places, platform, hooks });
}

async function correctBlocks(
  { request, acquisition, plan, template }: PreparedRun,
  workspace: Workspace,
  fields: readonly ChannelFields[],
  platform: Platform,
  hooks: RunHooks,
): Promise<void> {
  const total = chunkCount(template);
  const finished = await workspace.readJournal();
  let { done, bytes } = doneBefore(template, finished);
  const verb = request.profileSource.kind === "none" ? "Converting" : "Correcting";
  hooks.report({ kind: "stage", text: `${verb} ${acquisition.location}` });
  const onChunk = (chunkBytes: number) => {
    done = Math.min(done + 1, total);
    bytes += chunkBytes;
    hooks.report({ kind: "progress", stage: verb, done, total, bytes });
  };
  const job: BlockJob = {
    source: placeOf(request.places.source),
    output: placeOf(workspace.pixels),
    images: template.images.map(({ key, levels, source }) => ({ key, levels, source })),
    journal: placeOf(workspace.folder("journal")),
    runName: Date.now().toString(36),
    fields,
    finished,
    cacheBytes: plan.cacheBytes,
  };
  const stores = { output: workspace.pixels.store, journal: workspace.image.store };
  const parts = { acquisition, job, workers: plan.workers, stores, platform };
  let lost = false;
  const onLost = (found: string) => {
    lost = true;
    hooks.report({ kind: "warning", text: lostWorker(found) });
  };
  const pool = await openPool(parts, { signal: hooks.signal, onChunk, onLost });
  try {
    await runPasses(plan.rounds, pool, hooks.signal);
  } finally {
    await pool.close();
  }
  if (lost) await workspace.image.store.sweep(workspace.image.key);
}

/** The chunks of the full resolution that an earlier run made, and the bytes of their pixels. */
function doneBefore({ images }: OutputTemplate, finished: readonly JournalEntry[]): { done: number; bytes: number } {
  let [done, bytes] = [0, 0];
  for (const { image, level } of finished) {
    const part = images[image];
    if (level !== 0 || part === undefined) continue;
    const full = fullGeometry(part);
    const chunks = elementCount(chunksPerObject(full));
    done += chunks;
    bytes += chunks * elementCount(full.chunkShapeCzyx) * bytesPerPixel(part.levels[0]!.metadata.type);
  }
  return { done: Math.min(done, chunkCount({ images })), bytes };
}

interface PoolParts {
  readonly acquisition: PreparedRun["acquisition"];
  readonly job: BlockJob;
  readonly workers: number;
  readonly stores: BlockStores;
  readonly platform: Platform;
}

async function openPool(
  { acquisition, job, workers, stores, platform }: PoolParts,
  hooks: BlockPoolHooks,
): Promise<BlockPool> {
  if (workers > 1 && platform.createBlockPool !== undefined) return platform.createBlockPool(job, workers, hooks);
  return inlineBlockPool(acquisition, stores, job, hooks);
}
