// Builds dist/ from src/: `npm run build`; nothing where it is newer than all that it is made of. A build that fails
// leaves the last one in place.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildApp } from "./build-app.mjs";
import { buildKernels } from "./build-kernels.mjs";
import { bundlePrograms } from "./bundle-programs.mjs";
import { tidyLibrary } from "./tidy-library.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const fresh = `${root}dist.new`;

/** What a build is made of; a folder's own time tells of what came and went in it, npm's copy of the lock of libraries. */
const made = ["src", "app", "assembly", "scripts", "package.json", "tsconfig.json", "tsconfig.build.json"];
const libraries = "node_modules/.package-lock.json";
const began = new Date();
const isNewer = [...made.map((name) => newest(join(root, name))), modified(join(root, libraries))].every(
  (time) => time < modified(`${root}dist`),
);
if (isNewer) process.exit(0);

rmSync(fresh, { recursive: true, force: true });

const compiler = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", fresh], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) {
  rmSync(fresh, { recursive: true, force: true });
  process.exit(status ?? 1);
}

tidyLibrary(fresh);
const kernels = await buildKernels();
for (const path of kernels) copyFileSync(path, `${fresh}/kernels/${basename(path)}`);
await bundlePrograms(fresh);
await buildApp(fresh);
chmodSync(`${fresh}/cli/main.js`, 0o755);
rmSync(`${root}dist`, { recursive: true, force: true });
renameSync(fresh, `${root}dist`);
// What has changed since the build began may not be in it.
utimesSync(`${root}dist`, began, began);

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The time of the newest of a path and all below it, but for the kernels' modules, which the build writes itself. */
function newest(path) {
  if (!statSync(path).isDirectory()) return modified(path);
  const below = readdirSync(path, { recursive: true, encoding: "utf8" }).filter(
    (name) => !/\.wasm|^kernels$/.test(name),
  );
  return Math.max(modified(path), ...below.map((name) => modified(join(path, name))));
}
