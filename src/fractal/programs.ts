import { exitCodes } from "../cli/errors.ts";
import { checkFlatfield } from "./check-flatfield.ts";
import { correctFlatfield } from "./correct-flatfield.ts";
import { estimateFlatfield } from "./estimate-flatfield.ts";
import { initCorrectFlatfield } from "./init-correct-flatfield.ts";
import { type ProgramName, programNames } from "./manifest.ts";
import { runTask, type TaskProgram } from "./run-task.ts";

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
