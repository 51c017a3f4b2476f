/** The second stage of a run: its workspace, its profiles, and what is left where it fails. */
import type { Level } from "../../acquisition/level.ts";
import { IsoluxError } from "../../errors.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { formatCount } from "../../quantities.ts";
import { type Czyx, elementCount } from "../../shapes.ts";
import { joinKey } from "../../zarr/store.ts";
import { geometries } from "../blocks/chunk-maker.ts";
import { objectGrid } from "../output/level-geometry.ts";
import { outputLevels } from "../output/template.ts";
import { type ChannelProfile, profileFields } from "../profiles/channel-profile.ts";
import { withGains } from "../profiles/tile-gains.ts";
import { FinishedObjects, type ImageRecord, type JournalEntry } from "../record/journal.ts";
import type { RunIdentity } from "../record/run-documents.ts";
import type { Workspace } from "../record/workspace.ts";
import type { Platform } from "../threads/platform.ts";
import { estimateProfiles } from "./estimate-profiles.ts";
import { keepBrightBackgrounds, reportLosses } from "./losses.ts";
import { rememberReplaced } from "./place-output.ts";
import { identityOf, type Run, type RunPlan } from "./plan-run.ts";

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

/** Of a run, what its journal and the objects of its output are found by. */
type Making = Pick<Run, "request" | "template" | "workspace" | "hooks">;

/**
 * What the journal says is done, less what does not lie there as long as it was written: after a power cut, files whose
 * bytes the disk never got are empty or gone. What was averaged from such an object counts as not done either. Servers
 * of objects keep what they have confirmed: they are not asked.
 */
export async function readVerifiedRecords(run: Making): Promise<ImageRecord[]> {
  const { template, workspace } = run;
  const images = template.images.map(geometries);
  const { standing, gone } = await lookAtNoted(run);
  if (gone === 0) return workspace.documents.readRecords(images);
  const text =
    `${formatCount(gone, "object")} of the interrupted run ${gone === 1 ? "is" : "are"} gone or cut short, as after a ` +
    "power cut: made again, with all coarser levels.";
  run.hooks.report({ kind: "warning", text });
  return workspace.documents.readRecords(images, ({ image, level, object }) => {
    return level === 0 && standing[image]?.has(level, object) === true;
  });
}

/**
 * Holds all objects of an output to what was noted of them before it is completed: what was removed or moved away
 * meanwhile would be missing in it, unnoticed.
 * @throws IsoluxError `storage` where one is not there, `output` where the folder of the run was removed or swapped
 */
export async function checkAllMade(run: Making): Promise<void> {
  const { workspace } = run;
  await workspace.checkHeld();
  await workspace.checkOurs();
  const { missing } = await lookAtNoted(run);
  if (missing === 0) return;
  throw new IsoluxError({
    kind: "storage",
    what: "Parts of the unfinished output were removed or changed by something else",
    where: workspace.where,
    found: formatCount(missing, "missing object"),
    advice: "Run the same command again: it makes them again",
  });
}

/** The objects that were noted and lie there as written, and how many others were noted, and how many there should be. */
async function lookAtNoted({ request, template, workspace }: Making) {
  const { store, key } = workspace.pixels;
  const levels = template.images.map((part) => outputLevels(part, store, key));
  const standing = levels.map((ofImage) => new FinishedObjects(ofImage));
  const noted = levels.map((ofImage) => new FinishedObjects(ofImage));
  const isAsked = request.places.output.kind !== "bucket";
  let gone = 0;
  let looks: Promise<void>[] = [];
  const look = async ({ image, level: index, object, bytes }: JournalEntry) => {
    const level = levels[image]?.[index];
    if (level === undefined) return;
    if (noted[image]!.add(index, object)) gone++;
    const isStanding = bytes === 0 || !isAsked || (await sizeOf(level, object)) === bytes;
    if (isStanding && standing[image]!.add(index, object)) gone--;
  };
  await workspace.documents.readJournal(async (entry) => {
    looks.push(look(entry));
    if (looks.length < looksAtOnce) return;
    const begun = looks;
    looks = [];
    await Promise.all(begun);
  });
  await Promise.all(looks);
  let missing = 0;
  for (const [image, ofImage] of levels.entries()) {
    for (const [index, level] of ofImage.entries()) {
      missing += elementCount(objectGrid(level)) - standing[image]!.count(index);
    }
  }
  return { standing, gone, missing };
}

async function sizeOf(level: Level, object: Czyx): Promise<number | undefined> {
  return (await level.array.store.facts(level.array.objectKey(level.objectCoordinates(object))))?.bytes;
}
