// Makes the pictures of the pages from a demonstration: one plane before and after, a report, a profile, a recording of
// the terminal. `npm run demo`, then `node docs/images/pictures.mjs isolux-demo`; reports and profiles need Chromium.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium as driver } from "playwright-core";
import { DirectoryStore, openMosaic } from "../../dist/node.js";
import { findChromium } from "../../scripts/find-chromium.mjs";
import { encodePng } from "./grey-png.mjs";
import { recordTerminal } from "./terminal.mjs";

const demo = resolve(process.argv[2] ?? "isolux-demo");
const isolux = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const target = (name) => fileURLToPath(new URL(name, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "isolux-pictures-"));
try {
  for (const [channel, name, range] of [
    [0, "before-after.png", [680, 2700]],
    [1, "before-after-vessels.png", [480, 2300]],
  ]) {
    await drawBeforeAfter(channel, range, target(name));
  }
  writeFileSync(target("terminal.svg"), recordTerminal(isolux, demo, scratch));
  await photograph(`${demo}/report.html`, target("report.jpg"), 1100, 940);
  execFileSync(process.execPath, [
    isolux,
    ...["profile", "show", `${demo}/profiles/empty/MBP`, "--output", `${scratch}/profile.html`],
  ]);
  await photograph(`${scratch}/profile.html`, target("profile.jpg"), 900, 665, 215);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** A plane of a channel at half resolution, in the same grey values before and after. */
async function drawBeforeAfter(channel, [black, white], path) {
  const gap = 12;
  const images = [await readPlane("raw_image", channel), await readPlane("corrected_empty", channel)];
  const { rows, columns } = images[0];
  const width = 2 * columns + gap;
  const picture = Buffer.alloc(rows * width, 255);
  for (const [index, { pixels }] of images.entries()) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const share = (pixels[y * columns + x] - black) / (white - black);
        // Of the 256 greys, 64 are used: more would show noise, and make the file twice as large.
        const grey = Math.round(63 * Math.min(Math.max(share, 0), 1) ** 0.7) * 4;
        picture[y * width + index * (columns + gap) + x] = grey;
      }
    }
  }
  writeFileSync(path, encodePng(rows, width, picture));
}

async function readPlane(image, channel, plane = 20) {
  const level = (await openMosaic(new DirectoryStore(`${demo}/demo.zarr`), image)).levels[1];
  const [, rows, columns] = level.shapeZyx;
  const box = { start: [plane, 0, 0], stop: [plane + 1, rows, columns] };
  return { rows, columns, pixels: await level.readBox(channel, box) };
}

/** The top of a page, as a browser shows it. */
async function photograph(page, path, width, height, top = 0) {
  const browser = await driver.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
  try {
    const tab = await browser.newPage({ viewport: { width, height } });
    await tab.goto(`file://${page}`);
    await tab.screenshot({ path, type: "jpeg", quality: 72, clip: { x: 0, y: top, width, height: height - top } });
  } finally {
    await browser.close();
  }
}
