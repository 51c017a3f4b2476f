// Compiles the kernels of assembly/ into the modules of src/kernels/, unless these are newer than all of them.
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
/** The modules and the options that they differ by: memory of one thread, and memory that several share. */
const modules = {
  "kernels.wasm": ["--enable", "simd"],
  "kernels-shared.wasm": ["--enable", "simd,threads", "--sharedMemory", "--maximumMemory", "65536"],
};

const options = ["-O3", "--noAssert", "--runtime stub", "--importMemory", "--zeroFilledMemory"].flatMap((option) =>
  option.split(" "),
);

/** libzstd, which a package has compiled: it goes where the kernels are. */
const zstd = { from: "node_modules/@bokuweb/zstd-wasm/dist/esm/zstd.wasm", to: "src/kernels/zstd.wasm" };

/** Filters of the HDF5 library, compiled by a package, too: they are loaded for files that need them, and packed. */
const filters = ["lzf", "lz4", "blosc", "zstd", "bshuf"].map((name) => ({
  from: `node_modules/h5wasm-plugins/plugins/libH5Z${name}.so`,
  to: `src/kernels/hdf5-${name}.wasm.gz`,
}));

/** Compiles the kernels where they are missing or out of date, and puts other modules beside them. @returns the paths */
export async function buildKernels() {
  const sources = readdirSync(`${root}assembly`).map((name) => `${root}assembly/${name}`);
  const newest = Math.max(...[...sources, fileURLToPath(import.meta.url)].map(modified));
  const targets = Object.keys(modules).map((name) => `src/kernels/${name}`);
  for (const target of targets) {
    if (modified(root + target) < newest) await compile(target, modules[basename(target)]);
  }
  if (modified(root + zstd.to) < modified(root + zstd.from)) copyFileSync(root + zstd.from, root + zstd.to);
  for (const { from, to } of filters) {
    if (modified(root + to) >= Math.max(modified(root + from), modified(fileURLToPath(import.meta.url)))) continue;
    writeFileSync(root + to, gzipSync(withoutNames(readFileSync(root + from)), { level: 9 }));
  }
  return [...targets, zstd.to, ...filters.map(({ to }) => to)].map((target) => root + target);
}

/** A module without its section of names, which only debuggers read. */
function withoutNames(module) {
  const kept = [module.subarray(0, 8)];
  for (let at = 8; at < module.length; ) {
    const [length, content] = readNumber(module, at + 1);
    const end = content + length;
    const [nameLength, name] = readNumber(module, content);
    const isNames = module[at] === 0 && module.toString("utf8", name, name + nameLength) === "name";
    if (!isNames) kept.push(module.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}

/** A number of seven bits a byte. @returns it and where it ends */
function readNumber(bytes, start) {
  let [value, at, factor] = [0, start, 1];
  for (; bytes[at] >= 0x80; at++, factor *= 128) value += (bytes[at] & 0x7f) * factor;
  return [value + bytes[at] * factor, at + 1];
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
