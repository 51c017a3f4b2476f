// Bundles the page into dist/app: static files for any web server. Part of the build.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleForBrowsers } from "./bundle-for-browsers.mjs";

const here = (path) => fileURLToPath(new URL(`../app/${path}`, import.meta.url));

/**
 * Bundles the page.
 * @param {string} dist the folder of the built library
 * @param {string} [folder] where the page is written
 * @returns the files with their sizes
 */
export async function buildApp(dist, folder = join(dist, "app")) {
  mkdirSync(folder, { recursive: true });
  // Of the library the page itself needs no more than how words are quoted: all else is its engine's
  const ofPage = { isolux: join(dist, "plain-text.js") };
  const ofEngine = {
    isolux: join(dist, "index.js"),
    h5wasm: here("engine/not-on-pages.ts"),
    geotiff: here("engine/not-on-pages.ts"),
    // Codecs of TIFF, and of Blosc as the page writes none
    "numcodecs/zstd": here("engine/not-on-pages.ts"),
    "numcodecs/blosc": here("engine/not-on-pages.ts"),
  };
  const files = [
    ...(await bundleForBrowsers({ main: here("main.tsx") }, folder, ofPage)),
    ...(await bundleForBrowsers({ "engine-thread": here("engine/engine-thread.ts") }, folder, ofEngine, true)),
  ];
  const own = ["index.html", "start-engine.js", "style.css"];
  for (const name of own) copyFileSync(here(name), join(folder, name));
  writeServiceWorker(folder, [...own, ...files.map(({ name }) => name)]);
  return files;
}

/** The service worker knows the files that it keeps, and is another one where they are others. */
function writeServiceWorker(folder, names) {
  const digest = createHash("sha256");
  for (const name of names) digest.update(readFileSync(join(folder, name)));
  const text = readFileSync(here("service-worker.js"), "utf8")
    .replace("FILES_DIGEST", digest.digest("hex").slice(0, 16))
    .replace('["FILES_NAMES"]', JSON.stringify(names));
  writeFileSync(join(folder, "service-worker.js"), text);
}
