// Lets Neuroglancer and vizarr draw a served image in Chromium, and measures how dark the corners of tiles are: as they were in the
// source, and no darker than their middles once they are corrected.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findChromium } from "../find-chromium.mjs";
import { serveFolder } from "../serve-folder.mjs";
import { builtNeuroglancer, builtVizarr } from "./build-viewers.mjs";

const size = { width: 900, height: 900 };
/** Above lies what the viewer says. */
const topPx = 100;

/**
 * @param {{ corrected: string, raw: string, page: string }} summary of `isolux serve --raw`
 * @param {(isRight: boolean, text: string) => void} report
 * @param {string | undefined} pictures a folder for screenshots
 */
export async function proveViewers(summary, report, pictures) {
  const chromium = await findChromium();
  if (chromium === undefined) return console.log("prove:serve: no Chromium here, no viewer draws");
  const { chromium: driver } = await import("playwright-core");
  const browser = await driver.launch({
    executablePath: chromium,
    args: ["--use-gl=swiftshader", "--enable-unsafe-swiftshader"],
  });
  const images = [
    ["corrected", summary.corrected],
    ["raw", summary.raw],
  ];
  try {
    for (const [name, folder, looks] of [
      ["Neuroglancer", await builtNeuroglancer(), await looksOfNeuroglancer(summary, images)],
      ["vizarr", await builtVizarr(), images.map(([image, address]) => [image, `?source=${address}`])],
    ]) {
      if (folder === undefined) continue;
      const viewer = await serveFolder(folder, "own pages only");
      for (const [image, look] of looks) {
        const { share, complaints } = await draw(browser, `${viewer.url}/index.html${look}`, `${name}-${image}`);
        const isRight = image === "raw" ? share < 0.85 : share > 0.9;
        const percent = (100 * share).toFixed(0);
        report(isRight, `${name} draws the ${image} image: corners of tiles at ${percent} % of middles`);
        report(complaints.length === 0, `${name} complains of nothing ${complaints.join("; ")}`);
      }
      await viewer.close();
    }
  } finally {
    await browser.close();
  }

  async function draw(owner, url, name) {
    const context = await owner.newContext({ viewport: size });
    const view = await context.newPage();
    const complaints = [];
    view.on("pageerror", ({ message }) => complaints.push(message));
    view.on("console", (message) => {
      // Chunks and documents that do not exist
      if (message.type() === "error" && !message.text().includes("404")) complaints.push(message.text());
    });
    await view.goto(url);
    let [seen, picture] = ["", undefined];
    for (let look = 0; look < 40; look++) {
      await view.waitForTimeout(1000);
      picture = await view.screenshot();
      const text = picture.toString("base64");
      if (look > 5 && text === seen) break;
      seen = text;
    }
    if (pictures !== undefined) writeFileSync(join(pictures, `${name}.png`), picture);
    const share = await cornerShare(context, picture);
    await context.close();
    return { share, complaints };
  }
}

/** What its address says of each image: in the windows of the source, in which light is compared. */
async function looksOfNeuroglancer(summary, images) {
  const { location } = await redirection(`${summary.page}neuroglancer`);
  const state = JSON.parse(decodeURIComponent(location.slice(location.indexOf("#!") + 2)));
  const layersOf = (address) => state.layers.filter(({ source }) => source === `zarr://${address}/`);
  const ofRaw = layersOf(summary.raw);
  return images.map(([image, address]) => {
    const own = layersOf(address);
    const layers = own.map((layer, at) => ({ ...layer, shaderControls: ofRaw[at].shaderControls, visible: true }));
    const plain = { showAxisLines: false, showScaleBar: false, crossSectionBackgroundColor: "#000000" };
    return [image, `#!${encodeURIComponent(JSON.stringify({ ...state, ...plain, layers }))}`];
  });
}

/** Where a server sends those who ask for a page. */
async function redirection(url) {
  const answer = await fetch(url, { redirect: "manual" });
  return { location: answer.headers.get("location") };
}

/** How bright the corners of the mosaic's two by two tiles are, over their middles, in a screenshot. */
async function cornerShare(context, picture) {
  const blank = await context.newPage();
  const share = await blank.evaluate(
    async ([base64, from]) => {
      const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const drawing = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      drawing.drawImage(bitmap, 0, 0);
      const { data, width, height } = drawing.getImageData(0, 0, bitmap.width, bitmap.height);
      // The mosaic is what is not black around the middle of the window
      const grey = (x, y) => Math.max(...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3));
      const lit = (length, at, start = 0) => {
        const bright = Array.from({ length }, (_, i) => i >= start && at(i) > 12);
        const [first, last] = [bright.indexOf(true), bright.lastIndexOf(true)];
        return [first, last + 1];
      };
      const row = (y) => Math.max(...[0.3, 0.45, 0.55, 0.7].map((part) => grey(Math.floor(part * width), y)));
      const column = (x) => Math.max(...[0.3, 0.45, 0.55, 0.7].map((part) => grey(x, Math.floor(part * height))));
      const [top, bottom] = lit(height, row, from);
      const [left, right] = lit(width, column);
      const mean = (fromX, fromY) => {
        const side = Math.floor((right - left) / 24);
        let sum = 0;
        for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) sum += grey(fromX + x, fromY + y);
        return sum / side ** 2;
      };
      const at = (u, v) => mean(Math.floor(left + u * (right - left)), Math.floor(top + v * (bottom - top)));
      // Around the middle of the mosaic the corners of four tiles meet
      const corners = [at(0.45, 0.45), at(0.51, 0.45), at(0.45, 0.51), at(0.51, 0.51)];
      const middles = [at(0.23, 0.23), at(0.73, 0.23), at(0.23, 0.73), at(0.73, 0.73)];
      const sum = (values) => values.reduce((a, b) => a + b, 0);
      return sum(corners) / sum(middles);
    },
    [picture.toString("base64"), topPx],
  );
  await blank.close();
  return share;
}
