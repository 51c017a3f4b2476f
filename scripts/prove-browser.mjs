// Bundles the library for browsers and lets headless Chromium open mosaics over HTTP, fit a profile and correct a plane:
// every pixel must be the one that `correctImage` writes in Node. `npm run prove:browser`, after a build; some seconds.
// Without Chromium only the bundle is checked. `-- screenshot FILE.png` keeps a picture of the page.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { correctTiles, readPlane } from "./browser/correct-plane.mjs";
import { bundleForBrowsers } from "./bundle-for-browsers.mjs";
import { findChromium } from "./find-chromium.mjs";
import { serveFolder } from "./serve-folder.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "isolux-browser-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const screenshot = process.argv[2] === "screenshot" ? process.argv[3] : undefined;
const channel = 0;
const planeCount = 60;

let failed = false;
function report(ok, text) {
  failed ||= !ok;
  console.log(`${ok ? "ok  " : "FAIL"} ${text}`);
}

const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;

/** Bundles the page, and all of the library by itself. */
async function bundle() {
  const site = join(folder, "site");
  const page = await bundleForBrowsers({ page: here("browser/page.mjs") }, site);
  const all = await bundleForBrowsers({ isolux: here("../dist/index.js") }, join(site, "all"));
  cpSync(here("browser/page.html"), join(site, "page.html"));
  for (const [name, files] of Object.entries({ "the page": page, "all of isolux": all })) {
    const code = files.filter(({ name: file }) => file.endsWith(".js"));
    const sum = (some, key) => some.reduce((total, file) => total + file[key], 0);
    const [first, later] = [code.filter(({ isLater }) => !isLater), code.filter(({ isLater }) => isLater)];
    const kernels = files.find(({ name: file }) => /kernels-[\w-]+\.wasm$/.test(file) && !file.includes("shared"));
    const sizes = `${kB(sum(first, "bytes"))} (gzip ${kB(sum(first, "gzipBytes"))}), kernels ${kB(kernels?.bytes ?? 0)}`;
    const rest = `loaded where an image asks for it: ${kB(sum(later, "bytes"))} in ${later.length} files`;
    report(kernels !== undefined, `${name}, bundled without a part of Node: ${sizes}; ${rest}`);
  }
  return site;
}

/** A mosaic as the mesoSPIM converter writes it, and the same as OME-Zarr 0.5: zstd, in shards. */
async function writeMosaics() {
  const { DirectoryStore, convertImage } = await import("isolux/node");
  const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");
  const data = join(folder, "data");
  mkdirSync(data);
  const store = new DirectoryStore(data);
  const scene = {
    gridYx: [2, 3],
    tileShapeYx: [240, 220],
    planes: 16,
    emptyTiles: [],
    emptyPlanesPerEnd: 0,
    vignetting: 0.45,
    chunkShapeZyx: [4, 256, 256],
  };
  const { imageKey } = await writeSyntheticAcquisition(store, "sample.zarr", scene);
  const other = await writeSyntheticAcquisition(store, "other.zarr", { ...scene, codec: { kind: "zstd", level: 3 } });
  const [image, output] = [join(data, other.imageKey), join(data, "sharded.zarr")];
  await convertImage({ image, output, omeVersion: "0.5", shards: [1, 16, 512, 512] });
  return { data, keys: [imageKey, "sharded.zarr"] };
}

/** What Node makes of a mosaic: the profile, by the library, and the plane that a whole correction writes with it. */
async function expectedOf(path, index) {
  const { basicDefaults, correctImage, encodeProfile, fitBasic, openImage, profileOfFit, readSample } = await import(
    "isolux/node"
  );
  const image = await openImage(path);
  const z = Math.floor(image.levels[0].shapeZyx[0] / 2);
  const sample = await readSample(image, channel, { planeCount });
  const profile = profileOfFit(await fitBasic(sample, { ...basicDefaults, getDarkfield: false }));
  const models = join(folder, `models${index}`);
  const { version } = await import("../dist/version.js");
  const provenance = {
    version,
    baselineMeaning: "brightness",
    alignment: { kind: "centres", factorYx: [1, 1] },
  };
  for (const { label } of image.channels) {
    mkdirSync(join(models, label), { recursive: true });
    writeFileSync(join(models, label, "profiles.npz"), encodeProfile(profile, provenance));
  }
  const output = join(folder, `corrected${index}.zarr`);
  await correctImage({ image: path, modelsFolder: models, output, background: "keep" });
  const raw = await readPlane(image, channel, z);
  const written = await readPlane(await openImage(output), channel, z);
  const own = correctTiles(raw, image.tiles, profile);
  report(differing(own.pixels, written.pixels) === 0, `${image.location}: correctPlane and correctImage agree in Node`);
  return { raw: raw.pixels, corrected: written.pixels, flatfield: profile.flatfield };
}

