// A mosaic of 2,000 tiles and 128 GB that exists only as metadata: every chunk is the same. The page must stay fluid, and
// take no more memory than for a small one.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isShown } from "./use-page.mjs";

/** How many times as large as written the mosaic is said to be, along rows and columns, and how many planes it has. */
const [times, planes] = [25, 200];
/** A frame at 60 a second. */
const frameMs = 1000 / 60;

export async function proveLargeMosaic(browser, pageUrl, report) {
  const { DirectoryStore } = await import("../../dist/node.js");
  const { writeSyntheticAcquisition } = await import("../../dist/synthetic/write-acquisition.js");
  const folder = mkdtempSync(join(tmpdir(), "isolux-large-"));
  const store = new DirectoryStore(folder);
  const options = { gridYx: [40, 50], tileShapeYx: [16, 16], planes: 1, emptyPlanesPerEnd: 0, levelCount: 1 };
  const { imageKey } = await writeSyntheticAcquisition(store, "large.zarr", {
    ...options,
    chunkShapeZyx: [1, 512, 512],
  });
  const server = await serveEnlarged(folder, imageKey);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(600_000);
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    // Time of the processor, so that a busy machine is no fault of the page
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(`${pageUrl}/index.html#image=${encodeURIComponent(`${server.url}/${imageKey}`)}`);
    await isShown(page);
    const { tiles, bytes } = await page.evaluate(() => {
      const { tiles, bytes } = globalThis.isolux.state.image.value;
      return { tiles: tiles.length, bytes };
    });
    const before = await mainThreadMs(devtools);
    const frames = 60;
    await page.mouse.move(300, 300);
    await page.mouse.down();
    for (let at = 1; at <= frames; at++) await page.mouse.move(300 + 2 * at, 300 + at);
    await page.mouse.up();
    const perMove = ((await mainThreadMs(devtools)) - before) / frames;
    report(
      tiles === 2000 && perMove < frameMs,
      `${tiles} tiles, ${(bytes / 1e9).toFixed(0)} GB: a move takes ${perMove.toFixed(1)} ms of the page's time`,
    );
    for (let look = 0; look < 12; look++) {
      await page.evaluate((at) => {
        const { state } = globalThis.isolux;
        state.z.value = (at * 37) % state.depth.value;
        state.showsAll.value = false;
        state.view.value = { x: 1000 + 1500 * at, y: 800 + 1100 * at, scale: at % 3 === 0 ? 0.05 : 1 };
      }, look);
      await page.waitForTimeout(350);
    }
    const { JSHeapUsedSize: heap = 0 } = await metrics(devtools);
    const largest = rendererBytes();
    report(
      heap < 300e6 && largest < 1.5e9,
      `after a dozen looks at planes and places: ${(heap / 1e6).toFixed(0)} MB of objects, ${(largest / 1e6).toFixed(0)} MB in all`,
    );
  } finally {
    await context.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function metrics(devtools) {
  const { metrics: all } = await devtools.send("Performance.getMetrics");
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

async function mainThreadMs(devtools) {
  const { ScriptDuration = 0, LayoutDuration = 0, RecalcStyleDuration = 0 } = await metrics(devtools);
  return 1000 * (ScriptDuration + LayoutDuration + RecalcStyleDuration);
}

/** What the largest process of a page takes, below this one. */
function rendererBytes() {
  let most = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer") || !isBelow(Number(pid))) continue;
      most = Math.max(
        most,
        1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0),
      );
    } catch {
      // It has ended
    }
  }
  return most;
}

function isBelow(pid) {
  for (let at = pid; at > 1; ) {
    if (at === process.pid) return true;
    at = Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${at}/status`, "utf8"))?.[1] ?? 0);
  }
  return false;
}

/** Serves an image whose metadata say that it is larger; every chunk is its first one. */
async function serveEnlarged(folder, imageKey) {
  const array = JSON.parse(readFileSync(join(folder, imageKey, "0/.zarray"), "utf8"));
  const chunk = readFileSync(join(folder, imageKey, "0/0/0/0/0"));
  const [channels, , rows, columns] = array.shape;
  const factors = [1, 2, 4, 8, 16, 32];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname).slice(1);
    const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "range" };
    const [, level, rest] = new RegExp(`^${imageKey}/(\\d)/(.+)$`).exec(path) ?? [];
    let bytes;
    if (rest === ".zarray") {
      const factor = factors[Number(level)];
      const extent = (length) => Math.ceil((length * times) / factor);
      bytes = JSON.stringify({ ...array, shape: [channels, planes, extent(rows), extent(columns)] });
    } else if (rest !== undefined && /^\d/.test(rest)) bytes = chunk;
    else bytes = read(join(folder, path));
    if (path === `${imageKey}/.zattrs`) bytes = enlarged(JSON.parse(bytes), factors);
    response.writeHead(bytes === undefined ? 404 : 200, headers).end(bytes);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** The same image in finer pixels, at several levels. */
function enlarged(attributes, factors) {
  const [multiscale] = attributes.multiscales;
  const [dataset] = multiscale.datasets;
  const { scale } = dataset.coordinateTransformations[0];
  multiscale.datasets = factors.map((factor, level) => ({
    path: String(level),
    coordinateTransformations: [
      {
        type: "scale",
        scale: scale.map((value, axis) => (axis < scale.length - 2 ? value : (value * factor) / times)),
      },
    ],
  }));
  return JSON.stringify(attributes);
}
