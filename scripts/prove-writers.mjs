// Lets programs of others write acquisitions in the layouts of microscopes (h5py, npy2bdv, TensorStore, zarr-python, ngff-zarr,
// bioio, tifffile, ome-types, NumPy): each must be the same mosaic to Isolux, with its overlaps confirmed; of tiles that begin at
// different depths, of two sides and of two time points, too. With positions mirrored along an axis each must be refused.
// `npm run prove:writers`, after a build. It makes a virtual environment for Python in the user's cache, and skips where there
// is no Python.
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

// A grid that is no square, of tiles that are none, with a gap and texture that tells overlaps apart. Of its planes each
// acquisition takes some: those of a tile, at a time point.
const scene = { gridYx: [3, 2], absentYx: [[2, 1]], emptyTiles: [], emptyPlanesPerEnd: 0, sample: "filled" };
const planes = 4;
const made = 2 * planes;
const tile = { tileShapeYx: [64, 72], overlap: 0.25, planes: made, pixelSizeZyx: [4, 1.5, 1.5], jitterPx: 0 };
const store = new MemoryStore();
const { imageKey } = await writeSyntheticAcquisition(store, "made.zarr", {
  ...scene,
  ...tile,
  chunkShapeZyx: [made, 64, 72],
  levelCount: 1,
});
const mosaic = await openMosaic(store, imageKey);
const [, , ...mosaicYx] = mosaic.levels[0].shapeCzyx;

let [checked, failures] = [0, 0];
for (const kind of [null, "depths", "sides", "times", "mirrored y", "mirrored x"]) await prove(kind);
console.log(`prove:writers: ${checked - failures} of ${checked} layouts are as they should be`);
process.exit(failures === 0 ? 0 : 1);

/** Has all layouts that can hold a kind of acquisition written, and reads them. */
async function prove(kind) {
  const place = join(folder, String(kind));
  const { source, expected, depths } = await writeSource(place, kind);
  const layouts = join(place, "layouts");
  mkdirSync(layouts);
  const script = join(root, "scripts", "python", "write_layouts.py");
  const written = spawnSync(python, [script, source, layouts], { stdio: ["ignore", "inherit", "inherit"] });
  if (written.status !== 0) process.exit(1);
  const list = Object.entries(JSON.parse(readFileSync(join(layouts, "layouts.json"), "utf8")));
  for (const [index, [name, { image, options }]] of list.entries()) {
    const output = join(place, `read-${index}`);
    const warnings = [];
    const hooks = { report: ({ kind: of, text }) => of === "warning" && warnings.push(text) };
    const all = { image, ...options, output };
    const fault = await (kind?.startsWith("mirrored")
      ? notRefused(all, hooks)
      : difference(all, hooks, expected, depths));
    checked++;
    if (fault !== undefined) failures++;
    const named = kind === null ? name : `${name}, ${kind}`;
    console.log(`${fault === undefined ? "ok  " : "FAIL"} ${named}${fault === undefined ? "" : `: ${fault}`}`);
    for (const text of warnings) console.log(`     ${text}`);
  }
  rmSync(place, { recursive: true, force: true });
}

/** Writes the pixels of all tiles, and of the mosaic that they must make: by channel, time points one after the other. */
async function writeSource(place, kind) {
  const source = join(place, "source");
  mkdirSync(source, { recursive: true });
  const times = kind === "times" ? 2 : 1;
  const expected = [0, 1].map(() => new Uint16Array(times * planes * mosaicYx[0] * mosaicYx[1]));
  const most = [0, 1].map((axis) => Math.max(...mosaic.tiles.map((one) => one.stagePositionUmYx[axis])));
  const tiles = [];
  const depths = [];
  for (const [n, { number, box, stagePositionUmYx }] of mosaic.tiles.entries()) {
    // Neighbours show the same at equal depths.
    const first = kind === "depths" ? n % 3 : 0;
    depths.push(first * tile.pixelSizeZyx[0]);
    for (const channel of [0, 1]) {
      for (let time = 0; time < times; time++) {
        const from = first + time * planes;
        const start = [channel, from, ...box.start.slice(1)];
        const pixels = await readBox(mosaic.levels[0].array, start, [channel + 1, from + planes, ...box.stop.slice(1)]);
        writeFileSync(join(source, `${number}-${channel}-${time}`), viewBytes(pixels));
        putTile(expected[channel], pixels, time * planes, box);
      }
    }
    const isMirrored = [kind === "mirrored y", kind === "mirrored x"];
    const [y, x] = stagePositionUmYx.map((um, axis) => (isMirrored[axis] ? most[axis] - um : um));
    const grid = [box.start[1] / 64, box.start[2] / 72];
    const gridYx = grid.map((at, axis) => (isMirrored[axis] ? scene.gridYx[axis] - 1 - at : at));
    tiles.push({ number, gridYx, originUmZyx: [depths.at(-1), y, x] });
  }
  writeFileSync(join(source, "mosaic"), Buffer.concat(expected.map(viewBytes)));
  const told = { kind, shapeZyx: [planes, 64, 72], mosaicYx, pixelSizeUmZyx: tile.pixelSizeZyx, tiles };
  writeFileSync(join(source, "acquisition.json"), JSON.stringify(told));
  return { source, expected, depths };
}

/** Puts a tile's planes into those of a mosaic. */
function putTile(into, pixels, firstPlane, { start, stop }) {
  const [rows, columns] = [stop[1] - start[1], stop[2] - start[2]];
  for (let row = 0; row < planes * rows; row++) {
    const [z, y] = [firstPlane + Math.floor(row / rows), start[1] + (row % rows)];
    into.set(pixels.subarray(row * columns, (row + 1) * columns), (z * mosaicYx[0] + y) * mosaicYx[1] + start[2]);
  }
}

/** What is not as in the mosaic; overlaps that contradict the positions are refused by the conversion itself. */
async function difference(options, hooks, expected, depths) {
  try {
    await convertImage(options, hooks);
  } catch (error) {
    return error.message;
  }
  const read = await openMosaic(new DirectoryStore(options.output), "");
  const [level] = read.levels;
  const shape = level.shapeCzyx.slice(1);
  const wanted = [expected[0].length / mosaicYx[0] / mosaicYx[1], ...mosaicYx];
  if (shape.join() !== wanted.join()) return `${shape.join(" x ")} in place of ${wanted.join(" x ")}`;
  for (const [axis, size] of tile.pixelSizeZyx.entries()) {
    if (Math.abs(read.pixelSizeUmZyx[axis] - size) > 1e-6) return `pixels of ${read.pixelSizeUmZyx.join(" x ")} µm`;
  }
  for (const { index, label } of read.channels) {
    const pixels = viewBytes(await level.readBox(index, { start: [0, 0, 0], stop: shape }));
    if (Buffer.compare(pixels, viewBytes(expected[index])) !== 0) return `other pixels in channel ${label}`;
  }
  const told = read.tiles.slice(0, depths.length).map(({ stageDepthUm = 0 }) => stageDepthUm);
  return depths.every((um, n) => read.tiles.length === 1 || Math.abs(um - told[n]) < 1e-3)
    ? undefined
    : `depths of ${told} µm`;
}

/** What was not refused: tiles whose overlaps show that an axis runs the other way. */
async function notRefused(options, hooks) {
  try {
    await convertImage(options, hooks);
  } catch (error) {
    return /run against the images|x and y swapped/.test(error.message) ? undefined : error.message;
  }
  return "mirrored positions were taken";
}
