import { exitCodes } from "../cli/errors.ts";
import { checkFlatfield } from "./check-flatfield.ts";
import { correctFlatfield } from "./correct-flatfield.ts";
import { estimateFlatfield } from "./estimate-flatfield.ts";
import { initCorrectFlatfield } from "./init-correct-flatfield.ts";
import { type ProgramName, programNames } from "./manifest.ts";
import { fail, runTask, type TaskProgram } from "./run-task.ts";
import { TaskLog } from "./task-log.ts";

const programs: Readonly<Record<ProgramName, TaskProgram>> = {
  "init-correct-flatfield": initCorrectFlatfield,
  "correct-flatfield": correctFlatfield,
  "estimate-flatfield": estimateFlatfield,
  "check-flatfield": checkFlatfield,
};

/** Runs the program that the first argument names. @returns the exit code */
export async function runProgram([name, ...args]: readonly string[], signal: AbortSignal): Promise<number> {
  const known = programNames.find((program) => program === name);
  if (known !== undefined) return runTask(known, programs[known], args, signal);
  process.stderr.write(`isolux: expected the name of a task's program: ${programNames.join(", ")}\n`);
  return exitCodes.usage;
}

/** Tells of an error that nobody has waited for, so that a log ends with its reason in any case. */
export function tellUncaught(error: unknown): void {
  fail(error, new TaskLog("isolux", (line) => process.stdout.write(line)));
}
