#!/usr/bin/env node
/** The entry point of all tasks: `main.js PROGRAM --args-json PATH --out-json PATH`. */
import { isMainThread } from "node:worker_threads";

// Node prints warnings of its own, and Fractal marks images by the word "warning".
process.removeAllListeners("warning");
process.on("warning", () => {});

// A clear error for an unsupported version of Node; nothing else is loaded before.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  const found = `${process.versions.node} (${process.execPath})`;
  process.stdout.write(`Isolux needs Node.js 20.12 or newer: found ${found}. Set FRACTAL_NODE or the interpreter.\n`);
  process.exit(2);
}

const { stopSignal, supervise } = await import("../cli/supervise.ts");
const args = process.argv.slice(2);
if (isMainThread) {
  const tellInterrupted = () => process.stdout.write("Interrupted: running work was stopped at once.\n");
  process.exitCode = await supervise({ program: new URL(import.meta.url), args, tellInterrupted });
} else {
  const { runProgram, reportUncaught } = await import("./programs.ts");
  process.on("uncaughtException", (error) => {
    reportUncaught(error);
    process.exit(1);
  });
  process.exitCode = await runProgram(args, stopSignal());
}
