// `npm run demo`, also in a fresh clone: installs and builds what is missing, then shows a correction from end to end.
// Arguments are passed on: `npm run demo -- --help`.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  console.error(`Isolux needs Node 20.12 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

console.error("The demonstration takes one to two minutes, and a minute more the first time.");
if (!isInstalled()) {
  console.error("Installing the packages that Isolux is built with ...");
  npm("ci", "--no-audit", "--no-fund", "--ignore-scripts");
}
console.error("Building Isolux, if anything has changed ...");
run(process.execPath, [`${root}scripts/build.mjs`], root);
run(process.execPath, [`${root}dist/cli/main.js`, "demo", ...process.argv.slice(2)], process.cwd());

/** npm leaves a copy of the lock file in node_modules: an older one means that the dependencies have changed since. */
function isInstalled() {
  const installed = `${root}node_modules/.package-lock.json`;
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;
}

function npm(...args) {
  const script = process.env.npm_execpath;
  if (script?.endsWith("js")) run(process.execPath, [script, ...args], root);
  else run("npm", args, root, { shell: process.platform === "win32" });
}

function run(program, args, cwd, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd, stdio: "inherit", ...options });
  if (error) console.error(`${program} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
