// Kills runs of `isolux correct` at random moments (SIGKILL) and resumes them: the output must never be there in half,
// and must end byte for byte as an uninterrupted run leaves it. `npm run prove:resume [-- KILLS]`, after a build.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestFolder as digest } from "./digest-folder.mjs";

const kills = Number(process.argv[2] ?? 100);
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const { DirectoryStore } = await import("../dist/node.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");

const folder = mkdtempSync(join(tmpdir(), "isolux-resume-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "sample.zarr", {
  tileShapeYx: [150, 130],
  planes: 24,
  chunkShapeZyx: [4, 64, 64],
  levelCount: 4,
});
const image = join(folder, imageKey);
const command = [main, "correct", image, "--fov-list", "1,3", "--n-zplanes", "12", "--quiet", "--output"];

function fail(message) {
  console.error(`prove:resume: ${message}`);
  process.exit(1);
}

const reference = join(folder, "reference", "corrected");
const started = Date.now();
if (spawnSync(process.execPath, [...command, reference], { stdio: "inherit" }).status !== 0)
  fail("the reference run failed");
const duration = Date.now() - started;
const wanted = digest(reference);

/** Starts the command and kills it after a while; true if it was still running then. */
function runAndKill(output, afterMs) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...command, output], { stdio: "ignore" });
    const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
    child.on("exit", (_, signal) => {
      clearTimeout(timer);
      resolve(signal === "SIGKILL");
    });
  });
}

let killed = 0;
let runs = 0;
let duringWork = 0;
while (killed < kills) {
  runs++;
  const output = join(folder, `run-${runs}`, "corrected");
  for (let again = 0; again < 3 && killed < kills; again++) {
    // Node itself takes the first part of the run to start; the end is cut so that most kills hit the work.
    const hit = await runAndKill(output, Math.random() * duration * 1.05);
    if (!hit) break;
    killed++;
    if (existsSync(join(folder, `run-${runs}`, ".corrected.isolux"))) duringWork++;
    if (existsSync(output) && digest(output) !== wanted) fail(`kill ${killed} left half an image`);
  }
  const { status, stderr } = spawnSync(process.execPath, [...command, output], { encoding: "utf8" });
  if (status !== 0 && !/already exists/.test(stderr)) fail(`run ${runs} did not resume: ${stderr}`);
  if (digest(output) !== wanted) fail(`run ${runs} ended with other bytes than an uninterrupted run`);
  const left = readdirSync(join(folder, `run-${runs}`)).filter((name) => name !== "corrected");
  if (left.length > 0 && status === 0) fail(`run ${runs} left ${left.join(", ")} behind`);
  rmSync(join(folder, `run-${runs}`), { recursive: true });
}
console.log(
  `${killed} kills in ${runs} runs (${duringWork} of them while the output was being built): all resumed, all byte-identical`,
);
