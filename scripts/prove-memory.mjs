// Corrects images several times larger than the memory budget, mosaics and what the microscope wrote, and holds the peak
// of the whole process against what the plan promised. Files of HDF5 and BigTIFF are also corrected at a quarter of their
// size: the peak must not grow with them. `npm run prove:memory`, after a build, on Linux (the peak comes from /proc);
// takes some minutes and 5 GB of disk. `npm run prove:memory -- full` takes files of 3.4 and 4.6 GB, larger than what 32
// bits can count, and twice the disk; `-- full HDF5` only what has this in its title.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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
const isFull = process.argv[2] === "full";
const wanted = process.argv[isFull ? 3 : 2] ?? "";

/** Runs a correction; its peak, what the plan promised, and how it ended. */
async function correct(image, options) {
  const { peak, messages, result } = await measure(["correct", image, "--overwrite", "--json", ...options]);
  const [, value, unit] = /at most ([\d.]+) (MB|GB) of memory/.exec(messages);
  return { peak, promised: Number(value) * (unit === "GB" ? 1e9 : MB), bytes: JSON.parse(result).bytes };
}

/** Runs a command; its peak, and what it said. */
function measure(words) {
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
      if (code !== 0) {
        console.error(messages);
        process.exit(1);
      }
      resolve({ peak, messages, result });
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
  return peak - promised;
}

/** Mosaics with chunks of a size, in memory for them. */
async function proveMosaics() {
  const small = { gridYx: [2, 2], overlap: 0.1, planes: 32, levelCount: 3 };
  const regions = ["--fov-list", "1", "--n-zplanes"];
  const few = { ...small, tileShapeYx: [300, 260], chunkShapeZyx: [16, 256, 256] };
  const { image: fine } = await writeTallImage(folder, "fine", 24, few);
  await prove("small chunks, one worker, given regions", fine, 300 * MB, ["--workers", "1", ...regions, "100"]);
  await prove("small chunks, two workers, given regions", fine, 450 * MB, ["--workers", "2", ...regions, "100"]);
  const basic = ["--n-zplanes", "20", "--working-size", "64"];
  await prove("small chunks, two workers, BaSiC", fine, 450 * MB, ["--workers", "2", ...basic]);
  const large = { ...small, tileShapeYx: [420, 420], chunkShapeZyx: [32, 1024, 1024] };
  const { image: coarse } = await writeTallImage(folder, "coarse", 16, large);
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
  for (const [name, repeats] of [
    ["low", 5],
    ["deep", 20],
  ]) {
    const { image } = await writeTallImage(folder, name, repeats, tiles);
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
 * A file of four times the size may take a chunk for each worker more: a longer run meets the collector at a worse moment.
 * Whatever grew with the file would take many times that.
 */
async function proveGrowth(title, write, smallSize, largeSize, budget, chunkBytes, options) {
  const peaks = [];
  for (const size of [smallSize, largeSize]) {
    const image = await write("large", size);
    const output = join(folder, "corrected");
    peaks.push(await prove(title, image, budget, ["--output", output, ...options]));
    rmSync(join(folder, "large"), { recursive: true });
    rmSync(output, { recursive: true });
  }
  const ok = peaks[1] <= peaks[0] + 2 * chunkBytes;
  failed ||= !ok;
  console.log(
    `${ok ? "ok  " : "FAIL"} ${title}: peak grows, beside what is promised, by ${Math.round((peaks[1] - peaks[0]) / MB)} MB`,
  );
}

const empty = ["--workers", "2", "--z-levels", "8,48", "--n-zplanes", "30"];
const chunk04 = 2 * 64 * 1024 * 1024;
const chunk05 = 2 * 32 * 256 * 256;
const empty05 = ["--ome-version", "0.5", ...empty];
/** Each is a file format, the sizes of a small and a large file, the budget, a chunk, and options. */
const growing = isFull
  ? [
      ["HDF5", writeViews, [1, 2], [2, 4], 600 * MB, 8 * chunk05, empty05],
      ["BigTIFF", writeStack, 136, 544, 2000 * MB, chunk04, empty],
    ]
  : [
      // One tile has no neighbours to be held against, whose planes take room for a while: a third chunk is for them.
      ["HDF5", writeViews, [1, 1], [2, 2], 600 * MB, 12 * chunk05, empty05],
      ["BigTIFF", writeStack, 64, 256, 700 * MB, 8 * chunk05, empty05],
    ];
if ("mosaics".includes(wanted)) await proveMosaics();
if ("looks".includes(wanted)) await proveLooks();
for (const [title, ...rest] of growing) if (title.includes(wanted)) await proveGrowth(title, ...rest);
process.exit(failed ? 1 : 0);
