import { readFile } from "node:fs/promises";
import { setKernelSource } from "./load-kernels.ts";

/** Lets the kernels be read from the file beside this one. */
export function useNodeKernels(): void {
  setKernelSource(() => readFile(new URL("./kernels.wasm", import.meta.url)) as Promise<BufferSource>);
}
