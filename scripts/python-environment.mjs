// A virtual environment with the Python programs that Isolux is held against, in the user's cache: `npm ci` empties node_modules.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The interpreter of the environment with the programs that read images; `undefined` without Python 3.11. */
export function pythonWithReaders() {
  return pythonWith("readers", ["numpy", "zarr>=3", "anndata>=0.11", "ngio>=1.1", "ome-zarr>=0.12"]);
}

/** The same with further programs that read images, which want other versions of what they share. */
export function pythonWithFurtherReaders() {
  const readers = ["iohub>=0.3.0a7", "bioio>=3.6", "bioio-ome-zarr>=3.8", "ngff-zarr>=0.50", "yaozarrs>=0.3"];
  return pythonWith("further-readers", ["zarr>=3.1", "tensorstore>=0.1.86", "zarrs>=0.2", ...readers]);
}

/** The interpreter of an environment with these packages, made where it is not there yet; `undefined` without Python 3.11. */
export function pythonWith(name, packages) {
  const needed = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
  if (spawnSync("python3", ["-c", needed]).status !== 0) return undefined;
  const environment = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "isolux", `python-${name}`);
  const python = join(environment, "bin", "python");
  const complete = join(environment, `complete ${packages.join(" ").replaceAll(/[<>=]+/g, " ")}`);
  // The interpreter that it was made with may be gone by now.
  if (existsSync(complete) && spawnSync(python, ["-c", "import pip"]).status === 0) return python;
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(environment, { recursive: true });
  run("python3", ["-m", "venv", environment]);
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
  mkdirSync(complete);
  return python;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined || status !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
}
