// @ts-check
/** BaSiCPy, each version in a virtual environment of its own; skipped where that cannot be made. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pythonWith } from "../../scripts/python-environment.mjs";
import { root } from "../engine.mjs";
import { runProgram } from "./run-program.mjs";
import { saveStack } from "./stack.mjs";

/** The packages of each version, and those of its dependencies whose later releases it does not work with. */
const packages = {
  "BaSiCPy 1.2": ["basicpy==1.2.*", "jax==0.4.*", "numpy<2", "hyperactive==4.8.*", "gradient-free-optimizers==1.7.*"],
  "BaSiCPy 2": ["torch==2.13.0", "basicpy==2.*"],
};

/** @type {Map<string, string | undefined>} */
const interpreters = new Map();

/**
 * The interpreter of a version; making its environment takes minutes. `undefined` where there is no Python, or where
 * the packages cannot be installed.
 * @param {keyof typeof packages} version
 */
function interpreterOf(version) {
  if (!interpreters.has(version)) interpreters.set(version, tryToMake(version));
  return interpreters.get(version);
}

/** @param {keyof typeof packages} version */
function tryToMake(version) {
  try {
    return pythonWith(version.toLowerCase().replace(" ", "-"), packages[version]);
  } catch {
    return undefined;
  }
}

/**
 * Fits a stack and saves `profiles.npz` in a folder.
 * @param {import("./stack.mjs").Stack} stack
 * @param {string} folder
 * @param {keyof typeof packages} version
 * @param {Readonly<Record<string, unknown>>} settings
 * @returns {Promise<number | string>} the seconds of the fit alone, neither of Python's start nor of reading the planes;
 *   or why it cannot be run
 * @throws Error where it ends with an error
 */
export async function fitBasicpy(stack, folder, version, settings) {
  const python = interpreterOf(version);
  if (python === undefined) return `${version} needs Python 3.11 and packages that could not be installed`;
  mkdirSync(folder, { recursive: true });
  const [input, output] = [join(folder, "stack.npy"), join(folder, "profiles.npz")];
  saveStack(input, stack);
  const script = `${root}bench/python/fit_basicpy.py`;
  const args = [script, input, output, JSON.stringify(settings)];
  const { code, output: result, messages } = await runProgram(python, args, { JAX_PLATFORMS: "cpu" });
  rmSync(input);
  if (code !== 0) throw new Error(`${version} ended with ${code}: ${messages.trim().split("\n").at(-1)}`);
  return JSON.parse(result).seconds;
}
