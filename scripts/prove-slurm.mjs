// Corrects images on a SLURM cluster of one node, where tasks are cancelled, killed, requeued and race for the same
// work, and where the disk is full: outputs must end byte for byte as one process leaves them, with one report each.
// `npm run prove:slurm`; needs slurm-wlm, munge and root; skips with a line without them.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { digestFolder } from "./digest-folder.mjs";
import { hasSlurm, startSlurm } from "./one-node-slurm.mjs";

if (!(await hasSlurm()) || process.getuid?.() !== 0) {
  console.log("prove:slurm: skipped, as slurm-wlm and munge are not installed here, or this is not root");
  process.exit(0);
}
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const { DirectoryStore } = await import("../dist/node.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");

const folder = mkdtempSync(join(tmpdir(), "isolux-slurm-"));
// The daemons of SLURM want their folders to be seen by all.
chmodSync(folder, 0o755);
const mounted = [];
const { env, stop } = await startSlurm(join(folder, "slurm"));
process.on("exit", () => {
  stop();
  for (const place of mounted) spawnSync("umount", [place]);
  rmSync(folder, { recursive: true, force: true });
});
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

const started = Date.now();
/** Something hangs where all of this takes longer. */
const mostMs = 3_600_000;
const say = (text) => console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`);

function fail(message) {
  console.error(`prove:slurm: ${message}`);
  const logs = readdirSync(folder, { recursive: true }).filter(
    (name) => name.endsWith(".log") && !name.startsWith("slurm/"),
  );
  for (const name of logs) console.error(`--- ${name}\n${readFileSync(join(folder, name), "utf8").slice(-2000)}`);
  process.exit(1);
}

const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "sample.zarr", {
  gridYx: [2, 3],
  tileShapeYx: [400, 380],
  planes: 64,
  chunkShapeZyx: [4, 128, 128],
  levelCount: 4,
});
const image = join(folder, imageKey);
const options = ["--fov-list", "1", "--n-zplanes", "20"];
const call = (...args) => spawnSync(process.execPath, [main, ...args], { env, encoding: "utf8" });
const slurm = (program, ...args) => execFileSync(program, args, { env, encoding: "utf8" }).trim();

const reference = join(folder, "local", "corrected");
if (call("correct", image, ...options, "--output", reference).status !== 0) fail("the local run failed");
const wanted = digestFolder(reference);
say("the local run is made");

/** Jobs by state, finished ones too. */
const states = (...format) =>
  slurm("squeue", "-h", "-r", "--states=all", "-o", "%i %T %j")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([id]) => id && (format.length === 0 || format.includes(id.split("_")[0])));

/** Waits until all jobs have ended. */
async function untilOver() {
  for (;;) {
    const left = states().filter(([, state]) =>
      ["PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "REQUEUED"].includes(state),
    );
    if (left.length === 0) return;
    if (Date.now() - started > mostMs) fail(`jobs do not end: ${left.join("; ")}`);
    await sleep(500);
  }
}

/** Waits until an output's workspace has a number of lines in its journals. */
async function untilAtWork(output, lines = 20) {
  const journal = join(dirname(output), ".corrected.isolux", "journal");
  for (;;) {
    const files = existsSync(journal) ? readdirSync(journal) : [];
    const count = files.reduce(
      (sum, name) => sum + readFileSync(join(journal, name), "utf8").split("\n").length - 1,
      0,
    );
    if (count >= lines || existsSync(output)) return;
    if (Date.now() - started > mostMs) fail("no task begins");
    await sleep(50);
  }
}

const reportOf = (output) => `${output}.report.html`;

/** One process, and no other, has written the report that was asked for. */
function checkReport(output, what) {
  const { channels } = JSON.parse(readFileSync(reportOf(output).replace("html", "json"), "utf8"));
  const page = readFileSync(reportOf(output), "utf8");
  if (!channels.every(({ verdict }) => page.includes(verdict.reason))) fail(`${what}: the report is not complete`);
  const logs = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".log"));
  const writers = logs.filter((name) =>
    readFileSync(join(folder, name), "utf8").includes(`Report: ${reportOf(output)}`),
  );
  if (writers.length !== 1) fail(`${what}: ${writers.length} processes have written a report`);
}

function submit(name, array, place = join(folder, name), more = []) {
  mkdirSync(place, { recursive: true });
  const output = join(place, "corrected");
  const asked = ["--array", array, "--workers", "1", "--partition", "main", "--time", "10", "--submit", ...more];
  asked.push("--report", reportOf(output));
  const { status, stderr } = call("slurm", image, ...options, "--output", output, ...asked.map(String));
  if (status !== 0) fail(`isolux slurm failed: ${stderr}`);
  return output;
}

function compare(output, what) {
  const { status, stdout } = call("status", output);
  if (status !== 0) fail(`${what}: the output is not complete: ${stdout}`);
  if (digestFolder(output) !== wanted) fail(`${what}: other bytes than those of one process`);
  const left = readdirSync(dirname(output)).filter((name) => !name.startsWith("corrected"));
  if (left.length > 0) fail(`${what}: left ${left.join(", ")} behind`);
  checkReport(output, what);
  say(`${what}: the same bytes, and a report`);
}

// 1. Nothing happens.
const plain = submit("plain", 6);
await untilOver();
compare(plain, "an array of 6 tasks");

// 2. Tasks are cancelled, killed and requeued; what status advises completes the output.
const running = () =>
  states()
    .filter(([, state, name]) => state === "RUNNING" && name === "isolux-units")
    .map(([id]) => id);
/** A job may have ended by the time that something is to happen to it. */
const tell = (program, ...args) => spawnSync(program, args, { env, encoding: "utf8" }).status === 0;

/** Disturbs three tasks, or as many as are found running, and waits for the end. */
async function disturb(output) {
  await untilAtWork(output);
  const [first, second] = running();
  if (first !== undefined) tell("scancel", first);
  if (second !== undefined) tell("scontrol", "requeue", second);
  let third;
  // A fast machine may have made them all by now.
  for (const began = Date.now(); third === undefined && Date.now() - began < 20_000; await sleep(50)) {
    third = running().find((id) => id !== first && id !== second);
  }
  if (third !== undefined) tell("scancel", "--batch", "--signal=KILL", third);
  await untilOver();
  return `a task is cancelled (${first}), one requeued (${second}), one killed (${third ?? "none was left"})`;
}

let [disturbed, status] = ["", undefined];
for (let tries = 1; status === undefined || (status.status === 0 && tries <= 5); tries++) {
  disturbed = submit(`disturbed${tries}`, 4);
  say(await disturb(disturbed));
  status = call("status", disturbed);
  if (status.status === 0) say("all was made before a task was disturbed: once more");
}
if (status.status !== 6) fail(`status does not say that something is to be done: ${status.stdout}${status.stderr}`);
const advice = /^ {2}bash (\S+) (\S+)$/m.exec(status.stdout) ?? fail(`status advises nothing: ${status.stdout}`);
say(`status advises: units ${advice[2]}`);
slurm("bash", advice[1], advice[2]);
await untilOver();
compare(disturbed, "after the repair that status advises");

// 3. Two tasks race for each unit, and three for the end.
const raced = join(folder, "raced", "corrected");
if (call("prepare", image, ...options, "--output", raced, "--report", reportOf(raced), "--units", "2").status !== 0)
  fail("prepare failed");
const wrap = (...words) =>
  slurm(
    "sbatch",
    "--parsable",
    `--output=${folder}/race-%j.log`,
    "--wrap",
    [process.execPath, main, ...words].join(" "),
  );
for (const unit of ["0/2", "0/2", "1/2", "1/2"]) wrap("work", raced, "--unit", unit);
for (let racer = 0; racer < 3; racer++) wrap("finish", raced);
await untilOver();
const lost = states().filter(([, state, name]) => state === "FAILED" && name === "wrap");
if (lost.length > 0) fail(`racers failed: ${lost.join("; ")}`);
compare(raced, "four tasks on two units, three finishes");

// 4. A disk that is full, then has space again.
const small = join(folder, "small");
mkdirSync(small);
if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", small]).status === 0) {
  mounted.push(small);
  const full = submit("small", 3, small);
  await untilOver();
  const told = call("status", full);
  if (told.status !== 6 || !/disk is full/.test(told.stdout))
    fail(`status does not tell of the full disk: ${told.stdout}`);
  spawnSync("mount", ["-o", "remount,size=1g", small]);
  slurm("bash", `${full}.slurm.sh`);
  await untilOver();
  compare(full, "a disk that was full");
} else say("skipped: a full disk, as no file system can be mounted here");
