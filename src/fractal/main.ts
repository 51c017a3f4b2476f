#!/usr/bin/env node
/** The entry of all tasks: `main.js PROGRAM --args-json PATH --out-json PATH`. */

// Node prints warnings of its own, and Fractal marks images by that word.
process.removeAllListeners("warning");
process.on("warning", () => {});

const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => controller.abort());

// What an administrator meets first where the wrong Node is found; nothing else is loaded before.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  const found = `${process.versions.node} (${process.execPath})`;
  process.stdout.write(`Isolux needs Node.js 20.12 or newer: found ${found}. Set FRACTAL_NODE or the interpreter.\n`);
  process.exit(2);
}

const { runProgram, tellUncaught } = await import("./programs.ts");
process.on("uncaughtException", (error) => {
  tellUncaught(error);
  process.exit(1);
});
process.exitCode = await runProgram(process.argv.slice(2), controller.signal);
