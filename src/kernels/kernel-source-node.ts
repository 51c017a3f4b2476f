/** Reads the kernels' WebAssembly modules from files, in Node. */

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type KernelModule, setKernelSource } from "./load-kernels.ts";

/** Makes this thread load the kernels from files. */
export function useNodeKernels(): void {
  const place = (name: KernelModule) => {
    // Bundled programs have them in the folder of the library
    const folder = import.meta.url.includes("/program/") ? "../kernels" : ".";
    return new URL(`${folder}/${name}`, import.meta.url);
  };
  setKernelSource(
    (name) => readFile(place(name)) as Promise<BufferSource>,
    (name) => readFileSync(place(name)) as BufferSource,
  );
}
