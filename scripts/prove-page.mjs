// Uses the page as a user would, in headless Chromium: opens an image over HTTP and from a folder, finds empty tiles,
// estimates profiles, compares them and all that is saved with what the command makes, looks before and after the line,
// by mouse and by keys, without a network, at all widths, and looks for faults of access. `npm run prove:page`, after a
// build; a minute. Without Chromium it skips. `-- pictures FOLDER` keeps screenshots.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium } from "./find-chromium.mjs";
import { proveLargeMosaic } from "./page/large-mosaic.mjs";
import { proveLateAnswers } from "./page/late-answers.mjs";
import {
  accessFaults,
  copyFromBrowser,
  copyIntoBrowser,
  farthestFromKernel,
  giveFolder,
  isIdle,
  isShown,
  picture,
} from "./page/use-page.mjs";
import { serveFolder } from "./serve-folder.mjs";

const { DirectoryStore } = await import("../dist/node.js");
const { decodeProfile } = await import("../dist/profile/npz-profile.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [word, pictures] = process.argv.slice(2);
const keeps = word === "pictures" && pictures !== undefined;
if (keeps) mkdirSync(pictures, { recursive: true });
const chromium = await findChromium();
if (chromium === undefined) {
  console.log("prove:page: no Chromium here, skipped");
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), "isolux-page-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let failed = false;
function report(ok, text) {
  failed ||= !ok;
  console.log(`${ok ? "ok  " : "FAIL"} ${text}`);
}

const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "sample.zarr", {
  gridYx: [3, 3],
  tileShapeYx: [192, 160],
  planes: 24,
  emptyPlanesPerEnd: 3,
  vignetting: 0.4,
  chunkShapeZyx: [8, 256, 256],
  levelCount: 3,
});
const image = join(folder, imageKey);

/** Runs a command. @returns whether it ended well */
function run(...args) {
  const { status, stderr } = spawnSync(process.execPath, [here("../dist/cli/main.js"), ...args], { encoding: "utf8" });
  if (status !== 0) report(false, `isolux ${args.join(" ")}: ${stderr}`);
}

/** The flat-field that the command estimates. */
function byCommand(...options) {
  const output = join(folder, `profiles${options.length}${options[0]?.length ?? 0}`);
  run("estimate", image, "--channels", "MBP", "--output", output, ...options);
  return decodeProfile(readFileSync(join(output, "MBP/profiles.npz")), "command").profile;
}

/** The files below a folder. */
function filesBelow(path) {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return files.map((one) => join(one.parentPath, one.name).slice(path.length + 1)).sort();
}

const farthest = (one, other) => one.reduce((most, value, at) => Math.max(most, Math.abs(value - other[at])), 0);

/** The profile that a link of the page saves. */
async function saved(page) {
  const bytes = await page.evaluate(async () => {
    const { href } = document.querySelector("[data-testid=download]");
    return [...new Uint8Array(await (await fetch(href)).arrayBuffer())];
  });
  return decodeProfile(Uint8Array.from(bytes), "page").profile;
}

/** `isolux open` serves the page and the image; Ctrl-C ends it. */
async function proveOpen(context) {
  // Without the program that would show the page on this machine's screen
  const env = { ...process.env, PATH: "" };
  const server = spawn(process.execPath, [here("../dist/cli/main.js"), "open", image, "--json"], { env });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const text = await new Promise((resolve, reject) => {
    server.stdout.once("data", (bytes) => resolve(String(bytes)));
    ended.then((code) => reject(new Error(`isolux open ended with ${code}`)));
  });
  const page = await context.newPage();
  await page.goto(`${JSON.parse(text).page}look`);
  await isShown(page);
  const tiles = await page.evaluate(() => globalThis.isolux.state.image.value.tiles.length);
  report(tiles === 9, `isolux open: the page shows the image with its ${tiles} tiles`);
  const place = await page.evaluate(() => globalThis.isolux.state.imagePlace.value);
  report(place === image, `isolux open: commands name ${place}`);
  await page.getByLabel("Empty tiles").fill("1, 3, 7, 9");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "From empty tiles" }).click();
  await page.getByTestId("verdict").waitFor();
  report(true, "isolux open: a profile is estimated from what is served");
  await page.close();
  server.kill("SIGINT");
  report((await ended) === 0, "isolux open: Ctrl-C ends it");
}

/** A step at all widths, light and dark. */
async function shoot(page, name) {
  if (!keeps) return;
  for (const [width, height] of [
    [380, 780],
    [1280, 800],
    [1920, 1080],
    [3840, 2160],
  ]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(600);
      const path = join(pictures, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: width < 500 });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
}

