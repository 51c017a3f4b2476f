// `npm run licences`: the licence of every dependency, those that are only for development apart, and whether one runs a
// script when it is installed. Fails on a licence that is not permissive, on such a script, and where the lock file does not
// say what a package's bytes are.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const root = new URL("..", import.meta.url);
const permissive = new Set([
  ...["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD", "CC0-1.0", "Unlicense", "BlueOak-1.0.0"],
  ...["Zlib", "Python-2.0", "MIT-0", "CC-BY-4.0"],
]);
/** Licences that packages refer to by a file, by the digest of what was read there. */
const readTexts = new Map([
  [
    "f3ba6b8afe2a0d6f482f29a46672f88668ae02b16dfc4a2e878fd50a4f34fa6a",
    "NIST public domain (h5wasm) AND BSD-3-Clause (HDF5)",
  ],
]);
/** Tools that are not distributed: their licence asks something only of who changes and hands on their own files. */
const permittedTools = new Set(["MPL-2.0"]);

const lock = JSON.parse(readFileSync(new URL("package-lock.json", root), "utf8"));
const packages = Object.entries(lock.packages)
  .filter(([path]) => path !== "")
  .map(([path, { version, license, dev = false, hasInstallScript = false, integrity }]) => {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const licence = license?.startsWith("SEE LICENSE IN") ? referredLicence(path, license) : license;
    const runsScript = hasInstallScript || scriptsOf(path).some((script) => /^(pre|post)?install$/.test(script));
    return { name, version, licence: licence ?? installedLicence(path), dev, runsScript, integrity };
  });

const faults = packages.flatMap(({ name, version, licence, dev, runsScript, integrity }) => [
  ...(isPermissive(licence, dev) ? [] : [`${name} ${version} has the licence ${licence}, which is not permissive`]),
  ...(runsScript ? [`${name} ${version} runs a script when it is installed`] : []),
  ...(integrity === undefined ? [`${name} ${version} has no checksum in the lock file`] : []),
]);
const declared = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
for (const [name, range] of Object.entries({
  ...declared.dependencies,
  ...declared.optionalDependencies,
  ...declared.devDependencies,
})) {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range)) faults.push(`${name} is not pinned: ${range}`);
}

for (const [title, isDev] of [
  ["Given to users", false],
  ["For development only", true],
]) {
  const listed = packages.filter(({ dev }) => dev === isDev);
  console.log(`${title}: ${listed.length} packages`);
  for (const licence of [...new Set(listed.map((one) => one.licence))].sort()) {
    const names = listed.filter((one) => one.licence === licence).map(({ name, version }) => `${name} ${version}`);
    console.log(`  ${licence}: ${[...new Set(names)].sort().join(", ")}`);
  }
}
for (const fault of faults) console.error(`FAILED: ${fault}.`);
process.exitCode = faults.length > 0 ? 1 : 0;

function isPermissive(licence, dev) {
  if ([...readTexts.values()].includes(licence)) return true;
  const choices = String(licence).replaceAll(/[()]/g, "").split(" OR ");
  return choices.some((choice) =>
    choice.split(" AND ").every((one) => permissive.has(one) || (dev && permittedTools.has(one))),
  );
}

function referredLicence(path, license) {
  try {
    const text = readFileSync(new URL(`${path}/${license.slice("SEE LICENSE IN ".length)}`, root));
    return readTexts.get(createHash("sha256").update(text).digest("hex")) ?? license;
  } catch {
    return license;
  }
}

/** Old packages tell their licence in their own document only. */
function installedLicence(path) {
  const { license, licenses } = documentOf(path);
  return license?.type ?? license ?? licenses?.map(({ type }) => type).join(" OR ") ?? "none";
}

function scriptsOf(path) {
  return Object.keys(documentOf(path).scripts ?? {});
}

/** What a package says of itself; nothing where it is not installed, as one for another system. */
function documentOf(path) {
  try {
    return JSON.parse(readFileSync(new URL(`${path}/package.json`, root), "utf8"));
  } catch {
    return {};
  }
}
