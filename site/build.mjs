// Builds the site into site/dist: the pages by VitePress, which fails on dead links, and the reference of the library by
// TypeDoc. Called by `npm run site`. VitePress finds its packages only from pages below its own folder, so the build
// begins with putting the repository's pages there.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../", import.meta.url));
const pages = `${here}.pages/`;

putPages();
if (process.argv[2] === "dev") run("vitepress/bin/vitepress.js", "dev", ".");
else {
  rmSync(`${here}dist`, { recursive: true, force: true });
  run("vitepress/bin/vitepress.js", "build", ".");
  run("typedoc/bin/typedoc", "--options", "typedoc.json");
}

function putPages() {
  rmSync(pages, { recursive: true, force: true });
  mkdirSync(pages);
  for (const name of readdirSync(root)) if (name.endsWith(".md")) cpSync(root + name, pages + name);
  const isShown = (path) => !path.endsWith(".mjs");
  cpSync(`${root}docs`, `${pages}docs`, { recursive: true, filter: isShown });
  cpSync(`${here}plots`, `${pages}plots`, { recursive: true });
}

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [`${here}node_modules/${script}`, ...args], {
    cwd: here,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
