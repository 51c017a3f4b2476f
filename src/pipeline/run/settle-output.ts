/** The last step of a run: the completed image in its place, the source removed if that was asked. */
import { omeAttributes } from "../../ngff/group.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { CorrectSummary } from "../../parameters/summaries.ts";
import { encodeJson, isJsonObject, type JsonObject, readJson } from "../../zarr/json.ts";
import { hiddenBeside, joinKey, keyName, type WritableStore } from "../../zarr/store.ts";
import { isOccupied, type Location, type OutputPlace, openLocated, type SourceLocation } from "../places/location.ts";
import type { CorrectRequest } from "../places/request.ts";
import type { Completion } from "../record/run-documents.ts";
import type { Workspace } from "../record/workspace.ts";
import { type Platform, reportsOf } from "../threads/platform.ts";
import { obtainProfiles } from "./begin-run.ts";
import { checkNothingLostNow } from "./check-erasable.ts";
import { checkPlace } from "./check-outputs.ts";
import { type PlacedOutput, placeOutput, rememberReplaced } from "./place-output.ts";
import { openRun, planPixels, type RunPlan } from "./plan-run.ts";
import { fingerprintSource, identityParameters } from "./provenance.ts";

/** Puts the completed image in its place. Every step may be the first of a run that goes on after a kill. */
export async function settle(output: PlacedOutput, hooks: RunHooks): Promise<CorrectSummary> {
  const { workspace, completion } = output;
  const { summary } = completion.isSettled === true ? completion : await settleSteps(output, hooks);
  await removeWorkspace(workspace, hooks);
  return summary as unknown as CorrectSummary;
}

async function settleSteps(output: PlacedOutput, hooks: RunHooks): Promise<Completion> {
  const { request, workspace } = output;
  const { places, parameters } = request;
  await placeOutput(places.output, workspace);
  if (places.output.kind === "folder") await listInWell(places.output, places.source);
  // It compares with the source, so it comes before that may go.
  const completion = await addReport(output, hooks);
  const { erasable } = places;
  if (parameters.eraseSourceImage && erasable !== undefined) await erase(request, erasable);
  // Without it the next run takes the steps again
  await workspace.documents.recordCompletion({ ...completion, isSettled: true }).catch(() => undefined);
  return completion;
}

/** An image in its place is complete, whatever becomes of the folder beside it. */
async function removeWorkspace(workspace: Workspace, { report }: RunHooks): Promise<void> {
  try {
    await workspace.remove();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `The image is complete, but the folder of its run stays (${workspace.where}): the same command removes it. ${reason}`;
    report({ kind: "warning", text });
  }
}

/** Renames first: a source that is half erased must not be taken for an image. */
async function erase(request: CorrectRequest, erasable: Location): Promise<void> {
  const { store, key } = erasable;
  const doomed = hiddenBeside(key, "isolux-erased");
  if ((await store.list(key)).length > 0) {
    await checkNothingLostNow(request, erasable);
    await store.move(key, doomed);
  }
  await store.remove(doomed);
}

/**
 * Puts an output in its place that an earlier run had completed but not yet placed.
 * @returns that run's summary, or `undefined` where there is no such output, or none that this run can make do with
 * @throws IsoluxError `output` where that run was a different one, or something lies at the output since
 */
export async function settleEarlier(
  request: CorrectRequest,
  workspace: Workspace,
  platform: Platform,
  hooks: RunHooks,
): Promise<CorrectSummary | undefined> {
  await workspace.removeRemains();
  if ((await workspace.documents.readCompletion()) === undefined) return undefined;
  const isNewlyTaken = await workspace.lock();
  try {
    const completion = await usableCompletion(request, workspace);
    if (completion === undefined) return undefined;
    hooks.report({ kind: "note", text: "An earlier run had completed the image: it is put in its place." });
    return await settle({ request, workspace, platform, completion }, hooks);
  } finally {
    // Where the folder could not be removed, a warning says so
    if (isNewlyTaken) await workspace.unlock().catch(() => undefined);
  }
}

/** What is noted of a completed image that is what this run would make; another is cleared away where it may be. */
async function usableCompletion(request: CorrectRequest, workspace: Workspace): Promise<Completion | undefined> {
  const { places, parameters } = request;
  const completion = await workspace.documents.readCompletion();
  if (completion === undefined) return undefined;
  const { summary, verified } = completion;
  const difference =
    summary.source === joinKey(places.source.store.location, places.source.key)
      ? await workspace.documents.describeCompleted(
          identityParameters(request),
          await currentFingerprint(places.source),
        )
      : `it corrected ${String(summary.source)}`;
  if (difference !== undefined && completion.isSettled === true) {
    await workspace.remove();
    return undefined;
  }
  if (difference !== undefined && !parameters.overwrite) throw workspace.differentRun(difference);
  const isPlaced = !(await isOccupied(workspace.image));
  if (!isPlaced) {
    await checkPlace(request, workspace);
    const beside = await workspace.beside.store.list(workspace.beside.key);
    await rememberReplaced(
      request,
      workspace,
      beside.map(({ name }) => name),
    );
  }
  const mustVerify = parameters.eraseSourceImage && !verified;
  if (difference === undefined && !mustVerify) return completion;
  await putBackReplaced(places.output, workspace);
  // Chunks that have left the workspace with the image are no longer there to go on with.
  if (difference === undefined && !isPlaced) await workspace.documents.revokeCompletion();
  else await workspace.remove();
  return undefined;
}

