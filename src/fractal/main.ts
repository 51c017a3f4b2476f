#!/usr/bin/env node
/** The entry of all tasks: `main.js PROGRAM --args-json PATH --out-json PATH`. */

// Node prints warnings of its own, and Fractal marks images by that word.
process.removeAllListeners("warning");
process.on("warning", () => {});

const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => controller.abort());

const { runProgram } = await import("./programs.ts");
process.on("uncaughtException", (error) => {
  process.stdout.write(`isolux: internal error: ${error.message}\n`);
  process.exit(1);
});
process.exitCode = await runProgram(process.argv.slice(2), controller.signal);
