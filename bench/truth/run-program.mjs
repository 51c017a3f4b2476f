// @ts-check
/** Runs one program of a method to its end, or to that of the benchmark. */
import { spawn } from "node:child_process";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill();
});

/** What takes longer than this is taken for one that does not end. */
const mostMinutes = 30;

/**
 * What a program printed, its exit code, and the seconds from its start to its end.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} [environment] beside that of this process
 * @returns {Promise<{ code: number | null, output: string, messages: string, seconds: number }>}
 */
export async function runProgram(program, args, environment = {}) {
  const began = performance.now();
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env, timeout: mostMinutes * 60_000 });
  running.add(child);
  let [output, messages] = ["", ""];
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    messages += text;
  });
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  running.delete(child);
  if (code === null) messages += `\nended by ${child.signalCode}, at the latest after ${mostMinutes} minutes\n`;
  return { code, output, messages, seconds: (performance.now() - began) / 1000 };
}
