// Bundles the programs: what they load when they start comes in a few files instead of hundreds, each of which costs a
// look-up, and a worker thread loads its share again. The library stays one file per module.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { rolldown } from "rolldown";

/** The programs, and the scripts of their threads, which code finds beside itself. */
const programs = {
  "cli/main": "cli/main.js",
  "fractal/main": "fractal/main.js",
  "program/worker-node": "pipeline/threads/worker-node.js",
  "program/fit-helper-node": "estimate/basic/fit-helper-node.js",
};
/** Libraries that every start needs. The others are loaded where a task calls for them, from where npm puts them. */
const bundledLibraries = ["commander", "fast-xml-parser", "fastest-levenshtein", "fflate", "zod"];
/** What is loaded together: what each part needs at once makes one file, and what several need another one. */
const parts = {
  start: ["cli/main.js"],
  command: ["cli/program.js"],
  engine: ["engine-node.js"],
  thread: [
    "pipeline/threads/worker-node.js",
    "pipeline/blocks/block-maker.js",
    "pipeline/blocks/chunk-maker.js",
    "pipeline/profiles/estimate-pieces.js",
  ],
  // A fit starts them anew each time.
  helper: ["estimate/basic/fit-team.js"],
};
const { dependencies, sideEffects } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/**
 * Puts bundled programs in the place of the compiled ones.
 * @param {string} dist the folder of the compiled modules
 */
export async function bundlePrograms(dist) {
  const input = Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, join(dist, path)]));
  const bundle = await rolldown({
    input,
    platform: "node",
    // Files of several parts may export more than the entries do
    preserveEntrySignatures: "allow-extension",
    external: (id) =>
      isLibrary(id) && nameOfLibrary(id) in dependencies && !bundledLibraries.includes(nameOfLibrary(id)),
    // The package tells by their places in dist/ which modules do something when they are loaded.
    // What a thread may need lies in its file; that it is loaded on demand is for the library, one file per module.
    checks: { ineffectiveDynamicImport: false },
    treeshake: { moduleSideEffects: (id) => (id.startsWith(dist) ? doesSomething(id.slice(dist.length)) : undefined) },
  });
  const { output } = await bundle.write({
    dir: dist,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "program/[name]-[hash].js",
    // Names stay, so that the places of errors can be read; the modules of the library carry the comments.
    minify: { compress: false, mangle: false, codegen: true },
    codeSplitting: { groups: [{ debugName: "parts", name: partNames(dist) }], includeDependenciesRecursively: false },
  });
  await bundle.close();
  checkImports(output);
  const licences = licencesOf(output.flatMap(({ moduleIds = [] }) => moduleIds));
  const ofModules = ["zstd", "hdf5-filters"].map((name) =>
    readFileSync(new URL(`./${name}-licence.txt`, import.meta.url), "utf8"),
  );
  writeFileSync(join(dist, "program", "LICENSES.txt"), [licences, ...ofModules].join(`\n${"-".repeat(80)}\n\n`));
}

/** @returns a function that names the parts which a module belongs to; nothing for what is loaded on demand */
function partNames(dist) {
  const members = {};
  return (id, graph) => {
    // A program that shares code with another must not run it.
    if (graph.getModuleInfo(id)?.isEntry) return null;
    const names = Object.entries(parts).flatMap(([name, paths]) => {
      members[name] ??= importedBy(
        paths.map((path) => join(dist, path)),
        graph,
      );
      return members[name].has(id) ? name : [];
    });
    return names.join("-") || null;
  };
}

/** Modules with all that they import, and what these import. */
function importedBy(entries, graph, found = new Set()) {
  for (const id of entries) {
    if (found.has(id)) continue;
    found.add(id);
    importedBy(graph.getModuleInfo(id)?.importedIds ?? [], graph, found);
  }
  return found;
}

/** A program may import its own files, parts of Node, and libraries that npm installs with the package. */
function checkImports(output) {
  const own = new Set(output.map(({ fileName }) => fileName));
  const imports = new Set(
    output.flatMap(({ imports: some = [], dynamicImports = [] }) => [...some, ...dynamicImports]),
  );
  for (const id of imports) {
    const isKnown = own.has(id) || isBuiltin(id) || (isLibrary(id) && nameOfLibrary(id) in dependencies);
    if (!isKnown) throw new Error(`A program imports what is not installed with it: ${id}`);
  }
}

const doesSomething = (path) => sideEffects.includes(`./dist${path}`);

/** Whether an import names a library, not a file or a part of Node. */
const isLibrary = (id) => /^[a-z@][^:]*$/i.test(id);

const nameOfLibrary = (id) =>
  id
    .split("/")
    .slice(0, id.startsWith("@") ? 2 : 1)
    .join("/");

/** The licences of the libraries whose code is in the bundle. */
function licencesOf(moduleIds) {
  const folders = new Set(moduleIds.flatMap((id) => id.match(/^.*\/node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? license : readFileSync(join(folder, file), "utf8").trim();
      return `${name} ${version}\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
