// Corrects images several times larger than the memory budget and holds the peak of the whole process against what the
// plan promised. `npm run prove:memory`, after a build, on Linux (the peak comes from /proc).
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeTallImage } from "./tall-image.mjs";

if (!existsSync("/proc/self/status")) {
  console.log("prove:memory: needs /proc, skipped");
  process.exit(0);
}

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "isolux-memory-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const MB = 1e6;

/** Runs a correction; its peak, what the plan promised, and how it ended. */
function correct(image, options) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, "correct", image, "--overwrite", "--json", ...options]);
    let peak = 0;
    let messages = "";
    let result = "";
    const watch = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
        peak = Math.max(peak, 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      } catch {}
    }, 20);
    child.stderr.on("data", (text) => (messages += text));
    child.stdout.on("data", (text) => (result += text));
    child.on("exit", (code) => {
      clearInterval(watch);
      if (code !== 0) {
        console.error(messages);
        process.exit(1);
      }
      const promised = MB * Number(/at most (\d+) MB/.exec(messages)[1]);
      resolve({ peak, promised, bytes: JSON.parse(result).bytes });
    });
  });
}

let failed = false;
async function prove(title, image, budget, options) {
  const { peak, promised, bytes } = await correct(image, ["--memory", `${budget / MB}MB`, ...options]);
  const ok = peak <= promised && promised <= budget;
  failed ||= !ok;
  const figures = [bytes, budget, promised, peak].map((value) => `${Math.round(value / MB)} MB`);
  console.log(
    `${ok ? "ok  " : "FAIL"} ${title}: image ${figures[0]}, budget ${figures[1]}, promised ${figures[2]}, peak ${figures[3]}`,
  );
}

const small = { gridYx: [2, 2], overlap: 0.1, planes: 32, levelCount: 3, channels: undefined };
delete small.channels;
const { image: fine } = await writeTallImage(folder, "fine", 24, {
  ...small,
  tileShapeYx: [300, 260],
  chunkShapeZyx: [16, 256, 256],
});
await prove("small chunks, one worker, given regions", fine, 300 * MB, [
  "--workers",
  "1",
  "--fov-list",
  "1",
  "--n-zplanes",
  "100",
]);
await prove("small chunks, two workers, given regions", fine, 450 * MB, [
  "--workers",
  "2",
  "--fov-list",
  "1",
  "--n-zplanes",
  "100",
]);
await prove("small chunks, two workers, BaSiC", fine, 450 * MB, [
  "--workers",
  "2",
  "--n-zplanes",
  "20",
  "--working-size",
  "64",
]);
const { image: coarse } = await writeTallImage(folder, "coarse", 16, {
  ...small,
  tileShapeYx: [420, 420],
  chunkShapeZyx: [32, 1024, 1024],
});
await prove("chunks of 67 MB, one worker", coarse, 900 * MB, [
  "--workers",
  "1",
  "--fov-list",
  "1",
  "--n-zplanes",
  "40",
]);
await prove("chunks of 67 MB, two workers", coarse, 2000 * MB, [
  "--workers",
  "2",
  "--fov-list",
  "1",
  "--n-zplanes",
  "40",
]);
process.exit(failed ? 1 : 0);
