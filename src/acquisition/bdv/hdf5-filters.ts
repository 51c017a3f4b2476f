/** The filters of HDF5 files: which the library has, and which it loads. */
import type { Filter } from "h5wasm";
import { type Hdf5FilterName, loadHdf5Filter } from "../../kernels/load-kernels.ts";
import type { Hdf5Module } from "./hdf5-module.ts";

/** The filters that the library has, by their number: deflate, shuffle, Fletcher-32, N-bit, scale and offset. */
const builtIn = new Set([1, 2, 3, 5, 6]);
/** Those that it can load, by their registered number. @see https://github.com/HDFGroup/hdf5_plugins */
const loadable = new Map<number, Hdf5FilterName>([
  [32000, "lzf"],
  [32001, "blosc"],
  [32004, "lz4"],
  [32008, "bshuf"],
  [32015, "zstd"],
]);
/** A folder of the library's own file system. */
const filterFolder = "/filters";
const added = new Map<number, Promise<void>>();

/** Compressors within Blosc that its filter lacks here, by their numbers there. */
const missingInBlosc: Readonly<Record<number, string>> = { 3: "snappy", 4: "zlib" };

/** The name of a filter whose code the library cannot decode, even once it is loaded. */
export function unreadable({ id, name, cd_values: values }: Filter): string[] {
  const within = loadable.get(id) === "blosc" ? missingInBlosc[values[6] ?? 0] : undefined;
  if (within !== undefined) return [`blosc with ${within}`];
  return builtIn.has(id) || loadable.has(id) ? [] : [name || `number ${id}`];
}

/** Loads filters into the library, each once, where it does not have them. */
export async function addFilters(module: Hdf5Module, ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    const name = loadable.get(id);
    if (name === undefined) continue;
    const adding = added.get(id) ?? addFilter(module, name);
    added.set(id, adding);
    await adding;
  }
}

/** The library finds filters in a folder, whatever their names there are. */
async function addFilter(module: Hdf5Module, name: Hdf5FilterName): Promise<void> {
  const code = await loadHdf5Filter(name);
  if (!module.get_plugin_search_paths().includes(filterFolder)) {
    module.FS.mkdirTree(filterFolder);
    module.insert_plugin_search_path(filterFolder, 0);
  }
  module.FS.writeFile(`${filterFolder}/libH5Z${name}.so`, code);
}
