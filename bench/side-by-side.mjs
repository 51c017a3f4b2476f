// @ts-check
/**
 * Runs commands at the same time, each held to a core of its own: what these cores do of work that shares nothing.
 *
 *     node side-by-side.mjs COMMAND... (each as a JSON array: the program and its arguments)
 */
import { spawn } from "node:child_process";

const commands = process.argv.slice(2).map((text) => JSON.parse(text));
const codes = await Promise.all(
  commands.map((command, core) => {
    const child = spawn("taskset", ["--cpu-list", String(core), ...command], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    return new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  }),
);
process.exitCode = Math.max(...codes.map((code) => code ?? 1));
