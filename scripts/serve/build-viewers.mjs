// Makes what `npm run prove:serve -- full` lets draw served images, in the user's cache: Neuroglancer, bundled from its
// package, and vizarr, which is in no registry, from its source. They are no parts of Isolux.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const neuroglancer = "neuroglancer@2.40.1";
/** Where vizarr's source is; VIZARR_SOURCE names a copy of it. */
const vizarr = process.env.VIZARR_SOURCE ?? "https://github.com/hms-dbmi/vizarr.git";
/** The dependencies of Neuroglancer, but for its icons, which are on no registry. */
const libraries = ["codemirror@5", "core-js@3", "crc-32@1", "gl-matrix@3.1.0", "lodash-es@4", "msgpackr@1"];
const furtherLibraries = ["nifti-reader-js@0.6", "numcodecs@0.3", "valibot@1", "pako@2"];

const page = (head) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${head}`;

/** The folder of Neuroglancer as static files; `undefined` where it cannot be made here. */
export const builtNeuroglancer = () => built("neuroglancer", buildNeuroglancer);

/** The folder of vizarr as static files; `undefined` where it cannot be made here. */
export const builtVizarr = () => built("vizarr", buildVizarr);

async function built(name, build) {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "isolux", "viewers");
  const folder = join(cache, name);
  if (existsSync(join(folder, "index.html"))) return folder;
  const work = join(cache, `work-${name}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    await build(work, folder);
    return folder;
  } catch (error) {
    console.log(`prove:serve: ${name} cannot be made here: ${error.message}`);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function buildVizarr(work, to) {
  run("git", ["clone", "--quiet", "--depth", "1", vizarr, "source"], work);
  const source = join(work, "source");
  run("npm", ["install", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"], source);
  run("npx", ["vite", "build", "--outDir", to, "--emptyOutDir"], source);
}

async function buildNeuroglancer(work, to) {
  writeFileSync(join(work, "package.json"), '{ "private": true, "type": "module" }');
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...libraries, ...furtherLibraries], work);
  renameSync(unpacked(neuroglancer, work), join(work, "node_modules/neuroglancer"));
  // Comments within `new Worker(...)` hide from the bundler that it is one
  for (const name of ["viewer.js", "async_computation/request.js"]) {
    const path = join(work, "node_modules/neuroglancer/lib", name);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(/\/\* webpackChunkName.*?\*\//g, ""));
  }
  mkdirSync(join(work, "page"));
  const script = '<body><div id="neuroglancer-container"></div><script type="module" src="./main.js"></script>';
  writeFileSync(join(work, "page/index.html"), page(script));
  // What it can read and show, then the viewer itself
  const parts = ["layer/enabled_frontend_modules", "datasource/enabled_frontend_modules", "main"];
  const imports = parts.map((part) => `import "neuroglancer/unstable/${part}.js";\n`);
  writeFileSync(join(work, "page/main.js"), imports.join(""));
  const { build } = await import("vite");
  const icons = {
    name: "icons",
    enforce: "pre",
    // Icons, and a mode of its editor of shaders
    resolveId: (id) => (id.startsWith("ikonate/") ? "\0icon" : id.startsWith("glsl-editor/") ? "\0mode" : undefined),
    load: (id) => ({ "\0icon": 'export default "<svg></svg>"', "\0mode": "export default () => {}" })[id],
  };
  await build({
    root: join(work, "page"),
    base: "./",
    logLevel: "error",
    worker: { format: "es" },
    build: { outDir: to, emptyOutDir: true, target: "esnext", chunkSizeWarningLimit: 5000 },
    plugins: [icons],
  });
}

function unpacked(name, work) {
  const before = new Set(readdirSync(work));
  run("npm", ["pack", name], work);
  const archive = readdirSync(work).find((one) => one.endsWith(".tgz") && !before.has(one));
  const folder = join(work, archive.replace(".tgz", ""));
  mkdirSync(folder);
  run("tar", ["xzf", archive, "-C", folder, "--strip-components=1"], work);
  return folder;
}

function run(program, args, cwd) {
  const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8", timeout: 300_000 });
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${error?.message ?? stderr.trim().split("\n").at(-1)}`);
}
