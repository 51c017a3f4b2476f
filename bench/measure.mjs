// @ts-check
/** Measures commands, each run in a fresh process, in turns: A B A B. What slows the machine down slows down both. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const reportPeak = new URL("report-peak.mjs", import.meta.url).href;

/**
 * A command to be measured.
 * @typedef {object} Contender
 * @property {string} name
 * @property {readonly string[]} command the program and its arguments
 * @property {readonly string[]} [writes] files and folders that it makes; removed after each run
 * @property {boolean} [peak] whether its memory is measured, which only works for programs that Node runs
 * @property {boolean} [tells] whether it says itself what it took, in seconds, in the file of `ISOLUX_BENCH_SECONDS`
 */

/**
 * What the runs of a contender took.
 * @typedef {object} Measured
 * @property {number[]} seconds
 * @property {number[]} peakBytes empty where it was not measured
 */

/**
 * Runs all contenders once, then all of them again, `rounds` times.
 * @param {readonly Contender[]} contenders
 * @param {number} rounds
 * @param {(text: string) => void} tell
 * @returns {Promise<Record<string, Measured>>}
 */
export async function measureInTurns(contenders, rounds, tell) {
  /** @type {Record<string, Measured>} */
  const measured = Object.fromEntries(contenders.map(({ name }) => [name, { seconds: [], peakBytes: [] }]));
  for (let round = 1; round <= rounds; round++) {
    for (const contender of contenders) {
      tell(`${contender.name}, run ${round} of ${rounds}`);
      const { seconds, peakBytes } = await run(contender);
      measured[contender.name]?.seconds.push(seconds);
      if (peakBytes !== undefined) measured[contender.name]?.peakBytes.push(peakBytes);
    }
  }
  return measured;
}

/** @param {Contender} contender */
async function run({ name, command: [program = "", ...args], writes = [], peak = false, tells = false }) {
  const scratch = mkdtempSync(join(tmpdir(), "isolux-bench-peak-"));
  const [peakFile, secondsFile] = [join(scratch, "peak"), join(scratch, "seconds")];
  const options = peak ? ["--import", reportPeak] : [];
  const began = performance.now();
  const child = spawn(program, [...options, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ISOLUX_BENCH_PEAK: peakFile, ISOLUX_BENCH_SECONDS: secondsFile },
  });
  let messages = "";
  child.stderr.on("data", (text) => {
    messages += text;
  });
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  const whole = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${messages}`);
  const seconds = tells ? Number(readFileSync(secondsFile, "utf8")) : whole;
  const peakBytes = peak ? Number(readFileSync(peakFile, "utf8")) : undefined;
  for (const path of [...writes, scratch]) rmSync(path, { recursive: true, force: true });
  return { seconds, peakBytes };
}

/**
 * The middle of some numbers.
 * @param {readonly number[]} values
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/**
 * How many times as long `a` took as `b`: the median over the rounds, in each of which both ran one after the other.
 * @param {Measured} a
 * @param {Measured} b
 */
export function timeRatio(a, b) {
  return median(a.seconds.map((seconds, round) => seconds / (b.seconds[round] ?? Number.NaN)));
}
