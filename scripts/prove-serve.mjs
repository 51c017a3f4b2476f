// Serves images by `isolux serve` and lets programs read them: zarr-python, tensorstore, ome-zarr-py, zarrita and Isolux.
// Every pixel must be the one that `isolux correct` writes, level-0 chunks byte for byte. Then 500 requests at a time, a
// source that is removed, and Ctrl-C. `npm run prove:serve`, after a build; without Python the Python programs are skipped.
// `-- full` lets napari's reader, Neuroglancer and vizarr read, too, which are fetched into the user's cache;
// `-- full pictures FOLDER` keeps what the viewers drew.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FetchStore, get, open, root as zarritaRoot } from "zarrita";
import { pythonFor, pythonWith } from "./python-environment.mjs";
import { proveViewers } from "./serve/draw-in-viewers.mjs";
import { serveFolder } from "./serve-folder.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "dist/cli/main.js");
const { DirectoryStore, HttpStore, correctImage, openImage } = await import("../dist/node.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");
const { saveTruth } = await import("../dist/synthetic/truth.js");
const { readBox } = await import("../dist/zarr/box.js");
const python = pythonFor("image-readers");
if (python === undefined) console.log("prove:serve: no Python 3.11 with venv here: its programs are skipped");

const folder = mkdtempSync(join(tmpdir(), "isolux-served-"));
const servers = new Set();
process.on("exit", () => {
  for (const server of servers) server.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

let failures = 0;
function report(isRight, text) {
  console.log(`${isRight ? "ok    " : "FAILED"} ${text}`);
  if (!isRight) failures++;
}

/** Starts a server. @returns its summary, its process, and how it ended */
async function serve(image, ...options) {
  const server = spawn(process.execPath, [main, "serve", image, "--json", ...options]);
  servers.add(server);
  let [out, err] = ["", ""];
  server.stderr.on("data", (piece) => {
    err += piece;
  });
  const ended = new Promise((resolve) => server.once("exit", (code) => resolve(code)));
  const summary = await new Promise((resolve, reject) => {
    server.stdout.on("data", (piece) => {
      out += piece;
      if (out.includes("\n")) resolve(JSON.parse(out));
    });
    ended.then((code) => reject(new Error(`isolux serve ended with ${code}: ${err}`)));
  });
  return { summary, server, ended, said: () => err };
}

async function stop({ server, ended }) {
  const began = Date.now();
  server.kill("SIGINT");
  const code = await ended;
  servers.delete(server);
  return { code, seconds: (Date.now() - began) / 1000 };
}

const options = { gridYx: [2, 2], tileShapeYx: [200, 184], planes: 24, chunkShapeZyx: [8, 128, 160], levelCount: 3 };
const store = new DirectoryStore(folder);
const made = await writeSyntheticAcquisition(store, "plain.zarr", options);
const models = join(folder, "models");
await saveTruth(store, "models", made.truth);
const plain = join(folder, made.imageKey);
const given = { modelsFolder: models, workers: 1 };
const newer = (
  await correctImage({
    ...given,
    image: plain,
    output: join(folder, "newer"),
    omeVersion: "0.5",
    shards: [1, 32, 512, 512],
  })
).output;
const outputs = new Map();
for (const image of [plain, newer])
  outputs.set(image, (await correctImage({ ...given, image, output: `${image}-corrected` })).output);

/** Compares the objects of a level that was written with what is served. */
async function differingObjects(address, image, level) {
  const files = readdirSync(join(image, level), { recursive: true, withFileTypes: true });
  const keys = files.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name).slice(image.length + 1));
  const differing = [];
  for (const key of keys) {
    const answer = await fetch(`${address}/${key}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (answer.status !== 200 || !bytes.equals(readFileSync(join(image, key)))) differing.push(key);
  }
  return { count: keys.length, differing };
}

const wholeBox = ({ array }) =>
  readBox(
    array,
    array.metadata.shape.map(() => 0),
    array.metadata.shape,
  );
const sameBytes = (a, b) =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));

for (const [image, output] of outputs) {
  const name = image === plain ? "0.4" : "0.5, shards of the source";
  const running = await serve(image, "--models-folder", models, "--codec", "same", "--pyramid", "exact", "--raw");
  const { corrected, raw } = running.summary;
  if (image === plain) {
    for (const level of ["0", "1", "2"]) {
      const { count, differing } = await differingObjects(corrected, output, level);
      report(
        differing.length === 0 && count > 1,
        `${name}: ${count} objects of level ${level} are those of a correction, byte for byte`,
      );
    }
  }
  const written = await openImage(output);
  const served = await openImage(corrected);
  for (const [level, one] of served.levels.entries()) {
    const [left, right] = [await wholeBox(one), await wholeBox(written.levels[level])];
    report(sameBytes(left, right), `${name}: Isolux reads equal pixels of level ${level} over HTTP`);
    const array = await open(zarritaRoot(new FetchStore(corrected)).resolve(String(level)), { kind: "array" });
    report(sameBytes((await get(array)).data, right), `${name}: zarrita reads equal pixels of level ${level}`);
  }
  report(
    sameBytes(await wholeBox((await openImage(raw)).levels[0]), await wholeBox((await openImage(image)).levels[0])),
    `${name}: --raw serves the source`,
  );
  if (python !== undefined) {
    const { status, stdout, stderr } = spawnSync(
      python,
      [join(root, "scripts/python/read_served.py"), corrected, output, "0,1,2"],
      { encoding: "utf8" },
    );
    report(status === 0, `${name}: ${(status === 0 ? stdout : stderr).trim().split("\n").at(-1)}`);
  }
  const { code, seconds } = await stop(running);
  report(code === 0, `${name}: Ctrl-C ends it with ${code} after ${seconds.toFixed(1)} s`);
}

// Tiles as a microscope wrote them, with profiles that are estimated first; and an image that lies on a server
const tiles = join(root, "test/fixtures/native/v04_Mag5x.ome.zarr");
const estimated = { fovList: [1, 2], nZplanes: 10, background: "keep", workers: 1 };
const { url, close } = await serveFolder(folder, "shared");
for (const [name, image, asked, words] of [
  ["tiles of a microscope", tiles, estimated, ["--fov-list", "1,2", "--n-zplanes", "10", "--background", "keep"]],
  ["an image on a server", `${url}/${made.imageKey}`, given, ["--models-folder", models]],
]) {
  const written = (await correctImage({ ...asked, image, output: join(folder, name) })).output;
  const running = await serve(image, ...words);
  const served = await openImage(running.summary.corrected);
  const right = await wholeBox((await openImage(written)).levels[0]);
  report(sameBytes(await wholeBox(served.levels[0]), right), `${name}: equal pixels of the full resolution`);
  await stop(running);
}
await close();

// 500 requests at a time, in little memory
const memory = 500e6;
const busy = await serve(plain, "--models-folder", models, "--memory", `${memory}`);
const keys = (await openImage(busy.summary.corrected)).levels.flatMap((level, index) => {
  const [c, z, y, x] = level.chunkGridCzyx;
  return Array.from({ length: c * z * y * x }, (_, at) =>
    [index, Math.floor(at / (z * y * x)), Math.floor(at / (y * x)) % z, Math.floor(at / x) % y, at % x].join("/"),
  );
});
const asked = Array.from({ length: 500 }, (_, at) => keys[(7 * at) % keys.length]);
const began = performance.now();
const statuses = await Promise.all(
  asked.map(async (key) => {
    const answer = await fetch(`${busy.summary.corrected}/${key}`);
    await answer.arrayBuffer();
    return answer.status;
  }),
);
const seconds = (performance.now() - began) / 1000;
const peak = 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${busy.server.pid}/status`, "utf8"))?.[1] ?? 0);
report(
  statuses.every((status) => status === 200),
  `500 requests at a time are answered in ${seconds.toFixed(1)} s`,
);
report(peak < memory, `at most ${(peak / 1e6).toFixed(0)} MB of ${memory / 1e6} MB were used`);

