/** Runs a task: reads its arguments from a file, writes its output to another, and logs. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { errorText, reasonOf } from "../cli/errors.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { inReferenceNames } from "../parameters/spelling.ts";
import type { RawParameters } from "../parameters/validate.ts";
import { version } from "../version.ts";
import { DirectoryStore } from "../zarr/disk/directory-store-node.ts";
import { isJsonObject } from "../zarr/json.ts";
import { TaskLog } from "./task-log.ts";

/** A program of a task: from its arguments to its result for the server. */
export type TaskProgram = (given: RawParameters, hooks: RunHooks) => Promise<TaskResult>;

/** The result of a program, with a sentence on what it did. */
interface TaskResult {
  readonly output: object;
  readonly message: string;
}

/**
 * Runs a program of a task as Fractal starts it: `--args-json PATH --out-json PATH`. All messages are lines of a log;
 * the last one states the outcome.
 * @param write receives the lines, which are the task's standard output
 * @returns the exit code: 0 done, 1 failed, 2 wrong arguments
 */
export async function runTask(
  name: string,
  program: TaskProgram,
  args: readonly string[],
  signal: AbortSignal,
  write: (line: string) => void,
): Promise<number> {
  const log = new TaskLog(name, write);
  const report: RunHooks["report"] = (event) =>
    log.report("text" in event ? { ...event, text: inReferenceNames(event.text) } : event);
  try {
    const { argsJson, outJson } = parseTaskFiles(args);
    checkNoOutput(outJson);
    log.say("INFO", `START ${name}, Isolux ${version}`);
    const { output, message } = await program(await readArgumentsFile(argsJson), { report, signal });
    await writeOutputFile(outJson, output);
    log.say("INFO", `END ${name}: ${message}`);
    return exitCodes.done;
  } catch (error) {
    return fail(signal.aborted ? interruption(error) : error, log);
  }
}

/** Logs why a task failed. @returns the exit code */
export function fail(error: unknown, log: TaskLog): number {
  const text = errorText(error, false) ?? "";
  log.say("ERROR", inReferenceNames(text.replace(/^isolux: /, "")));
  return error instanceof IsoluxError && error.kind === "usage" ? exitCodes.usage : exitCodes.failed;
}

function interruption(cause: unknown): IsoluxError {
  const advice = "Submit the job again: it resumes";
  return new IsoluxError({ kind: "interrupted", what: "The task was stopped from outside", advice, cause });
}

// The two files by which Fractal and a task exchange arguments and output.

/** The paths of a task's arguments and output. */
interface TaskFiles {
  readonly argsJson: string;
  readonly outJson: string;
}

const options = ["--args-json", "--out-json"] as const;

/** Reads `--args-json PATH --out-json PATH`. @throws IsoluxError `usage` for anything else */
export function parseTaskFiles(args: readonly string[]): TaskFiles {
  const words = args.flatMap((arg) => {
    const option = options.find((name) => arg.startsWith(`${name}=`));
    return option === undefined ? [arg] : [option, arg.slice(option.length + 1)];
  });
  const paths = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) {
    const [option, path] = [words[at]!, words[at + 1]];
    if (!options.some((name) => name === option) || path === undefined || path === "" || paths.has(option)) {
      throw wrongCall(args);
    }
    paths.set(option, path);
  }
  const [argsJson, outJson] = options.map((option) => paths.get(option));
  if (argsJson === undefined || outJson === undefined) throw wrongCall(args);
  return { argsJson, outJson };
}

function wrongCall(args: readonly string[]): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "A task is started by Fractal",
    found: args.join(" ") || "no arguments",
    expected: "--args-json PATH --out-json PATH",
    advice: "To correct an image by hand use the command isolux correct",
  });
}

/**
 * Refuses to run beside the output of another run, which might be mistaken for that of this one. @throws IsoluxError
 * `output`
 */
function checkNoOutput(path: string): void {
  if (!existsSync(path)) return;
  throw new IsoluxError({ kind: "output", what: "The output file of the task already exists", where: path });
}

/** Reads the arguments. @throws IsoluxError `not-found` or `usage` */
async function readArgumentsFile(path: string): Promise<RawParameters> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const what = "The file of arguments cannot be read";
    throw new IsoluxError({ kind: "not-found", what, where: path, found: reasonOf(cause), cause });
  });
  const what = "The file of arguments cannot be used";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new IsoluxError({ kind: "usage", what, where: path, expected: "JSON", cause });
  }
  if (isJsonObject(value)) return value;
  throw new IsoluxError({ kind: "usage", what, where: path, expected: "a JSON object" });
}

/** Writes the output atomically: a killed task leaves no part of it. @throws IsoluxError `output`, `storage` */
export async function writeOutputFile(path: string, output: object): Promise<void> {
  checkNoOutput(path);
  const text = `${JSON.stringify(output, undefined, 2)}\n`;
  await new DirectoryStore(dirname(path)).set(basename(path), new TextEncoder().encode(text));
}
