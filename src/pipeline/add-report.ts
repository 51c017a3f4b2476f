/** The report of a correction: written once the image is in its place, and before the source may go. */
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectSummary } from "../parameters/summaries.ts";
import type { ChannelProfile } from "./channel-profile.ts";
import type { CorrectRequest } from "./correct-request.ts";
import { type Platform, reportsOf } from "./platform.ts";
import { reopenRun } from "./prepare-run.ts";
import { obtainProfiles } from "./ready-run.ts";
import type { Completion } from "./run-documents.ts";
import type { Workspace } from "./workspace.ts";

/** An image that has come to its place, with what is left of its run. */
export interface PlacedOutput {
  readonly request: CorrectRequest;
  readonly workspace: Workspace;
  readonly platform: Platform;
  readonly completion: Completion;
  /** The profiles that were used, where this process has them. */
  readonly profiles?: readonly ChannelProfile[];
}

/**
 * Writes the report that was asked for, if the run has not done so; what came of it is noted in the workspace, so that
 * a run that goes on neither forgets nor repeats it. An image is worth more than its report: where that cannot be
 * written, a warning says why.
 * @returns the completion, its summary with the report or the warning
 * @throws IsoluxError where the run is interrupted, or another process has taken it over
 */
export async function addReport(output: PlacedOutput, hooks: RunHooks): Promise<Completion> {
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
    const report = await reports.write({ request, ...(profiles && { profiles }) }, hooks);
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

/** The profiles as the run has kept them; the report does without where they cannot be had. */
async function profilesAgain({ request, workspace, platform }: PlacedOutput, { signal }: RunHooks) {
  const quiet = { report: () => {}, signal };
  try {
    return await obtainProfiles(await reopenRun(request, platform, quiet), workspace, platform, quiet);
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}
