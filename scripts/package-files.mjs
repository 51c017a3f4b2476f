// The files of the built package with the libraries it needs, as the wheel and the executable hold them.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * What runs: no sources, types or maps.
 * @returns {Map<string, Uint8Array>} bytes by their paths in the package
 */
export function packageFiles() {
  const files = new Map();
  const add = (from, to, isWanted = () => true) => {
    for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = slashed(relative(from, path));
      if (entry.isFile() && runs(name) && isWanted(name)) files.set(`${to}/${name}`, readFileSync(path));
    }
  };
  const unneeded = new Set(readFileSync(join(root, "dist/.npmignore"), "utf8").split("\n"));
  add(join(root, "dist"), "dist", (name) => !unneeded.has(`/${name}`));
  // The page in the browser is more than what runs.
  for (const name of readdirSync(join(root, "dist/app"))) {
    if (/\.(html|css)$/.test(name)) files.set(`dist/app/${name}`, readFileSync(join(root, "dist/app", name)));
  }
  for (const name of ["package.json", "LICENSE"]) files.set(name, readFileSync(join(root, name)));
  for (const folder of libraries()) add(folder, slashed(folder.slice(folder.indexOf("node_modules"))));
  return files;
}

const slashed = (path) => path.split(sep).join("/");

const runs = (name) =>
  (/\.(js|mjs|cjs|wasm|wasm\.gz|json)$/.test(name) || /(^|\/)licen[cs]e[^/]*$/i.test(name)) &&
  !/^(tests?|docs|examples?|node_modules|dist\/iife)\//.test(name);

/** The folders of the libraries that are needed to run, as npm finds them; optional ones hold binaries of one system. */
function libraries() {
  const list = spawnSync("npm", ["ls", "--omit=dev", "--omit=optional", "--all", "--parseable"], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  return list.stdout
    .split("\n")
    .slice(1)
    .filter((path) => path.includes("node_modules"));
}
