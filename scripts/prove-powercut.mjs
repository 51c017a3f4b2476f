// Cuts the power of a virtual disk at random moments of `isolux correct`, with and without erasing the source: no image
// may be visible in half, none may be gone, and the same command must end with the bytes of an undisturbed run.
// `npm run prove:powercut [-- CUTS]`, after a build; Linux, root and loop devices, else it skips. `-- full` makes 200 cuts,
// spread over the cores.
//
// The disk is a file with an ext4 or, where that can be made and mounted, an XFS in it. What the file holds while the run is stopped, with no sync of any kind, is what
// would be on a platter; mounting a copy of it replays the journal, as at the next boot.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestFolder as digest } from "./digest-folder.mjs";
import { runInParts } from "./in-parts.mjs";
import { failureOf } from "./proof-failure.mjs";

const given = process.argv[2];
if (given === "full") {
  await runInParts(fileURLToPath(import.meta.url), 200, []);
  process.exit(0);
}
const cuts = Number(given ?? 8);
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const { DirectoryStore } = await import("../dist/node.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");

const folder = mkdtempSync(join(tmpdir(), "isolux-powercut-"));
const [disk, cut, mounted] = [join(folder, "disk"), join(folder, "cut"), join(folder, "mounted")];
mkdirSync(mounted);
process.on("exit", () => {
  unmount();
  rmSync(folder, { recursive: true, force: true });
});

const shell = (...command) => spawnSync(command[0], command.slice(1), { encoding: "utf8" });

/** Takes the disk away, also from a helper process of a killed run that has not ended yet. */
function unmount() {
  if (shell("umount", mounted).status !== 0) shell("umount", "-l", mounted);
}

const fail = failureOf("prove:powercut");

/** How disks are made and mounted: with and without an order between pixels and names. XFS has at least 300 MB. */
const disks = {
  "ext4, data=ordered": { size: "96M", make: ["mkfs.ext4", "-q", "-F"], options: "data=ordered" },
  "ext4, data=writeback": { size: "96M", make: ["mkfs.ext4", "-q", "-F"], options: "data=writeback" },
  XFS: { size: "300M", make: ["mkfs.xfs", "-q", "-f"], options: "noatime" },
};

function freshDisk(name) {
  const { size, make, options } = disks[name];
  unmount();
  rmSync(disk, { force: true });
  const steps = [
    ["truncate", "-s", size, disk],
    [...make, disk],
    ["mount", "-o", `loop,${options}`, disk, mounted],
  ];
  return steps.every((step) => shell(...step).status === 0);
}

const isPossible = process.platform === "linux" && process.getuid() === 0;
const names = Object.keys(disks).filter((name) => isPossible && freshDisk(name));
if (names.length === 0) {
  console.log("prove:powercut: skipped, as it needs Linux, root, mkfs.ext4 or mkfs.xfs, and loop devices");
  process.exit(0);
}

const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "sample.zarr", {
  gridYx: [2, 2],
  tileShapeYx: [150, 130],
  planes: 24,
  chunkShapeZyx: [4, 64, 64],
  levelCount: 4,
});
const pristine = join(folder, imageKey);
const [image, output] = [join(mounted, "image"), join(mounted, "out")];
const command = (...more) => [main, "correct", image, "--fov-list", "1,3", "--n-zplanes", "12", ...more];
const run = (...more) => spawnSync(process.execPath, command("--output", output, ...more), { encoding: "utf8" });

function prepare(name) {
  if (!freshDisk(name)) fail("the disk could not be made");
  if (shell("cp", "-r", pristine, image).status !== 0) fail("the source does not fit");
  shell("sync", "-f", mounted);
}

prepare(names[0]);
const began = Date.now();
if (run("--quiet", "--erase-source-image").status !== 0) fail("the reference run failed");
const duration = Date.now() - began;
const wanted = digest(output);

/** Copies the disk as it is; again where the file system wrote meanwhile. */
function cutPower() {
  const isSame = () => shell("cmp", "-s", disk, cut).status === 0;
  do shell("cp", "--sparse=always", disk, cut);
  while (!isSame() || !isSame());
}

function ended(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", resolve);
  });
}

/** Runs the command, and cuts the power after a while, also shortly after its end. */
async function runUntilCut(afterMs, ...more) {
  const child = spawn(process.execPath, command("--output", output, ...more), { stdio: "ignore" });
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill("SIGSTOP");
  cutPower();
  child.kill("SIGKILL");
  await ended(child);
  unmount();
  if (shell("mount", "-o", "loop", cut, mounted).status !== 0) fail("the disk cannot be mounted after the cut");
}

const found = { source: 0, both: 0, output: 0 };
for (let index = 0; index < cuts; index++) {
  const erases = index % 2 === 0 ? ["--erase-source-image"] : [];
  const name = names[Math.floor(index / 2) % names.length];
  const afterMs = Math.round((0.15 + Math.random()) * duration);
  const which = `cut ${index + 1} (${name}, ${afterMs} of ${duration} ms, ${erases[0] ?? "no erasure"})`;
  prepare(name);
  await runUntilCut(afterMs, "--quiet", ...erases);
  const [hasOutput, hasSource] = [existsSync(output), existsSync(image)];
  if (hasOutput && digest(output) !== wanted) fail(`${which}: an image is visible that is not whole`);
  if (hasSource && digest(image) !== digest(pristine)) fail(`${which}: the source is damaged`);
  if (!hasOutput && !hasSource) fail(`${which}: neither source nor output is left`);
  found[hasOutput ? (hasSource ? "both" : "output") : "source"]++;
  const { status, stderr } = run("--quiet", ...erases);
  const isOver = /already exists|There is no/.test(stderr) && hasOutput && !existsSync(join(mounted, ".out.isolux"));
  if (status !== 0 && !isOver) fail(`${which}: the same command fails afterwards: ${stderr}`);
  if (digest(output) !== wanted) fail(`${which}: the same command ends with other bytes`);
  if (existsSync(join(mounted, ".out.isolux"))) fail(`${which}: the folder of the run stays`);
  if (erases.length > 0 && existsSync(image)) fail(`${which}: the source stays`);
}
console.log(
  `${cuts} power cuts on ${names.join("; ")} (left: ${found.source} times the source alone, ${found.both} times both, ${found.output} times ` +
    "the output alone): nothing lost, nothing in half, all byte-identical after the same command",
);
