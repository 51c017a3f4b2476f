/**
 * The kernels' WebAssembly module, compiled once per thread. Where an engine has no SIMD, or nobody loaded the module,
 * there is none, and the kernels' TypeScript twins do the work: the same bits, several times slower.
 */

/** Gives the bytes of the module. */
export type KernelSource = () => Promise<BufferSource>;

const fetchKernels: KernelSource = async () => {
  const response = await fetch(new URL("./kernels.wasm", import.meta.url));
  if (!response.ok) throw new Error(`The kernels cannot be loaded: ${response.status}`);
  return await response.arrayBuffer();
};

let source: KernelSource = fetchKernels;
let loading: Promise<WebAssembly.Module | undefined> | undefined;
let loaded: WebAssembly.Module | undefined;

/** Says where this thread gets the module from; from beside this file over HTTP where nobody says. */
export function setKernelSource(given: KernelSource): void {
  source = given;
  loading = undefined;
}

/** Loads the kernels for this thread, once. @returns whether there are any from now on */
export async function loadKernels(): Promise<boolean> {
  loading ??= source()
    .then((bytes) => WebAssembly.compile(bytes))
    .catch(() => undefined);
  loaded = await loading;
  return loaded !== undefined;
}

/** The module, where it is loaded. */
export function kernelModule(): WebAssembly.Module | undefined {
  return loaded;
}
