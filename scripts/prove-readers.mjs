// Lets zarr-python and anndata read what Isolux writes, and NumPy recompute every pixel. `npm run prove:readers`, after a
// build; makes a virtual environment for Python below node_modules/.cache, and skips where there is no Python.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonWithReaders } from "./python-environment.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], ...options });
  if (error !== undefined || status !== 0) {
    console.error(`prove:readers: ${command} ${args.join(" ")} failed`);
    process.exit(1);
  }
}

const python = pythonWithReaders();
if (python === undefined) {
  console.log("prove:readers: no Python with venv here, skipped");
  process.exit(0);
}

const { DirectoryStore, correctImage } = await import("../dist/node.js");
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
for (const [index, codec] of codecs.entries()) {
  const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), `sample${index}.zarr`, {
    tileShapeYx: [70, 53],
    planes: 11,
    levelCount: 3,
    pixelType: index % 4 === 3 ? "uint8" : "uint16",
    codec,
  });
  const image = join(folder, imageKey);
  const models = join(folder, `models${index}`);
  const background = index % 2 === 0 ? "subtract" : "keep";
  const { output } = await correctImage({ image, fovList: [1], nZplanes: 10, background, saveModels: models });
  const check = (corrected) =>
    run(python, [join(root, "scripts", "python", "check_output.py"), image, corrected, models, background]);
  check(output);
  const sharded = `${output}_05`;
  const form = { omeVersion: "0.5", shards: [1, 16, 64, 64] };
  check((await correctImage({ image, modelsFolder: models, background, output: sharded, ...form })).output);
}
