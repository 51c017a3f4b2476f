// Installs the wheel into a virtual environment that has Node.js from a package, tests the Python module there with
// pytest and mypy, and runs the notebook of the documentation. `npm run prove:python`; skips where there is no Python.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cases, writeCase } from "./generated-acquisitions.mjs";
import { pythonFor } from "./python-environment.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const python = pythonFor("module");
if (python === undefined) {
  console.log("prove:python: no Python 3.11 with venv here, skipped");
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), "isolux-python-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function run(args, environment = {}) {
  // An empty PATH: Node comes from its package.
  const env = { HOME: folder, PATH: "/usr/bin:/bin", ...environment };
  const { status } = spawnSync(python, args, { cwd: folder, env, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) process.exit(1);
}

const { image } = await writeCase(folder, "sample", cases["empty corners"], { tileShapeYx: [96, 80] });
const wheel = join(root, "wheel", `isolux-${version}-py3-none-any.whl`);
run(["-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", "--disable-pip-version-check", wheel]);
run(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", join(root, "python/tests")], { ISOLUX_SAMPLE: image });
const types = ["--config-file", join(root, "python/mypy.ini"), "--cache-dir", join(folder, "mypy"), "-p", "isolux"];
run(["-m", "mypy", "--no-error-summary", ...types]);
for (const name of readdirSync(join(root, "docs/notebooks"))) {
  const execute =
    "import sys, nbformat, nbclient; nbclient.NotebookClient(nbformat.read(sys.argv[1], 4), timeout=1800, startup_timeout=600).execute()";
  run(["-W", "ignore", "-c", execute, join(root, "docs/notebooks", name)], {
    ISOLUX_SAMPLE: image,
    ISOLUX_FOLDER: folder,
  });
}
console.log("prove:python: the module does what its tests say, its types hold, and the notebook runs");