// Never black: a source that is gone is an error, whatever was read of it before
renameSync(plain, `${plain}-gone`);
await new Promise((resolve) => setTimeout(resolve, 1100));
const answers = await Promise.all(
  keys.slice(0, 20).map(async (key) => (await fetch(`${busy.summary.corrected}/${key}`)).status),
);
report(
  answers.every((status) => status >= 500),
  "where the source is gone, every chunk is an error",
);
const client = new HttpStore(busy.summary.corrected, { attempts: 1 });
const refusal = await client.get(keys[0]).then(
  () => "nothing",
  (error) => error.message,
);
report(/HTTP status 500/.test(refusal), `a reader is told: ${refusal}`);
renameSync(`${plain}-gone`, plain);
const last = await stop(busy);
report(last.code === 0, `Ctrl-C ends it with ${last.code}`);
if (process.argv.includes("full")) await proveFully();
process.exit(failures === 0 ? 0 : 1);

/** The reader of napari, and what viewers on the web draw. */
async function proveFully() {
  const image = plain;
  const running = await serve(image, "--models-folder", models, "--raw", "--pyramid", "exact");
  const napari = pythonWith("napari-reader", ["numpy", "zarr>=3.1", "napari-ome-zarr>=0.7"]);
  if (napari !== undefined) {
    const script = [join(root, "scripts/python/read_layers.py"), running.summary.corrected, outputs.get(plain)];
    const { status, stdout, stderr } = spawnSync(napari, script, { encoding: "utf8" });
    report(status === 0, (status === 0 ? stdout : stderr).trim().split("\n").at(-1));
  }
  const [, pictures] = process.argv.slice(process.argv.indexOf("pictures"));
  await stop(running);
  // Light without sample, in which nothing but shading makes the corners of tiles dark
  const bare = {
    ...options,
    tileShapeYx: [240, 240],
    emptyTiles: [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    vignetting: 0.5,
  };
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "bare.zarr", bare);
  await saveTruth(store, "bare-models", truth);
  const light = await serve(
    join(folder, imageKey),
    "--models-folder",
    join(folder, "bare-models"),
    "--raw",
    "--background",
    "keep",
  );
  await proveViewers(light.summary, report, pictures);
  await stop(light);
}
