// Lets zarr-python, anndata, ngio, ome-zarr-py, tensorstore, zarrs, iohub, bioio, ngff-zarr and yaozarrs read what Isolux
// writes, and NumPy recompute every pixel; Isolux reads what ngio writes. `npm run prove:readers`, after a build, with a
// codec of each kind; `-- full` with all. It makes a virtual environment for Python in the user's cache, and skips where
// there is no Python.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stackName, writeMeta, writeRaw } from "./microscope-files.mjs";
import { pythonFor } from "./python-environment.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], ...options });
  if (error !== undefined || status !== 0) {
    console.error(`prove:readers: ${command} ${args.join(" ")} failed`);
    process.exit(1);
  }
}

const python = pythonFor("image-readers");
if (python === undefined) {
  console.log("prove:readers: no Python 3.11 with venv here, skipped");
  process.exit(0);
}

const { DirectoryStore, convertImage, correctImage } = await import("../dist/node.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");
const folder = mkdtempSync(join(tmpdir(), "isolux-readers-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const blosc = (inner, shuffle) => ({ kind: "blosc", inner, level: 5, shuffle, blockBytes: 0 });
const codecs = [
  blosc("lz4", "byte"),
  blosc("lz4hc", "bit"),
  blosc("blosclz", "byte"),
  blosc("zlib", "byte"),
  blosc("zstd", "bit"),
  blosc("lz4", "none"),
  { kind: "zstd", level: 3 },
  { kind: "gzip", level: 5 },
  { kind: "zlib", level: 5 },
  { kind: "none" },
];
const acquisition = { tileShapeYx: [70, 53], planes: 11, levelCount: 3 };
const script = (interpreter, name, ...args) => run(interpreter, [join(root, "scripts", "python", name), ...args]);

/** What each program is to look at, at the end: its libraries are loaded once. */
const looks = { "check_output.py": [], "read_elsewhere.py": [], "read_further.py": [] };

/** What readers must find of tiles of a shape, three in a column; `offsetUm` from the first on the stage, where it is known. */
function truthOf(levels, [planes, rows, columns], count, offsetUm = () => undefined) {
  const tiles = Array.from({ length: count }, (_, index) => {
    const [row, column] = [index % 3, Math.floor(index / 3)];
    const start = [0, row * rows, column * columns];
    const stop = [planes, start[1] + rows, start[2] + columns];
    return { name: `FOV_${index}`, start, stop, offsetUm: offsetUm(row, column) };
  });
  return { levels, tiles };
}

let truthCount = 0;
function readElsewhere(image, truth) {
  const path = join(folder, `truth${truthCount++}.json`);
  writeFileSync(path, JSON.stringify(truth));
  looks["read_elsewhere.py"].push(image, path);
}

const mosaicTruth = truthOf(3, [11, 70, 53], 9);
const sharded = { omeVersion: "0.5", shards: [1, 16, 64, 64] };
/** One of each kind; images of uint8, and what ngio writes as it is and in shards, are among them. */
const chosen = process.argv[2] === "full" ? codecs.keys() : [0, 1, 4, 7, 8];
/** What ngio writes is a source, too; its mirror has its chunks and shards. */
const rewritten = [];
for (const index of chosen) {
  const codec = codecs[index];
  const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), `sample${index}.zarr`, {
    ...acquisition,
    pixelType: index % 4 === 3 ? "uint8" : "uint16",
    codec,
    // Chunks whose planes of bits are large enough to be compressed plane by plane, as the microscope's are
    ...(codec.inner === "zstd" && { chunkShapeZyx: [11, 64, 64] }),
  });
  const image = join(folder, imageKey);
  const models = join(folder, `models${index}`);
  const background = index % 2 === 0 ? "subtract" : "keep";
  const { output } = await correctImage({ image, fovList: [1], nZplanes: 10, background, saveModels: models });
  const check = (source, corrected) => {
    looks["check_output.py"].push(source, corrected, models, background);
    // Codecs are the business of the libraries below: their readers see one of each kind.
    if (index % 4 === 0) readElsewhere(corrected, mosaicTruth);
  };
  check(image, output);
  const given = { modelsFolder: models, background };
  const newer = (await correctImage({ image, ...given, output: join(folder, `newer${index}`), ...sharded })).output;
  check(image, newer);
  if (index === 0 || codec.inner === "zstd") looks["read_further.py"].push(output, newer);
  if (index > 1) continue;
  const [target, kind] = [join(folder, `ngio${index}`), index === 0 ? "plain" : "sharded"];
  rewritten.push({ words: [image, target, kind], target, given, check });
}
script(python, "rewrite_with_ngio.py", ...rewritten.flatMap(({ words }) => words));
for (const { target, given, check } of rewritten)
  check(target, (await correctImage({ image: target, ...given })).output);

// Tiles as the microscope wrote them: the largest position lies at the top left, two of six places are empty.
const tileShape = [5, 40, 32];
const native = join(folder, "stacks");
mkdirSync(native);
const places = [0, 1, 2, 3].map((index) => [index % 3, Math.floor(index / 3)]);
const offsetOf = (row, column) => [36 * row, 29 * column];
const stageOf = (row, column) => offsetOf(row, column).map((um, axis) => [500.5, -250.25][axis] - um);
const [planes, ...shapeYx] = tileShape;
const pixels = new Uint16Array(2 * planes * 120 * 64);
const pixelAt = (c, tile, z, y, x) => 30000 * c + 5000 * tile + 900 * z + 17 * y + x;
for (const [c, laser] of ["488", "561"].entries()) {
  for (const [tile, [row, column]] of places.entries()) {
    const path = join(native, stackName(tile, laser, "raw"));
    const stack = (z) =>
      Uint16Array.from({ length: 40 * 32 }, (_, i) => pixelAt(c, tile, z, Math.floor(i / 32), i % 32));
    writeRaw(path, planes, stack);
    writeMeta(path, { laser, stageYx: stageOf(row, column), planes, shapeYx });
    for (let z = 0; z < planes; z++) {
      for (const [i, value] of stack(z).entries()) {
        const y = 40 * row + Math.floor(i / 32);
        pixels[((c * planes + z) * 120 + y) * 64 + 32 * column + (i % 32)] = value;
      }
    }
  }
}
writeFileSync(join(folder, "pixels"), pixels);
const nativeTruth = { ...truthOf(1, tileShape, 4, offsetOf), pixels: join(folder, "pixels") };
for (const form of [{ omeVersion: "0.4" }, sharded]) {
  const output = join(folder, `native${form.omeVersion}`);
  await convertImage({ image: native, output, ...form });
  readElsewhere(output, nativeTruth);
}

for (const [name, words] of Object.entries(looks)) {
  script(name === "read_further.py" ? pythonFor("further-readers") : python, name, ...words);
}
