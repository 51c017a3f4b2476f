// Lets programs of others write one acquisition in the layouts of microscopes (h5py, npy2bdv, TensorStore, zarr-python, ngff-zarr,
// bioio, tifffile, ome-types, NumPy): each must be the same mosaic to Isolux, with its overlaps confirmed. `npm run prove:writers`,
// after a build. It makes a virtual environment for Python in the user's cache, and skips where there is no Python.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonWith } from "./python-environment.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const python = pythonWith("writers", [
  ...["h5py>=3.11", "npy2bdv>=1.0.8", "tensorstore>=0.1.86", "zarr>=3.1", "ngff-zarr>=0.50", "tifffile>=2025"],
  ...["bioio-ome-zarr>=3.8", "bioio-ome-tiff>=1.4", "ome-types>=0.6"],
]);
if (python === undefined) {
  console.log("prove:writers: no Python 3.11 with venv here, skipped");
  process.exit(0);
}

const { DirectoryStore, MemoryStore, convertImage, openMosaic } = await import("../dist/node.js");
const { readBox } = await import("../dist/zarr/box.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");
const { viewBytes } = await import("../dist/zarr/pixel-bytes.js");

const folder = mkdtempSync(join(tmpdir(), "isolux-writers-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** All pixels of a box of an image at full resolution. */
async function pixelsOf({ levels }, channel, { start, stop }) {
  return await readBox(levels[0].array, [channel, ...start], [channel + 1, ...stop]);
}

// A grid that is no square, of tiles that are none, with a gap and texture that tells overlaps apart
const scene = { gridYx: [3, 2], absentYx: [[2, 1]], emptyTiles: [], emptyPlanesPerEnd: 0, sample: "filled" };
const tile = { tileShapeYx: [64, 72], overlap: 0.25, planes: 4, pixelSizeZyx: [4, 1.5, 1.5], jitterPx: 0 };
const store = new MemoryStore();
const whole = { chunkShapeZyx: [4, 64, 72], levelCount: 1 };
const made = await writeSyntheticAcquisition(store, "made.zarr", { ...scene, ...tile, ...whole });
const mosaic = await openMosaic(store, made.imageKey);
const [, ...shapeZyx] = mosaic.levels[0].shapeCzyx;
const whole0 = { start: [0, 0, 0], stop: shapeZyx };
const expected = [await pixelsOf(mosaic, 0, whole0), await pixelsOf(mosaic, 1, whole0)].map(viewBytes);

const source = join(folder, "source");
mkdirSync(source);
const tiles = [];
for (const { number, box, stagePositionUmYx } of mosaic.tiles) {
  for (const channel of [0, 1]) {
    writeFileSync(join(source, `${number}-${channel}`), viewBytes(await pixelsOf(mosaic, channel, box)));
  }
  const gridYx = [box.start[1] / 64, box.start[2] / 72];
  tiles.push({ number, gridYx, originUmZyx: [0, ...stagePositionUmYx] });
}
writeFileSync(join(source, "mosaic"), Buffer.concat(expected));
const told = { shapeZyx: [4, 64, 72], mosaicYx: shapeZyx.slice(1), pixelSizeUmZyx: tile.pixelSizeZyx, tiles };
writeFileSync(join(source, "acquisition.json"), JSON.stringify(told));

const layouts = join(folder, "layouts");
mkdirSync(layouts);
const script = join(root, "scripts", "python", "write_layouts.py");
const written = spawnSync(python, [script, source, layouts], { stdio: ["ignore", "inherit", "inherit"] });
if (written.status !== 0) process.exit(1);

let failures = 0;
const list = Object.entries(JSON.parse(readFileSync(join(layouts, "layouts.json"), "utf8")));
for (const [index, [name, { image, options }]] of list.entries()) {
  const output = join(folder, `read-${index}`);
  const warnings = [];
  const hooks = { report: ({ kind, text }) => kind === "warning" && warnings.push(text) };
  const fault = await differenceOf(image, { ...options, output }, hooks).catch((error) => error.message);
  if (fault !== undefined) failures++;
  console.log(`${fault === undefined ? "ok  " : "FAIL"} ${name}${fault === undefined ? "" : `: ${fault}`}`);
  for (const text of warnings) console.log(`     ${text}`);
}
console.log(`prove:writers: ${list.length - failures} of ${list.length} layouts are the same mosaic`);
process.exit(failures === 0 ? 0 : 1);

/** What is not as in the mosaic; overlaps that contradict the positions are refused by the conversion itself. */
async function differenceOf(image, options, hooks) {
  await convertImage({ image, ...options }, hooks);
  const read = await openMosaic(new DirectoryStore(options.output), "");
  const shape = read.levels[0].shapeCzyx.slice(1);
  if (shape.join() !== shapeZyx.join()) return `${shape.join(" x ")} in place of ${shapeZyx.join(" x ")}`;
  for (const [axis, size] of tile.pixelSizeZyx.entries()) {
    if (Math.abs(read.pixelSizeUmZyx[axis] - size) > 1e-6) return `pixels of ${read.pixelSizeUmZyx.join(" x ")} µm`;
  }
  for (const { index, label } of read.channels) {
    const pixels = viewBytes(await pixelsOf(read, index, whole0));
    if (Buffer.compare(pixels, expected[index]) !== 0) return `other pixels in channel ${label}`;
  }
  return undefined;
}
