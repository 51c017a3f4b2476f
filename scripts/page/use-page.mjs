// What the proof of the page does in the browser, over and over: waits, reads the picture, gives folders, looks for faults.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Waits until the page does nothing. */
export const isIdle = (page) =>
  page.waitForFunction(() => globalThis.isolux.state.busy.value === undefined, undefined, { timeout: 600_000 });

/** Waits until there is a picture. */
export const isShown = (page) =>
  page.waitForFunction(() => globalThis.isolux?.state.grey.value[1] > 1, undefined, { timeout: 600_000 });

/** What axe-core finds wrong with the page, as short texts. */
export async function accessFaults(page) {
  // Not as a script of the page, which its policy would refuse
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  return violations.map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

/** How often the picture is read until it is as it should be: on a busy machine chunks may come late. */
const mostReads = 400;

/**
 * The grey values of the picture, once they change no more, rows from the bottom up.
 * @param isWanted what it should be; where it does not become so in minutes it is returned as it is
 */
export async function picture(page, isWanted = () => true) {
  let seen = await readPicture(page);
  for (let reads = 1; ; reads++) {
    await page.waitForTimeout(300);
    const next = await readPicture(page);
    if (next.grey.equals(seen.grey) && (isWanted(next) || reads > mostReads)) return next;
    seen = next;
  }
}

async function readPicture(page) {
  const { width, height, text } = await page.evaluate(async () => {
    // What was asked for is drawn with the next frame
    for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    const canvas = document.querySelector(".picture canvas");
    const { width, height } = canvas;
    const pixels = new Uint8Array(4 * width * height);
    canvas.getContext("webgl2").readPixels(0, 0, width, height, 6408, 5121, pixels);
    const grey = pixels.filter((_, at) => at % 4 === 0);
    let text = "";
    for (let at = 0; at < grey.length; at += 32_768) text += String.fromCharCode(...grey.subarray(at, at + 32_768));
    return { width, height, text: btoa(text) };
  });
  return { width, height, grey: Buffer.from(text, "base64") };
}

/** Lets the page's next questions for a folder be answered by one of the browser's own, of that name. */
export const giveFolder = (page, name) =>
  page.evaluate((given) => {
    globalThis.showDirectoryPicker = async () =>
      (await navigator.storage.getDirectory()).getDirectoryHandle(given, { create: true });
  }, name);

/** Copies files of a server into a folder of the browser. @param {string[]} paths */
export const copyIntoBrowser = (page, url, paths, name) =>
  page.evaluate(
    async ([from, all, folder]) => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true });
      for (const path of all) {
        const names = path.split("/");
        let place = root;
        for (const one of names.slice(0, -1)) place = await place.getDirectoryHandle(one, { create: true });
        const stream = await (await place.getFileHandle(names.at(-1), { create: true })).createWritable();
        await stream.write(await (await fetch(`${from}/${path}`)).arrayBuffer());
        await stream.close();
      }
    },
    [url, paths, name],
  );

/** Copies a folder of the browser to the disk. @returns the paths of its files */
export async function copyFromBrowser(page, name, to) {
  const files = await page.evaluate(async (folder) => {
    const found = [];
    const look = async (place, path) => {
      for await (const [one, handle] of place.entries()) {
        if (handle.kind === "directory") await look(handle, `${path}${one}/`);
        else {
          const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
          let text = "";
          for (let at = 0; at < bytes.length; at += 32_768)
            text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
          found.push([path + one, btoa(text)]);
        }
      }
    };
    await look(await (await navigator.storage.getDirectory()).getDirectoryHandle(folder), "");
    return found;
  }, name);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    writeFileSync(join(to, path), Buffer.from(text, "base64"));
  }
  return files.map(([path]) => path);
}

/**
 * How far the picture is from the kernel, in counts: a tile is drawn pixel by pixel, in windows of grey so narrow that
 * its counts can be told.
 */
export async function farthestFromKernel(page, channel, tile) {
  const counts = await page.evaluate(
    async ([label, number]) => [
      ...(await globalThis.isolux.callEngine("correctedTile", [label, number, globalThis.isolux.state.z.value])),
    ],
    [channel, tile],
  );
  const before = await page.evaluate(() => {
    const { view, grey, split, showsTiles, showsAll } = globalThis.isolux.state;
    return {
      view: view.value,
      grey: grey.value,
      split: split.value,
      showsTiles: showsTiles.value,
      showsAll: showsAll.value,
    };
  });
  const sorted = [...counts].sort((a, b) => a - b);
  let [most, compared] = [0, 0];
  for (const share of [0.1, 0.5, 0.9]) {
    const low = sorted[Math.floor(share * sorted.length)] - 32;
    const box = await page.evaluate(
      ([number, dark]) => {
        const { state } = globalThis.isolux;
        const { start, stop } = state.image.value.tiles.find((one) => one.number === number);
        const canvas = document.querySelector(".picture canvas");
        // Pixels of the picture are those of the plane
        const view = { x: start[2] + canvas.width / 2, y: start[1] + canvas.height / 2, scale: 1 };
        Object.assign(state.isGreySet, { value: true });
        Object.assign(state.showsAll, { value: false });
        Object.assign(state.split, { value: 0 });
        Object.assign(state.view, { value: view });
        Object.assign(state.grey, { value: [dark, dark + 64] });
        return { rows: stop[1] - start[1], columns: stop[2] - start[2] };
      },
      [tile, low],
    );
    const compare = ({ width, height, grey }) => {
      const found = { most: 0, compared: 0 };
      for (let y = 0; y < Math.min(box.rows, height - 1); y++) {
        for (let x = 0; x < Math.min(box.columns, width - 1); x++) {
          const value = grey[(height - 1 - y) * width + x];
          if (value < 20 || value > 250) continue;
          const count = low + 64 * (value / 255) ** (1 / 0.7);
          found.most = Math.max(found.most, Math.abs(count - counts[y * box.columns + x]));
          found.compared++;
        }
      }
      return found;
    };
    const isClose = (shown) => {
      const found = compare(shown);
      return found.most <= 1 && found.compared > 100;
    };
    const found = compare(await picture(page, isClose));
    most = Math.max(most, found.most);
    compared += found.compared;
  }
  await page.evaluate((old) => {
    const { state } = globalThis.isolux;
    for (const [name, value] of Object.entries(old)) state[name].value = value;
  }, before);
  return { most, compared };
}
