// Builds the site and opens its pages in Chromium, narrow and wide: no error on the console, nothing wider than the
// window, every link within it leads somewhere; the search finds, the look can be switched, the plots react. Skips where
// what builds the site is not installed, unless CI=true, which installs it.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium as driver } from "playwright-core";
import { findChromium } from "./find-chromium.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = `${root}site/dist`;
/** A busy machine may take long. */
const patienceMs = 600_000;
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

if (!existsSync(`${root}site/node_modules`) && process.env.CI !== "true") {
  console.log("skipped: what builds the site is not installed (npm run site installs it)");
  process.exit(0);
}
if (process.argv[2] !== "built") {
  const { status } = spawnSync(process.execPath, [`${root}scripts/site.mjs`], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

const faults = [];
const fault = (text) => faults.push(text);
const pages = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
const ours = pages.filter((name) => !name.startsWith("api/") && name !== "404.html");
const served = await serve();
checkLinks();
const executablePath = await findChromium();
if (executablePath === undefined) console.log("without Chromium pages are not opened");
else await openPages();
served.close();
for (const text of faults) console.log(`FAIL ${text}`);
console.log(`${ours.length} pages and ${pages.length - ours.length} of the reference: ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);

/** The file for a path of the site; none where it leads nowhere. */
function fileOf(path) {
  const name = decodeURIComponent(path.replace(/[?#].*$/, ""));
  return [name, `${name}.html`, join(name, "index.html")]
    .map((candidate) => join(dist, candidate))
    .find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

function serve() {
  const server = createServer((request, response) => {
    const file = fileOf(request.url);
    if (file === undefined) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    return response.end(readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Links of all pages to others of the site, with their anchors in our own. */
function checkLinks() {
  for (const page of pages) {
    const html = readFileSync(join(dist, page), "utf8");
    for (const [, href] of html.matchAll(/<a [^>]*?href="([^"]*)"/g)) {
      if (/^([a-z]+:|\/\/)/.test(href) || href === "") continue;
      const url = new URL(href.replaceAll("&amp;", "&"), `http://site/${page}`);
      const file = fileOf(url.pathname);
      if (file === undefined) fault(`${page}: ${href} leads nowhere`);
      else if (url.hash.length > 1 && !file.includes("/api/")) {
        const id = decodeURIComponent(url.hash.slice(1));
        if (!readFileSync(file, "utf8").includes(`id="${id}"`)) fault(`${page}: ${href} has no such place`);
      }
    }
  }
}

async function openPages() {
  const browser = await driver.launch({ executablePath, args: ["--no-sandbox"], timeout: patienceMs });
  try {
    for (const width of [380, 1280]) {
      const tab = await browser.newPage({ viewport: { width, height: 900 } });
      tab.setDefaultTimeout(patienceMs);
      tab.on(
        "console",
        (message) => message.type() === "error" && fault(`${tab.url()} at ${width}: ${message.text()}`),
      );
      tab.on("pageerror", (error) => fault(`${tab.url()} at ${width}: ${error.message}`));
      for (const page of [...ours.filter((name) => !/decisions\/\d/.test(name)), "api/index.html"]) {
        await tab.goto(address(page));
        const wide = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (wide > 0) fault(`${page} at ${width}: ${wide} px wider than the window`);
      }
      await tab.close();
    }
    await useSite(await browser.newPage({ viewport: { width: 1280, height: 900 } }));
  } finally {
    await browser.close();
  }
}

function address(page) {
  return `http://127.0.0.1:${served.address().port}/${page}`;
}

async function useSite(tab) {
  tab.setDefaultTimeout(patienceMs);
  await tab.goto(address("docs/guide.html"));
  await tab
    .getByRole("button", { name: /search/i })
    .first()
    .click();
  await tab.locator("#localsearch-input").fill("camera offset");
  await tab.locator(".results .result").first().waitFor();
  await tab.keyboard.press("Escape");
  const isDark = () => tab.evaluate(() => document.documentElement.classList.contains("dark"));
  const before = await isDark();
  await tab.locator(".VPSwitchAppearance").first().click();
  if (!(await becomes(async () => (await isDark()) !== before))) fault("the look is not switched");
  await tab.goto(address("plots/index.html"));
  const widths = () =>
    tab.locator(".bar span").evaluateAll((bars) => bars.map((bar) => bar.getAttribute("style")).join());
  const first = await widths();
  await tab.getByRole("button", { name: "Seams" }).click();
  const isOther = await becomes(async () => (await widths()) !== first);
  if (first === "" || !isOther) fault("the plots do not change with the figure");
}

/** Whether something becomes true in time. */
async function becomes(isTrue) {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(50)) if (await isTrue()) return true;
  return false;
}
