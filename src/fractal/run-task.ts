import { errorText, exitCodes } from "../cli/errors.ts";
import { IsoluxError } from "../errors.ts";
import { inReferenceNames } from "../parameters/reference-names.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { RawParameters } from "../parameters/validate.ts";
import { version } from "../version.ts";
import { checkNoOutput, parseTaskFiles, readArgumentsFile, writeOutputFile } from "./task-files.ts";
import { TaskLog } from "./task-log.ts";

/** What a program of a task does: from its arguments to what it returns to the server. */
export type TaskProgram = (given: RawParameters, hooks: RunHooks) => Promise<TaskResult>;

/** What a program of a task returns, and what it did in a sentence. */
export interface TaskResult {
  readonly output: object;
  readonly told: string;
}

/**
 * Runs a program of a task as Fractal starts it: `--args-json PATH --out-json PATH`. All it says are lines of a log;
 * the last one tells how it ended.
 * @returns the exit code: 0 done, 1 failed, 2 wrong arguments
 */
export async function runTask(
  name: string,
  program: TaskProgram,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const log = new TaskLog(name, (line) => process.stdout.write(line));
  const report: RunHooks["report"] = (event) =>
    log.report("text" in event ? { ...event, text: inReferenceNames(event.text) } : event);
  try {
    const { argsJson, outJson } = parseTaskFiles(args);
    checkNoOutput(outJson);
    log.say("INFO", `START ${name}, Isolux ${version}`);
    const { output, told } = await program(await readArgumentsFile(argsJson), { report, signal });
    await writeOutputFile(outJson, output);
    log.say("INFO", `END ${name}: ${told}`);
    return exitCodes.done;
  } catch (error) {
    return fail(signal.aborted ? interruption(error) : error, log);
  }
}

/** Tells why a task failed. @returns the exit code */
export function fail(error: unknown, log: TaskLog): number {
  const text = errorText(error, false) ?? "";
  log.say("ERROR", inReferenceNames(text.replace(/^isolux: /, "")));
  return error instanceof IsoluxError && error.kind === "usage" ? exitCodes.usage : exitCodes.failed;
}

function interruption(cause: unknown): IsoluxError {
  const advice = "Submit the job again: it goes on where it stopped";
  return new IsoluxError({ kind: "interrupted", what: "The task was stopped from outside", advice, cause });
}
