// Takes out of the compiled library what is not needed of it: comments, which the declarations have, too. Modules and
// declarations that no entry of the package leads to, as programs are bundled, stay out of the package.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { minifySync } from "rolldown/utils";

/** What the package names; threads are found by code. */
const entries = ["index.js", "index-node.js", "node.js"];
const threads = ["pipeline/threads/worker-node.js", "estimate/basic/fit-helper-node.js"];

/** @param {string} dist the folder of the compiled modules, before programs are bundled into it */
export function tidyLibrary(dist) {
  const names = readdirSync(dist, { recursive: true, encoding: "utf8" });
  for (const name of names.filter((one) => one.endsWith(".js"))) {
    const path = join(dist, name);
    writeFileSync(path, withoutComments(path));
  }
  const needed = new Set([
    ...reachable([...entries, ...threads].map((name) => join(dist, name))),
    ...reachable(entries.map((name) => join(dist, declarationOf(name)))),
  ]);
  const unneeded = names.filter((name) => /\.(js|d\.ts)$/.test(name) && !needed.has(join(dist, name)));
  const ignored = unneeded.map((name) => `/${name.split(sep).join("/")}`).filter((name) => !/\/main\.js$/.test(name));
  writeFileSync(join(dist, ".npmignore"), `${ignored.sort().join("\n")}\n`);
}

const declarationOf = (name) => name.replace(/\.[jt]s$/, ".d.ts");

/** Code that stays readable: names and lines are kept, and what bundlers are told. */
function withoutComments(path) {
  const code = readFileSync(path, "utf8");
  const options = { module: true, compress: false, mangle: false, codegen: { removeWhitespace: false } };
  const { code: bare, errors } = minifySync(path, code, options);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
  return bare;
}

/** Modules with all that they import, or declarations with theirs. */
function reachable(paths) {
  const found = new Set();
  const waiting = [...paths];
  while (waiting.length > 0) {
    const path = waiting.pop();
    if (found.has(path)) continue;
    found.add(path);
    for (const [, name] of readFileSync(path, "utf8").matchAll(/(?:from |import\(|import )"(\.[^"]+\.[jt]s)"/g)) {
      const other = join(dirname(path), path.endsWith(".d.ts") ? declarationOf(name) : name);
      if (!existsSync(other)) throw new Error(`${relative(".", path)} imports ${name}, which is not there`);
      waiting.push(other);
    }
  }
  return found;
}
