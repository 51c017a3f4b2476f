/**
 * Loads the kernels' WebAssembly modules, each compiled once per thread. They need SIMD: where an engine lacks it,
 * loading them throws an error that says so.
 */
import { IsoluxError } from "../errors.ts";

/** Filters that the HDF5 library loads into itself, by their names in the package `h5wasm-plugins`. */
export type Hdf5FilterName = "lzf" | "lz4" | "blosc" | "zstd" | "bshuf";

/** A module that is compiled here. */
type CompiledModule = "kernels.wasm" | "kernels-shared.wasm" | "zstd.wasm";

/**
 * The modules: the same kernels for memory of one thread, and for memory that several threads share; libzstd, which
 * keeps a memory of its own; and filters of the HDF5 library.
 */
export type KernelModule = CompiledModule | `hdf5-${Hdf5FilterName}.wasm.gz`;

/** Gives the bytes of a module. */
export type KernelSource = (name: KernelModule) => Promise<BufferSource>;

/** Spelled out one by one, so that bundlers find the files and copy them beside their bundle. */
const addresses: Record<CompiledModule, () => URL> = {
  "kernels.wasm": () => new URL("./kernels.wasm", import.meta.url),
  "kernels-shared.wasm": () => new URL("./kernels-shared.wasm", import.meta.url),
  "zstd.wasm": () => new URL("./zstd.wasm", import.meta.url),
};

const fetchKernels: KernelSource = async (name) => {
  // Filters of HDF5 are no part of a bundle for browsers, which do not read such files
  const address = Object.hasOwn(addresses, name) ? addresses[name as CompiledModule]() : new URL(name, import.meta.url);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`The kernels cannot be loaded: ${response.status}`);
  return await response.arrayBuffer();
};

let source: KernelSource = fetchKernels;
let sourceAtOnce: ((name: KernelModule) => BufferSource) | undefined;
const loading = new Map<CompiledModule, Promise<WebAssembly.Module>>();
const loaded = new Map<CompiledModule, WebAssembly.Module>();

/**
 * Sets where this thread gets the modules from; by default they are fetched from beside this file.
 * @param atOnce the same synchronously, where possible: then {@link loadKernels} need not be called before
 */
export function setKernelSource(given: KernelSource, atOnce?: (name: KernelModule) => BufferSource): void {
  source = given;
  sourceAtOnce = atOnce;
  loading.clear();
}

/**
 * Loads the kernels for this thread, once: before anything else is done with pixels in a browser.
 * @throws IsoluxError `unsupported` where the engine has no WebAssembly with SIMD
 */
export async function loadKernels(): Promise<void> {
  if (!loaded.has("kernels.wasm")) await load("kernels.wasm");
}

/** Loads the kernels for memory that threads share. @returns whether there are any: some pages have no shared memory */
export async function loadSharedKernels(): Promise<boolean> {
  if (!loaded.has("kernels-shared.wasm")) await load("kernels-shared.wasm").catch(() => undefined);
  return loaded.has("kernels-shared.wasm");
}

/** Loads libzstd for this thread, once. @throws IsoluxError `unsupported` where the engine has no WebAssembly */
export async function loadZstdModule(): Promise<WebAssembly.Module> {
  return loaded.get("zstd.wasm") ?? (await load("zstd.wasm"));
}

/** The code of a filter of the HDF5 library. */
export async function loadHdf5Filter(name: Hdf5FilterName): Promise<Uint8Array> {
  const packed = (await source(`hdf5-${name}.wasm.gz`)) as BlobPart;
  const code = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(code).arrayBuffer());
}

async function load(name: CompiledModule): Promise<WebAssembly.Module> {
  const loads = loading.get(name) ?? source(name).then(compiled);
  loading.set(name, loads);
  // What did not come is asked for again by who needs it next
  loads.catch(() => loading.delete(name));
  const module = await loads;
  loaded.set(name, module);
  return module;
}

/**
 * The compiled module. @throws IsoluxError `unsupported`; Error where it was not loaded and cannot be loaded at once
 */
export function kernelModule(): WebAssembly.Module {
  const name = "kernels.wasm";
  let module = loaded.get(name);
  if (module === undefined) {
    if (sourceAtOnce === undefined) throw new Error("The kernels are not loaded: await loadKernels() before");
    const bytes = sourceAtOnce(name);
    checkEngine(bytes);
    module = new WebAssembly.Module(bytes);
    loaded.set(name, module);
  }
  return module;
}

/** The compiled module for shared memory, where it is loaded. */
export function sharedKernelModule(): WebAssembly.Module | undefined {
  return loaded.get("kernels-shared.wasm");
}

async function compiled(bytes: BufferSource): Promise<WebAssembly.Module> {
  checkEngine(bytes);
  return await WebAssembly.compile(bytes);
}

/** @throws IsoluxError `unsupported` where the engine cannot run the module */
function checkEngine(bytes: BufferSource): void {
  if (typeof WebAssembly === "object" && WebAssembly.validate(bytes)) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "Isolux needs WebAssembly with SIMD, which this engine lacks or has switched off",
    advice: "Use Node 20.12 or newer, or a browser of 2023 or later, on a processor of the last fifteen years",
  });
}
