// `npm run site`: installs what the site is built with into site/node_modules, where it is not there or another version,
// and builds the pages into site/dist. `npm run site -- dev` serves them while they are written, `-- packages`
// only installs.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const site = fileURLToPath(new URL("../site/", import.meta.url));
const installed = `${site}node_modules/.package-lock.json`;

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(`${site}package-lock.json`).mtimeMs) {
  console.error("Installing VitePress and TypeDoc into site/node_modules (150 MB) ...");
  npm("ci", "--ignore-scripts", "--no-audit", "--no-fund");
}
if (process.argv[2] !== "packages") npm("run", "--silent", process.argv[2] === "dev" ? "dev" : "build");

function npm(...args) {
  const { status } = spawnSync("npm", args, { cwd: site, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) process.exit(status ?? 1);
}
