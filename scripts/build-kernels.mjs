// Compiles the kernels of assembly/ into src/kernels/kernels.wasm, unless that is newer than all of them.
import { readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = "src/kernels/kernels.wasm";

const options = [
  "-O3",
  "--noAssert",
  "--runtime stub",
  "--enable simd",
  "--importMemory",
  "--zeroFilledMemory",
].flatMap((option) => option.split(" "));

/** Compiles the kernels where they are missing or out of date. @returns the path of the module */
export async function buildKernels() {
  const sources = readdirSync(`${root}assembly`).map((name) => `${root}assembly/${name}`);
  const newest = Math.max(...[...sources, fileURLToPath(import.meta.url)].map(modified));
  if (modified(root + target) < newest) await compile();
  return root + target;
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function compile() {
  const { default: assembler } = await import("assemblyscript/asc");
  // Written aside: tests of several processes may build at once
  const aside = `${target}.${process.pid}.part`;
  const { error, stderr } = await assembler.main(["assembly/index.ts", "-o", aside, "--baseDir", root, ...options]);
  if (error !== null) {
    rmSync(root + aside, { force: true });
    throw new Error(`The kernels do not compile: ${error.message}\n${stderr.toString()}`);
  }
  renameSync(root + aside, root + target);
}