/** What is saved is what the command makes: profiles, the parameter file, the corrected image. */
async function proveTakingAway(page) {
  await giveFolder(page, "saved");
  await page.getByRole("button", { name: "All into a folder" }).click();
  await isIdle(page);
  const saved = join(folder, "saved");
  const names = await copyFromBrowser(page, "saved", saved);
  report(names.sort().join() === "flatfield.yaml,profiles/MBP/profiles.npz", `saved: ${names.join(", ")}`);
  const yaml = readFileSync(join(saved, "flatfield.yaml"), "utf8");
  writeFileSync(
    join(saved, "flatfield.yaml"),
    `${yaml.replace(/^image: .*$/m, `image: ${image}`)}output: ${saved}/by-command\n`,
  );
  run("run", join(saved, "flatfield.yaml"));

  await giveFolder(page, "written");
  await page.getByRole("button", { name: /Write the corrected image/ }).click();
  await isIdle(page);
  const note = await page.getByTestId("written").textContent();
  await copyFromBrowser(page, "written", join(folder, "written"));
  const [own] = readdirSync(join(folder, "written"));
  const [byPage, byCommand] = [join(folder, "written", own), join(saved, "by-command")];
  const differing = filesBelow(byCommand).filter((file) => {
    const isRecord = file === ".zattrs" || file === "zarr.json";
    return !isRecord && !readFileSync(join(byPage, file)).equals(readFileSync(join(byCommand, file)));
  });
  const count = filesBelow(byPage).length;
  report(differing.length === 0 && count > 10, `${note}: ${count} files, ${differing.length} other than the command's`);
  await page.getByRole("button", { name: /Write the corrected image/ }).click();
  await isIdle(page);
  report(/of that name already/.test(await page.locator(".trouble").textContent()), "nothing is written over");
  await page.getByRole("button", { name: "Close the message" }).click();

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the report" }).click();
  const html = readFileSync(await (await download).path(), "utf8");
  if (keeps) writeFileSync(join(pictures, "report.html"), html);
  report(
    /Improved/.test(html) && html.includes("<span>isolux</span> <span>correct</span>"),
    `the report: ${(html.length / 1e6).toFixed(1)} MB`,
  );
}

/** A folder of the user's, by keys alone, without a network: what was loaded once is enough. */
async function proveFolder(context, page) {
  await copyIntoBrowser(
    page,
    data.url,
    filesBelow(join(folder, "sample.zarr")).map((one) => `sample.zarr/${one}`),
    "mine",
  );
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated");
  await context.setOffline(true);
  await page.reload();
  await page.getByText("See the grid of tiles disappear").waitFor();
  await giveFolder(page, "mine");
  const press = async (name) => {
    // Keys pass a button by while it is disabled
    await page.getByRole("button", { name, exact: true, disabled: false }).waitFor();
    const seen = [];
    while (seen.length < 200) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
      if (focused === name) return await page.keyboard.press("Enter");
      seen.push(focused.slice(0, 30));
    }
    throw new Error(`by keys: nothing is called ${name}, but ${[...new Set(seen)].join(" | ")}`);
  };
  await press("Choose a folder");
  await isIdle(page);
  await isShown(page);
  const name = await page.evaluate(() => globalThis.isolux.state.image.value.name);
  report(/raw_image/.test(name), `a folder, by keys and without a network: ${name}`);
  await press("Find empty tiles and planes");
  await isIdle(page);
  await page.getByLabel("Empty tiles").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("1, 3, 7-9");
  await page.keyboard.press("Enter");
  const marked = await page.evaluate(() => [...globalThis.isolux.state.emptyTiles.value].join());
  report(marked === "1,3,7,8,9", `tiles by their numbers: ${marked}`);
  await press("From empty tiles");
  await page.getByTestId("verdict").waitFor();
  await page.getByRole("slider", { name: "Line between before and after" }).focus();
  await page.keyboard.press("ArrowLeft");
  const split = await page.evaluate(() => globalThis.isolux.state.split.value);
  report(split < 0.5, "the arrow keys move the line");
  await page.focus(".picture canvas");
  const before = await page.evaluate(() => globalThis.isolux.state.view.value.x);
  await page.keyboard.press("ArrowRight");
  const after = await page.evaluate(() => globalThis.isolux.state.view.value.x);
  report(after > before, "the arrow keys move the picture");
  await context.setOffline(false);
}

