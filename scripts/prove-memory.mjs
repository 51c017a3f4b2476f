// Corrects images several times larger than the memory budget, mosaics and what the microscope wrote, and holds the peak
// of the whole process against what the plan promised. Files of HDF5 and BigTIFF are also corrected at a quarter of their
// size: the peak must not grow with them. `npm run prove:memory`, after a build, on Linux (the peak comes from /proc);
// takes some minutes and 5 GB of disk. `-- short` takes smaller images and one case of each kind; `-- full` files of 3.4
// and 4.6 GB, larger than what 32 bits can count, and twice the disk; `-- HDF5` or `-- full HDF5` only what has this in
// its title.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { greedyCases } from "./greedy-files.mjs";
import { stackName, writeBdv, writeBigTiff, writeMeta } from "./microscope-files.mjs";
import { writeTallImage } from "./tall-image.mjs";

if (!existsSync("/proc/self/status")) {
  console.log("prove:memory: needs /proc, skipped");
  process.exit(0);
}

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "isolux-memory-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const MB = 1e6;
const size = ["full", "short"].find((word) => word === process.argv[2]) ?? "usual";
const wanted = process.argv[size === "usual" ? 2 : 3] ?? "";
/** How often the slabs of mosaics are repeated: images of more than the budget. */
const repeats = {
  full: { fine: 24, coarse: 16, low: 5 },
  usual: { fine: 14, coarse: 12, low: 3 },
  short: { fine: 12, coarse: 12, low: 1 },
}[size];

/** Runs a correction; its peak, what the plan promised, and how it ended. */
async function correct(image, options) {
  const { peak, messages, result } = await measure(["correct", image, "--overwrite", "--json", ...options]);
  const [, value, unit] = /at most ([\d.]+) (MB|GB) of memory/.exec(messages);
  return { peak, promised: Number(value) * (unit === "GB" ? 1e9 : MB), bytes: JSON.parse(result).bytes };
}

/** Runs a command; its peak, and what it said. Ends the proof where the command fails, unless it is meant to. */
function measure(words, mayFail = false) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...words]);
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
      if (code !== 0 && !mayFail) {
        console.error(messages);
        process.exit(1);
      }
      resolve({ peak, messages, result, code });
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
  return { beyond: peak - promised, bytes };
}

/** Mosaics with chunks of a size, in memory for them. */
async function proveMosaics() {
  const small = { gridYx: [2, 2], overlap: 0.1, planes: 32, levelCount: 3 };
  const regions = ["--fov-list", "1", "--n-zplanes"];
  const few = { ...small, tileShapeYx: [300, 260], chunkShapeZyx: [16, 256, 256] };
  const { image: fine } = await writeTallImage(folder, "fine", repeats.fine, few);
  if (size !== "short")
    await prove("small chunks, one worker, given regions", fine, 300 * MB, ["--workers", "1", ...regions, "100"]);
  await prove("small chunks, two workers, given regions", fine, 450 * MB, ["--workers", "2", ...regions, "100"]);
  await prove("small chunks, sixteen workers, given regions", fine, 2500 * MB, ["--workers", "16", ...regions, "100"]);
  const basic = ["--n-zplanes", "20", "--working-size", "64"];
  await prove("small chunks, two workers, BaSiC", fine, 450 * MB, ["--workers", "2", ...basic]);
  const large = { ...small, tileShapeYx: [420, 420], chunkShapeZyx: [32, 1024, 1024] };
  const { image: coarse } = await writeTallImage(folder, "coarse", repeats.coarse, large);
  if (size !== "short")
    await prove("chunks of 67 MB, one worker", coarse, 900 * MB, ["--workers", "1", ...regions, "40"]);
  await prove("chunks of 67 MB, two workers", coarse, 2000 * MB, ["--workers", "2", ...regions, "40"]);
  for (const name of ["fine", "coarse"]) rmSync(join(folder, `${name}.zarr`), { recursive: true });
}

/** What a mosaic of four times the depth may take more: the collector meets a longer run at a worse moment. */
const mostGrowth = 60 * MB;

/** Everything that looks at a sample: held to a bound on a mosaic, and on one four times as deep, which takes no more. */
async function proveLooks() {
  const peaks = new Map();
  const options = { gridYx: [2, 2], overlap: 0.1, planes: 32, levelCount: 3 };
  const tiles = { ...options, tileShapeYx: [500, 420], chunkShapeZyx: [16, 256, 256] };
  for (const [name, depth] of [
    ["low", repeats.low],
    ["deep", 4 * repeats.low],
  ]) {
    const { image } = await writeTallImage(folder, name, depth, tiles);
    const [profiles, corrected] = [join(folder, "profiles"), join(folder, "looked")];
    const common = ["--workers", "2", "--overwrite"];
    const estimate = ["estimate", image, "--output", profiles, "--memory", "450MB", ...common];
    const few = ["--n-zplanes", "40", "--working-size", "64"];
    const auto = ["--auto", ...few, "--report", join(folder, "auto.html")];
    const cases = [
      ["estimate, empty regions", 450, [...estimate, "--fov-list", "1"]],
      ["estimate, BaSiC, refined", 450, [...estimate, ...few, "--refine", "auto"]],
      ["inspect --empty", 300, ["inspect", image, "--empty"]],
      [
        "correct --auto --report",
        600,
        ["correct", image, "--output", corrected, "--memory", "600MB", ...common, ...auto],
      ],
      ["check --report", 400, ["check", image, corrected, "--report", join(folder, "check.html"), "--overwrite"]],
    ];
    for (const [title, bound, words] of cases) {
      const { peak } = await measure(words);
      const growth = peak - (peaks.get(title) ?? peak);
      peaks.set(title, peak);
      const ok = peak <= bound * MB && growth <= mostGrowth;
      failed ||= !ok;
      console.log(
        `${ok ? "ok  " : "FAIL"} ${title}, ${name}: bound ${bound} MB, peak ${Math.round(peak / MB)} MB, ${Math.round(growth / MB)} MB more`,
      );
    }
    for (const path of [join(folder, `${name}.zarr`), corrected]) rmSync(path, { recursive: true });
  }
}

