// Compiles the kernels of assembly/ into the modules of src/kernels/, unless these are newer than all of them.
import { readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** The modules and the options that they differ by: memory of one thread, and memory that several share. */
const modules = {
  "kernels.wasm": ["--enable", "simd"],
  "kernels-shared.wasm": ["--enable", "simd,threads", "--sharedMemory", "--maximumMemory", "65536"],
};

const options = ["-O3", "--noAssert", "--runtime stub", "--importMemory", "--zeroFilledMemory"].flatMap((option) =>
  option.split(" "),
);

/** Compiles the kernels where they are missing or out of date. @returns the paths of the modules */
export async function buildKernels() {
  const sources = readdirSync(`${root}assembly`).map((name) => `${root}assembly/${name}`);
  const newest = Math.max(...[...sources, fileURLToPath(import.meta.url)].map(modified));
  const targets = Object.keys(modules).map((name) => `src/kernels/${name}`);
  for (const target of targets) {
    if (modified(root + target) < newest) await compile(target, modules[basename(target)]);
  }
  return targets.map((target) => root + target);
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function compile(target, ownOptions) {
  const { default: assembler } = await import("assemblyscript/asc");
  // Written aside: tests of several processes may build at once
  const aside = `${target}.${process.pid}.part`;
  const given = ["assembly/index.ts", "-o", aside, "--baseDir", root, ...options, ...ownOptions];
  const { error, stderr } = await assembler.main(given);
  if (error !== null) {
    rmSync(root + aside, { force: true });
    throw new Error(`The kernels do not compile: ${error.message}\n${stderr.toString()}`);
  }
  renameSync(root + aside, root + target);
}
