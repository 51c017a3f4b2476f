/**
 * The kernels' WebAssembly modules, each compiled once per thread. Where an engine has no SIMD, or nobody loaded the
 * module, there is none, and the kernels' TypeScript twins do the work: the same bits, several times slower.
 */

/** The modules: the same kernels for memory of one thread, and for memory that several threads share. */
export type KernelModule = "kernels.wasm" | "kernels-shared.wasm";

/** Gives the bytes of a module. */
export type KernelSource = (name: KernelModule) => Promise<BufferSource>;

const fetchKernels: KernelSource = async (name) => {
  const response = await fetch(new URL(`./${name}`, import.meta.url));
  if (!response.ok) throw new Error(`The kernels cannot be loaded: ${response.status}`);
  return await response.arrayBuffer();
};

let source: KernelSource = fetchKernels;
const loading = new Map<KernelModule, Promise<WebAssembly.Module | undefined>>();
const loaded = new Map<KernelModule, WebAssembly.Module | undefined>();

/** Says where this thread gets the modules from; from beside this file over HTTP where nobody says. */
export function setKernelSource(given: KernelSource): void {
  source = given;
  loading.clear();
}

/** Loads the kernels for this thread, once. @returns whether there are any from now on */
export async function loadKernels(name: KernelModule = "kernels.wasm"): Promise<boolean> {
  const module =
    loading.get(name) ??
    source(name)
      .then((bytes) => WebAssembly.compile(bytes))
      .catch(() => undefined);
  loading.set(name, module);
  loaded.set(name, await module);
  return loaded.get(name) !== undefined;
}

/** The module, where it is loaded. */
export function kernelModule(name: KernelModule = "kernels.wasm"): WebAssembly.Module | undefined {
  return loaded.get(name);
}
