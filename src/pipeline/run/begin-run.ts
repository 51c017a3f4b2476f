/** The second stage of a run: its workspace, its profiles, and what is left where it fails. */
import type { Level } from "../../acquisition/level.ts";
import { IsoluxError } from "../../errors.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { formatCount } from "../../quantities.ts";
import { joinKey, type ObjectStore } from "../../zarr/store.ts";
import { geometries } from "../blocks/chunk-maker.ts";
import { outputLevels } from "../output/template.ts";
import { type ChannelProfile, profileFields } from "../profiles/channel-profile.ts";
import { withGains } from "../profiles/tile-gains.ts";
import { FinishedObjects, type ImageRecord, type JournalEntry } from "../record/journal.ts";
import type { RunIdentity } from "../record/run-documents.ts";
import type { Workspace } from "../record/workspace.ts";
import type { Platform } from "../threads/platform.ts";
import { estimateProfiles } from "./estimate-profiles.ts";
import { keepBrightBackgrounds, reportLosses } from "./losses.ts";
import { identityOf, type Run, type RunPlan } from "./plan-run.ts";
import { rememberReplaced } from "./remember-replaced.ts";

/** The workspace of a run, taken by this process. */
interface TakenWorkspace {
  readonly workspace: Workspace;
  readonly identity: RunIdentity;
  /** Whether the run goes on with an earlier one's work. */
  readonly isResumed: boolean;
  /** Of which the signal is also given where another process takes the workspace over. */
  readonly hooks: RunHooks;
  /**
   * Leaves the workspace after an error, with what can be gone on with.
   * @returns the error to report
   */
  leave(error: unknown): Promise<unknown>;
}

/** Takes the workspace of a run. @throws IsoluxError as {@link Workspace.open} does */
export async function takeWorkspace(plan: RunPlan, workspace: Workspace, hooks: RunHooks): Promise<TakenWorkspace> {
  const identity = await identityOf(plan, hooks);
  const isResumed = await workspace.open(identity, plan.request.parameters.overwrite);
  const beside = plan.template.beside ?? [];
  await rememberReplaced(
    plan.request,
    workspace,
    beside.map(({ name }) => name),
  );
  const { lost } = workspace;
  const held = lost === undefined ? hooks : { ...hooks, signal: AbortSignal.any([hooks.signal, lost]) };
  const leave = async (error: unknown) => {
    if (lost?.aborted === true) {
      await workspace.leaveLost().catch(() => undefined);
      return workspace.taken();
    }
    await leaveWorkspace(workspace, isResumed, error);
    return error;
  };
  if (isResumed) hooks.report({ kind: "note", text: "Resuming an interrupted run." });
  return { workspace, identity, isResumed, hooks: held, leave };
}

/** Obtains the profiles of a run, and clears the place of its output. */
export async function beginRun(
  plan: RunPlan,
  { workspace, identity, isResumed, hooks }: TakenWorkspace,
  platform: Platform,
): Promise<Run> {
  await takeOutput(workspace, isResumed, hooks);
  const profiles = await obtainProfiles(plan, workspace, platform, hooks);
  const { acquisition, profilePlan, request } = plan;
  if (profilePlan.kind === "estimated") await reportLosses(acquisition, profiles, request.parameters, hooks);
  const fields = profileFields(acquisition, profiles, request.parameters.background);
  await clearOutput(plan, workspace, hooks);
  return { ...plan, identity, workspace, platform, hooks, profiles, fields };
}

/** The profiles of a run, those that were given, kept by an earlier try, or estimated now, with the gains of tiles. */
export async function obtainProfiles(
  { request, acquisition, profilePlan, given }: Pick<RunPlan, "request" | "acquisition" | "profilePlan" | "given">,
  workspace: Pick<Workspace, "folder">,
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
  const withMeanings = await keepBrightBackgrounds(acquisition, profiles, parameters, hooks);
  return withGains(withMeanings, { acquisition, parameters, kept: places.kept }, hooks);
}

/** Makes the place of an output in a bucket this run's; counts nothing as done that is not there any more. */
async function takeOutput(workspace: Workspace, resumed: boolean, { report }: RunHooks): Promise<void> {
  const { claim } = workspace;
  if (claim === undefined) return;
  report({ kind: "note", text: `What is done is noted in ${workspace.where} until the output is complete.` });
  if (!(await claim.take(resumed)) && resumed) await workspace.documents.forgetJournal();
}

/** Clears the place of an output in a bucket, where nothing can be put aside: as late as possible. */
async function clearOutput({ request }: RunPlan, { claim }: Workspace, { report }: RunHooks): Promise<void> {
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

// What is done of an output, as far as it still stands.

/** The number of objects that are examined together: on a network most of the time is waiting. */
const looksAtOnce = 64;

/**
 * What the journal says is done, less what does not lie there as long as it was written: after a power cut, files whose
 * bytes the disk never got are empty or gone. What was averaged from such an object counts as not done either. Servers
 * of objects keep what they have confirmed: they are not asked.
 */
export async function readVerifiedRecords({
  request,
  template,
  workspace,
  hooks: { report },
}: Pick<Run, "request" | "template" | "workspace" | "hooks">): Promise<ImageRecord[]> {
  const images = template.images.map(geometries);
  const all = () => workspace.documents.readRecords(images);
  if (request.places.output.kind === "bucket") return all();
  const { store, key } = workspace.pixels;
  const levels = template.images.map((part) => outputLevels(part, store, key));
  const lost = levels.map((ofImage) => new FinishedObjects(ofImage));
  const count = await findLost(workspace, store, levels, lost);
  if (count === 0) return all();
  const text =
    `${formatCount(count, "object")} of the interrupted run ${count === 1 ? "is" : "are"} gone or cut short, as after a ` +
    "power cut: made again, with all coarser levels.";
  report({ kind: "warning", text });
  return workspace.documents.readRecords(images, ({ image, level, object }) => {
    return level === 0 && lost[image]?.has(level, object) === false;
  });
}

/** @param lost takes up what does not stand */
async function findLost(
  { documents }: Workspace,
  store: ObjectStore,
  levels: readonly (readonly Level[])[],
  lost: readonly FinishedObjects[],
): Promise<number> {
  let count = 0;
  let looks: Promise<void>[] = [];
  const look = async ({ image, level: index, object, bytes }: JournalEntry) => {
    const level = levels[image]?.[index];
    if (level === undefined || bytes === 0) return;
    const facts = await store.facts(level.array.objectKey(level.objectCoordinates(object)));
    if (facts?.bytes !== bytes && lost[image]!.add(index, object)) count++;
  };
  await documents.readJournal(async (entry) => {
    looks.push(look(entry));
    if (looks.length < looksAtOnce) return;
    const begun = looks;
    looks = [];
    await Promise.all(begun);
  });
  await Promise.all(looks);
  return count;
}