/** Undoes the first half of a replacement whose second half is not to come. */
async function putBackReplaced(output: OutputPlace, workspace: Workspace): Promise<void> {
  if (output.kind !== "folder") return;
  const replaced = workspace.folder("replaced");
  if ((await isOccupied(replaced)) && !(await isOccupied(output))) await output.store.move(replaced.key, output.key);
}

/** The digest of a source as it is now, or `undefined` where it is gone. */
async function currentFingerprint(source: SourceLocation): Promise<string | undefined> {
  if (!source.store.isRemote && !(await isOccupied(source))) return undefined;
  return fingerprintSource((await openLocated(source)).acquisition);
}

// An image that is written beside its source in a well of a plate is listed there, or no reader of the plate finds
// it.

/** Others may list their images at the same time: what they undo is done again, so often at most. */
const tries = 3;

/**
 * Adds an output to the images of the well that its source is listed in; nothing where it is in no well, or listed.
 * @throws IsoluxError `storage`
 */
export async function listInWell(output: Location, source: SourceLocation): Promise<void> {
  const { store, key } = output;
  const well = parentOf(key);
  const [name, sourceName] = [keyName(key), keyName(source.key)];
  const isBeside = store.location === source.store.location && well === parentOf(source.key);
  if (!isBeside) return;
  for (let attempt = 0; attempt < tries; attempt++) {
    if (!(await addImage(store, well, name, sourceName))) return;
  }
}

function parentOf(key: string): string {
  return key.split("/").slice(0, -1).join("/");
}

/** @returns whether anything was to be written */
async function addImage(store: WritableStore, well: string, name: string, sourceName: string): Promise<boolean> {
  for (const document of [".zattrs", "zarr.json"]) {
    const at = joinKey(well, document);
    const found = await readJson(store, at);
    const images = found && imagesOf(document === ".zattrs" ? found : found.attributes);
    const own = images?.find(({ path }) => path === sourceName);
    if (images === undefined || own === undefined || images.some(({ path }) => path === name)) continue;
    images.push({ ...own, path: name });
    await store.keep(at, encodeJson(found!));
    return true;
  }
  return false;
}

/** The list of images in the attributes of a well; `undefined` where they are not those of a well. */
function imagesOf(attributes: unknown): JsonObject[] | undefined {
  const well = isJsonObject(attributes) ? omeAttributes(attributes).well : undefined;
  const images = isJsonObject(well) ? well.images : undefined;
  return Array.isArray(images) && images.every(isJsonObject) ? (images as JsonObject[]) : undefined;
}

/**
 * Writes the report that was asked for, if the run has not done so; what came of it is noted in the workspace, so that
 * a run that goes on neither forgets nor repeats it. An image is worth more than its report: where that cannot be
 * written, a warning says why.
 * @returns the completion, its summary with the report or the warning
 * @throws IsoluxError where the run is interrupted, or another process has taken it over
 */
async function addReport(output: PlacedOutput, hooks: RunHooks): Promise<Completion> {
  const { request, workspace, platform, completion } = output;
  const path = request.parameters.report;
  const before = completion.report?.path === path ? completion.report : undefined;
  if (path === undefined || before?.isDone === true) return completion;
  // A report that lies there is this run's only if it had begun one.
  const mayReplace = request.parameters.overwrite || request.replacesReport === true || before !== undefined;
  try {
    const reports = reportsOf(platform);
    if (!mayReplace) await reports.check(request);
    await workspace.documents.recordCompletion({ ...completion, report: { path, isDone: false } });
    const profiles = output.profiles ?? (await profilesAgain(output, hooks));
    const report = await reports.write({ request, profiles }, hooks);
    return await conclude(output, path, { report });
  } catch (error) {
    await workspace.checkHeld();
    if (hooks.signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const text = `The image is complete, but its report could not be written. ${reason}`;
    const { warnings } = completion.summary;
    const earlier = Array.isArray(warnings) ? [...warnings] : [];
    hooks.report({ kind: "warning", text });
    return await conclude(output, path, { warnings: [...earlier, text] });
  }
}

async function conclude(
  { workspace, completion }: PlacedOutput,
  path: string,
  result: Pick<CorrectSummary, "report"> | Pick<CorrectSummary, "warnings">,
): Promise<Completion> {
  const concluded = { ...completion, summary: { ...completion.summary, ...result }, report: { path, isDone: true } };
  await workspace.checkHeld();
  await workspace.documents.recordCompletion(concluded);
  return concluded;
}

/** The profiles as the run has kept them; the report does without them where they are missing. */
async function profilesAgain({ request, workspace, platform }: PlacedOutput, { signal }: RunHooks) {
  const quiet = { report: () => {}, signal };
  try {
    return await obtainProfiles(await reopenRun(request, platform, quiet), workspace, platform, quiet);
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

/** Opens a run whose pixels are made, as far as its profiles need it. */
async function reopenRun(
  request: CorrectRequest,
  platform: Platform,
  hooks: RunHooks,
): Promise<Pick<RunPlan, "request" | "acquisition" | "profilePlan" | "given">> {
  const run = await openRun(request, hooks);
  const { profilePlan, given } = await planPixels(run, request, platform, hooks);
  return { request, acquisition: run.acquisition, profilePlan, given };
}
