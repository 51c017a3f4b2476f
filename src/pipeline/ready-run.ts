/** A run from its workspace to its blocks: what comes before the pixels, and what is left where it fails. */
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { joinKey } from "../zarr/store.ts";
import { keepBrightBackgrounds } from "./bright-background.ts";
import type { ChannelProfile } from "./channel-profile.ts";
import type { ChannelFields } from "./correct-chunk.ts";
import { estimateProfiles } from "./estimate-profiles.ts";
import type { Platform } from "./platform.ts";
import type { PreparedRun } from "./prepare-run.ts";
import { profileFields } from "./profile-fields.ts";
import { withGains } from "./tile-gains.ts";
import type { Workspace } from "./workspace.ts";

/** A run whose profiles are there: only its blocks are still to be made. */
export interface ReadyRun {
  readonly run: PreparedRun;
  readonly workspace: Workspace;
  readonly profiles: readonly ChannelProfile[];
  readonly fields: readonly ChannelFields[];
  readonly platform: Platform;
}

/**
 * Takes the workspace, obtains the profiles, makes room for the output and does the work. Where that fails, what can be
 * gone on with is kept.
 * @param hooks of which the signal is also given where another process takes the workspace over
 */
export async function withReadyRun<Result>(
  run: PreparedRun,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
  work: (ready: ReadyRun, hooks: RunHooks) => Promise<Result>,
): Promise<Result> {
  const resumed = await workspace.open(run.identity, run.request.parameters.overwrite);
  const { lost } = workspace;
  const held = lost === undefined ? hooks : { ...hooks, signal: AbortSignal.any([hooks.signal, lost]) };
  try {
    if (resumed) hooks.report({ kind: "note", text: "Going on where an interrupted run stopped." });
    await takeOutput(workspace, resumed, held);
    const profiles = await obtainProfiles(run, workspace, platform, held);
    const fields = profileFields(run.acquisition, profiles, run.request.parameters.background);
    await clearOutput(run, workspace, held);
    return await work({ run, workspace, profiles, fields, platform }, held);
  } catch (error) {
    if (lost?.aborted === true) throw workspace.taken();
    await leaveWorkspace(workspace, resumed, error);
    throw error;
  }
}

/** The profiles of a run, those that were given, kept by an earlier try, or estimated now, with the gains of tiles. */
export async function obtainProfiles(
  { request, acquisition, profilePlan, given }: Pick<PreparedRun, "request" | "acquisition" | "profilePlan" | "given">,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
): Promise<readonly ChannelProfile[]> {
  const places = {
    source: request.places.source,
    kept: workspace.folder("profiles"),
    scratch: workspace.folder("scratch"),
  };
  const profiles =
    profilePlan.kind === "estimated"
      ? await estimateProfiles({ acquisition, plan: profilePlan, places, platform, hooks })
      : given;
  const { parameters } = request;
  const judged = await keepBrightBackgrounds(acquisition, profiles, parameters, hooks);
  return withGains(judged, { acquisition, parameters, kept: places.kept }, hooks);
}

/** Makes the place of an output in a bucket this run's; counts nothing as done that is not there any more. */
async function takeOutput(workspace: Workspace, resumed: boolean, { report }: RunHooks): Promise<void> {
  const { claim } = workspace;
  if (claim === undefined) return;
  report({ kind: "note", text: `What is done is noted in ${workspace.where} until the output is complete.` });
  if (!(await claim.take(resumed)) && resumed) await workspace.documents.forgetJournal();
}

/** Makes room for an output in a bucket, where nothing can be put aside: as late as possible. */
async function clearOutput({ request }: PreparedRun, { claim }: Workspace, { report }: RunHooks): Promise<void> {
  if (claim === undefined || !(await claim.mustClear())) return;
  const { store, key } = request.places.output;
  report({ kind: "stage", text: `Removing what lies at ${joinKey(store.location, key)}` });
  await claim.clear();
}

/** Kinds of errors after which the same command may succeed with what was done so far. */
export const worthResuming: ReadonlySet<string> = new Set(["interrupted", "storage", "output"]);

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
