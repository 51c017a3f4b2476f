// A virtual environment with the Python programs that Isolux is held against, below node_modules/.cache.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = ["numpy", "zarr>=3", "anndata>=0.11"];

/** The interpreter of the environment, which is made where it is not there yet; `undefined` without Python. */
export function pythonWithReaders() {
  if (spawnSync("python3", ["-c", "import venv, ensurepip"]).status !== 0) return undefined;
  const environment = fileURLToPath(new URL("../node_modules/.cache/python-readers", import.meta.url));
  const python = join(environment, "bin", "python");
  if (existsSync(join(environment, "complete"))) return python;
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(environment, { recursive: true });
  run("python3", ["-m", "venv", environment]);
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
  mkdirSync(join(environment, "complete"));
  return python;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined || status !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
}
