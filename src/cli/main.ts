#!/usr/bin/env node
/** The command line's entry: streams and exit codes. The program runs in a thread, what only answers in this one. */
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import type { CliContext, TextStream } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { stopSignal, supervise } from "./supervise.ts";

const args = process.argv.slice(2);

/** How long what a failed run has under way may keep it. */
const lingerMs = 1000;

/** The state of the streams that a thread is started with. */
interface StreamFacts {
  readonly stdout: Pick<TextStream, "isTTY" | "columns">;
  readonly stderr: Pick<TextStream, "isTTY" | "columns">;
}

/** A text of a thread for one of the streams. */
interface Said {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/**
 * Tells once that a result cannot be written, as on a full disk: what else is to be done is done, and the exit code says so.
 * A reader that has seen enough (`isolux inspect ... | head`), or whose terminal is closed, is no error.
 */
function tellLostResult(stream: NodeJS.WriteStream): void {
  let isTold = false;
  stream.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE" || code === "EIO" || isTold) return;
    isTold = true;
    const reason = message.replace(/^E[A-Z0-9]+: |, write$/g, "");
    process.stderr.write(`isolux: The result could not be written to the standard output: ${reason}.\n`);
    process.on("exit", (exitCode) => {
      if (exitCode === exitCodes.done) process.exitCode = exitCodes.failed;
    });
  });
}

/** Ignores write errors of progress messages, such as a full disk of a log, so that a run goes on. */
function ignoreFailures(stream: NodeJS.WriteStream): void {
  stream.on("error", () => undefined);
}

/** Runs the program in this thread. */
async function run(context: Omit<CliContext, "endWith">): Promise<number> {
  const { runProgram } = await import("./program.ts");
  return await runProgram(args, context);
}

function runInThread(): Promise<number> {
  const { stdout, stderr } = workerData as StreamFacts;
  const streamTo = (stream: Said["stream"], facts: StreamFacts["stdout"]): TextStream => ({
    ...facts,
    write: (text) => parentPort!.postMessage({ stream, text } satisfies Said),
  });
  return run({ stdout: streamTo("stdout", stdout), stderr: streamTo("stderr", stderr), signal: stopSignal() }).then(
    (code) => {
      // What a failed run has under way, such as requests to a silent server, does not keep it
      if (code !== exitCodes.done) setTimeout(() => process.exit(code), lingerMs).unref();
      return code;
    },
  );
}

function runSupervised(): Promise<number> {
  const factsOf = ({ isTTY, columns }: NodeJS.WriteStream) => ({ isTTY, columns });
  const data: StreamFacts = { stdout: factsOf(process.stdout), stderr: factsOf(process.stderr) };
  const tellInterrupted = () => process.stderr.write("isolux: Interrupted. Running work was stopped at once.\n");
  const onMessage = (message: unknown) => {
    const { stream, text } = message as Said;
    process[stream].write(text);
  };
  return supervise({ program: new URL(import.meta.url), args, data, onMessage, tellInterrupted });
}

/** Help and the version answer sooner without a thread, and none starts where the folder of the command is gone. */
function answersHere(): boolean {
  if (args.length === 0 || args.some((arg) => ["--help", "-h", "help", "--version", "-V"].includes(arg))) return true;
  try {
    process.cwd();
    return false;
  } catch {
    return true;
  }
}

function main(): Promise<number> {
  if (!isMainThread) return runInThread();
  tellLostResult(process.stdout);
  ignoreFailures(process.stderr);
  if (!answersHere()) return runSupervised();
  return run({ stdout: process.stdout, stderr: process.stderr, signal: new AbortController().signal });
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`isolux: internal error: ${error instanceof Error ? error.message : String(error)}\n`);
  return exitCodes.failed;
});
