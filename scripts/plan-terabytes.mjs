// Plans the correction of 3.2 TB: 6 x 4 tiles of 5056 x 2960 pixels, 1500 planes, 3 channels. The image is written as
// metadata alone, the planner is the real one, in a process of its own. Prints units, memory, time per unit and operations
// on metadata; fails where planning takes 2 s of the processor or 200 MB. `npm run prove:plan`.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const mostSeconds = 2;
const mostBytes = 200e6;
const machine = { workers: 8, memory: 16e9 };
const chunkings = [
  [64, 1024, 1024],
  [16, 512, 512],
  [1, 512, 512],
];

const script = fileURLToPath(import.meta.url);
const [image] = process.argv.slice(2);
if (image !== undefined) await plan(image);
else process.exit(await proveAll());

async function proveAll() {
  const folder = mkdtempSync(join(tmpdir(), "isolux-plan-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  let failed = false;
  const counted = `${machine.workers} workers, at 20 MB/s each`;
  console.log(
    `chunks          objects     units  blocks  memory  a unit   planned in  RSS     files read (${counted})`,
  );
  for (const chunk of chunkings) {
    const written = await writeMetadata(folder, chunk);
    // The median of three, by the time of the processor: others may be at work on the machine.
    const runs = [1, 2, 3].map(() => JSON.parse(execFileSync(process.execPath, [script, written.image]).toString()));
    const { seconds, rss, ...found } = runs.sort((a, b) => a.seconds - b.seconds)[1];
    const isFit = seconds < mostSeconds && rss < mostBytes;
    failed ||= !isFit;
    const unitMinutes = found.bytes / found.units / machine.workers / 20e6 / 60;
    const cells = [
      [chunk.join(" x "), 18],
      [written.objects, 10],
      [found.units, 7],
      [found.blocks, 9],
      [`${(found.unitBytes / 1e9).toFixed(1)} GB`, 9],
      [`${unitMinutes.toFixed(0)} min`, 9],
      [`${seconds.toFixed(2)} s`, 12],
      [`${Math.round(rss / 1e6)} MB`, 8],
      [found.operations, 6],
    ];
    console.log(cells.map(([text, width]) => String(text).padEnd(width)).join("") + (isFit ? "" : "  TOO MUCH"));
  }
  console.log("Preparing also looks once at each object (of the full resolution), by which a change is noticed later.");
  console.log("Each object of the output is created, renamed, and has a line in a journal.");
  return failed ? 1 : 0;
}

/** Plans in this process, and tells what came of it as JSON. */
async function plan(path) {
  const { DirectoryStore, planPreparation } = await import("../dist/node.js");
  let operations = 0;
  for (const name of ["get", "getRange", "list", "facts"]) {
    const original = DirectoryStore.prototype[name];
    DirectoryStore.prototype[name] = function (...args) {
      operations++;
      return original.apply(this, args);
    };
  }
  const started = process.cpuUsage();
  const found = await planPreparation({ image: path, fovList: [1], ...machine });
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6;
  const rss = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ ...found, seconds, rss, operations }));
}

/** An image without pixels. */
async function writeMetadata(folder, chunkShapeZyx) {
  const load = (name) => import(`../dist/${name}.js`);
  const { DirectoryStore } = await load("node");
  const { imageAttributes, planLevels, writeRoiTables } = await load("synthetic/write-acquisition");
  const { layOutTiles } = await load("synthetic/layout");
  const { completeOptions } = await load("synthetic/options");
  const { writeGroup } = await load("ngff/write-roi-table");
  const { serializeArrayMetadata } = await load("zarr/metadata/version-2");
  const store = new DirectoryStore(folder);
  const key = `${chunkShapeZyx.join("x")}.zarr/raw_image`;
  const [channel] = completeOptions({}).channels;
  const options = completeOptions({
    gridYx: [6, 4],
    tileShapeYx: [5056, 2960],
    planes: 1500,
    levelCount: 6,
    channels: ["405", "488", "561"].map((label) => ({ ...channel, label })),
    chunkShapeZyx,
  });
  const layout = layOutTiles(options);
  const levels = planLevels(layout.mosaicShapeZyx, options);
  await writeGroup(store, key.split("/")[0]);
  for (const [level, { shapeZyx }] of levels.entries()) {
    const metadata = {
      zarrFormat: 2,
      shape: [3, ...shapeZyx],
      chunkShape: [1, ...chunkShapeZyx],
      type: "uint16",
      byteOrder: "little",
      order: "C",
      fillValue: 0,
      separator: "/",
      codec: options.codec,
    };
    await store.set(`${key}/${level}/.zarray`, serializeArrayMetadata(metadata));
  }
  const windows = options.channels.map(() => ({ min: 0, max: 65535, start: 0, end: 1000 }));
  await writeGroup(store, key, imageAttributes(options, levels, windows));
  await writeRoiTables(store, key, options, layout);
  const objects = levels[0].shapeZyx.reduce((all, extent, axis) => all * Math.ceil(extent / chunkShapeZyx[axis]), 3);
  return { image: join(folder, key), objects };
}