/** Pixels that differ; infinity where there are not as many. */
function differing(one, other) {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  return one.reduce((count, value, index) => count + (Object.is(value, other[index]) ? 0 : 1), 0);
}

/** What the page shows of an image; typed arrays come as plain ones. */
async function look(context, address) {
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // What is asked for and not there is told of: images are searched for by the names that they may have
    const isAbsence = message.text().includes("404") && !message.location().url.startsWith(new URL(address).origin);
    if (message.type() === "error" && !isAbsence) complaints.push(message.text());
  });
  await page.goto(address);
  const shown = await page.evaluate(async () => {
    const { raw, corrected, flatfield, ...rest } = await globalThis.shown;
    return { ...rest, ...(raw && { raw: [...raw], corrected: [...corrected], flatfield: [...flatfield] }) };
  });
  return { page, shown, complaints };
}

async function proveMosaic(context, site, { url, requests }, title, key, expected) {
  const before = { ...requests };
  const { page, shown, complaints } = await look(context, `${site.url}/page.html?image=${url}/${key}`);
  if (shown.error !== undefined) return report(false, `${title}: ${shown.error}`);
  const { raw, corrected, flatfield, times } = shown;
  const wrong = differing(corrected, expected.corrected);
  const changed = differing(raw, corrected);
  const isSame = wrong === 0 && differing(raw, expected.raw) === 0 && changed > raw.length / 2;
  report(
    isSame,
    `${title}: ${raw.length} pixels as correctImage writes them in Node, but for ${wrong}; ${changed} changed`,
  );
  const bits = differing(flatfield, expected.flatfield);
  report(
    bits === 0,
    `${title}: the flat-field of ${planeCount} planes as in Node, but for ${bits} of ${flatfield.length}`,
  );
  const [whole, ranges, preflights] = ["whole", "ranges", "preflights"].map((kind) => requests[kind] - before[kind]);
  const asWanted = key.startsWith("sharded") ? ranges > 0 : whole > 0;
  report(
    asWanted,
    `${title}: ${whole} requests for whole files, ${ranges} for parts, leave asked for ${preflights} times`,
  );
  report(complaints.length === 0, `${title}: the browser complains of nothing ${complaints.join("; ")}`);
  const steps = Object.entries(times).map(([step, seconds]) => `${step} ${seconds.toFixed(2)}`);
  console.log(`     ${title}: seconds from the load of the page to the first corrected plane: ${steps.join(", ")}`);
  if (screenshot !== undefined && key.startsWith("sample")) await page.screenshot({ path: screenshot, fullPage: true });
  await page.close();
}

/** In the page: whether a worker gets the library and its kernels. */
function loadInWorker() {
  const code = `import { loadKernels } from "${location.origin}/all/isolux.js"; await loadKernels(); postMessage(true);`;
  const script = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(script, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message || "the worker did not load"));
  });
}

/** All of the library must load, not only what the page uses; and what is refused must be told. */
async function proveSurface(context, site, closed) {
  const node = Object.keys(await import("isolux")).sort();
  const { page, shown } = await look(context, `${site.url}/page.html?image=${closed.url}/sample.zarr/raw_image`);
  const names = await page.evaluate(async () => Object.keys(await import("./all/isolux.js")));
  report(String(names.sort()) === String(node), `${names.length} exports in the browser, ${node.length} in Node`);
  report(await page.evaluate(loadInWorker), "a worker loads all of isolux, and its kernels");
  report(/allows it \(CORS\)/.test(shown.error), `a server that refuses other sites' pages: ${shown.error}`);
}

const site = await bundle();
const chromium = await findChromium();
if (chromium === undefined) {
  console.log("prove:browser: no Chromium here; nothing was run in a browser");
  process.exit(failed ? 1 : 0);
}
const { data, keys } = await writeMosaics();
const expected = [];
for (const [index, key] of keys.entries()) expected.push(await expectedOf(join(data, key), index));
const servers = [];
const serve = async (...order) => servers[servers.push(await serveFolder(...order)) - 1];
const pages = await serve(site, "own pages only");
const { chromium: driver } = await import("playwright-core");
const browser = await driver.launch({ executablePath: chromium, timeout: 600_000 });
try {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  context.setDefaultTimeout(600_000);
  console.log(`Chromium ${browser.version()}, Node ${process.version}`);
  await proveMosaic(context, pages, await serve(data, "shared"), "OME-Zarr 0.4", keys[0], expected[0]);
  await proveMosaic(context, pages, await serve(data, "shared"), "0.5 in shards", keys[1], expected[1]);
  await proveMosaic(
    context,
    pages,
    await serve(data, "hidden headers"),
    "in shards, headers hidden",
    keys[1],
    expected[1],
  );
  await proveSurface(context, pages, await serve(data, "own pages only"));
} finally {
  await browser.close();
  for (const { close } of servers) await close();
}
process.exit(failed ? 1 : 0);