/** Files that hold or claim far more than they should are refused in a sentence, within the memory of any run. */
async function proveClaims() {
  const bound = 400 * MB;
  const { image } = await writeTallImage(folder, "plain", 1, { planes: 4, chunkShapeZyx: [2, 64, 64] });
  for (const [title, words] of await greedyCases(folder, image)) {
    const { peak, messages, code } = await measure(words, true);
    const ok = peak <= bound && code > 0 && /^isolux: .*\.$/m.test(messages) && !/^\s+at .*:\d+/m.test(messages);
    failed ||= !ok;
    console.log(
      `${ok ? "ok  " : "FAIL"} ${title}: bound ${bound / MB} MB, peak ${Math.round(peak / MB)} MB, exit code ${code}`,
    );
    if (!ok) console.log(messages);
  }
}

/** Planes of a scene with shading and noise; every eighth is the same. */
function planesOf([rows, columns], seed) {
  const made = Array.from({ length: 8 }, (_, z) =>
    Uint16Array.from({ length: rows * columns }, (_, i) => {
      const noise = Math.imul(i + 8 * seed + z + 1, 0x9e3779b1) >>> 28;
      return 200 + 0.1 * ((i % columns) + i / columns) + noise;
    }),
  );
  return (z) => made[z % 8];
}

/** A single tile in one BigTIFF file, of a page for each plane. */
function writeStack(name, planes) {
  const shapeYx = [2048, 2048];
  const path = join(folder, name, stackName(0, "488", "btf"));
  mkdirSync(join(folder, name));
  writeBigTiff(path, planes, shapeYx, planesOf(shapeYx, 0));
  writeMeta(path, { stageYx: [0, 0], planes, shapeYx });
  return path;
}

/** Tiles of two channels in one HDF5 file. */
function writeViews(name, grid) {
  const shape = [64, 1280, 1280];
  mkdirSync(join(folder, name));
  const views = ["488", "561"].flatMap((laser) =>
    Array.from({ length: grid[0] * grid[1] }, (_, tile) => {
      const place = [tile % grid[0], Math.floor(tile / grid[0])];
      return { laser, stageYx: place.map((at) => -1152 * at) };
    }),
  );
  const plane = planesOf(shape.slice(1), 1);
  const stack = new Uint16Array(shape[0] * shape[1] * shape[2]);
  for (let z = 0; z < shape[0]; z++) stack.set(plane(z), z * shape[1] * shape[2]);
  return writeBdv(join(folder, name), "sample_Mag1x_bdv.h5", views, shape, () => stack);
}

/**
 * Peaks are held against what was promised, which differs where a larger image has deeper passes.
 * Of what a file is longer, a tenth may be taken more, as for mosaics where that is less. What kept pixels
 * of the file would take many times that.
 */
async function proveGrowth(title, write, smallSize, largeSize, budget, options) {
  const runs = [];
  for (const size of [smallSize, largeSize]) {
    const image = await write("large", size);
    const output = join(folder, "corrected");
    runs.push(await prove(title, image, budget, ["--output", output, ...options]));
    rmSync(join(folder, "large"), { recursive: true });
    rmSync(output, { recursive: true });
  }
  const [small, large] = runs;
  const grown = large.beyond - small.beyond;
  const most = Math.max((large.bytes - small.bytes) / 10, mostGrowth);
  const ok = grown <= most;
  failed ||= !ok;
  const [grownMb, mostMb] = [grown, most].map((bytes) => Math.round(bytes / MB));
  console.log(
    `${ok ? "ok  " : "FAIL"} ${title}: peak grows, beside what is promised, by ${grownMb} MB, at most ${mostMb} MB`,
  );
}

const empty = ["--workers", "2", "--z-levels", "8,48", "--n-zplanes", "30"];
const empty05 = ["--ome-version", "0.5", ...empty];
/** Each is a file format, the sizes of a small and a large file, the budget, and options. */
const growing = {
  full: [
    ["HDF5", writeViews, [1, 2], [2, 4], 600 * MB, empty05],
    ["BigTIFF", writeStack, 136, 544, 2000 * MB, empty],
  ],
  usual: [
    ["HDF5", writeViews, [1, 1], [2, 2], 600 * MB, empty05],
    ["BigTIFF", writeStack, 64, 256, 700 * MB, empty05],
  ],
  short: [
    ["HDF5", writeViews, [1, 1], [1, 2], 600 * MB, empty05],
    ["BigTIFF", writeStack, 64, 128, 700 * MB, empty05],
  ],
}[size];
if ("claims".includes(wanted)) await proveClaims();
if ("mosaics".includes(wanted)) await proveMosaics();
if ("looks".includes(wanted)) await proveLooks();
for (const [title, ...rest] of growing) if (title.includes(wanted)) await proveGrowth(title, ...rest);
process.exit(failed ? 1 : 0);
