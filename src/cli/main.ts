#!/usr/bin/env node
/** The command line's entry: streams, signals and exit codes; everything else is behind `buildProgram`. */
import { errorText, exitCodeOf, exitCodes } from "./errors.ts";
import { buildProgram } from "./program.ts";

const args = process.argv.slice(2);
const verbose = args.includes("--verbose");

/** The first interruption asks the run to stop cleanly, the second one ends it at once. */
function signalOfInterruption(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}

/** A reader that has seen enough (`isolux inspect ... | head`) is no error. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

/** A run does not end because its progress cannot be told, as where the disk of its log is full. */
function ignoreFailures(stream: NodeJS.WriteStream): void {
  stream.on("error", () => undefined);
}

function fail(error: unknown): number {
  const text = errorText(error, verbose);
  if (text !== undefined) process.stderr.write(text);
  return exitCodeOf(error);
}

async function main(): Promise<number> {
  let end: number = exitCodes.done;
  const endWith = (code: number) => {
    end = code;
  };
  const door = { stdout: process.stdout, stderr: process.stderr, signal: signalOfInterruption(), endWith };
  const program = await buildProgram(args, door);
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return exitCodes.usage;
  }
  await program.parseAsync(args, { from: "user" });
  return end;
}

ignoreClosedPipe(process.stdout);
ignoreFailures(process.stderr);
process.on("uncaughtException", (error) => process.exit(fail(error)));
process.exitCode = await main().catch(fail);