const [pages, data] = [await serveFolder(here("../dist/app"), "own pages only"), await serveFolder(folder, "shared")];
const { chromium: driver } = await import("playwright-core");
const browser = await driver.launch({
  executablePath: chromium,
  timeout: 600_000,
  args: ["--use-gl=swiftshader", "--enable-unsafe-swiftshader"],
});
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  context.setDefaultTimeout(600_000);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const isAbsence = message.text().includes("404") && message.location().url.startsWith(data.url);
    if (message.type() === "error" && !isAbsence) complaints.push(message.text());
  });
  const began = Date.now();
  await page.goto(`${pages.url}/index.html`);
  await page.getByText("See the grid of tiles disappear").waitFor();
  await shoot(page, "1-welcome");
  const faults = [...(await accessFaults(page))];
  await page.getByLabel("Address of an OME-Zarr image").fill(`${data.url}/${imageKey}`);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await isShown(page);
  if (!keeps)
    console.log(`     first picture ${((Date.now() - began) / 1000).toFixed(2)} s after the page was asked for`);
  await page.waitForTimeout(400);
  await shoot(page, "2-open");
  await page.getByRole("button", { name: "Find empty tiles and planes" }).click();
  await isIdle(page);
  const marked = await page.evaluate(() => [...globalThis.isolux.state.emptyTiles.value].sort());
  report(String(marked) === "1,3,7,9", `empty tiles: ${marked}`);
  await shoot(page, "3-empty");
  await page.getByRole("button", { name: "From empty tiles" }).click();
  await page.getByTestId("verdict").waitFor();
  await page.waitForTimeout(400);
  await shoot(page, "4-profile");
  const ofPage = await saved(page);
  const ofCommand = byCommand("--fov-list", "1,3,7,9");
  report(
    farthest(ofPage.flatfield, ofCommand.flatfield) < 1e-6,
    `from empty tiles: as the command, but for ${farthest(ofPage.flatfield, ofCommand.flatfield)}`,
  );
  report(/Improved/.test(await page.getByTestId("verdict").textContent()), "the verdict: improved");

  // The line changes what is right of it, and nothing left of it.
  const half = await picture(page);
  await page.evaluate(() => {
    globalThis.isolux.state.split.value = 1;
  });
  const changedIn = ({ grey, width }) => {
    const counts = [0, 0];
    for (let at = 0; at < grey.length; at++) {
      if (grey[at] !== half.grey[at]) counts[(at % width) + 0.5 < width / 2 ? 0 : 1]++;
    }
    return counts;
  };
  const changed = changedIn(await picture(page, (shown) => changedIn(shown)[1] > 1000));
  report(
    changed[0] === 0 && changed[1] > 1000,
    `the line: ${changed[0]} pixels change left of it, ${changed[1]} right of it`,
  );
  await page.evaluate(() => {
    globalThis.isolux.state.split.value = 0.5;
  });

  const shader = await farthestFromKernel(page, "MBP", 5);
  report(
    shader.most <= 1 && shader.compared > 5000,
    `the picture is the kernel's but for ${shader.most.toFixed(2)} counts, in ${shader.compared} pixels`,
  );
  await proveTakingAway(page);

  await page.getByRole("button", { name: "BaSiC, all tiles" }).click();
  await isIdle(page);
  const basic = byCommand("--no-get-darkfield", "--refine", "off");
  const apart = farthest((await saved(page)).flatfield, basic.flatfield);
  report(apart < 1e-6, `by BaSiC: as the command, but for ${apart}`);
  await page.getByRole("button", { name: "Let Isolux choose" }).click();
  await isIdle(page);
  report(
    (await page.getByTestId("command").textContent()).includes("isolux estimate"),
    `chosen: ${(await page.getByTestId("command").textContent()).split("\n")[0]}`,
  );
  await shoot(page, "5-chosen");
  report(complaints.length === 0, `the browser complains of nothing ${complaints.join("; ")}`);

  // Sizes, colours, keys
  for (const [width, height, colorScheme] of [
    [380, 780, "light"],
    [1280, 800, "dark"],
    [1920, 1080, "light"],
    [3840, 2160, "dark"],
  ]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(400);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    report(overflow <= 0, `${width} px, ${colorScheme}: nothing is wider than the page`);
    faults.push(...(await accessFaults(page)));
  }
  report(faults.length === 0, `axe-core finds no fault ${[...new Set(faults)].join("; ")}`);
  await proveFolder(context, page);
  await page.close();
  await proveLateAnswers(context, pages.url, data, imageKey, report);
  await proveLargeMosaic(browser, pages.url, report);
  await proveOpen(context);
} finally {
  await browser.close();
  for (const { close } of [pages, data]) await close();
}
if (keeps)
  writeFileSync(join(pictures, "README"), "Screenshots of the page, by npm run prove:page -- pictures FOLDER\n");
process.exit(failed ? 1 : 0);
