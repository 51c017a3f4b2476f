// Bundles code for browsers, and refuses what no browser has.
import { isBuiltin } from "node:module";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/**
 * Bundles entries with all that they import; files that code asks for by `new URL` come along.
 * @param {Record<string, string>} entries names of bundles, and paths of their code
 * @param {string} [folder] where the bundles are written; nowhere where it is not given
 * @param {Record<string, string>} [alias] names of packages, and paths of their code
 * @param {boolean} [isWhole] whether all that is loaded with the entry is one file beside it, so that it comes at once
 * @returns the files: `name`, `bytes`, `gzipBytes`, and `isLater` where they are not loaded with the entry
 * @throws Error where code imports a part of Node, or anything else that is not in the bundle
 */
export async function bundleForBrowsers(entries, folder, alias = {}, isWhole = false) {
  const bundle = await rolldown({
    input: entries,
    platform: "browser",
    resolve: { alias },
    ...(isWhole && { preserveEntrySignatures: "allow-extension" }),
    transform: { jsx: { runtime: "automatic", importSource: "preact" } },
    experimental: { resolveNewUrlToAsset: true },
    // What a page loads at once need not be loaded on demand
    checks: { ineffectiveDynamicImport: false },
    // What cannot be resolved is refused below, with all the rest
    onLog: (level, log, print) => log.code !== "UNRESOLVED_IMPORT" && print(level, log),
  });
  const options = { format: "esm", minify: true, entryFileNames: "[name].js" };
  if (isWhole) options.codeSplitting = wholeSplitting(await modulesAtOnce(bundle, options));
  const { output } = await (folder === undefined
    ? bundle.generate(options)
    : bundle.write({ dir: folder, ...options }));
  await bundle.close();
  checkForBrowsers(output);
  const atOnce = loadedAtOnce(output);
  return output.map(({ fileName, code, source }) => {
    const content = code ?? source;
    const sizes = { bytes: Buffer.byteLength(content), gzipBytes: gzipSync(content).length };
    return { name: fileName, ...sizes, isLater: !atOnce.has(fileName) };
  });
}

function checkForBrowsers(output) {
  const own = new Set(output.map(({ fileName }) => fileName));
  const imports = output.flatMap(({ imports: some = [], dynamicImports = [] }) => [...some, ...dynamicImports]);
  // A call of require is none of the imports
  const required = output.flatMap(({ code = "" }) =>
    [...code.matchAll(/["'`](node:[a-z][a-z0-9_/]*)["'`]|\brequire\(["'`]([^"'`]+)["'`]\)/g)].map(
      ([, part, name]) => part ?? name,
    ),
  );
  const missing = [...new Set([...imports, ...required])].filter((id) => !own.has(id));
  if (missing.length === 0) return;
  const kind = missing.some(isBuiltin) ? "parts of Node" : "what is not in the bundle";
  throw new Error(`The code for browsers imports ${kind}: ${missing.join(", ")}`);
}

/** Modules in a file; without those that they could hand on, which other files may need alone. */
function wholeSplitting(test) {
  return { includeDependenciesRecursively: false, groups: [{ name: "whole", test }] };
}

/** Tells the modules that are loaded with the entries from those that are loaded on demand. */
async function modulesAtOnce(bundle, options) {
  const { output } = await bundle.generate(options);
  const files = loadedAtOnce(output);
  const modules = new Set(output.flatMap(({ fileName, moduleIds = [] }) => (files.has(fileName) ? moduleIds : [])));
  return (id) => modules.has(id);
}

/** The entries, and all that they import before they run. */
function loadedAtOnce(output) {
  const files = new Map(output.map((file) => [file.fileName, file]));
  const found = new Set();
  const follow = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const other of files.get(name)?.imports ?? []) follow(other);
  };
  for (const { fileName, isEntry } of output) if (isEntry) follow(fileName);
  return found;
}
